"""Files for forms: uploaded at once, named in answers by a signed reference."""

from typing import Any, Final

from flask import current_app, request

from processes import files
from web.api import access, answers, blueprints, exchange
from web.api.access import access as allow
from web.api.wire import RequestInvalid
from web.database import run
from web.security import limiter

blueprint = blueprints.make("files", "/files", "附件")

_NAME: Final = 120


@blueprint.post("")
@allow()
@limiter.limit("120 per minute")
@blueprint.response(201, exchange.Upload)
def upload() -> Any:
    """上传一个文件（multipart/form-data，字段名 file）；表单中以返回的 reference 填入."""
    sent = request.files.get("file")
    if sent is None:
        raise RequestInvalid("请以 multipart/form-data 上传，字段名为 file", status=422)
    content = sent.stream.read(current_app.config["BANLI"].upload_limit + 1)
    row = run(files.store, content, by=access.user().id)
    name = "".join(c for c in (sent.filename or "附件") if c.isprintable() and c not in "/\\")
    value = {"file": row.sha256, "name": name[-_NAME:], "size": row.size, "type": row.content_type}
    return {**value, "reference": answers.reference(value)}
