"""A certificate shown to somebody else: a code of minutes, what it lets see and what it is for.

Invariant: what the code lets see and its purpose are sealed into it by the holder; both making it
and each look at it go on record with them (P-46, P-51).
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

import segno
from flask import current_app, render_template, request, url_for
from flask.typing import ResponseReturnValue
from itsdangerous import BadSignature, URLSafeTimedSerializer
from markupsafe import Markup

from engine.errors import NotFound
from forms.standards import mask_name
from processes.public import holdings
from web.auth import current, policy
from web.config import Settings
from web.database import transaction
from web.public.pages import blueprint
from web.security import limiter
from web.words import N_, _

_SHOWN_FOR: Final = timedelta(minutes=5)
_FACE: Final = "face"
SCOPES: Final = {"valid": N_("仅核验有效性"), _FACE: N_("照面信息")}
"""What the code lets somebody see, in the words of the sharing between departments (P-59)."""


@dataclass(frozen=True, slots=True)
class Showing:
    """What the holder lets be seen, and for what."""

    scope: str = "valid"
    purpose: str = ""

    @property
    def title(self) -> str:
        return _(SCOPES[self.scope])


@blueprint.get("/certificates/<code>/<path:key>/code")
@policy("citizen")
@limiter.limit("60 per hour")
def certificate_code(code: str, key: str) -> ResponseReturnValue:
    """A code for somebody else to scan; good for some minutes (出示)."""
    asked = _asked()
    missing = asked.scope == _FACE and not asked.purpose
    granted = Showing() if missing else asked
    with transaction() as session:
        found = holdings.find(session, code, key, by=current())
        told = holdings.Told(granted.purpose, SCOPES[granted.scope])
        holdings.note(session, found, "shown", by=current(), told=told)
    token = str(_signer().dumps([code, found.record.key, granted.scope, granted.purpose]))
    address = _settings().public_address + url_for("public.shown", token=token)
    page = render_template(
        "public/code.html", holding=found, address=address, picture=_picture(address),
        minutes=int(_SHOWN_FOR.total_seconds() // 60), asked=asked, granted=granted,
        missing=missing, scopes=SCOPES,
    )  # fmt: skip
    return page, 422 if missing else 200


def _asked() -> Showing:
    scope = request.args.get("scope", "valid")
    purpose = " ".join(request.args.get("purpose", "").split())[:60]
    return Showing(scope if scope in SCOPES else "valid", purpose)


@blueprint.get("/shown/<token>")
@policy("public")
@limiter.limit("30 per minute")
def shown(token: str) -> ResponseReturnValue:
    """What the holder of a certificate shows: kind, number, whose, whether it is in force."""
    try:
        code, key, scope, purpose = _signer().loads(token, max_age=int(_SHOWN_FOR.total_seconds()))
        granted = Showing(scope, purpose)
        with transaction() as session:
            holding = holdings.shown(session, code, key)
            told = holdings.Told(purpose, SCOPES[scope])
            holdings.note(session, holding, "verified", by="anonymous", told=told)
    except (BadSignature, NotFound):
        return render_template("public/shown.html", holding=None), 404
    whole = granted.scope == _FACE
    name = str(holding.record.values.get("holder_name") or "")
    return render_template(
        "public/shown.html", holding=holding, name="" if whole else mask_name(name),
        facts=holding.facts if whole else [], granted=granted,
    )  # fmt: skip


def _picture(address: str) -> Markup:
    """The code as a picture in the page itself."""
    code = segno.make_qr(address, error="m")
    drawn = code.svg_inline(omitsize=True, border=4, svgclass="qr", lineclass="qr-line")
    return Markup(drawn)  # noqa: S704 - drawn by the library from an address of ours


def _signer() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(current_app.config["SECRET_KEY"], salt="certificate-shown-for")


def _settings() -> Settings:
    found: Settings = current_app.config["BANLI"]
    return found
