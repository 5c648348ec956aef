"""A small office on a port of its own: the cast of the page tests, a model, and cases under way."""

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from flask import Flask
from sqlalchemy import select
from werkzeug.serving import make_server

from engine import repository, runtime, tasks
from engine.model import UserTask
from processes.identity import identity
from processes.people import accounts
from tests.web.conftest import PASSWORD, seed
from web import create_app
from web.config import Settings
from web.database import database


class Office:
    """The application with its people; `base` is its address."""

    def __init__(self, app: Flask, base: str, ids: dict[str, int]) -> None:
        self.app = app
        self.base = base
        self.ids = ids

    def colleague(self, login: str, name: str, *, role: str, id_no: str) -> int:
        """One more person of the office."""
        with self.app.app_context(), database().transaction() as session:
            made = accounts.create_user(
                session, login, name=name, org_code="370001", id_no=id_no, kind="staff"
            )
            made.password_hash = identity.hash_password(PASSWORD)
            accounts.assign_role(session, made, role, org_code="370001")
            self.ids[login] = made.id
        return self.ids[login]

    def deploy(self, key: str, model: bytes, names: Mapping[str, str], **forms: str) -> None:
        """A model whose activities get their Chinese names, and its forms."""
        for activity, name in names.items():
            model = model.replace(f'name="{activity}"'.encode(), f'name="{name}"'.encode())
        files = {f"{key}.bpmn": model}
        files |= {f"forms/{form}.yaml": text.encode() for form, text in forms.items()}
        with self.app.app_context(), database().transaction() as session:
            repository.deploy(session, files, by="system")

    def start(self, key: str, title: str, number: str, **variables: Any) -> int:
        """A case of the office."""
        with self.app.app_context(), database().transaction() as session:
            told = {"org": "370001", "case_title": title, **variables}
            return runtime.start(session, key, by="system", variables=told, business_key=number).id

    def complete(self, case: int, by: str) -> None:
        """The one open task of a case is done by somebody."""
        with self.app.app_context(), database().transaction() as session:
            task = session.scalars(select(UserTask).where(UserTask.instance_id == case)).one()
            tasks.complete(session, task.id, by=str(self.ids[by]), variables={})

    def claim(self, case: int, **holders: str) -> dict[str, int]:
        """Tasks of a case go to people, by activity; the ids of all that are open."""
        with self.app.app_context(), database().transaction() as session:
            query = select(UserTask).where(UserTask.instance_id == case)
            found = {one.activity: one.id for one in session.scalars(query)}
            for activity, login in holders.items():
                tasks.claim(session, found[activity], by=str(self.ids[login]))
        return found


@contextmanager
def opened(home: Path) -> Iterator[Office]:
    """An office that is served as long as it is needed."""
    settings = Settings(
        profile="test",
        home=home,
        secret_key="k" * 40,
        rate_limits=False,
        database_url=f"sqlite:///{home / 'banli.db'}",
    )
    app = create_app(settings)
    ids = seed(app)
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield Office(app, f"http://127.0.0.1:{server.server_port}", ids)
    server.shutdown()
    thread.join()
