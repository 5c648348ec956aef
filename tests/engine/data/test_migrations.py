"""The schema's history leads to the models, and no other schema is worked on."""

from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import select, text

import processes.model  # noqa: F401 - its tables stand on the same metadata
from engine import connection, history
from engine.model import Base, HistoryEvent
from migrations import schema
from tests.engine.core.scenario import user, xml
from tests.engine.data.site import Site
from web.database import Database


def test_the_migrations_make_what_the_models_say(tmp_path: Path) -> None:
    """Y-30, Y-33: the definitions and changes of an upgrade, carried out and compared."""
    engine = connection.create(f"sqlite:///{tmp_path / 'new.db'}")
    assert schema.upgrade(engine) == schema.head()
    schema.check(engine)
    with engine.connect() as opened:
        context = MigrationContext.configure(opened, opts={"compare_type": False})
        assert compare_metadata(context, Base.metadata) == []
    assert schema.upgrade(engine) == schema.head(), "again changes nothing"
    engine.dispose()


@pytest.mark.postgres
def test_the_migrations_make_what_the_models_say_on_postgresql(postgres: Database) -> None:
    Base.metadata.drop_all(postgres.engine)
    schema.upgrade(postgres.engine)
    with postgres.engine.connect() as opened:
        context = MigrationContext.configure(opened, opts={"compare_type": False})
        assert compare_metadata(context, Base.metadata) == []


def test_an_empty_an_older_and_a_newer_database_are_refused(tmp_path: Path) -> None:
    engine = connection.create(f"sqlite:///{tmp_path / 'old.db'}")
    with pytest.raises(schema.SchemaMismatch, match="尚未初始化"):
        schema.check(engine)
    schema.upgrade(engine)
    with engine.begin() as opened:
        opened.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    for refuse in (schema.check, schema.upgrade):
        with pytest.raises(schema.SchemaMismatch, match="更新，请使用"):
            refuse(engine)
    engine.dispose()


def test_the_revisions_told_by_the_names_of_the_files_are_those_of_the_scripts() -> None:
    scripts = ScriptDirectory.from_config(schema._config())
    assert schema.revisions() == [one.revision for one in scripts.walk_revisions()][::-1]
    assert schema.head() == scripts.get_current_head()


_OLD = """
CREATE TABLE old_event AS SELECT * FROM history_event WHERE revision <> 2;
CREATE TABLE variable_delta AS SELECT instance_id, revision, delta AS content FROM history_step;
DROP VIEW history_event;
DROP TABLE history_step;
ALTER TABLE old_event RENAME TO history_event;
CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL);
INSERT INTO alembic_version VALUES ('0023')"""


def test_history_in_rows_of_events_is_moved_to_rows_of_steps(database: Database) -> None:
    """Also a delta of a step that had no event; cases go on, and every ending is still found."""
    site = Site(database, p=xml("start -> a -> b -> end", a=user(), b=user()))
    case = site.start(n=1)
    first = site.task("a")
    site.complete("a", n=2)
    with database.engine.begin() as opened:
        for statement in _OLD.split(";"):
            opened.execute(text(statement))
        before = _told(opened)
    config = schema._config()
    with database.engine.connect() as opened:
        config.attributes["connection"] = opened
        command.upgrade(config, "0024")
        opened.commit()
        assert _told(opened) == before
    site.forget()
    assert site.variables(case) == {"n": 2}
    site.complete("b", n=3)
    with database.read_session() as session:
        begun, *_, ended = session.scalars(select(HistoryEvent).order_by(HistoryEvent.sequence))
        assert history.variables_at(session, case, begun.sequence)[case] == {"n": 1}
        assert history.variables_at(session, case, ended.sequence)[case] == {"n": 3}
        assert history.ending_of(session, first) is None, "its event was of revision 2"
        started = next(one for one in before if one["type"] == "activity.completed")
        found = history.ending_of(session, started["activity_id"])
        assert found is not None
        assert (found.activity, found.instance_id) == ("start", case)


def _told(opened: Any) -> list[dict[str, Any]]:
    rows = opened.execute(text("SELECT * FROM history_event ORDER BY sequence")).mappings()
    return [dict(row) for row in rows]


def test_open_tasks_and_stuck_jobs_pass_into_rows_by_themselves(tmp_path: Path) -> None:
    """Migration 0035: who may claim a task is kept, an incident goes on going with its job."""
    engine = connection.create(f"sqlite:///{tmp_path / 'before.db'}")
    config = schema._config()
    with engine.connect() as opened:
        config.attributes["connection"] = opened
        command.upgrade(config, "0034")
        for statement in _BEFORE.strip().split(";\n"):
            opened.execute(text(statement))
        opened.commit()
        command.upgrade(config, "0035")
        opened.commit()
        asked = "SELECT candidates FROM user_task ORDER BY id"
        one, nobody = opened.scalars(text(asked)).all()
        assert {*one.splitlines()} == {"acceptor@1", "user:7"}
        assert nobody == ""
        asked = "SELECT task_id FROM user_task_candidate WHERE candidate = 'user:7'"
        assert opened.scalars(text(asked)).all() == [1]
        opened.execute(text("DELETE FROM job WHERE id = 3"))
        opened.execute(text("UPDATE job SET retries = 8 WHERE id = 4"))
        assert opened.scalars(text("SELECT job_id FROM incident")).all() == [5]
    engine.dispose()


_BEFORE = """
INSERT INTO deployment VALUES (1, '', 'd', 'admin', '2026-11-01');
INSERT INTO process_definition (id, key, version, version_tag, name, digest, deployment_id,
    suspended, created_at) VALUES (1, 'p', 1, '', '', 'd', 1, 0, '2026-11-01');
INSERT INTO process_instance (id, definition_id, business_key, status, revision, sequence,
    started_by, started_at) VALUES (9, 1, 'C-1', 'active', 1, 0, '5', '2026-11-01');
INSERT INTO user_task (id, instance_id, definition_id, process_key, activity, name, lane,
    scope_id, form_id, limit_title, priority, separation, operations, suspended, revision,
    created_at) SELECT n, 9, 1, 'p', 'a', '', '', 9, '', '', 50, '', '', 0, 1, '2026-11-01'
    FROM (SELECT 1 AS n UNION SELECT 2);
INSERT INTO user_task_candidate (task_id, candidate) VALUES (1, 'acceptor@1'), (1, 'user:7');
INSERT INTO job (id, kind, instance_id, definition_id, activity, topic, business_key,
    correlation_key, payload, due_at, fencing, retries, suspended, last_error, created_at)
    SELECT n, 'timer', 9, 1, 'a', '', '', '', '{}', '2026-11-01', 0, 0, 0, '', '2026-11-01'
    FROM (SELECT 3 AS n UNION SELECT 4 UNION SELECT 5);
INSERT INTO incident (id, kind, instance_id, activity, job_id, message, details, raised_at)
    SELECT id, 'job_failed', 9, 'a', id, '', '{}', '2026-11-01' FROM job
"""
