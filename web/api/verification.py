"""Verification of documents and certificates for programs: what the public page tells, as JSON.

Invariant: nothing but the page tells; no token is needed, none helps; guessing is slowed down.
"""

from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from flask import request

from adapters._shared.seals import Signature
from processes.desk import printed_forms
from processes.documents import verification
from processes.documents.verification import Verified
from web.api import blueprints
from web.api.schemas.verification import (
    VerificationByCode,
    VerificationByHolder,
    VerifiedDocument,
    VerifiedFile,
    VerifiedForm,
)
from web.api.wire import RequestInvalid
from web.auth import policy
from web.database import run
from web.security import limiter
from web.verification import FILE_BYTES, Finding, examined, printed

blueprint = blueprints.make("verification", "/verifications", "文书与证照核验")


@blueprint.post("/code")
@policy("token")  # open to anybody: the code is what opens it
@limiter.limit("20 per minute")
@blueprint.arguments(VerificationByCode)
@blueprint.response(200, VerifiedDocument)
def by_code(arguments: dict[str, Any]) -> Any:
    """凭核验码核验，无须登录；核验码不出现在网址中."""
    return _told(verification.by_code, arguments["code"])


@blueprint.post("/holder")
@policy("token")
@limiter.limit("10 per minute")
@blueprint.arguments(VerificationByHolder)
@blueprint.response(200, VerifiedDocument)
def by_holder(arguments: dict[str, Any]) -> Any:
    """凭证号（或电子证照标识）和权利人核验，无须登录；不相符与不存在的答复相同."""
    return _told(verification.by_holder, arguments["number"], arguments["holder"])


@blueprint.post("/file")
@policy("token")
@limiter.limit("6 per minute")
@blueprint.response(200, VerifiedFile)
def by_file() -> Any:
    """上传 PDF、OFD 原文（请求体即文件，至多 20 MB）核验内容、电子签章、时间戳、状态；不保存."""
    return _file(examined(_uploaded()))


@blueprint.post("/form")
@policy("token")
@limiter.limit("20 per minute")
@blueprint.arguments(VerificationByCode)
@blueprint.response(200, VerifiedForm)
def by_form(arguments: dict[str, Any]) -> Any:
    """凭审批单上的核验码核验：打印时的意见是否都在、是否与签署时一致，无须登录."""
    return printed(printed_forms.by_code, arguments["code"])


@blueprint.post("/form-file")
@policy("token")
@limiter.limit("6 per minute")
@blueprint.response(200, VerifiedForm)
def by_form_file() -> Any:
    """上传审批单的 PDF 原文（请求体即文件，至多 20 MB）核验；文件不保存."""
    return printed(printed_forms.by_file, _uploaded())


def _uploaded() -> bytes:
    request.max_content_length = FILE_BYTES
    content = request.get_data(cache=False)
    if not content:
        raise RequestInvalid("请求体应为 PDF 或 OFD 文件")
    return content


def _told(look: Callable[..., Verified], *told: str) -> dict[str, Any]:
    return _document(run(look, *told))


def _document(found: Verified) -> dict[str, Any]:
    names = ("title", "number", "agency", "issued_on", "status", "sha256")
    return {name: getattr(found, name) for name in names}


def _file(found: Finding) -> dict[str, Any]:
    seals = found.seals
    good = found.document is not None and found.document.status == "issued"
    signatures = seals.signatures if seals is not None else ()
    return {
        "valid": good and found.seals_hold,
        "document": _document(found.document) if found.document else None,
        "sealed": bool(signatures),
        "fault": seals.fault if seals is not None else "",
        "changes": [asdict(one) for one in (seals.changes if seals is not None else ())],
        "signatures": [_signature(one) for one in signatures if one.intact],
    }


def _signature(one: Signature) -> dict[str, Any]:
    standing, revoked = one.standing, one.revocation
    return {
        "signer": one.signer,
        "kind": one.kind or "pades",
        "signed_at": one.signed_at,
        "certificate": standing.state if standing is not None else None,
        "unknown_because": standing.why if standing is not None else "",
        "revoked_since": revoked.since if revoked is not None else None,
        "revocation_reason": revoked.reason if revoked is not None else None,
    }
