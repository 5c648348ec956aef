"""培训计划报备: filing, conditions, acceptance, confirmation, supervision beside both exams, the end.

Requirements Y-07, Y-08, Y-09, Y-48, Y-49, Y-50, Y-56, Y-68, Y-69, Y-70, Y-87.
"""

from datetime import date, datetime
from typing import Any

import pytest

from bpmn import papers
from bpmn.yacht import story
from engine import clock
from engine.errors import BanliError, NotFound
from forms.definition import FormInvalid
from forms.lookups import Lookups
from processes import registers
from processes.casework import cases, sources
from processes.documents import documents
from processes.ledgers import maintenance
from processes.model.cases import CaseLimit
from processes.play import Play
from processes.registers import Trace

TRACE = Trace(by="test")


def options(play: Play, source: str, **context: Any) -> list[str]:
    """What somebody filing could choose from, by its words."""

    def command(session: Any) -> list[str]:
        lookups: Lookups = sources.lookups(session, play.user("institution_clerk"))
        return [one.label for one in lookups.sources[source].search("", context)]

    return play.run(command)


HERE = {"institution": "YT370001", "org": "370001"}


def test_a_plan_goes_through_confirmation_and_both_exams_to_its_end(play: Play) -> None:
    """Y-07, Y-09, Y-48, Y-49, Y-87: since V1.6.0 the flow does not end with the confirmation."""
    case = story.confirmed(play)
    assert case.letters == ["letter_receipt", "letter_plan_accepted", "letter_plan_confirmation"]
    issued = play.run(lambda session: documents.issued(session, case.id))
    assert issued[1].values["applicant"]["name"] == "青岛蓝海游艇培训中心"
    number = case.variables["plan_no"]
    assert story.record(play, "training_plan", number)["status"] == "in_exam"
    assert case.status == "in_progress"
    story.part_examined(case, "theory", 80, 90, 70)
    assert case.ended is None
    later = {"starts_at": "2026-03-21T09:00", "ends_at": "2026-03-21T11:00"}
    place = {"site": "QD02", "rooms": ["QD02-A"]}
    story.part_examined(case, "assessment", "pass", "pass", "fail", **later, **place)
    assert (case.ended, case.status) == ("closed", "completed")
    assert case.variables["exam_results"] == ["passed", "failed_may_retake"]
    assert story.record(play, "training_plan", number)["status"] == "closed"
    trainees = play.run(lambda s: registers.find(s, "trainee", where={"plan_no": number}))
    assert {one.status for one in trainees} == {"finished"}


def test_the_confirmation_sheet_names_class_dates_and_teachers(play: Play) -> None:
    """Y-49."""
    case = story.confirmed(play)
    issued = play.run(lambda session: documents.issued(session, case.id))
    sheet = next(one for one in issued if one.template == "letter_plan_confirmation")
    assert sheet.values["schedule"][0]["teacher"] == "理论教员"
    assert sheet.values["schedule"][0]["course"] == "船艺与操纵"
    assert sheet.values["plan_no"] == case.variables["plan_no"]


def test_a_clerk_at_the_counter_files_for_the_institution(play: Play) -> None:
    """Y-08: applicants of local bureaus file at the counter, with the same form."""
    case = story.filed(play, as_="plan_acceptor")
    assert case.variables["channel"] == "counter"
    story.accept_plan(case, "refuse", reason="无资质")
    assert (case.ended, case.status) == ("not_accepted", "cancelled")


def test_only_certifying_managers_that_are_maintained_can_be_chosen_as_clerk(play: Play) -> None:
    """Y-68: 如果没有维护则申办员不会显示."""
    assert options(play, "yacht_plan_clerks", **HERE) == ["申办员（培训部经理）"]
    by = play.user("admin")
    play.run(
        lambda s: maintenance.switch(s, "institution_staff", "RY0000001", by=by, reason="离职")
    )
    assert options(play, "yacht_plan_clerks", **HERE) == []
    with pytest.raises(FormInvalid) as refused:
        story.filed(play, clerk="")
    assert "没有维护培训发证管理人员" in refused.value.errors["clerk"][0]


def test_clerks_of_another_agencys_row_are_not_offered(play: Play) -> None:
    """Y-67, Y-68: kept on the row of the own bureau."""
    assert options(play, "yacht_plan_clerks", institution="YT370001", org="320002") == []


