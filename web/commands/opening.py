"""A database for a command that is no server.

Invariant: the same settings, schema check and wiring as the pages have.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from web import config, running
from web.config import Settings
from web.database import Database


@dataclass(frozen=True, slots=True)
class Opened:
    """The settings and the database of a command."""

    settings: Settings
    database: Database


@contextmanager
def opened(settings: Settings | None = None) -> Iterator[Opened]:
    """The installation of the environment, or of these settings, for the time of one command."""
    settings = settings or config.from_environment()
    app = running.build(settings)
    database = running.database_of(app)
    try:
        with app.app_context():
            yield Opened(settings, database)
    finally:
        database.engine.dispose()
