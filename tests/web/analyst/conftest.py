"""Analysts beside the cast of the pages' tests, and what their page sends."""

from collections.abc import Callable
from itertools import count
from types import SimpleNamespace

import pytest
from flask.testing import FlaskClient

from engine import repository
from processes.identity import identity
from processes.people import accounts
from tests.web.analyst.pages import Page, token_of
from web.database import database

PASSWORD = "banli-demo"
_numbers = count(1)
ANALYSTS = {
    "analyst": ("process_analyst", "110101199003070089"),
    "second_analyst": ("process_analyst", "110101199003070097"),
}


@pytest.fixture(scope="module")
def analysts(built: SimpleNamespace) -> dict[str, int]:
    """Two persons who draw models; login → user id."""
    ids = {}
    with built.app.app_context(), database().transaction() as session:
        for login, (role, id_no) in ANALYSTS.items():
            account = accounts.create_user(
                session,
                login,
                name=f"{login} 流程分析员",
                org_code="370001",
                id_no=id_no,
                kind="staff",
            )
            account.password_hash = identity.hash_password(PASSWORD)
            accounts.assign_role(session, account, role, org_code="370001")
            ids[login] = account.id
    return ids


@pytest.fixture(scope="module")
def browsers(built: SimpleNamespace, analysts: dict[str, int]) -> dict[str, FlaskClient]:
    """One browser for each analyst, logged in once: a password hash takes its time."""
    found = {}
    for login in analysts:
        client = found[login] = built.app.test_client()
        token = token_of(client.get("/login").get_data(as_text=True))
        client.post("/login", data={"login": login, "password": PASSWORD, "csrf_token": token})
    return found


@pytest.fixture
def begin(browsers: dict[str, FlaskClient]) -> Callable[..., Page]:
    """A new draft of a new process, or of what a key names."""

    def made(key: str = "", *, login: str = "analyst") -> Page:
        client = browsers[login]
        token = token_of(client.get("/analyst").get_data(as_text=True))
        if key:
            answer = client.post(f"/analyst/processes/{key}/drafts", data={"csrf_token": token})
        else:
            key = f"trial_{next(_numbers)}"
            data = {"csrf_token": token, "key": key, "name": "试办流程"}
            answer = client.post("/analyst/new", data=data)
        assert answer.status_code == 303, answer.get_data(as_text=True)
        return Page(client, int(answer.headers["Location"].rsplit("/", 1)[1]))

    return made


@pytest.fixture
def released(built: SimpleNamespace) -> str:
    """The key of a process that the cast of these tests can run."""
    with built.app.app_context(), database().read_session() as session:
        return next(key for key in repository.process_keys(session) if "sample" in key)
