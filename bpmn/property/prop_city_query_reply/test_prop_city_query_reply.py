"""市县查询任务处理: a city answers row by row or by table, or says that it found nothing."""

from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from bpmn.property import story
from bpmn.property.prop_city_onboarding.test_prop_city_onboarding import granted, stage_done
from bpmn.property.prop_info_query.test_prop_info_query import ROW, approved, replied
from engine import clock, history
from engine.model import OutboxMessage
from forms.errors import FormInvalid
from processes import registers
from processes.casefile import notices
from processes.clock import calendar
from processes.play import Play, PlayedCase


def test_a_city_that_finds_nothing_says_so(play: Play) -> None:
    """P-77, P-78: the task is at hand with its subjects, the result is handed in."""
    case = approved(play, targets=["PR610100"])
    assert "新的查询任务" in story.notices_of(play, "prop_executor")
    replied(play, "prop_executor")
    (target,) = story.records(play, "query_target", task_no=case.row.reference)
    assert (target["status"], target["row_count"], target["signer"]) == ("replied", 0, "签发人")


def test_a_reply_with_a_wrong_unit_code_is_refused_at_its_row(play: Play) -> None:
    approved(play, targets=["PR610100"])
    with pytest.raises(FormInvalid) as refused:
        replied(play, "prop_executor", {**ROW, "unit_code": "610113"})
    assert any("unit_code" in field for field in refused.value.errors)


def asked(play: Play, code: str, *, working_days: int = 5) -> PlayedCase:
    """A task sent to one agency, to be answered within so many working days."""
    return play.start(
        "prop_city_query_reply",
        target={"code": code, "name": "宝鸡市不动产登记局"},
        purpose_text="涉案财产查询",
        legal_basis="《民事诉讼法》第二百五十三条",
        persons=[{"name": "甲某", "id_no": "610102198001010014"}],
        units=[],
        due_on=calendar.add_working_days(clock.today(), working_days).date,
        urged=0,
    )


@pytest.fixture
def local_systems(play: Play) -> None:
    """The registration systems of cities are reached; what goes to them stays in the outbox."""
    topics = ("query_dispatched", "query_packed", "query_reminder")
    play.worker.routes = dict.fromkeys(topics, "registration_local")
    play.worker.remote = topics


@pytest.mark.usefixtures("local_systems")
def test_a_city_with_an_interface_is_asked_and_answers_by_it(play: Play) -> None:
    """P-79: the task goes to the local system, its rows come back by the same contract."""
    case = asked(play, "PR610300")
    with play.session() as session:
        (sent,) = session.scalars(select(OutboxMessage)).all()
    assert (sent.topic, sent.payload["purpose"]) == ("query_dispatched", "涉案财产查询")
    assert sent.payload["persons"][0]["name"] == "甲某"
    case.receives("query_reply", nil_statement=False, rows=[ROW], signer="本地系统")
    assert case.ended == "replied"
    (target,) = story.records(play, "query_target", task_no=case.row.reference)
    assert (target["status"], target["row_count"], target["signer"]) == ("replied", 1, "本地系统")
    assert happened(play, case) == ["收到答复（宝鸡市不动产登记局，接口）"]


def happened(play: Play, case: PlayedCase) -> list[str]:
    """What the timeline says came in, and of which city."""
    found = play.run(lambda session: [*history.of_type(session, case.id, "event.happened")])
    return [f"{one.data['name']}（{one.data['about']}）" for one in found]


@pytest.mark.usefixtures("local_systems")
def test_an_interface_that_found_nothing_says_so(play: Play) -> None:
    case = asked(play, "PR610300")
    case.receives("query_reply", nil_statement=True, signer="本地系统")
    (target,) = story.records(play, "query_target", task_no=case.row.reference)
    assert (target["status"], target["row_count"]) == ("replied", 0)


def sent_to(play: Play) -> list[str]:
    """The queries that went to local systems, by number."""
    with play.session() as session:
        return [str(one.correlation_key) for one in session.scalars(select(OutboxMessage))]


@pytest.mark.usefixtures("local_systems")
def test_a_city_without_an_interface_is_not_asked_by_one(play: Play) -> None:
    case = asked(play, "PR610500")
    assert sent_to(play) == []
    assert case.variables["way"] == "manual"
    assert "answer" in case.waits_for


@pytest.mark.usefixtures("local_systems")
def test_a_city_answers_by_interface_once_it_is_switched_on(play: Play) -> None:
    """P-21, P-69, P-79: the ledger of accesses says so; nothing is edited in the model."""
    access = granted(play, subsystem="info_query")
    asked(play, "PR610500")  # under test: not yet
    assert sent_to(play) == []
    for _stage in range(4):
        stage_done(access)
        access.complete("sign_stage", as_="prop_admin", decision="pass")
    assert access.ended == "connected"
    case = asked(play, "PR610500")
    assert sent_to(play) == [case.variables["target_no"]]

    def stopped(session: Session) -> None:
        trace = registers.Trace(by="prop_admin", reason="系统改造")
        registers.transition(session, "onboarding", access.row.reference, "stopped", trace=trace)

    play.run(stopped)
    asked(play, "PR610500")  # switched off again
    assert sent_to(play) == [case.variables["target_no"]]


