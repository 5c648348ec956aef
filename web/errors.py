"""Errors to answers: one page per kind with the way out, problem details for programs.

Invariant: no stack trace and no English reaches a person; the unexpected carries a reference number
that the log carries too; what was typed is shown again, never lost.
"""

import errno
import logging
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, Final

from flask import Flask, Response, g, jsonify, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import OperationalError
from werkzeug.exceptions import HTTPException

from engine.errors import (
    BanliError,
    Conflict,
    DeploymentRejected,
    Forbidden,
    LimitExceeded,
    NotFound,
    TaskNotActive,
    VariablesInvalid,
)
from forms.definition import FormInvalid
from processes.identity import identity
from web import realms, typed
from web.database import read_session
from web.display import moment
from web.refusals import said
from web.words import _

_log = logging.getLogger("banli.web")

Fact = tuple[str, str]
_DISK_FULL: Final = "53100"

_STATUS: Final[tuple[tuple[type[Exception], int], ...]] = (
    (FormInvalid, 422),
    (DeploymentRejected, 422),
    (VariablesInvalid, 422),
    (LimitExceeded, 422),
    (Forbidden, 403),
    (NotFound, 404),
    (TaskNotActive, 409),
    (Conflict, 409),
)


@dataclass(frozen=True, slots=True)
class Page:
    """What an error page says and where it leads."""

    title: str
    text: str
    facts: Sequence[Fact] = ()
    ways: Sequence[Fact] = ()
    findings: Sequence[str] = field(default=())


def status_of(error: BanliError) -> int:
    """The HTTP status of one of our errors."""
    return next((status for kind, status in _STATUS if isinstance(error, kind)), 422)


def wants_json() -> bool:
    """Whether a program is asking, not a page."""
    if request.path.startswith("/api/"):
        return True
    best = request.accept_mimetypes.best_match(["text/html", "application/json"])
    return best == "application/json" and request.accept_mimetypes["text/html"] < 1


def problem(status: int, code: str, detail: str, **more: Any) -> Response:
    """Problem details (RFC 9457) in Chinese."""
    body = {
        "type": f"urn:banli:{code}",
        "title": _title(status),
        "status": status,
        "detail": detail,
    }
    response = jsonify({**body, "code": code, **more})
    response.status_code = status
    response.mimetype = "application/problem+json"
    return response


def answer(status: int, page: Page, *, code: str = "error", reference: str = "") -> Response:
    """An error in the form its reader wants."""
    if wants_json():
        more = {"reference": reference} if reference else {}
        return problem(status, code, page.text, **more)
    html = render_template(
        "errors/page.html",
        status=_("错误 %(status)s", status=status),
        broken=status >= HTTPStatus.INTERNAL_SERVER_ERROR,
        title=page.title,
        text=page.text,
        facts=page.facts,
        findings=page.findings,
        typed=typed.posted(),
        reference=reference,
        ways=page.ways or [(_home(), _("返回首页"))],
    )
    response = Response(html, status, mimetype="text/html")
    response.headers["HX-Retarget"] = "body"
    return response


def who_and_when(error: TaskNotActive) -> list[Fact]:
    """The person and the time behind a conflict, as far as known."""
    facts: list[Fact] = []
    if error.by:
        facts.append((_("办理人"), _name(str(error.by))))
    if error.at:
        facts.append((_("时间"), moment(error.at)))
    return facts


def _name(actor: str) -> str:
    if not actor.isascii() or not actor.isdigit():
        return actor
    try:
        with read_session() as session:
            found = identity.user(session, int(actor))
    except NotFound:
        return actor
    return f"{found.name}（{found.org_name}）" if found.org_name else found.name


def _home() -> str:
    if realms.is_public():
        return url_for("public.index")
    return url_for("home.index") if _is_staff() else url_for("portal.index")


def _is_staff() -> bool:
    return bool(current_user.is_authenticated and current_user.user.kind == "staff")


def _not_found() -> str:
    """Why nothing is there: an office has a remit, a citizen has what is his."""
    if _is_staff():
        return _("编号有误，或者不在您的管辖范围内。")
    return _("没有这项内容，或者它不在您名下。请从首页重新进入。")


