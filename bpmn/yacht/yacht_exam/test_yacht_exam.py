"""培训考试: enrolment by part, arrangement without double use, tickets, scores, check, confirmation.

Requirements Y-51 至 Y-55, Y-72, Y-73, Y-87, Y-88, Y-101, Y-102, Y-105.
"""

from typing import Any

import pytest

from bpmn.yacht import story
from engine.errors import BanliError
from forms.definition import FormInvalid
from processes import registers
from processes.casefile import notices
from processes.casework import cases, sources
from processes.documents import documents
from processes.ledgers import maintenance
from processes.play import Play, PlayedCase
from processes.registers import Trace

TRACE = Trace(by="test")


def sittings(play: Play, **where: Any) -> list[dict[str, Any]]:
    return play.run(
        lambda session: [
            one.context() for one in registers.find(session, "exam_sitting", where=where)
        ]
    )


def failed_before(play: Play, times: int, part: str = "theory") -> None:
    """The first candidate has sat so many times without passing."""
    first = story.CANDIDATES[0]

    def command(session: Any) -> None:
        held = registers.first(session, "person", where={"id_no": first["id_no"]})
        person = held or registers.create(
            session, "person", {**first, "nationality": "CHN"}, trace=TRACE
        )
        for number in range(1, times + 1):
            registers.create(
                session,
                "exam_sitting",
                {
                    "msa_org": "370001",
                    "person_id": person.key,
                    "name": first["name"],
                    "id_no": first["id_no"],
                    "licence_class": "A1E",
                    "part": part,
                    "sitting_no": number,
                    "result": "fail",
                },
                trace=TRACE,
                status="confirmed",
            )

    play.run(command)


def told(play: Play, login: str) -> list[str]:
    return [one.body for one in play.run(lambda s: notices.box(s, play.user(login)))]


def test_an_exam_goes_from_enrolment_to_published_scores(play: Play) -> None:
    """Y-51, Y-52, Y-53, Y-54, Y-55, Y-88."""
    exam = story.enrolled(play)
    assert exam.waits_for == {"arrange"}
    story.arrange(exam)
    assert exam.letters == ["letter_admission_tickets"]
    story.hold(exam)
    story.score(exam, 80, "59.5", "absent")
    story.check(exam)
    exam.complete("confirm", as_="exam_confirmer", decision="confirm")
    assert (exam.ended, exam.status) == ("failed_may_retake", "completed")
    found = sittings(play, exam_no=exam.variables["exam_no"])
    assert [one["result"] for one in found] == ["pass", "fail", "fail"]
    assert {one["status"] for one in found} == {"confirmed"}
    assert exam.letters == ["letter_admission_tickets", "letter_score_sheet"]
    session = story.record(play, "exam_session", exam.variables["exam_no"])
    assert session["status"] == "confirmed"


def test_the_result_is_what_licensing_reads(play: Play) -> None:
    """Y-87: training results are visible to licensing once the scores are checked and published."""
    story.examined(play, 90, 90, 90)
    number = story.CANDIDATES[0]["id_no"]
    found = play.run(
        lambda s: registers.find(
            s, "training_result", where={"id_no": number, "licence_class": "A1E"}
        )
    )
    assert [(one.values["theory_result"], one.status) for one in found] == [("passed", "confirmed")]


def test_each_ticket_has_its_number_room_and_seat_in_one_file_for_printing(play: Play) -> None:
    """Y-55, Y-105."""
    exam = story.enrolled(play)
    story.arrange(exam)
    number = exam.variables["exam_no"]
    found = sittings(play, exam_no=number)
    assert [one["ticket_no"] for one in found] == [f"{number}00{n}" for n in (1, 2, 3)]
    assert [one["seat_no"] for one in found] == [1, 2, 3]
    issued = play.run(lambda session: documents.issued(session, exam.id))
    assert [(one.template, one.pages) for one in issued] == [("letter_admission_tickets", 3)]
    said = next(text for text in told(play, "institution_clerk") if "准考证" in text)
    assert "游艇操作人员理论考试（A1E）已安排" in said


def test_theory_and_assessment_are_sat_for_separately_and_counted_separately(play: Play) -> None:
    """Y-101, Y-102: six theory sittings failed, none of the assessment."""
    failed_before(play, 6)
    theory = story.enrolled(play, candidates=story.CANDIDATES[:1])
    assert theory.ended == "none_enrolled"
    assert theory.variables["rejected_text"] == "学员甲：补考已满 5 次"
    said = (theory.variables["case_outcome"], theory.variables["case_reason"])
    assert (theory.status, *said) == ("cancelled", "declined", "学员甲：补考已满 5 次")
    assessment = story.enrolled(play, part="assessment", candidates=story.CANDIDATES[:1])
    assert assessment.waits_for == {"arrange"}
    assert [one["retake_no"] for one in sittings(play, part="assessment")] == [0]


