"""After a restore: what is held back, the numbers, and the word that lets everything go on.

Invariant: whoever operates the interfaces sees on every page that the installation is held.
"""

import time
from datetime import datetime
from typing import Any, Final

from flask import Blueprint, Flask, current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from processes.exchange import restoration
from processes.exchange.restoration import NotHeld
from processes.identity import numbers
from processes.identity.roles import Action
from processes.registers import series
from web import wiring
from web.auth import actions_of, current, policy
from web.confirming import sensitive
from web.database import read_session, run
from web.words import _

blueprint = Blueprint("restoration", __name__, url_prefix="/operations/restoration")
_ASKED: Final = "banli_restoration_asked"
_SECONDS: Final = 10
"""How long a page may not know yet what another process just did."""


@blueprint.get("")
@policy("staff", Action.OPERATE_EXCHANGE)
def page() -> ResponseReturnValue:
    return _page({}, {})


@blueprint.post("")
@policy("staff", Action.OPERATE_EXCHANGE)
@sensitive
def reconcile() -> ResponseReturnValue:
    typed = {key: value.strip() for key, value in request.form.items()}
    errors, last = _last(typed)
    if typed.get("compared") != "yes":
        errors["compared"] = _("请确认已与外部单位核对")
    if not errors:
        try:
            run(restoration.reconcile, by=current(), last=last, note=typed.get("note", "")[:500])
        except NotHeld as error:
            errors["compared"] = error.message
    if errors:
        return _page(typed, errors), 422
    current_app.extensions.pop(_ASKED, None)
    flash(_("已放行，对外报文、通知、外部任务和定时继续办理"))
    return redirect(url_for("interfaces.index"), code=303)


def _last(typed: dict[str, str]) -> tuple[dict[str, str], dict[tuple[str, int], int]]:
    """The numbers that were entered as given last; a field is `last:<year>:<series>`."""
    errors: dict[str, str] = {}
    last: dict[tuple[str, int], int] = {}
    for name, value in typed.items():
        kind, _colon, rest = name.partition(":")
        year, _colon, key = rest.partition(":")
        if kind != "last" or not value:
            continue
        if not (value.isascii() and value.isdigit() and len(value) < 10 and year.isdigit()):
            errors[name] = _("请填写数字")
        else:
            last[(key, int(year))] = int(value)
    return errors, last


def _page(typed: dict[str, str], errors: dict[str, str]) -> str:
    with read_session() as session:
        found = numbers.series(session)
        return render_template(
            "admin/restoration.html",
            held=restoration.held(session),
            waiting=restoration.waiting(session, wiring.directory()),
            series=found,
            names=series.names(session, found),
            typed=typed,
            errors=errors,
        )


def since() -> datetime | None:
    """When the installation was restored, for those who may let it go on; None where it is not."""
    if not current_user.is_authenticated or Action.OPERATE_EXCHANGE not in actions_of(current()):
        return None
    asked: tuple[float, Any] = current_app.extensions.get(_ASKED, (0.0, None))
    if time.monotonic() - asked[0] > _SECONDS or not asked[0]:
        with read_session() as session:
            found = restoration.held(session)
            asked = (time.monotonic(), found.restored_at if found else None)
        current_app.extensions[_ASKED] = asked
    at: datetime | None = asked[1]
    return at


def register(app: Flask) -> None:
    app.register_blueprint(blueprint)
    app.jinja_env.globals["restored_since"] = since
