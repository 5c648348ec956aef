"""接口监控 and the repairs: what an operator sees of an interface that is down, and does about it
(P-13, P-29; domain §8: retry with back-off, dead letters, manual entry)."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from bpmn.property import story
from engine import clock
from engine.errors import Forbidden, NotFound, TaskNotActive
from engine.model import InboundMessage, Incident, Job
from forms.definition import FormInvalid
from processes import chores
from processes.casefile import opinions
from processes.documents import materials
from processes.exchange import journal, monitoring, repairs
from processes.exchange.monitoring import Narrowed
from processes.exchange.repairs import EntryRefused
from processes.model.exchange import ExchangeEvent
from processes.model.people import AuditEvent
from processes.play import Play, PlayedCase
from tests.processes.exchange.lines import Lines

OPERATOR = "prop_interface"


@pytest.fixture
def lines(play: Play) -> Lines:
    return Lines(play)


def sale(play: Play) -> PlayedCase:
    return story.accepted(play)


def operator(play: Play) -> Any:
    return play.user(OPERATOR)


def health(lines: Lines, name: str) -> monitoring.Health:
    by, interface = operator(lines.play), lines.interface(name)
    return lines.play.run(lambda s: monitoring.health(s, interface, by=by))


def events(lines: Lines, name: str, **narrowed: str) -> list[ExchangeEvent]:
    by, interface = operator(lines.play), lines.interface(name)
    return list(
        lines.play.run(
            lambda s: monitoring.traffic(s, interface, by=by, narrowed=Narrowed(**narrowed))[0]
        )
    )


def waiting(lines: Lines, name: str) -> list[Job]:
    by, interface = operator(lines.play), lines.interface(name)
    return [one for one, _ref in lines.play.run(lambda s: monitoring.queue(s, interface, by=by))]


def about(play: Play, reason: str = "税务接口中断，收到纸质通知书") -> dict[str, Any]:
    return {"entry_reason": reason, "entry_paper": story.paper(play)}


def enter(lines: Lines, message: str, entry: str = "t1", **answers: Any) -> str:
    play, by = lines.play, operator(lines.play)
    given = {**about(play), **answers}
    taken = play.run(
        lambda s: repairs.enter(
            s, lines.interface("tax_prov"), message, answers=given, by=by, token=entry
        )
    )
    play.drain()
    return taken.kind


def assessed(case: PlayedCase) -> dict[str, Any]:
    return {
        "work_order_no": case.row.reference,
        "assessment_no": "S1",
        "items": [{"kind": "契税", "amount": "15000"}],
        "total": "15000",
    }


def test_what_went_is_told_with_its_outcome_and_time(play: Play, lines: Lines) -> None:
    case = sale(play)
    (sent,) = events(lines, "tax_prov")
    assert (sent.direction, sent.outcome, sent.name) == ("out", "sent", "tax_case_submitted")
    assert sent.correlation_key == case.row.reference
    found = health(lines, "tax_prov")
    assert (found.waiting, found.good, found.bad, found.troubled) == (0, 1, 0, False)
    with clock.travel(timedelta(hours=2)):
        assert health(lines, "tax_prov").good == 0, "the chart is of the last hour"


def test_one_that_is_down_shows_its_queue_retries_and_error(play: Play, lines: Lines) -> None:
    lines["tax_prov"].down()
    sale(play)
    found = health(lines, "tax_prov")
    assert (found.waiting, found.retrying, found.dead) == (1, 1, 0)
    assert found.last_error == "『省税务系统』暂时不可用（503）"
    assert found.oldest is not None
    assert health(lines, "housing_local").good == 1, "it holds up no other department"
    by = operator(play)
    rows = play.run(lambda s: monitoring.all_health(s, lines.directory, by=by))
    assert rows[0].interface.name == "tax_prov", "who needs somebody comes first"


def test_a_pause_of_the_circuit_costs_no_retry_and_is_no_failure(play: Play, lines: Lines) -> None:
    lines["tax_prov"].paused()
    sale(play)
    (job,) = waiting(lines, "tax_prov")
    assert job.retries == 8
    assert job.last_error.endswith("稍后再试")
    assert events(lines, "tax_prov") == []


def test_five_failures_in_a_row_show_the_circuit_open_and_then_on_trial(
    play: Play, lines: Lines
) -> None:
    lines["tax_prov"].down()
    sale(play)
    assert health(lines, "tax_prov").breaker == "closed"
    play.passes(minutes=6)
    failures = events(lines, "tax_prov", outcome="failed")
    assert len(failures) >= 5
    with clock.travel(failures[0].at - clock.now() + timedelta(seconds=10)):
        assert health(lines, "tax_prov").breaker == "open"
    with clock.travel(timedelta(hours=1)):  # whenever the last attempt was: the pause is over
        assert health(lines, "tax_prov").breaker == "half_open"


def test_a_dead_letter_is_sent_again_and_the_case_goes_on(play: Play, lines: Lines) -> None:
    lines["tax_prov"].refuses()
    case = sale(play)
    (job,) = waiting(lines, "tax_prov")
    assert (job.retries, len(case.incidents)) == (0, 1)
    lines["tax_prov"].up()
    by = operator(play)
    assert play.run(lambda s: repairs.resend_all(s, lines.interface("tax_prov"), by=by)) == 1
    play.drain()
    assert (waiting(lines, "tax_prov"), case.incidents) == ([], [])
    assert [one["name"] for one in lines["tax_prov"].sent] == ["tax_case_submitted"]
    assert lines["tax_prov"].sent[0]["message_id"] == job_key(job), "the id is the first one's"


def test_the_last_success_and_the_last_failure_are_both_told(play: Play, lines: Lines) -> None:
    before = health(lines, "tax_prov")
    assert (before.last_good, before.last_error, before.last_error_at) == (None, "", None)
    lines["tax_prov"].refuses()
    sale(play)
    refused = health(lines, "tax_prov")
    assert refused.last_good is None
    assert "拒绝受理" in refused.last_error
    lines["tax_prov"].up()
    by = operator(play)
    play.run(lambda s: repairs.resend_all(s, lines.interface("tax_prov"), by=by))
    play.drain()
    found = health(lines, "tax_prov")
    assert found.last_good is not None
    assert found.last_error_at == refused.last_error_at


def job_key(job: Job) -> str:
    return f"{job.kind}-{job.id}"


def test_one_that_waits_for_its_next_try_is_sent_now(play: Play, lines: Lines) -> None:
    lines["tax_prov"].down()
    sale(play)
    (job,) = waiting(lines, "tax_prov")
    lines["tax_prov"].up()
    play.run(lambda s: repairs.resend(s, lines.directory, job.id, by=operator(play)))
    play.drain()
    assert waiting(lines, "tax_prov") == []
    with pytest.raises(NotFound, match="已经送达"):
        play.run(lambda s: repairs.resend(s, lines.directory, job.id, by=operator(play)))


def test_a_message_delivered_on_paper_ends_its_job_with_the_paper(play: Play, lines: Lines) -> None:
    lines["tax_prov"].refuses()
    case = sale(play)
    (job,) = waiting(lines, "tax_prov")
    by = operator(play)
    with pytest.raises(FormInvalid):
        play.run(lambda s: repairs.settle(s, lines.directory, job.id, answers={}, by=by))
    given = about(play)
    play.run(lambda s: repairs.settle(s, lines.directory, job.id, answers=given, by=by))
    assert (waiting(lines, "tax_prov"), case.incidents) == ([], [])
    with play.session() as session:
        papers = [one.title for one in materials.of_case(session, case.id)]
        assert "申报（人工录入依据）" in papers
        told = [
            one for one in opinions.of_case(session, case.id) if one.action == "entered_by_hand"
        ]
        assert told[0].text == "税务接口中断，收到纸质通知书"
        acts = session.scalars(select(AuditEvent.action)).all()
    assert "exchange.settled" in acts
    assert events(lines, "tax_prov")[0].way == "manual"


def test_a_message_that_is_being_sent_is_left_to_the_worker(play: Play, lines: Lines) -> None:
    lines["tax_prov"].down()
    case = sale(play)
    (job,) = waiting(lines, "tax_prov")
    play.passes(minutes=1)
    play.run(lambda s: repairs.resend(s, lines.directory, job.id, by=operator(play)))
    play.outside(case.id, "tax_case_submitted")
    given, by = about(play), operator(play)
    with pytest.raises(EntryRefused, match="正在发送"):
        play.run(lambda s: repairs.settle(s, lines.directory, job.id, answers=given, by=by))


def test_a_result_entered_by_hand_moves_the_case_as_a_callback_would(
    play: Play, lines: Lines
) -> None:
    case = sale(play)
    assert enter(lines, "tax_assessed", **assessed(case)) == "delivered"
    assert enter(
        lines, "tax_paid", "t2",
        work_order_no=case.row.reference, assessment_no="S1", paid_at="2026-03-02T09:30",
    ) == "delivered"  # fmt: skip
    assert enter(
        lines, "tax_voucher", "t3",
        work_order_no=case.row.reference, voucher_no="SPZ1", amount="15000",
    ) == "delivered"  # fmt: skip
    (voucher,) = story.records(play, "tax_certificate")
    assert voucher["voucher_no"] == "SPZ1"
    assert story.task_of(play, case, "tax")["status"] == "done"


def test_the_same_entry_twice_counts_once(play: Play, lines: Lines) -> None:
    case = sale(play)
    assert enter(lines, "tax_assessed", **assessed(case)) == "delivered"
    assert enter(lines, "tax_assessed", **assessed(case)) == "duplicate"
    assert len([one for one in events(lines, "tax_prov") if one.way == "manual"]) == 1


def test_what_nobody_waits_for_is_not_entered(play: Play, lines: Lines) -> None:
    case = sale(play)
    with pytest.raises(EntryRefused, match="没有办件在等待"):
        enter(lines, "tax_assessed", **{**assessed(case), "work_order_no": "P000"})
    with play.session() as session:
        assert session.scalars(select(InboundMessage)).all() == []


def test_an_entry_that_lacks_a_member_is_refused_by_its_field(play: Play, lines: Lines) -> None:
    case = sale(play)
    with pytest.raises(FormInvalid) as caught:
        enter(lines, "tax_assessed", **{**assessed(case), "assessment_no": "", "total": "很多"})
    assert {"assessment_no", "total"} <= caught.value.errors.keys()


def test_the_callback_that_comes_late_after_all_changes_nothing(play: Play, lines: Lines) -> None:
    case = sale(play)
    enter(lines, "tax_assessed", **assessed(case))
    number = case.row.reference
    same = {"assessment_no": "S1", "items": [{"kind": "契税", "amount": "15000"}], "total": "15000"}
    assert lines.says("tax_prov", "tax_assessed", number, number="m1", **same) == "duplicate"
    other = {**same, "total": "16000"}
    assert lines.says("tax_prov", "tax_assessed", number, number="m2", **other) == "duplicate"
    outcomes = [one.outcome for one in events(lines, "tax_prov", direction="in")]
    assert outcomes == ["differs", "duplicate", "taken"]
    with clock.travel(timedelta(days=31)):
        play.run(chores.all_due)
    with play.session() as session:
        assert session.scalars(select(Incident)).all() == [], "nothing is left that nobody takes"


def test_contents_are_told_by_title_and_masked(play: Play, lines: Lines) -> None:
    case = sale(play)
    (sent,) = events(lines, "tax_prov")
    interface = lines.interface("tax_prov")
    with play.session() as session:
        content = monitoring.content_of(session, sent)
    shown, others = monitoring.shown_of(interface, sent.name, content)
    titles = {one.title: one for one in shown}
    assert titles["工作单号"].text == case.row.reference
    assert titles["登记类型"].text == "存量房（二手房）转移"
    (holders, _obligors) = titles["当事人"].parts
    assert holders.rows == [["受*人", "6101**********0016", "139****0001"]]
    assert others == 0


def test_only_operators_of_interfaces_look_and_repair_and_each_in_his_own_area(
    play: Play, lines: Lines
) -> None:
    lines["tax_prov"].refuses()
    sale(play)
    (job,) = waiting(lines, "tax_prov")
    clerk, elsewhere = play.user("prop_window"), play.user("local_admin")
    with pytest.raises(Forbidden):
        play.run(lambda s: monitoring.all_health(s, lines.directory, by=clerk))
    with pytest.raises(Forbidden):
        play.run(lambda s: repairs.resend(s, lines.directory, job.id, by=clerk))
    with pytest.raises(NotFound):
        play.run(lambda s: repairs.resend(s, lines.directory, job.id, by=elsewhere))
    interface = lines.interface("tax_prov")
    found = play.run(
        lambda s: monitoring.traffic(s, interface, by=elsewhere, narrowed=Narrowed())[0]
    )
    assert found == []


def test_what_cannot_be_read_is_told_but_cannot_fill_the_table(play: Play, lines: Lines) -> None:
    for _ in range(70):
        play.run(lambda s: journal.refused(s, "tax_prov", "报文签名不正确"))
    assert len(events(lines, "tax_prov", outcome="refused")) == 50, "a page of them"
    with play.session() as session:
        assert len(session.scalars(select(ExchangeEvent.id)).all()) == 60


def test_records_of_the_traffic_are_deleted_after_their_time(play: Play, lines: Lines) -> None:
    sale(play)
    with clock.travel(journal.KEPT_FOR + timedelta(minutes=1)):
        play.run(chores.all_due)
        assert events(lines, "tax_prov") == []


def test_a_job_whose_lease_is_lost_is_not_ended_by_hand(play: Play, lines: Lines) -> None:
    lines["tax_prov"].refuses()
    sale(play)
    (job,) = waiting(lines, "tax_prov")
    given, by = about(play), operator(play)
    play.run(lambda s: repairs.settle(s, lines.directory, job.id, answers=given, by=by))
    with pytest.raises((NotFound, TaskNotActive)):
        play.run(lambda s: repairs.settle(s, lines.directory, job.id, answers=given, by=by))
