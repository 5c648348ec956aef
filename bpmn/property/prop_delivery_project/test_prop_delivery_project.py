"""项目实施: eleven phases of two parties, weekly reports and agreed changes, two-level acceptance.

Requirements P-81, P-90 至 P-101, P-104 至 P-107, P-111 至 P-115, P-120, P-121, P-126 至 P-129,
P-132 至 P-139, P-142, P-144, P-145.
"""

from typing import Any

import pytest

from bpmn.property import story
from engine.errors import BanliError
from forms.errors import FormInvalid
from processes.play import Play, PlayedCase

PROJECT = "prop_delivery_project"
MEETS = {
    "team": "验收组组长、成员",
    "functions": "符合",
    "performance": "符合",
    "documents": "符合",
    "code": "符合",
    "opinion": "达到合同要求",
}
REQUEST = {
    "first_check": "合格",
    "second_check": "合格",
    "first_acceptance": "合格",
    "deliverables": [{"handed_on": "2026-09-01"}] * 13,
    "copies": 2,
    "third_party": "无",
}
WEEK = {"done": "完成调研", "next_week": "编制需求", "minutes": "议定接口清单"}


def kicked_off(play: Play) -> PlayedCase:
    return play.apply(
        PROJECT,
        as_="prop_admin",
        project_name="一窗受理及数据共享交换系统",
        kickoff_on="2026-03-02",
        months=8,
    )


def agreed(play: Play) -> PlayedCase:
    case = kicked_off(play)
    case.complete("agree_plan", as_="prop_contractor", decision="agree")
    return case


def phase_done(case: PlayedCase) -> str:
    """Everybody does the tasks of the phase and the customer signs it."""
    who = {
        "contractor_manager@PV000001": "prop_contractor",
        "platform_admin@PC610000": "prop_admin",
        "project_supervisor@PJ000001": "prop_works",
    }
    while tasks := [one for one in case.tasks if one.activity == "do_task"]:
        candidate = story.candidates(case.play, tasks[0].id)[0]
        case.complete("do_task", as_=who[candidate], result="已完成")
    name = str(case.variables["stage_name"]) if "stage_name" in case.variables else ""
    case.complete("sign_stage", as_="prop_admin", decision="pass")
    return name


def shown(case: PlayedCase, activity: str, login: str) -> dict[str, str]:
    """What the first section of a task's form tells whoever fills it in."""
    first = story.sections(case, login, activity)[0]
    assert first.visible
    return {field.label: field.text for field in first.fields}


def delivered(play: Play) -> PlayedCase:
    case = agreed(play)
    for _phase in range(11):
        phase_done(case)
    return case


def test_the_plan_has_the_eleven_phases_of_the_seed_with_both_parties(play: Play) -> None:
    """P-90, P-91, P-104: 表 2.2; dates are data, counted from the kick-off."""
    tasks = kicked_off(play).variables["rollout_tasks"]
    assert list(dict.fromkeys(one["stage_name"] for one in tasks)) == [
        "项目启动",
        "需求调研",
        "总体设计",
        "详细设计",
        "系统开发",
        "系统部署",
        "系统测试",
        "系统培训",
        "系统试运行",
        "系统上线",
        "项目验收",
    ]
    assert {one["unit"] for one in tasks} == {
        "建设方",
        "演示软件有限公司",
        "演示工程监理有限公司",
    }
    days = {one["title"]: str(one["to"]) for one in tasks}
    assert days["电子证照系统详细设计"] == "2026-03-31"


def test_the_plan_holds_only_when_the_contractor_agrees(play: Play) -> None:
    """P-92, P-127: 双方会签."""
    case = kicked_off(play)
    case.complete("agree_plan", as_="prop_contractor", decision="reject", reason="启动日顺延")
    assert shown(case, "revise_plan", "prop_admin") == {"不同意计划的理由": "启动日顺延"}
    case.complete(
        "revise_plan",
        as_="prop_admin",
        project_name="一窗受理及数据共享交换系统",
        kickoff_on="2026-03-09",
        months=8,
    )
    assert str(case.variables["rollout_tasks"][0]["from"]) == "2026-03-09"
    case.complete("agree_plan", as_="prop_contractor", decision="agree")
    assert "do_task" in case.waits_for


def test_a_phase_begins_when_the_one_before_is_signed(play: Play) -> None:
    """P-128: the customer signs each phase."""
    case = agreed(play)
    assert len([one for one in case.tasks if one.activity == "do_task"]) == 6
    phase_done(case)
    assert len([one for one in case.tasks if one.activity == "do_task"]) == 3
    assert case.letters == ["letter_rollout_stage"]


