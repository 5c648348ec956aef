"""The server killed without warning in the middle of a submit: done once or not at all."""

import multiprocessing
import os
import signal
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from engine.model import HistoryEvent, UserTask
from processes.model.cases import Case
from tests.web.conftest import csrf
from tests.web.test_once import APPLY, typed
from web import applying
from web.clerk import task
from web.database import database

__all__ = ["typed"]  # the fixture of a complete application

Clients = Callable[[str], FlaskClient]
WHEN = ("before the commit", "after the commit")


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def send_and_die(app: Flask, page: Any, when: str, send: Callable[[], object]) -> None:
    """In a child: the whole request, up to the moment at which the process is no more."""
    with app.app_context():
        database().engine.dispose(close=False)  # the parent's connections are the parent's
    run = page.run

    def dying(command: Any, *args: Any, **named: Any) -> Any:
        def doomed(session: Any) -> Any:
            found = command(session, *args, **named)
            if when == "before the commit":
                session.flush()
                die()
            return found

        found = run(doomed)
        die()
        return found

    page.run = dying
    send()


def killed(app: Flask, page: Any, when: str, send: Callable[[], object]) -> None:
    with app.app_context():
        database().engine.dispose()
    child = multiprocessing.get_context("fork").Process(
        target=send_and_die, args=(app, page, when, send)
    )
    child.start()
    child.join(120)
    assert child.exitcode == -signal.SIGKILL


@pytest.mark.parametrize("when", WHEN)
def test_a_task_is_completed_once_or_still_open(
    as_: Clients, app: Flask, filed: Callable[[], int], when: str
) -> None:
    client, open_task = as_("acceptor"), filed()
    data = {"csrf_token": csrf(client, "/inbox"), "decision": "accept", "remark": "齐全"}
    path = f"/tasks/{open_task}/complete"

    def completed() -> int:
        with app.app_context(), database().read_session() as session:
            query = select(func.count()).where(
                HistoryEvent.activity_id == open_task, HistoryEvent.type == "activity.completed"
            )
            still = session.get(UserTask, open_task) is not None
            done = session.scalar(query) or 0
            assert still == (done == 0), "nothing is half done"
            return done

    killed(app, task, when, lambda: client.post(path, data=data))
    assert completed() == (when == "after the commit")
    again = client.post(path, data=data)
    assert again.status_code == (409 if when == "after the commit" else 303)
    assert completed() == 1


@pytest.mark.parametrize("when", WHEN)
def test_an_application_sent_again_is_filed_once(
    as_: Clients, app: Flask, typed: dict[str, Any], when: str
) -> None:
    client, typed["name"] = as_("applicant"), f"断电{WHEN.index(when)}"
    data = {**typed, "csrf_token": csrf(client, "/portal")}

    def cases() -> list[int]:
        with app.app_context(), database().read_session() as session:
            return list(session.scalars(select(Case.id).where(Case.applicant_name == data["name"])))

    killed(app, applying, when, lambda: client.post(APPLY, data=data))
    there = cases()
    assert len(there) == (when == "after the commit")
    again = client.post(APPLY, data=data)
    assert again.status_code == 303, again.get_data(as_text=True)
    assert len(cases()) == 1
    assert there in ([], cases()), "the same case"