def test_teachers_appear_by_themselves_for_the_courses_they_teach(play: Play) -> None:
    """Y-69, Y-70: 教员会自动显示；没有维护科目的不会显示."""
    assert options(play, "yacht_plan_teachers", **HERE, course="YT01") == ["理论教员（船长）"]
    assert options(play, "yacht_plan_teachers", **HERE, course="YT05") == ["实操教员（高级教练）"]
    assert len(options(play, "yacht_plan_teachers", **HERE)) == 2
    teacher = {
        "msa_org": "370001",
        "institution": "YT370001",
        "name": "新教员",
        "id_type": "resident_id",
        "id_no": "370202198808080087",
        "phone": "13900000014",
        "staff_kind": "teacher",
    }
    play.run(lambda s: registers.create(s, "institution_staff", teacher, trace=TRACE))
    assert len(options(play, "yacht_plan_teachers", **HERE)) == 2


def test_a_teacher_who_does_not_teach_the_course_is_refused_in_the_schedule(play: Play) -> None:
    """Y-70."""
    wrong = [{**story.SCHEDULE[0], "course": "YT04"}]
    with pytest.raises(FormInvalid) as refused:
        story.filed(play, schedule=wrong)
    assert list(refused.value.errors) == ["schedule.0.teacher"]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"licence_class": "B1F"}, "许可不含本项目或类别等级"),
        ({"end_date": "2030-03-20"}, "没有覆盖培训期的有效许可"),
        ({"org": "320002"}, None),
        ({"capacity": "2"}, "学员超过班额或重复"),
        ({"start_date": "2026-03-17"}, "课程表的日期超出培训期"),
        ({"start_date": "2026-03-03", "end_date": "2026-03-20"}, "距开班不足 3 个工作日"),
    ],
)
def test_what_is_wrong_with_a_plan_is_shown_to_the_acceptor_who_decides(
    play: Play, changes: dict[str, Any], words: str | None
) -> None:
    """Y-48."""
    if words is None:
        with pytest.raises(FormInvalid) as refused:
            story.filed(play, **changes)
        assert "clerk" in refused.value.errors
        return
    case = story.filed(play, **changes)
    assert case.waits_for == {"accept"}
    assert words in case.variables["findings_text"]
    assert words in story.seen(case, "accept")["materials"][2]["reason"]


def test_one_teacher_in_two_places_at_one_time_is_found(play: Play) -> None:
    twice = [story.SCHEDULE[0], {**story.SCHEDULE[0], "from": "10:00", "to": "12:00"}]
    case = story.filed(play, schedule=twice)
    assert "同一教员时间重叠" in case.variables["findings_text"]


def test_whoever_accepted_does_not_confirm(play: Play) -> None:
    """Y-49: four eyes."""
    story.also(play, "plan_acceptor", "training_plan_confirmer")
    case = story.filed(play)
    story.accept_plan(case)
    with pytest.raises(BanliError):
        case.complete("confirm", as_="plan_acceptor", decision="confirm")


def test_a_plan_that_is_returned_is_changed_and_filed_again(play: Play) -> None:
    """Y-49."""
    case = story.filed(play)
    story.accept_plan(case)
    case.complete("confirm", as_="plan_confirmer", decision="return", reason="课时不足")
    assert case.waits_for == {"resubmitted"}
    case.sends("修改后重新报备", as_="institution_clerk", **story.plan(theory_hours="30"))
    assert case.waits_for == {"accept"}
    story.accept_plan(case)
    case.complete("confirm", as_="plan_confirmer", decision="confirm")
    assert case.variables["plan_no"]


def test_a_plan_is_refused_with_its_reason(play: Play) -> None:
    """Y-49."""
    case = story.filed(play)
    story.accept_plan(case)
    case.complete("confirm", as_="plan_confirmer", decision="refuse", reason="师资不符")
    assert (case.ended, case.status) == ("refused", "decided_refused")


def test_the_institution_withdraws_until_the_plan_is_confirmed(play: Play) -> None:
    case = story.filed(play)
    story.accept_plan(case)
    case.sends("撤回培训计划", as_="institution_clerk", withdraw_reason="改期")
    assert (case.ended, case.status) == ("plan_is_withdrawn", "withdrawn")


