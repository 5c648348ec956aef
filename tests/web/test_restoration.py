"""The page after a restore: seen by whoever operates the interfaces, let go by his word (P-124)."""

from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import delete

from engine import clock
from processes.exchange import restoration
from processes.identity import numbers
from processes.model.records import NumberSequence, Restoration
from processes.registers import series
from tests.web.conftest import csrf
from web.admin import restoration as page
from web.database import database

Clients = Callable[[str], FlaskClient]
ROOT = "/operations/restoration"
MINE = ("work_order:Y3700011130", "letter:370001:海事受", "odd:1")


@pytest.fixture
def held(app: Flask) -> Iterator[None]:
    """The installation was just restored."""
    with app.app_context(), database().transaction() as session:
        numbers.next_value(session, "held:test", year=2026)
        restoration.begin(session, copied_at=clock.now() - timedelta(hours=2), margin=100)
    app.extensions.pop(page._ASKED, None)
    yield
    with app.app_context(), database().transaction() as session:
        session.execute(delete(Restoration))
        floor = NumberSequence.key.startswith(numbers.FLOOR)
        session.execute(delete(NumberSequence).where(floor))
    app.extensions.pop(page._ASKED, None)


def test_whoever_operates_the_interfaces_sees_it_on_every_page(held: None, as_: Clients) -> None:
    assert "尚未核对" in as_("admin").get("/operations/interfaces").get_data(as_text=True)
    assert "尚未核对" not in as_("acceptor").get("/worklist").get_data(as_text=True)
    assert as_("acceptor").get(ROOT).status_code == 403
    assert as_("acceptor").post(ROOT).status_code in {400, 403}


def test_it_is_let_go_when_it_was_confirmed_with_the_numbers_entered(
    held: None, app: Flask, as_: Clients
) -> None:
    admin = as_("admin")
    field = "last:2026:held:test"
    token = csrf(admin, ROOT)
    forgot = admin.post(ROOT, data={"csrf_token": token, field: "700", "note": "已逐家电话核对"})
    shown = forgot.get_data(as_text=True)
    assert forgot.status_code == 422
    assert 'value="700"' in shown, "nothing typed is lost"
    assert "已逐家电话核对" in shown
    wrong = admin.post(ROOT, data={"csrf_token": token, field: "七百", "compared": "yes"})
    assert wrong.status_code == 422
    told = {"csrf_token": token, field: "700", "compared": "yes"}
    assert admin.post(ROOT, data=told).status_code == 303
    with app.app_context(), database().transaction() as session:
        assert restoration.held(session) is None
        assert numbers.next_value(session, "held:test", year=2026) == 701
    assert "尚未核对" not in admin.get("/operations/interfaces").get_data(as_text=True)
    assert "没有等待核对的恢复" in admin.get(ROOT).get_data(as_text=True)


def test_series_are_shown_by_the_names_that_people_know(
    held: None, app: Flask, as_: Clients
) -> None:
    with app.app_context(), database().transaction() as session:
        for key in MINE:
            session.merge(NumberSequence(key=key, year=2026, value=3))
        told = series.names(session, numbers.series(session))
    shown = as_("admin").get(ROOT).get_data(as_text=True)
    try:
        assert told["letter:370001:海事受"] == "文号 · 山东海事局 · 海事受"
        assert told["work_order:Y3700011130"].startswith("工作单号 · ")
        assert told["work_order:Y3700011130"].endswith("11 月 30 日")
        assert told["odd:1"] == "业务编号 odd · 1"
        for name in told.values():
            assert name in shown
    finally:
        with app.app_context(), database().transaction() as session:
            mine = NumberSequence.key.in_(MINE)
            session.execute(delete(NumberSequence).where(mine))
