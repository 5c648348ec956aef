"""The page of 补录: what was decided outside of the system, with both times (A.3)."""

import io
import re
from collections.abc import Callable
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from engine import clock
from engine.model import UserTask
from processes.model.cases import Opinion
from tests.web.conftest import csrf, picture
from web.database import database

Clients = Callable[[str], FlaskClient]
Filed = Callable[[], int]


@pytest.fixture
def manager(as_: Clients) -> FlaskClient:
    return as_("manager")


def typed(built: SimpleNamespace, **changed: Any) -> dict[str, Any]:
    """A form filled in well: the acceptor accepted a moment ago, on paper."""
    good = {
        "backentry_true_at": clock.now().astimezone(clock.SHANGHAI).strftime("%Y-%m-%dT%H:%M"),
        "backentry_decided_by": str(built.ids["acceptor"]),
        "backentry_reason": "停电，先在纸上受理。",
        "backentry_evidence": (io.BytesIO(picture()), "签批件.png"),
        "decision": "accept",
        "remark": "齐全",
    }
    return {**good, **changed}


def send(client: FlaskClient, task: int, answers: dict[str, Any]) -> Any:
    token = csrf(client, "/inbox")
    return client.post(f"/tasks/{task}/backentry", data={**answers, "csrf_token": token})


def case_of(built: SimpleNamespace, task: int) -> int:
    with built.app.app_context(), database().read_session() as session:
        return int(session.get_one(UserTask, task).instance_id)


def test_the_case_leads_to_the_page_and_the_timeline_shows_both_times(
    built: SimpleNamespace, manager: FlaskClient, filed: Filed
) -> None:
    task = filed()
    case = case_of(built, task)
    page = manager.get(f"/cases/{case}").get_data(as_text=True)
    assert f'href="/tasks/{task}/backentry"' in page
    form = manager.get(f"/tasks/{task}/backentry").get_data(as_text=True)
    for name in ("backentry_true_at", "backentry_decided_by", "backentry_evidence", "decision"):
        assert f'name="{name}"' in form
    done = send(manager, task, typed(built))
    assert (done.status_code, done.headers["Location"]) == (303, f"/cases/{case}")
    told = manager.get(f"/cases/{case}").get_data(as_text=True)
    assert re.search(r"补录：实际 \d{4}-\d\d-\d\d \d\d:\d\d，录入 \d{4}-\d\d-\d\d \d\d:\d\d", told)
    assert "停电，先在纸上受理。" in told
    with built.app.app_context(), database().read_session() as session:
        query = select(Opinion).where(Opinion.case_id == case).order_by(Opinion.id)
        _applied, decided, entered = session.scalars(query).all()
    assert (decided.by, decided.signature) == (built.ids["acceptor"], None)
    assert entered.by == built.ids["manager"]
    assert len(entered.attachments) == 64


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"backentry_reason": ""}, "补录理由"),
        ({"backentry_evidence": (io.BytesIO(b""), "")}, "依据"),
        ({"backentry_true_at": ""}, "实际办理时间"),
        ({"backentry_decided_by": ""}, "实际办理人"),
        ({"decision": ""}, "办理"),
    ],
)
def test_what_is_missing_is_told_and_nothing_typed_is_lost(
    built: SimpleNamespace,
    manager: FlaskClient,
    filed: Filed,
    changed: dict[str, Any],
    said: str,
) -> None:
    task = filed()
    refused = send(manager, task, typed(built, **changed))
    page = refused.get_data(as_text=True)
    assert refused.status_code == 422
    assert said in page
    assert re.search(r'class="field[^"]* bad"', page)
    assert "齐全" in page
    assert "请修改以下 1 处" in page, "each mistake once"


def test_a_time_to_come_is_refused_at_its_field(
    built: SimpleNamespace, manager: FlaskClient, filed: Filed
) -> None:
    ahead = (clock.now() + timedelta(days=2)).strftime("%Y-%m-%dT%H:%M")
    refused = send(manager, filed(), typed(built, backentry_true_at=ahead))
    assert refused.status_code == 422
    assert "真实办理时间不能晚于现在" in refused.get_data(as_text=True)


def test_nobody_is_named_who_may_not_do_the_step(
    built: SimpleNamespace, manager: FlaskClient, filed: Filed
) -> None:
    task = filed()
    other = str(built.ids["reviewer"])
    assert f'value="{other}"' not in manager.get(f"/tasks/{task}/backentry").get_data(as_text=True)
    assert send(manager, task, typed(built, backentry_decided_by=other)).status_code == 422


def test_without_the_permission_there_is_no_page(as_: Clients, filed: Filed) -> None:
    assert as_("acceptor").get(f"/tasks/{filed()}/backentry").status_code == 403


def test_the_form_tells_which_fields_show(
    built: SimpleNamespace, manager: FlaskClient, filed: Filed
) -> None:
    task = filed()
    data = {"decision": "refuse", "csrf_token": csrf(manager, "/inbox")}
    fields = manager.post(f"/tasks/{task}/backentry/refresh", data=data).json["fields"]
    assert fields["decision"]["visible"]