@pytest.mark.parametrize(("before", "retake"), [(0, 0), (1, 1), (3, 3), (5, 5)])
def test_up_to_five_retakes_are_let_in_with_their_number(
    play: Play, before: int, retake: int
) -> None:
    """Y-102."""
    failed_before(play, before)
    exam = story.enrolled(play, candidates=story.CANDIDATES[:1])
    assert exam.waits_for == {"arrange"}
    assert [
        (one["sitting_no"], one["retake_no"])
        for one in sittings(play)
        if one["status"] == "enrolled"
    ] == [(before + 1, retake)]


def test_who_has_passed_or_waits_for_an_exam_is_not_enrolled_again_and_the_others_are(
    play: Play,
) -> None:
    """Y-102."""
    story.enrolled(play, candidates=story.CANDIDATES[:1])
    again = story.enrolled(play, candidates=story.CANDIDATES[:2])
    assert again.variables["rejected_text"] == "学员甲：此科目已有未完成的报名"
    assert again.variables["candidate_count"] == 1


def test_the_sixth_sitting_failed_is_the_last(play: Play) -> None:
    """Y-102."""
    failed_before(play, 5)
    exam = story.examined(play, 10, candidates=story.CANDIDATES[:1])
    assert exam.ended == "limit_reached"


@pytest.mark.parametrize(
    ("register", "field", "who"),
    [
        ("examiner", "examiners", "考官"),
        ("exam_site", "site", "考试地点"),
        ("exam_room", "rooms", "考场"),
    ],
)
def test_without_a_dictionary_nothing_can_be_arranged_and_the_page_says_why(
    play: Play, register: str, field: str, who: str
) -> None:
    """Y-72, Y-73."""
    by = play.user("admin")
    for one in play.run(lambda session: registers.find(session, register)):
        play.run(lambda s, key=one.key: maintenance.switch(s, register, key, by=by, reason="清空"))
    exam = story.enrolled(play)
    answers = {field: [] if field != "site" else ""}
    with pytest.raises(FormInvalid) as refused:
        story.arrange(exam, **answers)
    assert f"本机构还没有{who}" in refused.value.errors[field][0]
    assert f"系统管理员（“登记簿—{who}”）" in refused.value.errors[field][0]
    assert "或地方局字典维护人（“考试" in refused.value.errors[field][0]
    assert exam.waits_for == {"arrange"}


def test_the_rooms_of_a_retired_site_are_not_offered(play: Play) -> None:
    """Y-73: 考试地点停用的，其考场不能再安排；启用后又可选."""
    by = play.user("admin")

    def offered() -> dict[str, str]:
        who = play.user("arranger")
        source = play.run(lambda s: sources.lookups(s, who).sources["yacht_own_rooms"])
        return {one.value: one.label for one in source.search("", {})}

    assert offered().keys() == {"QD01-101", "QD01-102", "QD02-A"}
    assert offered()["QD01-101"] == "第一考场（青岛考试中心，30）"
    play.run(lambda s: maintenance.switch(s, "exam_site", "QD01", by=by, reason="改建"))
    assert offered().keys() == {"QD02-A"}
    exam = story.enrolled(play)
    with pytest.raises(FormInvalid) as refused:
        story.arrange(exam, site="QD02", rooms=["QD01-101"])
    assert [*refused.value.errors] == ["rooms"]
    play.run(lambda s: maintenance.switch(s, "exam_site", "QD01", by=by, reason="完工"))
    assert offered().keys() == {"QD01-101", "QD01-102", "QD02-A"}


def test_no_assessor_no_assessment(play: Play) -> None:
    """Y-72."""
    by = play.user("admin")
    for key in ("PG001", "PG002"):
        play.run(lambda s, k=key: maintenance.switch(s, "assessor", k, by=by, reason="清空"))
    exam = story.enrolled(play, part="assessment")
    with pytest.raises(FormInvalid) as refused:
        story.arrange(exam, assessors=[])
    assert "本机构还没有评估员" in refused.value.errors["assessors"][0]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"site": "QD02"}, "所选考场不在考试地点“奥帆码头评估区”"),
        ({"ends_at": "2030-01-02T11:00", "starts_at": "2030-01-02T09:00"}, "资格在考试日已过期"),
    ],
)
def test_an_arrangement_that_cannot_be_is_sent_back_with_the_reason(
    play: Play, changes: dict[str, Any], said: str
) -> None:
    """Y-51."""
    exam = story.enrolled(play)
    story.arrange(exam, **changes)
    assert exam.waits_for == {"arrange"}
    assert said in exam.variables["arrangement_problem"]
    assert [task.name for task in exam.tasks] == ["考务安排（理论，须调整）"]


