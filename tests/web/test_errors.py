"""Every kind of refusal has its page: what happened, and the way out; no trace, no English."""

import errno
import logging
from collections.abc import Callable, Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.exc import OperationalError

from engine.errors import DeploymentRejected, Finding
from tests.web.conftest import PASSWORD, csrf
from web import create_app
from web.auth import policy
from web.config import Settings
from web.database import create_tables
from web.security import limiter

Clients = Callable[[str], FlaskClient]


@pytest.fixture(scope="module")
def failing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    """An application with routes that fail in every way, and with rate limits on."""
    home = tmp_path_factory.mktemp("failing")
    app = create_app(
        Settings(profile="test", home=home, secret_key="k" * 40, rate_limits=True,
                 database_url=f"sqlite:///{home / 'banli.db'}")
    )  # fmt: skip
    app.config["PROPAGATE_EXCEPTIONS"] = False

    def route(path: str, error: Exception) -> None:
        @policy("public")
        def view() -> str:
            raise error

        app.add_url_rule(path, path, view)

    route("/boom", ValueError("secret detail of the program"))
    route("/full", OperationalError("INSERT", {}, Exception("database or disk is full")))
    route("/locked", OperationalError("INSERT", {}, Exception("database is locked")))
    route("/no-room", OSError(errno.ENOSPC, "No space left on device"))
    finding = Finding("error", "x", "任务『受理』没有表单", element="accept")
    route("/rejected", DeploymentRejected([finding]))
    with app.app_context():
        create_tables()
    yield app
    limiter.enabled = False  # one limiter serves every application of this process
    limiter.reset()


def test_the_unexpected_gives_a_reference_that_the_log_knows(
    failing: Flask, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.ERROR, "banli.web"):
        answer = failing.test_client().get("/boom")
    page = answer.get_data(as_text=True)
    assert answer.status_code == 500
    assert "secret detail" not in page
    assert "Traceback" not in page
    assert caplog.records[0].reference in page


@pytest.mark.parametrize(
    ("path", "status", "words"),
    [
        ("/full", 507, "存储空间不足"),
        ("/no-room", 507, "存储空间不足"),
        ("/locked", 503, "暂时无法写入"),
    ],
)
def test_a_full_disk_and_a_locked_database_say_that_nothing_was_done(
    failing: Flask, path: str, status: int, words: str
) -> None:
    answer = failing.test_client().get(path)
    assert answer.status_code == status
    assert status == 507 or answer.headers["Retry-After"]
    assert words in answer.get_data(as_text=True)
    assert "没有改变" in answer.get_data(as_text=True)


def test_findings_of_a_model_are_listed(failing: Flask) -> None:
    answer = failing.test_client().get("/rejected")
    assert answer.status_code == 422
    assert "任务『受理』没有表单" in answer.get_data(as_text=True)


def test_what_does_not_exist_has_a_way_out(client: FlaskClient) -> None:
    answer = client.get("/nothing/here")
    assert answer.status_code == 404
    assert "没有找到" in answer.get_data(as_text=True)
    assert "返回首页" in answer.get_data(as_text=True)


def test_a_wrong_method_is_explained(client: FlaskClient) -> None:
    assert "请从页面上的按钮操作" in client.get("/logout").get_data(as_text=True)


def test_too_much_text_is_refused_before_it_is_read(as_: Clients) -> None:
    client = as_("acceptor")
    token = csrf(client, "/inbox")
    answer = client.post("/notices", data={"csrf_token": token, "text": "x" * 2_000_000})
    assert answer.status_code == 413
    assert "内容过大" in answer.get_data(as_text=True)


def test_a_crowd_of_log_ins_is_slowed_down(failing: Flask) -> None:
    client = failing.test_client()
    token = csrf(client)
    codes = {
        client.post("/login", data={"login": "x", "password": "y", "csrf_token": token}).status_code
        for _number in range(35)
    }
    answer = client.post("/login", data={"login": "x", "password": PASSWORD, "csrf_token": token})
    assert 429 in codes
    assert answer.status_code == 429
    assert answer.headers["Retry-After"]


def test_a_program_gets_problem_details(client: FlaskClient) -> None:
    answer = client.get("/inbox", headers={"Accept": "application/json"})
    assert answer.status_code == 401
    assert answer.mimetype == "application/problem+json"
    assert answer.json["code"] == "not_authenticated"
