"""Looks at a case of a process that keeps them are on record, by page and by program (P-73)."""

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from adapters import registry
from processes.casework import applications
from processes.demo import loader
from processes.identity import identity
from processes.model.people import AuditEvent
from tests.web.conftest import installation, log_in
from web.database import create_tables, database

QUERY = {
    "purpose_text": "执行案件财产查询",
    "legal_basis": "民事诉讼法第二百五十三条",
    "requester": "西安市中级人民法院",
    "contact": "执行局 029-80000001",
    "due_on": "2099-03-06",
    "persons": [{"name": "被查询人", "id_no": "610102198001010014"}],
}


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> tuple[Flask, int]:
    """An installation of the property domain with one query."""
    app = installation(tmp_path_factory.mktemp("looking"))

    def file(session: Session) -> int:
        loader.load(session, topics=registry.topics())
        by = identity.by_login(session, "prop_creator")
        assert by is not None
        return applications.apply(session, "prop_info_query", by=by, answers=QUERY).id

    with app.app_context():
        create_tables()
        with database().transaction() as session:
            case_id = file(session)
    return app, case_id


def looks(app: Flask, case_id: int) -> list[tuple[str, str]]:
    found = select(AuditEvent.actor, AuditEvent.detail).where(
        AuditEvent.action == "case.viewed", AuditEvent.subject_id == str(case_id)
    )
    with app.app_context(), database().read_session() as session:
        return [(actor, detail) for actor, detail in session.execute(found)]


def test_who_opens_a_query_is_on_record_each_time(demo: tuple[Flask, int]) -> None:
    app, case_id = demo
    client = app.test_client()
    log_in(client, "prop_approver")
    before = len(looks(app, case_id))
    assert client.get(f"/cases/{case_id}").status_code == 200
    assert client.get(f"/cases/{case_id}").status_code == 200
    assert client.get(f"/api/v1/cases/{case_id}").status_code == 200
    kept = looks(app, case_id)[before:]
    assert [what for _actor, what in kept] == ["办件"] * 3
    assert len({actor for actor, _what in kept}) == 1


def test_who_may_not_see_it_sees_nothing(demo: tuple[Flask, int]) -> None:
    app, case_id = demo
    client = app.test_client()
    log_in(client, "reviewer")
    before = looks(app, case_id)
    assert client.get(f"/cases/{case_id}").status_code == 404
    assert looks(app, case_id) == before
