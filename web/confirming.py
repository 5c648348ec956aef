"""Sensitive acts ask for the password once more if the last time is a while ago.

Invariant: what was typed before the question is done after the right answer, and only then; wrong
answers count for the same lock-out as at log-in. Where the setting is off nobody is asked.
"""

import json
import time
from collections.abc import Callable
from functools import wraps
from typing import Any, Final, TypeVar, cast

from flask import Blueprint, Flask, Response, current_app, redirect, render_template, request
from flask import session as cookie
from flask.typing import ResponseReturnValue
from flask_login import user_logged_in

from processes.identity.identity import LoginLocked
from web import security
from web.auth import current, policy
from web.login import again, attempt, carried
from web.login_page import Kept
from web.paths import own_path
from web.security import limiter
from web.words import _

View = TypeVar("View", bound=Callable[..., Any])

blueprint = Blueprint("confirm", __name__, url_prefix="/confirm")
SECONDS: Final = 600
"""How long a password holds: OWASP ASVS 5.0, 7.5.1 leaves the time to the application."""
_MARK: Final = "confirmed"


def sensitive(view: View) -> View:
    """Ask for the password before an unsafe request to this view, unless it was given lately."""

    @wraps(view)
    def asking(*args: Any, **kwargs: Any) -> Any:
        if request.method == "POST" and not given():
            return _ask((request.path, _typed()))
        return view(*args, **kwargs)

    return cast(View, asking)


def given() -> bool:
    """Whether the user of this browser gave the password lately, or need not."""
    if not current_app.config["BANLI"].confirm_sensitive:
        return True
    return bool(time.time() - float(cookie.get(_MARK, 0)) < SECONDS)


def _typed() -> dict[str, list[str]]:
    return {} if security.from_other_site() else request.form.to_dict(flat=False)


@blueprint.post("")
@policy("any")
@limiter.limit("30 per minute")
def confirm() -> ResponseReturnValue:
    """Take the password; if it is right, send on what was held back."""
    kept = carried()
    tried = attempt(current().login, request.form.get("password", "")[:256])
    if tried.refusal is not None:
        locked = isinstance(tried.refusal, LoginLocked)
        text = tried.refusal.message if locked else _("密码不正确。")
        return _ask(kept, error=text, status=429 if locked else 422)
    cookie[_MARK] = time.time()
    return again(kept, restore=False) if kept else redirect(own_path(None), code=303)


def _ask(kept: Kept | None, *, error: str = "", status: int = 403) -> Response:
    html = render_template(
        "auth/confirm.html", kept=json.dumps(kept, ensure_ascii=False) if kept else "", error=error
    )
    response = Response(html, status, mimetype="text/html")
    response.headers["HX-Retarget"] = "body"
    return response


def _mark(_app: Flask, **_more: Any) -> None:
    cookie[_MARK] = time.time()


def register(app: Flask) -> None:
    app.register_blueprint(blueprint)
    user_logged_in.connect(_mark, app)
