"""故障响应与处置: answered in the time of its class, restored, reported, confirmed.

Requirements P-115 至 P-119, P-122, P-123.
"""

import pytest

from bpmn import papers
from bpmn.property import story
from processes.play import Play, PlayedCase

RESPONDED = {"way": "到场", "engineer": "值班工程师", "found": "数据库连接耗尽"}
RESTORED = {
    "cause_kind": "配置丢失",
    "cause_text": "升级时覆盖了配置",
    "emergency": ["软件应急", "配置备份"],
    "measures": "由配置备份恢复并重启",
}


def reported(play: Play, fault_class: str = "on_site") -> PlayedCase:
    return play.apply(
        "common_fault_handling",
        as_="prop_window",
        system_name="一窗受理",
        fault_class=fault_class,
        subject="不能提交",
        text="九时起所有窗口不能提交。",
        contact_phone="029-80000001",
    )


def restored(case: PlayedCase) -> None:
    case.complete("respond", as_="support_staff", **RESPONDED)
    case.complete("restore", as_="support_staff", **RESTORED)


def test_a_fault_is_answered_restored_reported_and_confirmed(play: Play) -> None:
    """P-119, P-122, P-123: 故障处理报告."""
    case = reported(play)
    restored(case)
    assert case.letters == ["letter_fault_report"]
    case.complete("confirm", as_="prop_window", solved=True)
    assert (case.ended, case.row.outcome) == ("closed", "restored")
    (held,) = story.records(play, "fault")
    assert (held["status"], held["cause"]) == ("closed", "配置丢失")


@pytest.mark.parametrize(("fault_class", "hours"), [("on_site", 3), ("total", 3), ("mail", 24)])
def test_the_lead_hears_of_a_fault_nobody_answered_in_time(
    fault_class: str, hours: int, play: Play
) -> None:
    """P-115, P-116, P-118: calendar hours, nights and holidays included."""
    reported(play, fault_class)
    play.passes(hours=hours, minutes=-1)
    assert "故障逾期未响应" not in story.notices_of(play, "support_lead")
    play.passes(minutes=2)
    assert "故障逾期未响应" in story.notices_of(play, "support_lead")


def test_a_total_failure_of_twelve_hours_needs_a_plan_within_sixteen(play: Play) -> None:
    """P-117."""
    case = reported(play, "total")
    case.complete("respond", as_="support_staff", **RESPONDED)
    play.passes(hours=11, minutes=59)
    assert case.waits_for == {"restore"}
    play.passes(minutes=2)
    assert case.waits_for == {"restore", "emergency_plan"}
    (task,) = [one for one in case.tasks if one.activity == "emergency_plan"]
    assert task.due_at is not None
    assert (task.due_at - task.created_at).total_seconds() == 4 * 3600
    case.complete("emergency_plan", as_="support_lead", plan_text="启用备用环境，纸质收件。")
    assert "应急方案" in story.notices_of(play, "prop_window")
    case.complete("restore", as_="support_staff", **RESTORED)
    report = papers.read(case, "letter_fault_report")
    assert "应急方案：启用备用环境，纸质收件。" in report
    assert "动用的应急资源：软件应急、配置备份。" in report


def test_what_is_not_restored_is_taken_up_again(play: Play) -> None:
    case = reported(play)
    restored(case)
    case.complete("confirm", as_="prop_window", solved=False, remark="仍不能提交")
    assert case.waits_for == {"restore"}
    case.complete("restore", as_="support_staff", **RESTORED)
    case.complete("confirm", as_="prop_window", solved=True)
    assert case.ended == "closed"
