"""What happened cannot be changed: the database itself refuses, however it was made."""

from pathlib import Path

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import DBAPIError

import processes.model  # noqa: F401 - its tables stand on the same metadata
from engine import append_only, connection
from engine.model import Base
from migrations import schema
from tests.engine.core.scenario import user, xml
from tests.engine.data.site import Site
from web.database import Database

GUARDED = (
    *("audit_event", "history_step", "opinion", "register_log"),
    *("calendar_change", "calendar_version", "clock_entry", "supervision_entry", "case_archive"),
    "user_signature",
    "printed_form",
)
MODEL = xml("start -> a -> end", a=user())


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE history_step SET actor = 'somebody else'",
        "UPDATE history_step SET delta = NULL",
        "DELETE FROM history_step",
        "DELETE FROM history_step WHERE revision = 1",
    ],
)
def test_history_is_neither_changed_nor_deleted(database: Database, statement: str) -> None:
    site = Site(database, p=MODEL)
    case = site.start(variables={"n": 1})
    told = site.history(case)
    with pytest.raises(DBAPIError, match="append-only"), database.transaction() as session:
        session.execute(text(statement))
    assert site.history(case) == told


@pytest.mark.postgres
def test_nor_are_the_tables_emptied_at_once(postgres: Database) -> None:
    for table in GUARDED:
        with pytest.raises(DBAPIError, match="append-only"), postgres.transaction() as session:
            session.execute(text(f"TRUNCATE {table} CASCADE"))


def guards(engine: Engine) -> set[str]:
    where = {
        "sqlite": "SELECT sql FROM sqlite_master WHERE type = 'trigger'",
        "postgresql": "SELECT pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal",
    }
    with engine.connect() as opened:
        found = opened.scalars(text(where[engine.dialect.name]))
        return {one for one in found if "append" in one}


def test_the_migrations_guard_what_the_models_guard(tmp_path: Path, sqlite_file: Database) -> None:
    engine = connection.create(f"sqlite:///{tmp_path / 'migrated.db'}")
    schema.upgrade(engine)
    assert guards(engine) == guards(sqlite_file.engine)
    wanted = {one for table in GUARDED for one in append_only.statements(table, "sqlite")}
    assert guards(engine) == wanted
    engine.dispose()


@pytest.mark.postgres
def test_and_on_postgresql_too(postgres: Database) -> None:
    made = guards(postgres.engine)
    Base.metadata.drop_all(postgres.engine)
    schema.upgrade(postgres.engine)
    assert guards(postgres.engine) == made
    assert len(made) == 2 * len(GUARDED)