@pytest.mark.usefixtures("local_systems")
def test_a_city_that_joined_by_files_gets_its_queries_as_packages(play: Play) -> None:
    """P-69, P-77: said once, when it applies; the notice says how the task comes."""
    access = granted(play, subsystem="info_query", way="file")
    for _stage in range(4):
        stage_done(access)
        access.complete("sign_stage", as_="prop_admin", decision="pass")
    assert story.record(play, "onboarding", access.row.reference)["way"] == "file"
    case = asked(play, "PR610500")
    assert case.variables["way"] == "file"
    with play.session() as session:
        (sent,) = session.scalars(select(OutboxMessage)).all()
    assert (sent.topic, sent.payload["region"]) == ("query_packed", "PR610500")
    case.receives("query_reply", nil_statement=True, signer="渭南签发人")
    assert case.ended == "replied"


@pytest.mark.usefixtures("local_systems")
def test_another_subsystem_does_not_make_a_city_answer_by_interface(play: Play) -> None:
    access = granted(play, subsystem="ecert")
    for _stage in range(4):
        stage_done(access)
        access.complete("sign_stage", as_="prop_admin", decision="pass")
    assert access.ended == "connected"
    asked(play, "PR610500")
    assert sent_to(play) == []


def target(play: Play, case: PlayedCase) -> dict[str, Any]:
    """What the ledger says of the one agency asked."""
    (found,) = story.records(play, "query_target", task_no=case.row.reference)
    return found


@pytest.mark.parametrize(
    ("days", "urged"),
    [
        (0, [None, "executor", "leader", "leader"]),
        (1, [None, "executor", "executor", "leader", "leader"]),
        (2, [None, "executor", "executor", "executor", "leader", "leader"]),
    ],
)
def test_a_silent_city_is_urged_each_working_day_about_its_limit(
    play: Play, days: int, urged: list[str | None]
) -> None:
    """P-70: the executor, then the leader too; on the fourth working day after it is closed."""
    case = asked(play, "PR610500", working_days=days)
    seen = [target(play, case).get("urged_whom")]
    for _day in urged[1:]:
        case.passes(working_days=1)
        seen.append(target(play, case).get("urged_whom"))
    assert seen == urged
    assert (case.ended, target(play, case)["urged"]) == (None, len(urged) - 1)
    case.passes(working_days=1)
    assert (case.ended, target(play, case)["status"]) == ("silent", "overdue")


def test_a_reminder_says_how_late_the_city_is_and_that_its_leader_was_told(play: Play) -> None:
    """P-70, P-71."""
    case = asked(play, "PR610500", working_days=1)
    told = []
    for _day in range(3):
        case.passes(working_days=1)
        told.append(reminders(play, "prop_executor_wn")[-1])
    assert "今日是最后一个工作日" in told[0]
    assert "已逾期 1 个工作日" in told[1]
    assert "已逾期 2 个工作日" in told[2]
    assert "已同时报送机构负责人" in told[2]
    assert reminders(play, "prop_access") == told[2:]


def reminders(play: Play, login: str) -> list[str]:
    """The texts of the reminders somebody got, oldest first."""
    who = play.user(login)
    box = play.run(
        lambda session: [(one.id, one.title, one.body) for one in notices.box(session, who)]
    )
    return [body for _id, title, body in sorted(box) if title == "查询任务催办"]


@pytest.mark.usefixtures("local_systems")
@pytest.mark.parametrize(
    ("way", "topics"),
    [("interface", ["query_dispatched", "query_reminder"]), ("file", ["query_packed"])],
)
def test_only_a_system_that_was_asked_by_interface_is_reminded_by_it(
    way: str, topics: list[str], play: Play
) -> None:
    """P-70, P-77, P-79: whoever answers by files or by hand has the notice."""
    trace = registers.Trace(by="prop_admin")
    play.run(lambda s: registers.update(s, "onboarding", "接入-610300", {"way": way}, trace=trace))
    case = asked(play, "PR610300", working_days=1)
    case.passes(working_days=1)
    with play.session() as session:
        sent = session.scalars(select(OutboxMessage).order_by(OutboxMessage.id)).all()
        assert [one.topic for one in sent] == topics
        if way == "interface":
            assert sent[-1].payload["due_on"] == case.variables["due_on"]
            assert sent[-1].correlation_key == case.variables["target_no"]
    assert case.incidents == []


@pytest.mark.usefixtures("local_systems")
def test_an_interface_may_still_answer_after_the_limit(play: Play) -> None:
    """P-70, P-79: what comes before the city is given up counts, and urging ends with it."""
    case = asked(play, "PR610300", working_days=1)
    case.passes(working_days=3)
    case.receives("query_reply", nil_statement=False, rows=[ROW], signer="本地系统")
    assert case.ended == "replied"
    before = target(play, case)
    case.passes(working_days=5)
    assert target(play, case) == before
    assert (before["status"], before["urged"], before["urged_whom"]) == ("replied", 3, "leader")
