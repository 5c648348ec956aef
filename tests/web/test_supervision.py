"""What supervisors see, and the checklist on the pages of staff and applicants (B.2 补正, 材料清单)."""

from collections.abc import Callable

from flask import Flask
from flask.testing import FlaskClient

from engine.clock import now
from engine.model import UserTask
from processes.casefile import supervision
from processes.clock import clock
from processes.clock.reckoning import Event
from processes.model.cases import Case, MaterialItem
from tests.web.conftest import csrf
from web.database import database

Clients = Callable[[str], FlaskClient]
Filed = Callable[[], int]


def case_of(app: Flask, task_id: int) -> int:
    with app.app_context(), database().transaction() as session:
        return session.get_one(UserTask, task_id).instance_id


def reported(app: Flask, case_id: int, reason: str, kind: str = "second_notice") -> None:
    with app.app_context(), database().transaction() as session:
        supervision.report(
            session, case_id, kind=kind, reason=reason, activity="report", key=f"{kind}-{case_id}"
        )


def test_a_supervisor_sees_second_notices_of_his_agency(
    app: Flask, as_: Clients, filed: Filed
) -> None:
    reported(app, case_of(app, filed()), "补正件仍不清晰")
    reported(app, case_of(app, filed()), "五日内未告知", kind="deemed_accepted")
    page = as_("manager").get("/supervision").get_data(as_text=True)
    assert "补正件仍不清晰" in page
    assert "五日内未告知" in page
    only = as_("manager").get("/supervision?kind=deemed_accepted").get_data(as_text=True)
    assert "补正件仍不清晰" not in only


def test_who_has_no_right_to_statistics_does_not(app: Flask, as_: Clients, filed: Filed) -> None:
    reported(app, case_of(app, filed()), "补正件仍不清晰")
    assert as_("acceptor").get("/supervision").status_code == 403


def test_nothing_out_of_the_ordinary_says_so(as_: Clients) -> None:
    assert "没有需要关注的办件" in as_("manager").get("/supervision?kind=overdue").get_data(
        as_text=True
    )


def test_applicant_and_clerk_see_per_item_what_is_missing_and_why(
    app: Flask, as_: Clients, filed: Filed
) -> None:
    case_id = case_of(app, filed())
    with app.app_context(), database().transaction() as session:
        session.add(
            MaterialItem(
                case_id=case_id,
                code="medical",
                position=0,
                title="体检证明",
                kind="copy",
                state="defective",
                grade="C",
                reason="印章不清晰",
                basis="办法第七条",
                file_code="medical_scan",
            )
        )
    for who, path in (("applicant", "/portal/cases"), ("acceptor", "/cases")):
        page = as_(who).get(f"{path}/{case_id}").get_data(as_text=True)
        for words in ("体检证明", "不符合要求", "印章不清晰", "办法第七条", "1 项待补"):
            assert words in page, (who, words)


def test_the_public_progress_tells_the_remaining_days_and_not_the_reasons(
    app: Flask, as_: Clients, filed: Filed, client: FlaskClient
) -> None:
    case_id = case_of(app, filed())
    with app.app_context(), database().transaction() as session:
        case = session.get_one(Case, case_id)
        number, code = case.reference, case.query_code
        start = clock.Entry(
            limit="promised",
            event=Event.START,
            effective_at=now(),
            amount=10,
            title="承诺期限",
            basis="服务承诺",
        )
        clock.add(session, case_id, start, by="test")
        pause = clock.Entry(
            limit="*", event=Event.SUSPEND, effective_at=now(), reason="某某医院鉴定"
        )
        clock.add(session, case_id, pause, by="test")
    sent = {"reference": number, "code": code, "csrf_token": csrf(client, "/portal/track")}
    page = client.post("/portal/track", data=sent).get_data(as_text=True)
    assert "承诺期限" in page
    assert "恢复后剩 10 个工作日" in page
    assert "某某医院鉴定" not in page
