"""Files for forms: uploaded at once, named in answers by a signed reference."""

from typing import Any

from flask import request

from web import references
from web.api import access, blueprints
from web.api.access import access as allow
from web.api.schemas import exchange
from web.api.wire import RequestInvalid
from web.files import keep
from web.security import limiter

blueprint = blueprints.make("files", "/files", "附件")


@blueprint.post("")
@allow()
@limiter.limit("120 per minute")
@blueprint.response(201, exchange.Upload)
def upload() -> Any:
    """上传一个文件（multipart/form-data，字段名 file）；表单中以返回的 reference 填入."""
    sent = request.files.get("file")
    if sent is None:
        raise RequestInvalid("请以 multipart/form-data 上传，字段名为 file", status=422)
    me = access.user().id
    value = keep(sent, by=me)
    return {**value, "reference": references.give(value, "form", to=me)}
