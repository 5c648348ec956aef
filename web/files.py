"""Files that people hand in and that cases hold: upload at once, a reference in the form.

Invariant: a form can only name a file that this installation itself told this user about; what is
sent out is never sniffed, and only pictures and PDF are shown in the page.
"""

import io
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from flask import (
    Blueprint,
    Flask,
    current_app,
    get_template_attribute,
    jsonify,
    request,
    send_file,
    url_for,
)
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import FileStorage

from processes.documents import files
from processes.documents.files import FileRefused
from web import realms, references
from web.auth import current, policy
from web.database import read_session, run
from web.errors import Page, answer, problem
from web.security import allow_framing, limiter
from web.words import _

blueprint = Blueprint("files", __name__, url_prefix="/files")

IMAGE_LIMIT: Final = 5 << 20
_SHOWN: Final = ("image/png", "image/jpeg", "application/pdf")


@dataclass(frozen=True, slots=True)
class Attached:
    """A file as a page shows it."""

    name: str
    href: str
    size: int = 0
    is_image: bool = False
    reference: str = ""
    title: str = ""


def upload_limit(widget: str) -> int:
    """The most bytes a browser should try to send for this kind of field."""
    settings = current_app.config["BANLI"]
    return IMAGE_LIMIT if widget in ("image", "signature") else int(settings.upload_limit)


def keep(storage: FileStorage, *, by: int) -> dict[str, Any]:
    """Store an uploaded file; returns the value a form holds for it.

    Raises:
        FileRefused: the file may not come in.
    """
    limit = current_app.config["BANLI"].upload_limit
    content = storage.stream.read(limit + 1)
    row = run(files.store, content, by=by)
    return files.reference(row, name=storage.filename or "")


def attached(value: Mapping[str, Any], *, title: str = "") -> Attached:
    """A file value for a page; its address works for those who were shown it."""
    me = current().id
    return Attached(
        name=str(value.get("name") or ""),
        href=url_for(
            "public.file" if realms.is_public() else "files.show",
            ref=references.give(value, "view", to=me),
        ),
        size=int(value.get("size") or 0),
        is_image=str(value.get("type", "")).startswith("image/"),
        reference=references.give(value, "form", to=me),
        title=title or str(value.get("name") or ""),
    )


@blueprint.post("")
@policy("any")
@limiter.limit("120 per minute")
def upload() -> ResponseReturnValue:
    storage = request.files.get("file")
    if storage is None:
        return problem(422, "file_missing", "请选择文件。")
    try:
        value = keep(storage, by=current().id)
    except FileRefused as error:
        return problem(422, error.code, error.message)
    item = get_template_attribute("components/form.html", "attached")
    html = item(attached(value), request.form.get("field", "")[:200], editable=True)
    return jsonify(html=str(html), name=value["name"]), 201


@blueprint.get("/<ref>")
@policy("any")
def show(ref: str) -> ResponseReturnValue:
    value = references.take(ref, "view", by=current().id)
    if value is None:
        text = _("附件链接已过期或不属于您。请返回原页面刷新后再打开。")
        return answer(404, Page(_("附件打不开"), text), code="not_found")
    with read_session() as session:
        content = files.read(session, str(value["file"]))
    return send(content, name=str(value["name"]), content_type=str(value["type"]))


def is_shown(content_type: str) -> bool:
    """Whether a browser shows such a file in the page."""
    return content_type in _SHOWN


def send(content: bytes, *, name: str, content_type: str) -> ResponseReturnValue:
    """Bytes to the browser: shown in the page where that is safe, else saved."""
    shown = is_shown(content_type) and not request.args.get("download")
    allow_framing()
    response = send_file(
        io.BytesIO(content),
        mimetype=content_type if is_shown(content_type) else "application/octet-stream",
        as_attachment=not shown,
        download_name=name,
        max_age=0,
    )
    response.headers["Cache-Control"] = "private, no-store"
    return response


def register(app: Flask) -> None:
    app.register_blueprint(blueprint)
