"""Signals of programs outside: who may send one, once per idempotency key, in one job."""

from sqlalchemy import select

from engine.model import Job


def _thrown(app, name):
    with app.extensions["banli_database"].read_session() as session:
        query = select(Job).where(Job.kind == "signal", Job.topic == name)
        return [(str(one.id), one.payload) for one in session.scalars(query)]


def test_a_signal_is_broadcast_once_under_its_idempotency_key(app, caller):
    sender = caller("manager", "signal:api_alarm")
    body = {"name": "api_alarm", "variables": {"level": 3}}

    first = sender.post("/signals", body, key="alarm-1")
    again = sender.post("/signals", body, key="alarm-1")

    assert (first.status_code, again.status_code) == (202, 202)
    assert first.json == again.json
    assert _thrown(app, "api_alarm") == [(first.json["id"], {"level": 3})]


def test_a_token_without_the_signal_is_refused(app, caller):
    for scopes in (("api",), ("signal:other",), ("message:api_secret",)):
        answer = caller("manager", *scopes).post("/signals", {"name": "api_secret"})
        assert (answer.status_code, answer.json["code"]) == (403, "forbidden")
    assert _thrown(app, "api_secret") == []


def test_a_signal_needs_a_name(caller):
    answer = caller("manager", "signal:x").post("/signals", {"variables": {}})
    assert answer.status_code == 422
    assert "name" in answer.text
