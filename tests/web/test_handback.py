"""Rights that end free what was claimed under them, and the history says who did it."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from engine import clock
from engine.model import HistoryEvent, UserTask
from processes import chores
from processes.desk import worklist
from processes.identity import identity
from processes.model.people import UserAccount
from processes.people import accounts
from tests.web.conftest import csrf
from web.database import database


@pytest.fixture
def clerk(app: Flask) -> int:
    """A clerk of the office beside the cast, who may accept."""
    with app.app_context(), database().transaction() as session:
        found = identity.by_login(session, "leaving_clerk")
        if found is None:
            account = accounts.create_user(
                session, "leaving_clerk", name="离岗人员", org_code="370001",
                id_no="110101199003070134",
            )  # fmt: skip
        else:
            account = session.get_one(UserAccount, found.id)
        account.status = "active"
        accounts.assign_role(session, account, "licence_acceptor", org_code="370001")
        return account.id


@pytest.mark.parametrize(
    "order",
    [
        ("roles", {"role": "licence_acceptor", "org": "370001", "act": "withdraw"}),
        ("status", {"status": "locked"}),
    ],
)
def test_a_claimed_task_is_free_again_when_its_holder_may_not_do_it_any_more(
    as_: Callable[[str], FlaskClient],
    app: Flask,
    clerk: int,
    filed: Callable[[], int],
    order: tuple[str, dict[str, str]],
) -> None:
    (path, data), task, admin = order, filed(), as_("admin")
    with app.app_context(), database().transaction() as session:
        worklist.claim(session, task, by=identity.user(session, clerk))
    data = {**data, "csrf_token": csrf(admin, "/admin/users")}
    assert admin.post(f"/admin/users/{clerk}/{path}", data=data).status_code == 303
    with app.app_context(), database().read_session() as session:
        assert session.get_one(UserTask, task).assignee is None
        event = session.scalars(
            select(HistoryEvent).where(
                HistoryEvent.activity_id == task, HistoryEvent.type == "task.released"
            )
        ).one()
        by = identity.by_login(session, "admin")
    assert event.actor == str(by.id)
    assert event.data == {"held_by": str(clerk)}
    other = as_("acceptor")
    claimed = {"csrf_token": csrf(other, "/inbox")}
    assert other.post(f"/tasks/{task}/claim", data=claimed).status_code == 303


def test_who_keeps_another_role_for_it_keeps_the_task(
    app: Flask, clerk: int, filed: Callable[[], int]
) -> None:
    task = filed()
    with app.app_context(), database().transaction() as session:
        worklist.claim(session, task, by=identity.user(session, clerk))
        account = session.get_one(UserAccount, clerk)
        accounts.assign_role(session, account, "licence_reviewer", org_code="370001")
        accounts.withdraw_role(session, account, "licence_reviewer", org_code="370001")
    with app.app_context(), database().read_session() as session:
        assert session.get_one(UserTask, task).assignee == str(clerk)


@pytest.mark.parametrize("ends", ["role", "account"])
@pytest.mark.parametrize(("days", "kept"), [(0, True), (-1, False)])
def test_a_role_or_account_that_ends_by_its_date_frees_what_was_claimed(
    app: Flask, clerk: int, filed: Callable[[], int], ends: str, days: int, *, kept: bool
) -> None:
    """On its last day it still holds; after it the round of the worker frees the task."""
    task, last = filed(), clock.today() + timedelta(days=days)
    with app.app_context(), database().transaction() as session:
        worklist.claim(session, task, by=identity.user(session, clerk))
        account = session.get_one(UserAccount, clerk)
        if ends == "account":
            account.valid_to = last
        else:
            accounts.assign_role(
                session, account, "licence_acceptor", org_code="370001", valid_to=last
            )
    with app.app_context():
        database().run(chores.all_due)
        database().run(chores.all_due)
    with app.app_context(), database().transaction() as session:
        assert session.get_one(UserTask, task).assignee == (str(clerk) if kept else None)
        events = session.scalars(
            select(HistoryEvent).where(
                HistoryEvent.activity_id == task, HistoryEvent.type == "task.released"
            )
        ).all()
        assert [event.actor for event in events] == ([] if kept else ["system"])
        session.get_one(UserAccount, clerk).valid_to = None
