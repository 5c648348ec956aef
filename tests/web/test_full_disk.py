"""A disk that is full in earnest: SQLite itself refuses, the page says so, nothing is half done."""

from collections.abc import Callable, Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine, event, func, select, text
from sqlalchemy.exc import OperationalError
from werkzeug.test import TestResponse

from engine.model import HistoryEvent, UserTask
from processes.model.cases import Opinion
from tests.web.conftest import csrf
from web.database import database

Clients = Callable[[str], FlaskClient]
MANY = 30
REASON = "申请材料与档案记载不一致，" * 30


def _take_what_is_free(engine: Engine) -> None:
    while True:
        with engine.begin() as opened:
            opened.execute(text("INSERT INTO filler VALUES (randomblob(4000))"))


@pytest.fixture
def full(app: Flask) -> Iterator[Callable[[], None]]:
    """Lets the database file grow no further; after the test it may grow again."""
    with app.app_context():
        engine: Engine = database().engine

    def no_growth(raw: object, _record: object) -> None:
        raw.execute("PRAGMA max_page_count = 1")  # type: ignore[attr-defined] # not below today's

    def fill() -> None:
        with engine.begin() as opened:
            opened.execute(text("CREATE TABLE filler (content BLOB)"))
        engine.dispose()
        event.listen(engine, "connect", no_growth)
        with pytest.raises(OperationalError, match="full"):
            _take_what_is_free(engine)

    yield fill
    if event.contains(engine, "connect", no_growth):
        event.remove(engine, "connect", no_growth)
    engine.dispose()
    with engine.begin() as opened:
        opened.execute(text("DROP TABLE IF EXISTS filler"))


def test_a_task_on_a_full_disk_stays_open_and_what_was_typed_stays_on_the_page(
    as_: Clients, app: Flask, filed: Callable[[], int], full: Callable[[], None]
) -> None:
    client, tasks = as_("acceptor"), [filed() for _ in range(MANY)]
    token = csrf(client, "/inbox")

    def counted() -> list[int | None]:
        with app.app_context(), database().read_session() as session:
            kinds = (HistoryEvent, UserTask, Opinion)
            return [session.scalar(select(func.count()).select_from(kind)) for kind in kinds]

    def complete(task: int) -> TestResponse:
        typed = {"csrf_token": token, "decision": "refuse", "reason": REASON}
        return client.post(f"/tasks/{task}/complete", data=typed)

    full()
    for task in tasks:  # the first ones may still find room on pages that are half empty
        before = counted()
        answer = complete(task)
        if answer.status_code != 303:
            break
    page = answer.get_data(as_text=True)
    assert answer.status_code == 507
    assert "存储空间不足" in page
    assert "没有改变" in page
    assert REASON in page
    assert counted() == before
    with app.app_context(), database().read_session() as session:
        assert session.get(UserTask, task) is not None
