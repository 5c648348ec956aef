"""Readiness of a migrated installation: each part that is not well is named, and nothing else.

Requirements Y-38, Y-83: the system, its database and what it runs on are watched.
"""

from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import create_engine, text

from migrations import schema
from processes.identity import audit
from web import running
from web.config import Settings
from web.database import database


@pytest.fixture
def installed(tmp_path: Path) -> Flask:
    url = f"sqlite:///{tmp_path / 'banli.db'}"
    settings = Settings(profile="test", home=tmp_path, secret_key="k" * 40, database_url=url)
    empty = create_engine(url)
    schema.upgrade(empty)
    empty.dispose()
    app = running.build(settings, {})
    with app.app_context(), database().transaction() as session:
        for _ in range(3):
            audit.record(session, "tested", by="system")
    return app


def parts(app: Flask) -> dict[str, str]:
    return app.test_client().get("/health/ready").json["parts"]


def test_an_installation_that_is_well_is_ready(installed: Flask) -> None:
    """Y-34: what an upgrade is verified with; each part says by itself whether it is well."""
    running.Heartbeat(installed)
    assert set(parts(installed).values()) == {"ok"}
    assert set(parts(installed)) == {"database", "disk", "schema", "audit", "worker"}


def test_a_worker_that_fell_silent_makes_it_not_ready(
    installed: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    heart = running.Heartbeat(installed)
    monkeypatch.setattr(heart, "_beaten", heart._beaten - 121)
    assert parts(installed)["worker"] == "bad"
    heart.work()
    assert parts(installed)["worker"] == "ok"


def test_another_schema_and_a_broken_chain_are_named(installed: Flask) -> None:
    """Y-33: 完成核查; a schema that was not upgraded is found."""
    with installed.app_context(), database().engine.begin() as connection:
        connection.execute(text("DROP TRIGGER audit_event_keeps_values"))
        connection.execute(text("UPDATE audit_event SET detail = 'x' WHERE sequence = 3"))
    assert parts(installed)["audit"] == "bad"
    with installed.app_context(), database().engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = 'older'"))
    assert parts(installed)["schema"] == "bad"
