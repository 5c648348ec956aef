"""办理后会怎样 on PostgreSQL: the same words, nothing left behind, and the step itself still works."""

from pathlib import Path

import pytest
from sqlalchemy import func, select

from engine import connection, sealing
from engine.model import HistoryEvent, UserTask
from processes import settings as rules
from processes.casework import applications
from processes.desk import outlook, worklist
from processes.documents import files
from processes.identity import identity
from processes.model.cases import ClockEntry, Notification
from tests.web.conftest import application, picture, seed
from web import create_app
from web.config import Settings
from web.database import database
from web.security import limiter

pytestmark = pytest.mark.postgres


def _counts(session):
    kinds = (HistoryEvent, UserTask, ClockEntry, Notification)
    return [session.scalar(select(func.count()).select_from(kind)) for kind in kinds]


def test_a_decision_is_foretold_and_then_taken(postgres_server, tmp_path: Path, monkeypatch):
    monkeypatch.setattr(sealing, "_state_key", sealing._state_key)
    monkeypatch.setattr(rules, "_configured", rules.current())
    monkeypatch.setattr(limiter, "enabled", False)
    admin = connection.create(postgres_server("postgres"), isolation_level="AUTOCOMMIT")
    with admin.connect() as opened:
        opened.exec_driver_sql("CREATE DATABASE banli_outlook TEMPLATE banli_template")
    admin.dispose()
    url = postgres_server("banli_outlook")
    settings = Settings(
        profile="test", home=tmp_path, secret_key="k" * 40, rate_limits=False, database_url=url
    )
    app = create_app(settings)
    seed(app)
    with app.app_context():
        with database().transaction() as session:
            by = identity.by_login(session, "applicant")

            def stored(name):
                row = files.store(session, picture(), by=by.id)
                return {"file": row.sha256, "name": name, "size": row.size, "type": "image/png"}

            case = applications.apply(
                session, "yacht_licence_sample", by=by, answers=application(stored)
            ).id
            query = select(UserTask.id).where(UserTask.instance_id == case)
            task = session.scalars(query).one()
        with database().read_session() as session:
            before, acceptor = _counts(session), identity.by_login(session, "acceptor")
        answers = {"decision": "accept"}
        for _ in range(2):
            with database().read_session() as session:
                found = outlook.of_submission(session, task, by=acceptor, answers=answers)
            assert [one.activity for one in found.tasks] == ["review"]
            assert found.problem == ""
        with database().read_session() as session:
            assert _counts(session) == before
        database().run(worklist.submit, task, by=acceptor, answers=answers)
        with database().read_session() as session:
            open_now = select(UserTask.activity).where(UserTask.instance_id == case)
            assert session.scalars(open_now).all() == ["review"]
        database().engine.dispose()
