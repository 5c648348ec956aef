"""Handwritten signatures of users (手写签名): one valid at a time, those before kept.

Invariant: rows are only appended; taking a signature away is a row without a file, so that an
opinion keeps the signature of its time. Source: case-operations A.4 (handwritten signature image
plus content hash).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from forms import definition
from forms.definition import FormDefinition
from forms.errors import FormInvalid
from forms.lookups import Lookups
from processes.documents import files
from processes.identity import audit
from processes.identity.identity import User
from processes.letters.errors import LetterInvalid
from processes.model.documents import StoredFile
from processes.model.people import UserSignature

FIELD: Final = "signature"
_SOURCE: Final = """
form: form_banli_signature
title: 我的签名
title_en: My signature
sections:
  - title: 我的签名
    title_en: My signature
    fields:
      - name: signature
        label: 手写签名
        label_en: Handwritten signature
        type: signature
        required: true
"""


@dataclass(frozen=True, slots=True)
class Kept:
    """A signature and since when it is valid; `file` is its SHA-256, empty: none any more."""

    file: str
    since: datetime
    size: int = 0
    content_type: str = ""

    @property
    def value(self) -> dict[str, Any]:
        """As a form holds a file."""
        ending = files.ALLOWED.get(self.content_type, (".png",))[0]
        facts = {"name": f"签名{ending}", "size": self.size, "type": self.content_type}
        return {"file": self.file, **facts}


def form() -> FormDefinition:
    """The form of the page; the deployed forms know nothing of it."""
    return definition.read(_SOURCE.encode(), "form_banli_signature.form.yaml")


def valid(session: Session, user_id: int) -> str | None:
    """The file (SHA-256) of the signature that a user has now, if any."""
    query = select(UserSignature.sha256).where(UserSignature.user_id == user_id)
    return session.scalar(query.order_by(UserSignature.id.desc()).limit(1))


def history(session: Session, *, by: User) -> Sequence[Kept]:
    """The own signatures, the present one first; one without a file took the one before away."""
    query = (
        select(UserSignature, StoredFile)
        .outerjoin(StoredFile, StoredFile.sha256 == UserSignature.sha256)
        .where(UserSignature.user_id == by.id)
        .order_by(UserSignature.id.desc())
    )
    return [
        Kept(
            row.sha256 or "", row.since, file.size if file else 0, file.content_type if file else ""
        )
        for row, file in session.execute(query)
    ]


def of_files(session: Session, found: Sequence[str]) -> Mapping[str, Kept]:
    """Signatures by their files, for pages that show them."""
    if not found:
        return {}
    query = select(StoredFile).where(StoredFile.sha256.in_(set(found)))
    return {
        one.sha256: Kept(one.sha256, one.created_at, one.size, one.content_type)
        for one in session.scalars(query)
    }


def keep(session: Session, answers: Mapping[str, Any], *, by: User) -> None:
    """Make a picture the own signature; it signs the opinions given from now on.

    Raises:
        FormInvalid: no picture, or none that can be printed; names the field.
    """
    value = form().validate(answers, context={}, node=None, lookups=Lookups())[FIELD]
    digest = str(value["file"])
    _refuse_unusable(files.read(session, digest))
    if digest != valid(session, by.id):
        session.add(UserSignature(user_id=by.id, sha256=digest))
        audit.record(session, "signature.set", by=by, subject=("user", by.id), detail=digest)


def remove(session: Session, *, by: User) -> None:
    """Sign no more; opinions given before keep their signature."""
    if valid(session, by.id) is not None:
        session.add(UserSignature(user_id=by.id, sha256=None))
        audit.record(session, "signature.removed", by=by, subject=("user", by.id))


def _refuse_unusable(content: bytes) -> None:
    """A picture that cannot be opened would break every paper it is printed on."""
    from processes.letters import pictures  # noqa: PLC0415 - as in `letters.drawing`

    try:
        pictures.decoded(content)
    except LetterInvalid as error:
        raise FormInvalid(
            {FIELD: ["图片无法打开或大于 4000 像素，请重新上传"]}, answers={}
        ) from error
