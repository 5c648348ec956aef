"""The tables of a new database in memory, copied from one made before.

Two hundred statements take longer than what most plays and trials then do.
"""

import sqlite3
from typing import Final, cast

from sqlalchemy import Connection, Engine

from engine import connection
from engine.model import Base

_templates: Final[dict[int, sqlite3.Connection]] = {}


def create(engine: Engine) -> None:
    """All tables there are; on a file or a server by their statements."""
    if not connection.in_memory(str(engine.url)):
        Base.metadata.create_all(engine)
        return
    known = len(Base.metadata.tables)  # more, once other packages have declared theirs
    with engine.connect() as connected:
        if known in _templates:
            _templates[known].backup(_raw(connected))
            return
    Base.metadata.create_all(engine)
    template = sqlite3.connect(":memory:", check_same_thread=False)
    with engine.connect() as connected:
        _raw(connected).backup(template)
    _templates[known] = template


def _raw(connected: Connection) -> sqlite3.Connection:
    return cast("sqlite3.Connection", connected.connection.driver_connection)
