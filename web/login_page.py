"""The log-in page: where to go afterwards, what was typed meanwhile, and the demo's cast."""

import json
from http import HTTPStatus

from flask import Response, current_app, render_template
from sqlalchemy import select

from processes.demo import loader
from processes.model.people import UserAccount
from web.database import read_session

Kept = tuple[str, dict[str, list[str]]]
"""A path, and what was typed there."""


def page(
    *, next_path: str, kept: Kept | None = None, error: str = "", login: str = "", status: int = 200
) -> Response:
    """The log-in page, carrying where to go and what was typed."""
    settings = current_app.config["BANLI"]
    html = render_template(
        "auth/login.html",
        next=next_path,
        kept=json.dumps(kept, ensure_ascii=False) if kept else "",
        error=error,
        login=login,
        cast=_cast() if settings.demo_accounts else [],
        demo_password=loader.password() if settings.demo_accounts else "",
    )
    response = Response(html, status, mimetype="text/html")
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        response.headers["Retry-After"] = "60"
    return response


def _cast() -> list[loader.Account]:
    """The demo's accounts; an installation without demo accounts never asks."""
    with read_session() as session:
        open_accounts = select(UserAccount.login).where(UserAccount.status == "active")
        there = set(session.scalars(open_accounts))
    return [account for account in loader.offered() if account.login in there]
