"""Whatever people type during a case, right and wrong, none of it is in the program's own lines."""

import io
import logging
from collections.abc import Callable, Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, text

from engine.model import UserTask
from processes.model.cases import Case
from tests.web.conftest import PASSWORD, csrf
from tests.web.test_once import APPLY, post, typed
from web import logs
from web.database import database

__all__ = ["typed"]  # the fixture of a complete application

Clients = Callable[[str], FlaskClient]
CANARY = {
    "name": "金丝雀甲",
    "id_no": "110101199003070070",
    "phone": "13912345678",
    "address": "山东省青岛市金丝雀路 7 号",
}
REASON = "canary-reason 与档案不符"


@pytest.fixture
def lines() -> Iterator[io.StringIO]:
    """All that every logger of the process writes, at the finest level, as an installation would."""
    out = io.StringIO()
    handler = logging.StreamHandler(out)
    handler.setFormatter(logs.Lines())
    root = logging.getLogger()
    before = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    yield out
    root.setLevel(before)
    root.removeHandler(handler)


def test_no_line_of_a_whole_case_carries_what_was_typed(
    as_: Clients, app: Flask, typed: dict[str, object], lines: io.StringIO
) -> None:
    """Rule 34: an application refused and filed, a task refused and done, searches, a failure."""
    applicant, acceptor = as_("applicant"), as_("acceptor")
    post(applicant, APPLY, {**typed, **CANARY, "id_no": "110101199003070071", "phone": "139"})
    assert post(applicant, APPLY, {**typed, **CANARY}).status_code == 303
    with app.app_context(), database().read_session() as session:
        query = select(UserTask.id).join(Case, Case.id == UserTask.instance_id)
        task = session.scalars(query.where(Case.applicant_name == CANARY["name"])).one()
    acceptor.get("/cases", query_string={"text": CANARY["name"]})
    token = csrf(acceptor, "/inbox")
    path = f"/tasks/{task}/complete"
    acceptor.post(path, data={"csrf_token": token, "decision": "refuse"})
    with app.app_context(), database().transaction() as session:
        session.execute(text("ALTER TABLE opinion RENAME TO opinion_away"))
    try:
        failed = acceptor.post(
            path, data={"csrf_token": token, "decision": "refuse", "reason": REASON}
        )
    finally:
        with app.app_context(), database().transaction() as session:
            session.execute(text("ALTER TABLE opinion_away RENAME TO opinion"))
    assert failed.status_code >= 500
    done = acceptor.post(path, data={"csrf_token": token, "decision": "refuse", "reason": REASON})
    assert done.status_code == 303

    written = lines.getvalue()
    decoded = written.encode("ascii").decode("unicode_escape")
    assert "opinion" in written, "the failure is on record"
    for value in (*CANARY.values(), REASON, "canary-reason", PASSWORD, token):
        assert value not in written
        assert value not in decoded
