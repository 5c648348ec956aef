"""Putting the packages together: what the engine and case management are handed from above.

Invariant: wiring twice changes nothing; tests and several applications in one process may do it.
"""

import os
from collections.abc import Mapping

from flask import Flask, current_app
from sqlalchemy import inspect as inspect_database

from adapters import registry
from adapters._shared.reach import Reachable
from adapters._shared.seals import Seals
from processes import settings
from processes.clock import calendars
from processes.exchange.directory import Directory
from processes.wiring import connect
from web.config import Settings
from web.database import database


def wire(app: Flask) -> None:
    """Hand settings, calendar and domain functions down; load the calendar if there is one yet."""
    chosen: Settings = app.config["BANLI"]
    settings.configure(
        settings.Settings(
            home=chosen.home,
            secret_key=chosen.secret_key,
            idle=chosen.idle,
            absolute=chosen.absolute,
            second_person_release=chosen.second_person_release,
            upload_bytes=chosen.upload_limit,
            public_url=chosen.public_address,
        )
    )
    connect()
    with app.app_context():
        if inspect_database(database().engine).has_table("calendar_version"):
            with database().read_session() as session:
                calendars.refresh(session)


def remote_topics(env: Mapping[str, str]) -> tuple[str, ...]:
    """Topics whose work programs outside fetch through the API (`BANLI_REMOTE_TOPICS`)."""
    named = env.get("BANLI_REMOTE_TOPICS", "").split(",")
    return tuple(sorted({one.strip() for one in named if one.strip()}))


def topics() -> tuple[str, ...]:
    """Topics that adapters or programs outside do, beside the local operations."""
    return tuple(sorted({*remote_topics(os.environ), *registry.topics()}))


def departments() -> Mapping[str, Reachable]:
    """The departments outside that this program reaches, by adapter."""
    found: registry.Adapters = current_app.extensions.get("banli_adapters") or registry.Adapters()
    return found.departments


def directory() -> Directory:
    """The same with what goes to each, for the pages that watch over them."""
    found: Directory = current_app.extensions.get("banli_directory") or Directory()
    return found


def seals() -> Seals | None:
    """Who says what the seal on a file is worth here; None where no keeper of seals is on."""
    found: registry.Adapters = current_app.extensions.get("banli_adapters") or registry.Adapters()
    return found.seals
