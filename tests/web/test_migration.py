"""Running cases move to another version: the page, the API and the command (version safety)."""

import itertools
import re
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from engine import repository, runtime
from engine.model import UserTask
from processes.model.cases import Case, Opinion
from processes.model.people import AuditEvent
from tests.engine.core.scenario import user, xml
from tests.web.conftest import csrf
from web.database import database

Clients = Callable[[str], FlaskClient]
OURS = "licence_reviewer@370001"
KEY = "yacht_licence_moving"
_NUMBERS = itertools.count()


@pytest.fixture
def running(app: Flask) -> tuple[str, list[int]]:
    """A process of two versions with two cases on the first; its key and their ids."""
    key = f"{KEY}_{next(_NUMBERS)}"
    old = xml("start -> a -> end", key=key, a=user(candidateGroups=OURS))
    new = xml(
        "start -> b -> c -> end",
        key=key,
        b=user(candidateGroups=OURS),
        c=user(candidateGroups=OURS),
    )
    with app.app_context():
        database().run(lambda s: repository.deploy(s, {"m.bpmn": old}, by="admin"))
        ids = [database().run(_start, key, f"{key}-{n}") for n in range(2)]
        database().run(lambda s: repository.deploy(s, {"m.bpmn": new}, by="admin"))
    return key, ids


def _start(session: Any, key: str, reference: str) -> int:
    facts = {"org": "370001", "case_title": "某项许可"}
    return runtime.start(session, key, by="system", variables=facts, business_key=reference).id


def at(app: Flask, case_id: int) -> set[str]:
    with app.app_context(), database().transaction() as session:
        query = select(UserTask.activity).where(UserTask.instance_id == case_id)
        return set(session.scalars(query))


def test_the_dry_run_names_where_a_case_has_no_place_and_changes_nothing(
    app: Flask, as_: Clients, running: tuple[str, list[int]]
) -> None:
    key, ids = running
    page = as_("admin").get(f"/releases/{key}/migration").get_data(as_text=True)
    assert "在目标版本中没有对应的环节" in page
    assert "需要指明对应环节" in page
    assert at(app, ids[0]) == {"a"}


def test_cases_are_moved_with_a_reason_on_record(
    app: Flask, as_: Clients, running: tuple[str, list[int]]
) -> None:
    key, ids = running
    client = as_("admin")
    path = f"/releases/{key}/migration"
    order = {"source": "1", "target": "2", "map.a": "b", "csrf_token": csrf(client, path)}
    empty = client.post(path, data={**order, "case": str(ids[0])})
    assert empty.status_code == 422
    done = client.post(path, data={**order, "case": str(ids[0]), "reason": "法规修订"})
    assert "成功 1 件" in done.get_data(as_text=True)
    assert (at(app, ids[0]), at(app, ids[1])) == ({"b"}, {"a"})
    with app.app_context(), database().transaction() as session:
        told = session.scalars(select(Opinion).where(Opinion.case_id == ids[0])).all()
        assert [(one.action, one.text) for one in told] == [("migrated", "法规修订")]
        audited = session.scalars(
            select(AuditEvent.action).where(AuditEvent.subject_id == str(ids[0]))
        ).all()
        assert "case.migrated" in audited
        assert session.get_one(Case, ids[0]).step == "b"


def test_who_may_not_move_cases_does_not_see_the_page(
    as_: Clients, running: tuple[str, list[int]]
) -> None:
    assert as_("reviewer").get(f"/releases/{running[0]}/migration").status_code == 403


def test_versions_offer_the_migration(as_: Clients, running: tuple[str, list[int]]) -> None:
    page = as_("admin").get(f"/releases/{running[0]}").get_data(as_text=True)
    assert re.search(rf"/releases/{running[0]}/migration", page)
