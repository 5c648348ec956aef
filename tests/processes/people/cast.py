"""A database with the organisations and people of the yacht demo, named by function."""

import sqlite3
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy.orm import Session

import processes.model
from engine import connection
from engine.columns import Base
from processes import settings
from processes.identity import authority, identity, organisations
from processes.identity.authority import Wanted
from processes.identity.identity import User
from processes.identity.roles import ROLES
from processes.model.people import Role, UserAccount
from processes.people import accounts
from web.database import Database

assert processes.model

PASSWORD = "Correct-Horse-9"
_ORGS = (
    ("000001", "部海事局", "msa_hq", None, "110101", ""),
    ("370001", "山东海事局", "msa_direct", "000001", "370000", "鲁海事"),
    ("370201", "青岛海事局", "msa_branch", "370001", "370200", "青海事"),
    ("370202", "烟台海事局", "msa_branch", "370001", "370600", "烟海事"),
    ("310001", "上海海事局", "msa_direct", "000001", "310000", "沪海事"),
    ("320002", "江苏地方海事局", "msa_local", "000001", "320000", "苏地海"),
    ("900001", "中国海事服务中心", "cert_production_center", None, "110101", ""),
    ("club", "青岛海之星游艇俱乐部", "yacht_club", None, "370200", ""),
)


@pytest.fixture
def configured(tmp_path: Path) -> Iterator[settings.Settings]:
    settings.configure(settings.Settings(home=tmp_path, secret_key="k" * 40))
    yield settings.current()
    settings.configure(None)


@pytest.fixture(scope="session")
def populated(tmp_path_factory: pytest.TempPathFactory) -> Iterator[sqlite3.Connection]:
    """A database made once; each test gets a copy."""
    settings.configure(settings.Settings(home=tmp_path_factory.mktemp("home"), secret_key="k" * 40))
    engine = connection.create("sqlite://")
    Base.metadata.create_all(engine)
    with Database(engine).transaction() as opened:
        populate(opened)
    settings.configure(None)
    raw = engine.raw_connection()
    yield raw.driver_connection  # type: ignore[misc]
    raw.close()
    engine.dispose()


@pytest.fixture
def session(populated: sqlite3.Connection, configured: settings.Settings) -> Iterator[Session]:
    engine = connection.create("sqlite://")
    raw = engine.raw_connection()
    populated.backup(raw.driver_connection)  # type: ignore[arg-type]
    raw.close()
    with Database(engine).read_session() as opened:
        yield opened
    engine.dispose()


def populate(session: Session) -> None:
    """The organisations and roles."""
    for code, info in ROLES.items():
        session.add(Role(code=code, name=info.name, business=info.business))
    for code, name, kind, parent, region, mark in _ORGS:
        organisations.create(
            session,
            code,
            name=name,
            kind=kind,
            parent_code=parent,
            region_code=region,
            document_mark=mark,
        )


class People:
    """Makes accounts by role; each a person of its own unless told otherwise."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.count = 0

    def account(self, login: str, *roles: str, org: str = "370001", **more: str) -> UserAccount:
        self.count += 1
        account = accounts.create_user(
            self.session,
            login,
            name=more.get("name", login),
            org_code=org,
            id_no=more.get("id_no", f"document-{self.count}"),
            kind=more.get("kind", "staff"),
        )
        for role in roles:
            accounts.assign_role(self.session, account, role, org_code=org)
        return account

    def user(self, login: str, *roles: str, org: str = "370001", **more: str) -> User:
        return identity.user(self.session, self.account(login, *roles, org=org, **more).id)


@pytest.fixture
def people(session: Session) -> People:
    return People(session)


def granted(session: Session, grantor: str, grantee: str, **more: object) -> int:
    """A grant of all business at sea."""
    wanted = Wanted(
        grantor,
        grantee,
        str(more.get("scope", "sea_yacht")),
        frozenset(more.get("business", ("training", "exam", "licence_issue"))),  # type: ignore[call-overload]
        bool(more.get("may_delegate", False)),
        date(2026, 1, 1),
    )
    return authority.grant(session, wanted, by="system").id
