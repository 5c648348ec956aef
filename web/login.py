"""Log in and out, change the password; the demo offers its cast on the log-in page.

Invariant: the answer to a wrong name and to a wrong password is the same; what was typed before a
session expired comes back after log-in, on the page it was typed in.
"""

import json
from typing import Final

from flask import (
    Blueprint,
    Flask,
    flash,
    redirect,
    render_template,
    request,
    url_for,
)
from flask.typing import ResponseReturnValue
from flask_login import current_user

from engine.errors import BanliError
from processes.identity import audit, identity
from processes.identity.identity import Attempt, LoginLocked
from processes.model.people import UserAccount
from processes.people import accounts
from web.auth import current, policy, sign_in, sign_out
from web.database import run, transaction
from web.login_page import Kept, page
from web.paths import own_path
from web.security import limiter
from web.words import _

blueprint = Blueprint("auth", __name__)

_KEPT_NOT: Final = frozenset({"csrf_token", "password", "_restore"})


@blueprint.get("/login")
@policy("public")
def login() -> ResponseReturnValue:
    if current_user.is_authenticated:
        return redirect(own_path(request.args.get("next")), code=303)
    return page(next_path=own_path(request.args.get("next")))


@blueprint.post("/login", endpoint="enter")
@policy("public")
@limiter.limit("30 per minute")
def enter() -> ResponseReturnValue:
    name = request.form.get("login", "").strip()[:64]
    word = request.form.get("password", "")[:256]
    next_path = own_path(request.form.get("next"))
    kept = carried()
    tried = attempt(name, word)
    if tried.user is None:
        status = 429 if isinstance(tried.refusal, LoginLocked) else 401
        text = tried.refusal.message if tried.refusal else ""
        return page(next_path=next_path, kept=kept, error=text, login=name, status=status)
    sign_in(tried.user)
    return again(kept, restore=True) if kept else redirect(next_path, code=303)


def again(kept: Kept, *, restore: bool) -> str:
    """A page that sends a kept form by itself: to be shown again (`restore`), or to be done."""
    fields = [(n, v) for n, values in kept[1].items() if n not in _KEPT_NOT for v in values]
    return render_template("auth/restore.html", path=kept[0], fields=fields, restore=restore)


def attempt(name: str, word: str) -> Attempt:
    """One try at a password: counted first, so that tries at the same moment all count."""
    address = request.remote_addr or ""
    if locked := run(identity.reserve, name, address=address):
        return Attempt(refusal=locked)
    with transaction() as session:
        return identity.attempt(session, name, word, address=address)


def carried() -> Kept | None:
    """What the page before this one carried; anything not of its shape is ignored."""
    try:
        path, fields = json.loads(request.form.get("kept", ""))
        clean = {str(n): [str(v) for v in values] for n, values in fields.items()}
    except (ValueError, TypeError, AttributeError):
        return None
    return (path, clean) if own_path(path, "") == path and path else None


@blueprint.post("/logout")
@policy("any")
def logout() -> ResponseReturnValue:
    sign_out()
    return redirect(url_for("auth.login"), code=303)


@blueprint.route("/password", methods=["GET", "POST"])
@policy("any")
def password() -> ResponseReturnValue:
    error = ""
    if request.method == "POST":
        error = _change_password()
        if not error:
            flash(_("密码已修改"))
            return redirect("/", code=303)
    first = current().must_change_password
    return render_template("auth/password.html", error=error, first=first), 422 if error else 200


def _change_password() -> str:
    old, new = request.form.get("old", ""), request.form.get("new", "")
    if new != request.form.get("again", ""):
        return str(_("两次输入的新密码不一致。"))
    try:
        _require_old(old)
        with transaction() as session:
            account = session.get_one(UserAccount, current().id)
            accounts.set_password(session, account, new)  # ends every session, this one too
            audit.record(session, "password.changed", by=current(), subject=("user", account.id))
    except BanliError as error:
        return error.message
    sign_in(current())
    return ""


def _require_old(old: str) -> None:
    """Ask for the old password as at log-in, with the same lock-out.

    Raises:
        BanliError: it is wrong.
    """
    tried = attempt(current().login, old)
    if tried.refusal is not None:
        locked = isinstance(tried.refusal, LoginLocked)
        raise tried.refusal if locked else BanliError(_("原密码不正确。"))


def register(app: Flask) -> None:
    app.register_blueprint(blueprint)
