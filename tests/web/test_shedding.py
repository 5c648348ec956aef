"""Ten times more than can be served: everybody is answered, some are asked to come again (rule 46)."""

import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient
from waitress import create_server

from tests.web.conftest import csrf
from web import shedding

Clients = Callable[[str], FlaskClient]


@pytest.fixture
def full(app: Flask) -> Iterator[None]:
    """More wait than may."""
    app.extensions[shedding.WAITING] = lambda: shedding.MOST + 1
    yield
    del app.extensions[shedding.WAITING]


def test_a_person_is_told_in_words_and_keeps_what_was_typed(app: Flask, as_: Clients) -> None:
    client = as_("acceptor")
    told = {"csrf_token": csrf(client, "/inbox"), "text": "同意"}
    app.extensions[shedding.WAITING] = lambda: shedding.MOST + 1
    try:
        answer = client.post("/phrases", data=told)
    finally:
        del app.extensions[shedding.WAITING]
    page = answer.get_data(as_text=True)
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "60")
    assert "系统繁忙" in page
    assert "同意" in page


@pytest.mark.usefixtures("full")
def test_a_program_is_told_and_a_probe_is_answered(client: FlaskClient) -> None:
    answer = client.get("/api/v1/tasks")
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "60")
    assert answer.json["status"] == 503
    assert client.get("/health/live").status_code == 200


def test_as_many_as_may_wait_are_served(app: Flask, client: FlaskClient) -> None:
    app.extensions[shedding.WAITING] = lambda: shedding.MOST
    try:
        assert client.get("/login").status_code == 200
    finally:
        del app.extensions[shedding.WAITING]


def test_under_ten_times_the_load_nobody_is_left_without_an_answer(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(shedding, "MOST", 4)
    small = Flask(__name__)
    shedding.init_app(small)
    small.add_url_rule("/", "slow", lambda: time.sleep(0.02) or "done")
    server = create_server(small, host="127.0.0.1", port=0, threads=1)
    small.extensions[shedding.WAITING] = lambda: len(server.task_dispatcher.queue)
    serving = threading.Thread(target=server.run, daemon=True)
    serving.start()
    address = f"http://127.0.0.1:{server.effective_port}/"
    found: list[int] = []
    begin = threading.Barrier(40)

    def ask() -> None:
        begin.wait()
        found.append(status(address))

    callers = [threading.Thread(target=ask) for _ in range(40)]
    for one in callers:
        one.start()
    for one in callers:
        one.join()
    assert (set(found), len(found)) == ({200, 503}, 40)
    assert status(address) == 200, "it is over"
    server.close()
    serving.join(10)


def status(address: str) -> int:
    try:
        with urllib.request.urlopen(address, timeout=30) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code
