"""What goes wrong in the API, as problem details (RFC 9457) in Chinese.

Invariant: every answer of the API that is no success has this form, with a stable `code`; what was
expected of whom and when is in fields of its own, not only in the sentence.
"""

import logging
from http import HTTPStatus
from typing import Any, Final

from flask import Response
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import OperationalError
from werkzeug.exceptions import HTTPException

from engine.errors import BanliError, DeploymentRejected, NotFound, TaskNotActive, VariablesInvalid
from forms.errors import FormInvalid
from processes.background.repeats import KeyReused
from web.api.access import NotAuthenticated
from web.api.wire import RequestInvalid, plain
from web.errors import new_reference, problem, status_of, storage_is_full

_log = logging.getLogger("banli.api")
_TEXTS: Final = {
    400: "请求不完整或格式不正确",
    404: "地址有误，或者内容已不存在",
    405: "这个地址不支持这种请求方法",
    412: "请求的前提条件不成立",
    413: "请求内容过大",
    415: "请以 application/json 发送请求内容",
    429: "请求过于频繁，请稍候再试",
    503: "服务暂时不可用，请稍后再试",
}


def domain(error: BanliError) -> Response:
    """One of our errors."""
    if isinstance(error, NotAuthenticated):
        response = problem(401, error.code, error.message)
        response.headers["WWW-Authenticate"] = "Bearer"
        return response
    if isinstance(error, RequestInvalid):
        return problem(error.status, error.code, error.message, errors=error.errors)
    if isinstance(error, NotFound):
        return problem(404, error.code, "编号有误，或者不在您的管辖范围内")
    status = 422 if isinstance(error, KeyReused) else status_of(error)
    return problem(status, error.code, error.message, **_more(error))


def _more(error: BanliError) -> dict[str, Any]:
    if isinstance(error, FormInvalid):
        return {"errors": error.errors}
    if isinstance(error, VariablesInvalid):
        return {"errors": {error.path: [error.message]}}
    if isinstance(error, DeploymentRejected):
        return {"findings": plain(error.findings)}
    if isinstance(error, TaskNotActive):
        return {"by": error.by, "at": plain(error.at)}
    return {}


def http(error: HTTPException) -> Response:
    """An error of the protocol."""
    status = error.code or 500
    code = HTTPStatus(status).name.lower()
    response = problem(status, code, _TEXTS.get(status, "请求没有完成"))
    if status in (429, 503):
        response.headers["Retry-After"] = "60"
    return response


def csrf(_error: CSRFError) -> Response:
    """A browser request without its token."""
    return problem(400, "csrf", "缺少或不正确的安全标记（X-CSRFToken）")


def busy(error: OperationalError) -> Response:
    """The database is locked, full or away: nothing was done."""
    if storage_is_full(error):
        return _full(error)
    reference = new_reference()
    _log.error("api.database_unavailable", exc_info=error, extra={"reference": reference})
    text = "数据库暂时无法写入，操作没有执行，数据没有改变"
    response = problem(503, "unavailable", text, reference=reference)
    response.headers["Retry-After"] = "30"
    return response


def _full(error: Exception) -> Response:
    reference = new_reference()
    _log.error("api.storage_full", exc_info=error, extra={"reference": reference})
    text = "存储空间不足，操作没有执行，数据没有改变"
    return problem(507, "storage_full", text, reference=reference)


def unexpected(error: Exception) -> Response:
    """Anything else: recorded under a reference."""
    if storage_is_full(error):
        return _full(error)
    reference = new_reference()
    _log.error("api.failed", exc_info=error, extra={"reference": reference})
    return problem(500, "internal", "操作没有完成，系统已记录这个问题", reference=reference)