def _title(status: int) -> str:
    titles = {
        400: _("请求无效"),
        401: _("请先登录"),
        403: _("无权办理"),
        404: _("没有找到"),
        405: _("操作无效"),
        409: _("已被他人办理"),
        413: _("内容过大"),
        415: _("格式不支持"),
        422: _("内容有误"),
        429: _("操作过于频繁"),
        503: _("系统繁忙"),
        507: _("存储空间不足"),
    }
    return titles.get(status) or (_("系统出错") if status >= 500 else HTTPStatus(status).phrase)


def _domain(error: BanliError) -> Response:
    status = status_of(error)
    facts = who_and_when(error) if isinstance(error, TaskNotActive) else []
    findings = [f.message for f in error.findings] if isinstance(error, DeploymentRejected) else []
    text = said(error.message)
    if isinstance(error, NotFound):
        text = _not_found()
    return answer(status, Page(_title(status), text, facts, (), findings), code=error.code)


def _http(error: HTTPException) -> ResponseReturnValue:
    status = error.code or 500
    if error.response is not None or status < 400:
        return error
    texts = {
        400: _("浏览器发来的内容不完整，请返回重试。"),
        403: _("您的角色没有这项权限；如需办理，请联系本单位系统管理员。"),
        404: _("地址有误，或者内容已不存在。"),
        405: _("请从页面上的按钮操作。"),
        413: _("一次提交的内容过大：单个附件不超过 50 MB，文字不超过 1 MB。"),
        415: _("不支持这种格式的内容。"),
        429: _("请稍候一分钟再试。"),
        503: _("请稍后再试，您的内容没有提交。"),
    }
    response = answer(status, Page(_title(status), texts.get(status, error.description or "")))
    if status in (429, 503):
        response.headers["Retry-After"] = "60"
    return response


def _csrf(_error: CSRFError) -> Response:
    text = _("页面停留过久，安全标记已失效。请返回页面刷新后重新提交。")
    return answer(400, Page(_("页面已失效"), text), code="csrf")


def storage_is_full(error: BaseException) -> bool:
    """Whether an error says that there is no room left, for rows or for files."""
    if isinstance(error, OSError):
        return error.errno in (errno.ENOSPC, errno.EDQUOT)
    if isinstance(error, OperationalError):
        said = str(error.orig).lower()
        return getattr(error.orig, "sqlstate", "") == _DISK_FULL or "full" in said
    return False


def _busy(error: OperationalError) -> Response:
    """The database is locked, full or away: nothing was done, and the page says so."""
    if storage_is_full(error):
        return _full(error)
    reference = new_reference()
    _log.error("request.database_unavailable", exc_info=error, extra={"reference": reference})
    text = _("数据库暂时无法写入，您的操作没有执行，数据没有改变。请稍后重试。")
    response = answer(503, Page(_title(503), text), code="unavailable", reference=reference)
    response.headers["Retry-After"] = "30"
    return response


def _full(error: Exception) -> Response:
    """No room for rows or files: 507 (RFC 4918 §11.5), nothing was done."""
    reference = new_reference()
    _log.error("request.storage_full", exc_info=error, extra={"reference": reference})
    text = _("存储空间不足，您的操作没有执行，数据没有改变。请联系系统管理员。")
    return answer(507, Page(_title(507), text), code="storage_full", reference=reference)


def _unexpected(error: Exception) -> Response:
    if storage_is_full(error):
        return _full(error)
    reference = new_reference()
    _log.error("request.failed", exc_info=error, extra={"reference": reference})
    text = _("您的操作没有完成，系统已记录这个问题。可以稍后重试。")
    return answer(500, Page(_title(500), text), code="internal", reference=reference)


def new_reference() -> str:
    """A short number that joins what a person sees with what the log says."""
    g.reference = secrets.token_hex(4).upper()
    return str(g.reference)


def init_app(app: Flask) -> None:
    app.register_error_handler(BanliError, _domain)
    app.register_error_handler(CSRFError, _csrf)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(OperationalError, _busy)
    app.register_error_handler(Exception, _unexpected)