@pytest.mark.parametrize(
    ("changes", "field", "said"),
    [
        ({"starts_at": "2026-03-20T12:00"}, "ends_at", "结束时间应晚于开始时间"),
        ({"starts_at": "2020-03-20T09:00"}, "starts_at", "考试时间已过"),
    ],
)
def test_times_that_cannot_be_are_refused_where_they_are_typed(
    play: Play, changes: dict[str, Any], field: str, said: str
) -> None:
    """Y-51."""
    exam = story.enrolled(play)
    with pytest.raises(FormInvalid) as refused:
        story.arrange(exam, **changes)
    assert said in refused.value.errors[field][0]


def test_more_candidates_than_seats_need_another_room(play: Play) -> None:
    """Y-73."""
    play.run(lambda s: registers.update(s, "exam_room", "QD01-101", {"seats": 2}, trace=TRACE))
    exam = story.enrolled(play)
    story.arrange(exam)
    assert exam.variables["arrangement_problem"] == "座位不足：3 人，所选考场共 2 座"
    story.arrange(exam, rooms=["QD01-101", "QD01-102"])
    assert [(one["room"], one["seat_no"]) for one in sittings(play)] == [
        ("第一考场", 1),
        ("第一考场", 2),
        ("第二考场", 1),
    ]


def other(play: Play, **changes: Any) -> PlayedCase:
    """Another exam, of a person who is in no other."""
    someone = {**story.CANDIDATES[0], "name": "学员丁", "id_no": "370202198808080087"}
    return story.enrolled(play, candidates=[{**someone, "birth_date": "1988-08-08"}], **changes)


def test_a_room_or_examiner_that_is_taken_is_named_and_nothing_is_booked(play: Play) -> None:
    """Y-51, Y-88: no double use."""
    story.arrange(story.enrolled(play))
    exam = other(play)
    story.arrange(exam, examiners=["KG002"])
    taken = "考场“第一考场”在2026-03-20 09:00至11:00已用于游艇操作人员理论考试（A1E）"
    assert exam.variables["arrangement_problem"].split("；")[0] == taken
    story.arrange(exam, rooms=["QD01-102"])
    assert "考官“考官甲”" in exam.variables["arrangement_problem"]
    story.arrange(exam, rooms=["QD01-102"], examiners=["KG002"])
    assert exam.waits_for == {"print_tickets"}


def test_a_candidate_is_not_in_two_exams_at_one_time(play: Play) -> None:
    """Y-88."""
    story.arrange(story.enrolled(play))
    exam = story.enrolled(play, part="assessment")
    story.arrange(exam, site="QD02", rooms=["QD02-A"])
    assert "人员“学员甲”" in exam.variables["arrangement_problem"]


def test_a_session_that_is_moved_is_arranged_anew_with_new_tickets(play: Play) -> None:
    """Y-51."""
    exam = story.enrolled(play)
    story.arrange(exam)
    number = exam.variables["exam_no"]
    story.hold(exam, "moved", reason="台风")
    assert exam.variables["arrangement_problem"] == "改期：台风"
    story.arrange(exam, starts_at="2026-03-25T09:00", ends_at="2026-03-25T11:00")
    assert exam.variables["exam_no"] == number
    assert exam.letters == ["letter_admission_tickets"] * 2
    story.arrange(other(play))
    assert any("台风" in text for text in told(play, "institution_clerk"))


def test_a_session_the_agency_cancels_does_not_count_as_a_sitting(play: Play) -> None:
    """Y-102."""
    exam = story.enrolled(play)
    story.arrange(exam)
    story.hold(exam, "cancelled", reason="设备故障")
    assert exam.ended == "cancelled"
    again = story.enrolled(play)
    assert [one["sitting_no"] for one in sittings(play) if one["status"] == "enrolled"] == [1, 1, 1]
    story.arrange(again)
    assert again.waits_for == {"print_tickets"}


