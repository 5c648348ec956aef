"""Masked values of a case are shown once, for a reason, and the look is on record."""

from collections.abc import Callable

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from engine.model import UserTask
from processes.model.people import AuditEvent
from tests.web.conftest import csrf
from web.database import database

NUMBER = "110101199003070070"


def case_of(app: Flask, task: int) -> int:
    with app.app_context(), database().read_session() as session:
        return session.scalars(select(UserTask.instance_id).where(UserTask.id == task)).one()


def looks(app: Flask, case: int) -> list[AuditEvent]:
    with app.app_context(), database().read_session() as session:
        query = session.query(AuditEvent).filter_by(action="data.unmasked", subject_id=str(case))
        return list(query)


def test_masked_values_are_shown_once_for_a_reason(
    as_: Callable[[str], FlaskClient], app: Flask, filed: Callable[[], int]
) -> None:
    case, client = case_of(app, filed()), as_("acceptor")
    path = f"/cases/{case}"
    masked = client.get(path).get_data(as_text=True)
    assert NUMBER not in masked
    assert 'data-open="unmask"' in masked
    token = csrf(client, path)
    unsaid = client.post(f"{path}/unmask", data={"csrf_token": token, "reason": " "})
    assert unsaid.status_code == 422
    assert NUMBER not in unsaid.get_data(as_text=True)
    assert looks(app, case) == []
    reason = "核对体检证明上的号码"
    shown = client.post(f"{path}/unmask", data={"csrf_token": token, "reason": reason})
    assert NUMBER in shown.get_data(as_text=True)
    assert shown.headers["Cache-Control"] == "no-store"
    assert [one.detail for one in looks(app, case)] == [reason]
    assert NUMBER not in client.get(path).get_data(as_text=True)


def test_nobody_outside_the_scope_unmasks(
    as_: Callable[[str], FlaskClient], app: Flask, filed: Callable[[], int]
) -> None:
    case, client = case_of(app, filed()), as_("stranger")
    data = {"csrf_token": csrf(client, "/inbox"), "reason": "好奇"}
    assert client.post(f"/cases/{case}/unmask", data=data).status_code == 404
    assert looks(app, case) == []
