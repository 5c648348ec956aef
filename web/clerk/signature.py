"""我的签名: the handwritten signature that signs a clerk's opinions, drawn or uploaded.

Invariant: every command is `processes.signatures`; a picture that is refused says why beside its
field.
"""

from collections.abc import Mapping, Sequence

from flask import Blueprint, Flask, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from forms.definition import FormInvalid
from processes.casefile import signatures
from web import filling
from web.auth import current, policy
from web.database import read_session, run
from web.files import attached
from web.words import _

blueprint = Blueprint("signature", __name__, url_prefix="/signature")


@blueprint.get("")
@policy("staff")
def page() -> ResponseReturnValue:
    return _page()


@blueprint.post("")
@policy("staff")
def keep() -> ResponseReturnValue:
    """Make a picture the own signature from now on."""
    try:
        given = filling.answers(signatures.form(), node=None)
        run(signatures.keep, given, by=current())
    except FormInvalid as refused:
        return _page(refused.errors), 422
    flash(_("签名已保存，此后的办理意见使用这个签名"))
    return redirect(url_for("signature.page"), code=303)


@blueprint.post("/remove")
@policy("staff")
def remove() -> ResponseReturnValue:
    run(signatures.remove, by=current())
    flash(_("已停用签名，此前的办理意见不变"))
    return redirect(url_for("signature.page"), code=303)


def _page(errors: Mapping[str, Sequence[str]] | None = None) -> str:
    form = signatures.form()
    rights = filling.Rights(node=None, may_edit=True)
    with read_session() as session:
        kept = signatures.history(session, by=current())
    lines = [(one, attached(one.value) if one.file else None) for one in kept]
    return render_template(
        "auth/signature.html",
        layout=filling.layout(form, {}, errors, context={}, rights=rights),
        errors=filling.mistakes(form, errors) if errors else [],
        present=lines[0] if lines and lines[0][1] else None,
        earlier=lines[1:] if lines and lines[0][1] else lines,
    )


def register(app: Flask) -> None:
    app.register_blueprint(blueprint)
