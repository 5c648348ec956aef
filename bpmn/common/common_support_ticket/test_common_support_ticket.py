"""在线客服: a question, an order, a repair, a complaint; answered in time, confirmed, kept as FAQ."""

from typing import Any

import pytest

from bpmn.explosives import story
from engine.errors import BanliError
from processes.desk import worklist
from processes.play import Play, PlayedCase


def asked(
    play: Play, kind: str = "technical", as_: str = "expl_enterprise", **more: Any
) -> PlayedCase:
    """A ticket."""
    answers = {"ticket_kind": kind, "subject": "怎样导出名单", "text": "请说明步骤。", **more}
    return play.apply("common_support_ticket", as_=as_, **answers)


@pytest.mark.parametrize(
    ("kind", "task", "who"),
    [
        ("technical", "answer", "support_staff"),
        ("order", "answer", "support_staff"),
        ("repair", "answer", "support_staff"),
        ("complaint", "answer_lead", "support_lead"),
    ],
)
def test_each_kind_is_answered_confirmed_and_closed(
    play: Play, kind: str, task: str, who: str
) -> None:
    """E-77 至 E-80."""
    case = asked(play, kind, **({"device_no": "SB-01"} if kind == "repair" else {}))
    assert case.waits_for == {task}
    more = {"answer_action": "answer"} if task == "answer" else {}
    case.complete(task, as_=who, answer_text="在列表右上角导出。", **more)
    assert story.told(play, "expl_enterprise")[0] == "工单已答复"
    case.complete("confirm_answer", as_="expl_enterprise", solved=True, rating="5")
    (held,) = story.records(play, "support_ticket")
    assert (case.ended, held["status"], held["rating"]) == ("closed", "closed", "5")


def test_the_progress_of_a_repair_is_told_as_it_goes(play: Play) -> None:
    """E-79: 维修进度查询."""
    case = asked(play, "repair", device_no="SB-01")
    for text in ("已收到设备。", "正在更换零件。"):
        case.complete("answer", as_="support_staff", answer_action="progress", answer_text=text)
        assert (case.waits_for, story.told(play, "expl_enterprise")[0]) == ({"answer"}, "工单进度")


def test_what_staff_cannot_answer_or_what_is_not_solved_goes_to_the_lead(play: Play) -> None:
    """E-77, E-80."""
    case = asked(play)
    case.complete("answer", as_="support_staff", answer_action="escalate", answer_text="需主管答复")
    case.complete("answer_lead", as_="support_lead", answer_text="请升级浏览器。")
    case.complete("confirm_answer", as_="expl_enterprise", solved=False, again="仍然不行")
    assert case.waits_for == {"answer_lead"}
    (task,) = case.tasks
    by = play.user("support_lead")
    seen = play.run(lambda session: worklist.view(session, task.id, by=by)).variables
    assert (seen["earlier_answer"], seen["answer_text"]) == ("请升级浏览器。", None)
    case.complete("answer_lead", as_="support_lead", answer_text="已远程处理。")
    case.complete("confirm_answer", as_="expl_enterprise", solved=True)
    assert case.ended == "closed"


def test_a_good_answer_is_kept_as_a_frequent_question(play: Play) -> None:
    """E-77."""
    case = asked(play)
    case.complete(
        "answer", as_="support_staff", answer_action="answer", answer_text="右上角。", faq=True
    )
    case.complete("confirm_answer", as_="expl_enterprise", solved=True)
    (kept,) = story.records(play, "support_faq")
    assert (kept["question"], kept["answer"]) == ("怎样导出名单", "右上角。")


def test_a_late_answer_is_urged_and_silence_closes_the_ticket(play: Play) -> None:
    """E-77: one working day for a question, five to confirm."""
    case = asked(play)
    case.passes(working_days=1)
    assert case.waits_for == {"answer"}
    assert "letter_urge" in case.letters
    case.complete("answer", as_="support_staff", answer_action="answer", answer_text="右上角。")
    case.passes(working_days=6)
    assert (case.ended, story.records(play, "support_ticket")[0]["status"]) == ("closed", "closed")


def test_only_the_one_who_asked_confirms(play: Play) -> None:
    """E-77."""
    case = asked(play)
    case.complete("answer", as_="support_staff", answer_action="answer", answer_text="右上角。")
    for login in ("expl_enterprise_js", "support_staff"):
        with pytest.raises(BanliError):
            case.complete("confirm_answer", as_=login, solved=True)


@pytest.mark.parametrize(
    "who", ["expl_ministry", "expl_province", "expl_association", "expl_institution", "expl_group"]
)
def test_every_kind_of_user_may_ask(play: Play, who: str) -> None:
    """E-77, E-78."""
    assert asked(play, "order", who).waits_for == {"answer"}


def test_a_person_without_a_unit_may_ask_too(play: Play) -> None:
    """The desk handles what comes from somebody who belongs to no organisation."""
    case = asked(play, as_="applicant")
    assert (case.waits_for, case.row.org_code) == ({"answer"}, "SUPPORT1")
