"""A database that another program holds: SQLite itself refuses, nothing is half done or lost."""

import sqlite3
from collections.abc import Callable, Iterator
from types import SimpleNamespace

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event

from engine.model import UserTask
from processes.identity import tokens
from tests.web.conftest import csrf
from web.database import database

Clients = Callable[[str], FlaskClient]
REASON = "申请材料与档案记载不一致"


@pytest.fixture
def held(app: Flask) -> Iterator[sqlite3.Connection]:
    """Another connection holds the write lock; who waits for it gives up soon."""
    with app.app_context():
        engine = database().engine

    def impatient(raw: sqlite3.Connection, _record: object) -> None:
        raw.execute("PRAGMA busy_timeout = 50")

    engine.dispose()
    event.listen(engine, "connect", impatient)
    other = sqlite3.connect(str(engine.url.database), isolation_level=None)
    yield other
    other.close()
    event.remove(engine, "connect", impatient)
    engine.dispose()


def test_a_task_waits_for_another_time_and_what_was_typed_stays_on_the_page(
    as_: Clients, app: Flask, filed: Callable[[], int], held: sqlite3.Connection
) -> None:
    client, task = as_("acceptor"), filed()
    typed = {"csrf_token": csrf(client, "/inbox"), "decision": "refuse", "reason": REASON}
    held.execute("BEGIN IMMEDIATE")
    refused = client.post(f"/tasks/{task}/complete", data=typed)
    held.execute("ROLLBACK")
    page = refused.get_data(as_text=True)
    assert refused.status_code == 503
    assert refused.headers["Retry-After"]
    assert "暂时无法写入" in page
    assert REASON in page
    with app.app_context(), database().read_session() as session:
        assert session.get(UserTask, task) is not None
    assert client.post(f"/tasks/{task}/complete", data=typed).status_code == 303


def test_a_program_is_told_to_come_again_and_its_key_is_not_used_up(
    built: SimpleNamespace, app: Flask, filed: Callable[[], int], held: sqlite3.Connection
) -> None:
    task = filed()
    with app.app_context(), database().transaction() as session:
        token = tokens.issue(session, built.ids["acceptor"], by="test", scopes=("api",))
    client = app.test_client()
    headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": "locked-once"}

    def complete() -> object:
        body = {"answers": {"decision": "accept"}}
        return client.post(f"/api/v1/tasks/{task}/complete", json=body, headers=headers)

    held.execute("BEGIN IMMEDIATE")
    refused = complete()
    held.execute("ROLLBACK")
    assert refused.status_code == 503
    assert refused.mimetype == "application/problem+json"
    assert refused.json["code"] == "unavailable"
    assert "没有改变" in refused.json["detail"]
    assert complete().status_code == 200