def test_an_enrolment_is_withdrawn_before_it_is_arranged(play: Play) -> None:
    """Y-105."""
    exam = story.enrolled(play)
    clerk = play.user("institution_clerk")
    offered = play.run(
        lambda session: cases.public_actions(
            session, cases.get(session, exam.id, by=clerk), by=clerk
        )
    )
    assert [one.title for one in offered] == ["取消考试报名（理论）"]  # the part, as a plan has two
    exam.sends("取消考试报名", as_="institution_clerk", withdraw_reason="学员生病")
    assert exam.ended == "enrolment_withdrawn"


def test_tickets_may_be_printed_until_the_exam_begins_and_scores_follow_its_end(play: Play) -> None:
    exam = story.enrolled(play)
    story.arrange(exam, starts_at="2026-03-03T09:00", ends_at="2026-03-03T11:00")
    exam.passes(working_days=2)
    assert exam.waits_for == {"enter_scores"}


def test_scores_that_are_missing_go_back_to_the_recorder(play: Play) -> None:
    """Y-52."""
    exam = story.enrolled(play)
    story.arrange(exam)
    story.hold(exam)
    rows = [{"raw_score": "70"}, {"raw_score": "60"}, {}]
    exam.complete("enter_scores", as_="recorder", score_rows=rows)
    assert exam.waits_for == {"enter_scores"}
    assert "学员丙" in exam.variables["score_problem"]


def test_one_line_that_differs_sends_the_sheet_back(play: Play) -> None:
    """Y-53."""
    exam = story.enrolled(play)
    story.arrange(exam)
    story.hold(exam)
    story.score(exam, 80, 50, 70)
    story.check(exam, 1)
    assert exam.waits_for == {"enter_scores"}
    assert exam.variables["score_problem"] == "核对不一致：学员乙（核对所见 原卷不同）"
    story.score(exam, 80, 65, 70)
    story.check(exam)
    exam.complete("confirm", as_="exam_confirmer", decision="confirm")
    assert exam.ended == "passed"


def test_whoever_recorded_the_scores_does_not_check_them(play: Play) -> None:
    """Y-53: four eyes, by person."""
    story.also(play, "recorder", "exam_score_checker")
    exam = story.enrolled(play)
    story.arrange(exam)
    story.hold(exam)
    story.score(exam, 80, 50, 70)
    rows = [{"agree": "true"}] * 3
    with pytest.raises(BanliError):
        exam.complete("check_scores", as_="recorder", check_rows=rows)


def test_the_confirmer_may_send_everything_back(play: Play) -> None:
    """Y-54."""
    exam = story.enrolled(play)
    story.arrange(exam)
    story.hold(exam)
    story.score(exam, 80, 50, 70)
    story.check(exam)
    exam.complete("confirm", as_="exam_confirmer", decision="return", reason="违纪待查")
    assert exam.waits_for == {"enter_scores"}
    story.score(exam, 80, 50, 70)
    story.check(exam)
    exam.complete("confirm", as_="exam_confirmer", decision="confirm")
    assert exam.ended == "failed_may_retake"


def test_where_no_confirmation_is_wanted_the_exam_ends_with_the_check(play: Play) -> None:
    """Y-87: 成绩核对完成后考试流程结束."""
    exam = play.start(
        "yacht_exam",
        by="institution_clerk",
        licence_class="A1E",
        part="theory",
        candidates=[{**one} for one in story.CANDIDATES],
        exam_confirm_required=False,
    )
    story.arrange(exam)
    story.hold(exam)
    story.score(exam, 80, 70, 75)
    story.check(exam)
    assert exam.ended == "passed"
    results = play.run(lambda session: registers.find(session, "training_result"))
    assert {one.status for one in results if one.values["name"] == "学员甲"} == {"checked"}


def test_misconduct_fails_whatever_the_score(play: Play) -> None:
    exam = story.enrolled(play, candidates=story.CANDIDATES[:1])
    story.arrange(exam)
    story.hold(exam)
    rows = [{"raw_score": "95", "cheating": True}]
    exam.complete("enter_scores", as_="recorder", score_rows=rows)
    assert exam.variables["check_lines"][0]["verdict"] == "不合格"


def test_who_enrols_alone_enrols_nobody_else(play: Play) -> None:
    """Y-104, Y-105: the number is compared with the one the person is registered with."""
    mine = {**story.CANDIDATES[0], "name": "申请人", "id_no": "370202199003070011"}
    for others in ([story.CANDIDATES[1]], [mine, story.CANDIDATES[1]]):
        with pytest.raises(FormInvalid) as refused:
            story.enrolled(play, as_="applicant", candidates=others)
        assert "只能为本人报名" in refused.value.errors["candidates"][0]
    assert story.enrolled(play, as_="applicant", candidates=[mine]).waits_for == {"arrange"}