def test_what_has_to_be_supplemented_is_told_at_once_and_filed_again(play: Play) -> None:
    """Y-09."""
    case = story.filed(play)
    rows = [{"state": "ok", "grade": "B"}] * 2 + [{"state": "defective", "reason": "缺教员资质"}]
    case.complete("accept", as_="plan_acceptor", materials=rows, decision="supplement")
    assert case.status == "supplement_pending"
    assert case.letters[-1] == "letter_supplement"
    # a filing is no licence: its notices do not rest on the licensing law
    issued = play.run(lambda session: documents.issued(session, case.id))
    assert issued[-1].values["basis"] == "《游艇安全管理规定》"


def test_supervision_that_proposes_to_stop_ends_the_exams_if_the_confirmer_agrees(
    play: Play,
) -> None:
    """Y-50."""
    case = story.confirmed(play)
    story.visited(case, findings="无教员到场")
    case.sends("提交整改回复", as_="institution_clerk", reply="将整改")
    case.complete("judge_reply", as_="supervisor", decision="stop", reason="再次无教员")
    assert "decide_stop" in case.waits_for
    case.complete("decide_stop", as_="plan_confirmer", decision="stop", reason="多次无教员")
    assert (case.ended, case.status) == ("cancelled", "cancelled")
    plan = story.record(play, "training_plan", case.variables["plan_no"])
    assert plan["status"] == "cancelled"


def test_a_class_that_goes_on_is_examined_all_the_same(play: Play) -> None:
    """Y-50."""
    case = story.confirmed(play)
    story.visited(case, findings="无教员到场")
    case.sends("提交整改回复", as_="institution_clerk", reply="将整改")
    case.complete("judge_reply", as_="supervisor", decision="stop", reason="再次无教员")
    case.complete("decide_stop", as_="plan_confirmer", decision="go_on", reason="已整改")
    assert case.waits_for == {"arrange"}


def test_a_viewer_sees_plans_and_does_nothing_with_them(play: Play) -> None:
    """Y-56."""
    case = story.filed(play)
    viewer = play.user("plan_viewer")
    found = play.run(lambda session: cases.get(session, case.id, by=viewer))
    assert found.title == "培训计划报备：2026年第一期"
    with pytest.raises(BanliError):
        case.complete("accept", as_="plan_viewer", decision="refuse", reason="无")


def test_plans_of_another_bureau_are_not_seen(play: Play) -> None:
    """Y-56: the own area only."""
    case = story.filed(play)
    with pytest.raises(NotFound):
        play.run(lambda session: cases.get(session, case.id, by=play.user("local_admin")))


def test_an_e_filing_may_have_to_be_received_by_hand(play: Play) -> None:
    """Y-09: 受理、接收、确认."""
    case = play.start(
        "yacht_training_plan_filing",
        by="institution_clerk",
        efiling_auto_receive=False,
        **{**story.plan(), "capacity": 20},
    )
    assert case.waits_for == {"accept"}
    story.accept_plan(case)
    assert case.waits_for == {"receive"}
    case.complete("receive", as_="plan_acceptor", received=True)
    assert case.waits_for == {"confirm"}


def test_the_two_enrolments_of_a_plan_are_cancelled_apart(play: Play) -> None:
    """Y-101, Y-105: each button names its part."""
    case = story.confirmed(play)
    clerk = play.user("institution_clerk")
    offered = play.run(
        lambda session: cases.public_actions(
            session, cases.get(session, case.id, by=clerk), by=clerk
        )
    )
    titles = [one.title for one in offered]
    assert {"取消考试报名（理论）", "取消考试报名（评估）"} <= set(titles)
    assert len(set(titles)) == len(titles)


@pytest.mark.parametrize("by_hand", [False, True])
def test_the_notice_promises_the_days_that_acceptance_leaves_for_confirming(
    play: Play, *, by_hand: bool
) -> None:
    """Y-09: confirmed within 3 working days of acceptance, receipt by hand among them."""
    case = play.start(
        "yacht_training_plan_filing",
        by="institution_clerk",
        efiling_auto_receive=not by_hand,
        **{**story.plan(), "capacity": 20},
    )
    story.accept_plan(case)
    assert "自受理之日起3个工作日内" in papers.read(case, "letter_plan_accepted")
    with play.session() as session:
        promised = session.get(CaseLimit, (case.id, "promised"))
    if by_hand:
        play.passes(working_days=1)
        case.complete("receive", as_="plan_acceptor", received=True)
    (task,) = case.tasks
    assert promised is not None
    assert day(task.due_at) <= day(promised.due_at)


def day(instant: datetime | None) -> date:
    """The day of an instant in Shanghai."""
    assert instant is not None
    return instant.astimezone(clock.SHANGHAI).date()