def test_every_week_there_is_a_report_and_changes_hold_only_when_agreed(play: Play) -> None:
    """P-92, P-93, P-137, P-139: 需求、人员的变更须经双方协商确定."""
    case = agreed(play)
    case.passes(days=7)
    changes = [
        {"kind": "requirement", "content": "增加地役权登记", "reason": "业务需要"},
        {"kind": "staff", "content": "更换测试组长", "reason": "本人调离"},
    ]
    case.complete("report_week", as_="prop_contractor", **WEEK, proposed_changes=changes)
    answers = [{"agreed": "yes"}, {"agreed": "no", "note": "关键人员不得更换"}]
    case.complete("answer_report", as_="prop_admin", change_answers=answers)
    held = story.records(play, "project_change", project_no=case.row.reference)
    assert [(one["kind"], one["agreed"]) for one in held] == [
        ("requirement", "yes"),
        ("staff", "no"),
    ]
    assert "项目周报已阅" in story.notices_of(play, "prop_contractor")
    case.passes(days=7)
    assert "report_week" in case.waits_for


def test_a_week_without_changes_is_just_read(play: Play) -> None:
    case = agreed(play)
    case.passes(days=7)
    case.complete("report_week", as_="prop_contractor", **WEEK)
    case.complete("answer_report", as_="prop_admin")
    assert story.records(play, "project_change", project_no=case.row.reference) == []


def test_acceptance_has_two_levels_and_all_four_must_meet_the_contract(play: Play) -> None:
    """P-101, P-102, P-106, P-114, P-133, P-134: 两级检查、两级验收, 光盘一式两份."""
    case = delivered(play)
    with pytest.raises(FormInvalid):
        case.complete("apply_acceptance", as_="prop_contractor", **{**REQUEST, "copies": 1})
    case.complete("apply_acceptance", as_="prop_contractor", **REQUEST)
    failing: dict[str, Any] = {**MEETS, "performance": "不符合"}
    with pytest.raises(FormInvalid):
        case.complete("accept_project", as_="prop_admin", decision="pass", **failing)
    case.complete(
        "accept_project", as_="prop_admin", decision="return", reason="补做压力测试", **failing
    )
    assert "项目验收未通过" in story.notices_of(play, "prop_contractor")
    assert shown(case, "apply_acceptance", "prop_contractor") == {
        "整改要求": "补做压力测试",
        "验收意见": "达到合同要求",
    }
    case.complete("apply_acceptance", as_="prop_contractor", **REQUEST)
    case.complete("accept_project", as_="prop_admin", decision="pass", **MEETS)
    assert (case.ended, case.status, case.row.outcome) == ("accepted", "completed", "accepted")
    assert "项目验收通过" in story.notices_of(play, "prop_contractor")
    assert case.letters.count("letter_project_acceptance") == 1
    project = story.record(play, "delivery_project", case.row.reference)
    assert project["status"] == "maintained"
    assert project["maintained_until"].year - project["accepted_on"].year == 3


def test_only_the_contractor_reports_and_applies(play: Play) -> None:
    case = agreed(play)
    case.passes(days=7)
    with pytest.raises(BanliError):
        case.complete("report_week", as_="prop_admin", **WEEK)


@pytest.mark.parametrize(
    ("requirement", "words"),
    [
        ("P-94、P-130", "政务云政务外网"),
        ("P-95、P-131", "国密"),
        ("P-125", "安全策略验证"),
        ("P-96、P-105、P-108", "异常数据"),
        ("P-97、P-111", "100 人"),
        ("P-112", "50 人"),
        ("P-113", "10 人"),
        ("P-98、P-126", "软件问题及修改记录"),
        ("P-99", "应急准备"),
        ("P-100", "微信公众号上线"),
        ("P-107", "强度测试"),
        ("P-103", "管理员手册"),
        ("P-109", "响应时间和吞吐量目标"),
        ("P-110", "灾难恢复演练"),
        ("P-115、P-120、P-121", "7×24"),
        ("P-129", "测试用例"),
        ("P-132", "集中授课及上机操作"),
        ("P-135", "风险清单"),
        ("P-136", "ISO9001"),
        ("P-138", "分批移交"),
        ("P-140", "保密协议"),
        ("P-141", "独立的测试环境"),
        ("P-142", "回归测试"),
        ("P-143", "大量并发"),
        ("P-144", "各分系统测试报告"),
        ("P-145", "测试数据与测试账号权限"),
    ],
)
def test_what_the_seed_asks_of_the_project_is_a_task_with_a_unit_and_dates(
    requirement: str, words: str, play: Play
) -> None:
    assert requirement
    (task,) = [one for one in kicked_off(play).variables["rollout_tasks"] if words in one["title"]]
    assert task["unit"]
    assert task["from"] <= task["to"]
