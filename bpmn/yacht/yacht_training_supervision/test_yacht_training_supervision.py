"""培训日常监督: visits, rectification, the proposal to stop (Y-50)."""

from bpmn.yacht import story
from processes import registers
from processes.casefile import notices
from processes.play import Play


def records(play: Play) -> list[str]:
    return [one.status for one in play.run(lambda s: registers.find(s, "supervision_record"))]


def test_a_visit_without_findings_is_kept_and_the_next_one_awaited(play: Play) -> None:
    case = story.confirmed(play)
    story.visited(case)
    story.visited(case)
    assert records(play) == ["recorded", "recorded"]
    assert "visit" in case.waits_for


def test_findings_are_ordered_to_be_rectified_and_closed_with_the_reply(play: Play) -> None:
    case = story.confirmed(play)
    story.visited(case, findings="教室超员")
    assert case.letters[-1] == "letter_rectification"
    case.sends("提交整改回复", as_="institution_clerk", reply="已调整教室")
    case.complete("judge_reply", as_="supervisor", decision="close")
    assert records(play) == ["closed"]
    assert "visit" in case.waits_for


def test_a_reply_that_does_not_come_is_urged_and_the_class_may_be_stopped(play: Play) -> None:
    case = story.confirmed(play, end_date="2026-06-30")
    story.visited(case, findings="教室超员")
    case.passes(working_days=7)
    told = play.run(lambda s: notices.box(s, play.user("institution_clerk")))
    assert "整改逾期" in [one.title for one in told]
    case.complete("judge_reply", as_="supervisor", decision="stop", reason="逾期未改")
    assert records(play) == ["unanswered"]
    assert "decide_stop" in case.waits_for


def test_supervision_ends_with_the_training(play: Play) -> None:
    case = story.confirmed(play)
    case.passes(working_days=16)
    assert "visit" not in case.waits_for
