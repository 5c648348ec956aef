"""An application with a small cast and one process, for the tests of the pages."""

import io
import sqlite3
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from types import SimpleNamespace

import pytest
from flask import Flask
from flask.testing import FlaskClient
from PIL import Image
from sqlalchemy import select

from engine import cache, sealing
from engine.model import UserTask
from processes import settings
from processes.casework import applications
from processes.documents import files
from processes.identity import identity, organisations
from processes.identity.roles import ROLES
from processes.model.people import AuthorityGrant, Role
from processes.modelling import bundle, deployment
from processes.people import accounts
from web import create_app
from web.config import Settings
from web.database import create_tables, database, state_key
from web.security import limiter
from web.wiring import wire

PASSWORD = "banli-demo"
HERE = Path(__file__).parent
CAST = {
    "acceptor": ("licence_acceptor", "370001", "110101199003070011"),
    "reviewer": ("licence_reviewer", "370001", "11010119900307002X"),
    "manager": ("licence_manager", "370001", "110101199003070038"),
    "admin": ("system_admin", "370001", "110101199003070046"),
    "releaser": ("process_releaser", "370001", "110101199003070054"),
    "stranger": ("licence_acceptor", "320002", "110101199003070062"),
    "applicant": ("applicant", "000001", "110101199003070070"),
}


def installation(home: Path, *, demo_accounts: bool = False) -> Flask:
    """An application of the tests, whose data stand in `home`; nothing is in it yet."""
    return create_app(
        Settings(
            profile="test",
            home=home,
            secret_key="k" * 40,
            rate_limits=False,
            demo_accounts=demo_accounts,
            database_url=f"sqlite:///{home / 'banli.db'}",
        )
    )


def seed(app: Flask) -> dict[str, int]:
    """Organisations, the cast with its roles, and the sample process; login → user id."""
    with app.app_context():
        create_tables()
        with database().transaction() as session:
            for code, name, kind, parent in (
                ("000001", "部海事局", "msa_hq", None),
                ("370001", "山东海事局", "msa_direct", "000001"),
                ("320002", "江苏地方海事局", "msa_local", "000001"),
            ):
                organisations.create(
                    session, code, name=name, kind=kind, parent_code=parent, region_code=code
                )
            for code, info in ROLES.items():
                session.add(Role(code=code, name=info.name, name_en=info.name_en))
            session.flush()
            for code in ("370001", "320002"):
                session.add(
                    AuthorityGrant(
                        grantor="000001",
                        grantee=code,
                        scope="sea_yacht",
                        business="licence_issue",
                        may_delegate=False,
                        valid_from=date(2020, 1, 1),
                    )
                )
            ids = {}
            hashed = identity.hash_password(PASSWORD)
            for login, (role, org, id_no) in CAST.items():
                kind = "applicant" if role == "applicant" else "staff"
                account = accounts.create_user(
                    session, login, name=ROLES[role].name, org_code=org, id_no=id_no, kind=kind
                )
                account.password_hash = hashed
                accounts.assign_role(session, account, role, org_code=org)
                ids[login] = account.id
            made = bundle.read_folder(HERE / "yacht_licence_sample")
            deployment.deploy(session, made, by="system")
        return ids


@pytest.fixture(scope="session")
def seeded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SimpleNamespace]:
    """The application, and a copy of its data as they are at first."""
    home = tmp_path_factory.mktemp("banli")
    app = installation(home, demo_accounts=True)
    ids = seed(app)
    at_first = sqlite3.connect(":memory:")
    with sqlite3.connect(home / "banli.db") as stored:
        stored.backup(at_first)
    stored.close()
    yield SimpleNamespace(app=app, ids=ids, at_first=at_first)
    at_first.close()


@pytest.fixture(scope="module")
def built(seeded: SimpleNamespace) -> Iterator[SimpleNamespace]:
    """The application with its data as at first; the tests of one file share what they add."""
    with seeded.app.app_context():
        raw = database().engine.raw_connection()
        seeded.at_first.backup(raw.driver_connection)
        raw.close()
    cache.clear()
    with pytest.MonkeyPatch.context() as patch:
        laid_down(seeded.app, patch)
        yield seeded


def laid_down(app: Flask, patch: pytest.MonkeyPatch) -> None:
    """The keys and settings of an application, which are of the whole program, for a while."""
    patch.setattr(sealing, "_state_key", sealing._state_key)
    patch.setattr(settings, "_configured", settings.current())
    sealing.configure(state_key=state_key(app.config["BANLI"].secret_key))
    wire(app)


@pytest.fixture
def app(built: SimpleNamespace, monkeypatch: pytest.MonkeyPatch) -> Flask:
    """The application; other tests lay down their settings."""
    monkeypatch.setattr(limiter, "enabled", False)
    laid_down(built.app, monkeypatch)
    return built.app


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


def csrf(client: FlaskClient, path: str = "/login") -> str:
    """The token that a page of this client carries."""
    text = client.get(path, follow_redirects=True).get_data(as_text=True)
    return text.split('name="csrf-token" content="')[1].split('"')[0]


def log_in(client: FlaskClient, login: str) -> None:
    data = {"login": login, "password": PASSWORD, "csrf_token": csrf(client)}
    answer = client.post("/login", data=data)
    assert answer.status_code == 303, answer.get_data(as_text=True)


@pytest.fixture
def as_(app: Flask) -> Callable[[str], FlaskClient]:
    """A client logged in as one of the cast."""

    def logged_in(login: str) -> FlaskClient:
        client = app.test_client()
        log_in(client, login)
        return client

    return logged_in


def application(files: Callable[[str], dict[str, object]]) -> dict[str, object]:
    """A complete application, as answers."""
    return {
        "application_kind": "first", "licence_class": "A1E", "org": "370001", "filed_by": "person",
        "name": "申请人甲", "sex": "male", "birth_date": "1990-03-07", "nationality": "CHN",
        "id_type": "resident_id", "id_no": "110101199003070070", "phone": "13900000001",
        "address": "山东省青岛市太平路 1 号", "photo": files("照片.png"),
        "medical_issued_on": "2026-10-10", "medical_items": [{"result": "pass"}] * 5,
        "medical_scan": files("体检.png"), "delivery": "collect", "declaration": True,
        "signature": files("签名.png"),
    }  # fmt: skip


def picture() -> bytes:
    made = io.BytesIO()
    Image.new("RGB", (350, 450), "white").save(made, "PNG")
    return made.getvalue()


@pytest.fixture
def filed(app: Flask) -> Callable[[], int]:
    """Files an application of the applicant; gives the id of its first task."""

    def file() -> int:
        with app.app_context(), database().transaction() as session:
            by = identity.by_login(session, "applicant")

            def stored(name: str) -> dict[str, object]:
                row = files.store(session, picture(), by=by.id)
                return {"file": row.sha256, "name": name, "size": row.size, "type": "image/png"}

            case = applications.apply(
                session, "yacht_licence_sample", by=by, answers=application(stored)
            )
            return session.scalars(select(UserTask.id).where(UserTask.instance_id == case.id)).one()

    return file
