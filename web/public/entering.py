"""Logging in by the unified identity, coming from other channels without a second log-in, out.

Invariant: a browser is let in only with the state it was sent out with, once; the session before
the log-in ends with it; where it goes next is a page of this portal.
"""

from typing import Final

from flask import current_app, flash, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from engine.errors import BanliError, NotFound
from engine.ports import Errand, IdentityProvider
from processes.public import citizens
from processes.public.kept import take
from web import realms
from web.auth import policy, sign_in, sign_out
from web.config import Settings
from web.database import run
from web.keeping import KEPT
from web.login import again
from web.paths import own_path
from web.public.pages import CHANNELS, DEFAULT, blueprint, provider
from web.security import limiter
from web.words import _

_ERRAND: Final = "errand"


def _home() -> str:
    return url_for("public.index")


def _next(text: str | None) -> str:
    """A page of the portal; the home page for any other address."""
    path = own_path(text, _home())
    return path if path.startswith(f"{realms.PREFIX}/") or path == realms.PREFIX else _home()


@blueprint.get("/login")
@policy("public")
def login() -> ResponseReturnValue:
    """What the unified identity is, and the way there."""
    target = _next(request.args.get("next"))
    if current_user.is_authenticated:
        return redirect(target, code=303)
    return _page(target)


def _page(target: str, *, error: str = "", status: int = 200) -> ResponseReturnValue:
    found = provider()
    page = render_template(
        "public/login.html",
        next=target,
        waiting=bool(session.get(KEPT)),
        error=error,
        provider=found.title if found else "",
    )
    return page, status


@blueprint.get("/login/start")
@policy("public")
@limiter.limit("30 per minute")
def start() -> ResponseReturnValue:
    """Send the browser to the unified identity."""
    return _sent(_next(request.args.get("next")), silent=False)


@blueprint.get("/login/face")
@policy("citizen")
@limiter.limit("30 per minute")
def face() -> ResponseReturnValue:
    """Back to the unified identity, which compares the face (P-50): what is one's own is shown."""
    return _sent(_next(request.args.get("next")), silent=False, level=citizens.FACE)


@blueprint.get("/enter/<name>")
@policy("public")
@limiter.limit("60 per minute")
def enter(name: str) -> ResponseReturnValue:
    """The door for another channel: whoever is logged in there is not asked again (P-86)."""
    if name not in CHANNELS:
        raise NotFound("没有这个渠道", channel=name)
    session["channel"] = name
    target = _next(request.args.get("next"))
    if current_user.is_authenticated:
        return redirect(target, code=303)
    return _sent(target, silent=True)


def _sent(target: str, *, silent: bool, level: int = 0) -> ResponseReturnValue:
    found = provider()
    if found is None:
        return _page(target, error=_("统一身份认证没有接通，请稍后再试。"), status=503)
    try:
        errand = found.begin(redirect_uri=_return_address(), silent=silent, level=level)
    except BanliError as error:
        return _page(target, error=error.message, status=503)
    told = {"state": errand.state, "nonce": errand.nonce, "verifier": errand.verifier}
    session[_ERRAND] = {**told, "next": target, "silent": silent}
    return redirect(errand.url, code=303)


@blueprint.get("/login/return")
@policy("public")
@limiter.limit("60 per minute")
def returned() -> ResponseReturnValue:
    """The browser is back with an answer; an errand is good for one answer."""
    kept = session.pop(_ERRAND, None)
    found = provider()
    if found is None or not isinstance(kept, dict):
        return _page(_home(), error=_("登录请求已过期，请重新登录。"), status=400)
    target = _next(kept["next"])
    if request.args.get("error"):
        if kept["silent"]:  # nobody is logged in there: the page that was wanted asks when it must
            return redirect(target, code=303)
        return _page(target, error=_("您取消了登录，或统一身份认证没有同意。"), status=401)
    return _let_in(found, kept, target)


def _let_in(found: IdentityProvider, kept: dict[str, str], target: str) -> ResponseReturnValue:
    errand = Errand(url="", state=kept["state"], nonce=kept["nonce"], verifier=kept["verifier"])
    try:
        claims = found.finish(request.args, errand, redirect_uri=_return_address())
        user = run(
            citizens.enter,
            issuer=found.issuer,
            claims=claims,
            address=request.remote_addr or "",
        )
    except BanliError as error:
        return _page(target, error=error.message, status=401)
    channel, waiting = session.get("channel", DEFAULT), session.get(KEPT)
    sign_in(user)
    session["channel"] = channel
    form = run(take, waiting, by=user) if isinstance(waiting, str) else None
    return again(form, restore=True) if form else redirect(target, code=303)


@blueprint.post("/logout")
@policy("citizen")
def logout() -> ResponseReturnValue:
    """Log out here and at the unified identity (单点退出)."""
    sign_out()
    found = provider()
    back = _settings().public_address + _home()
    flash(_("已退出登录"))
    if found is None:
        return redirect(_home(), code=303)
    try:
        away = found.leave(back_to=back)
    except BanliError:
        return redirect(_home(), code=303)
    return redirect(away, code=303)


def _return_address() -> str:
    return _settings().public_address + url_for("public.returned")


def _settings() -> Settings:
    found: Settings = current_app.config["BANLI"]
    return found
