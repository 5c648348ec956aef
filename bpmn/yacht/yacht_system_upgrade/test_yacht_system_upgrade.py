"""系统升级实施: the plan from a table, four stages with their units, gates, the notice.

Requirements Y-01, Y-16 至 Y-18, Y-20 至 Y-28, Y-30 至 Y-34, Y-38, Y-39.
"""

import re
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml

from bpmn.beginnings import once
from engine.errors import BanliError
from processes.casefile import notices
from processes.documents import documents
from processes.play import Play, PlayedCase

WHO = {
    "系统管理员@000001": "hq_admin",
    "system_admin@000001": "hq_admin",
    "system_admin@370001": "admin",
    "system_admin@320002": "local_admin",
    "vendor_engineer@VD000001": "vendor",
    "vendor_engineer@VD000002": "exchange_vendor",
    "card_maker@900001": "card_maker",
    "blank_stock_keeper@900001": "stock_keeper",
}


@once
def planned(play: Play) -> PlayedCase:
    return play.apply(
        "yacht_system_upgrade", as_="hq_admin", version="V1.6.0", go_live="2026-04-28"
    )


@once
def approved(play: Play) -> PlayedCase:
    case = planned(play)
    case.complete("approve_plan", as_="hq_admin", decision="approve")
    return case


def do_stage(case: PlayedCase) -> list[str]:
    """Everybody does the tasks of the stage; returns what they were."""
    from bpmn.yacht.story import PartOf  # noqa: F401, PLC0415 - the same way of looking at scopes

    titles = []
    while "do_task" in case.waits_for:
        item = scope(case)["item"]
        titles.append(item["title"])
        case.complete("do_task", as_=WHO[item["assignee"]], result="已完成")
    return titles


def scope(case: PlayedCase) -> dict[str, Any]:
    from engine import runtime  # noqa: PLC0415

    task = next(one for one in case.tasks if one.activity == "do_task")
    return case.play.run(lambda s: runtime.variables(s, task.instance_id, scope_id=task.scope_id))


def sign(case: PlayedCase, decision: str = "pass", **more: Any) -> None:
    case.complete("sign_stage", as_="hq_admin", decision=decision, **more)


def test_four_stages_one_after_the_other_each_signed_before_the_next(play: Play) -> None:
    """Y-16: 用户测试、升级准备、系统升级、正式启用."""
    case = approved(play)
    seen = []
    for _stage in range(4):
        seen.append(do_stage(case))
        assert case.waits_for == {"sign_stage"}
        sign(case)
    assert (case.ended, case.status) == ("in_use", "completed")
    assert case.letters == ["letter_upgrade_notice", *["letter_rollout_stage"] * 4]
    assert [len(one) for one in seen] == [6, 7, 4, 4]


def test_the_tasks_of_the_plan_go_to_the_units_of_the_seed(play: Play) -> None:
    """Y-17, Y-18, Y-20 至 Y-28, Y-30 至 Y-34, Y-38."""
    tasks = planned(play).variables["rollout_tasks"]
    units = {(one["unit"], one["title"]) for one in tasks}

    def unit_of(words: str) -> set[str]:
        return {unit for unit, title in units if words in title}

    assert unit_of("内外网数据传输") == {"软件开发单位"}
    assert unit_of("部局到直属局的数据交换配置") == {"数据交换单位"}
    assert unit_of("联调空白证管理") == {"软件开发单位", "中国海事服务中心"}
    assert unit_of("审查并批准升级方案") == {"部海事局"}
    assert unit_of("辖区通知公告") == {"山东海事局", "江苏地方海事局"}
    assert unit_of("空白证登记入库") == {"中国海事服务中心"}
    assert unit_of("证书流程文件") == {"软件开发单位"}
    assert unit_of("初始化数据、菜单和权限、操作说明书") == {"软件开发单位"}
    assert unit_of("提供远程连接") == {"山东海事局"}
    assert unit_of("表结构、初始化SQL") == {"软件开发单位"}
    assert unit_of("功能验证检查") == {"软件开发单位"}
    assert unit_of("监控系统及运行环境") == {"软件开发单位"}


def test_the_dates_are_those_of_the_plan_before_go_live(play: Play) -> None:
    """Y-16, Y-22: the notice twelve days before, the upgrade on the last two days."""
    case = planned(play)
    assert case.variables["notice_deadline"] == date(2026, 4, 16)
    upgrade = [one for one in case.variables["rollout_tasks"] if one["stage"] == 3]
    assert {(one["from"], one["to"]) for one in upgrade} == {(date(2026, 4, 26), date(2026, 4, 27))}


def test_nothing_goes_to_the_units_before_the_plan_is_approved(play: Play) -> None:
    """Y-21, Y-22."""
    case = planned(play)
    assert case.letters == []
    case.complete("approve_plan", as_="hq_admin", decision="reject", reason="测试时间不足")
    assert case.ended == "not_approved"


def test_the_notice_says_that_all_business_goes_through_the_system(play: Play) -> None:
    """Y-01, Y-22, Y-39."""
    case = approved(play)
    issued = play.run(lambda s: documents.issued(s, case.id))
    assert issued[0].template == "letter_upgrade_notice"
    assert issued[0].number
    for login in ("admin", "local_admin"):
        told = play.run(lambda s, login=login: notices.box(s, play.user(login)))
        assert "系统升级通知" in [one.title for one in told]
    for _stage in range(4):
        do_stage(case)
        sign(case)
    told = play.run(lambda s: notices.box(s, play.user("admin")))
    assert any("必须全部通过本系统办理" in one.body for one in told)


def test_a_stage_that_is_not_verified_is_not_left(play: Play) -> None:
    """Y-33, Y-34: 完成核查."""
    case = approved(play)
    for _stage in range(2):
        do_stage(case)
        sign(case)
    do_stage(case)
    lines = case.variables
    assert lines
    rows = [one for one in scope_of_sign(case)["sign_lines"] if "功能验证" in one["title"]]
    sign(case, "return", redo=[rows[0]["no"]], reason="一个直属局未通过验证")
    assert do_stage(case) == ["部局和各直属局应用升级、启动，完成功能验证检查"]
    sign(case)
    assert do_stage(case)[0].startswith("业务授权")


def scope_of_sign(case: PlayedCase) -> dict[str, Any]:
    from engine import runtime  # noqa: PLC0415

    task = next(one for one in case.tasks if one.activity == "sign_stage")
    return case.play.run(lambda s: runtime.variables(s, task.instance_id, scope_id=task.scope_id))


def test_a_unit_does_only_its_own_tasks(play: Play) -> None:
    """Y-23: each responsible unit."""
    case = approved(play)
    item = scope(case)["item"]
    stranger = "local_admin" if WHO[item["assignee"]] != "local_admin" else "vendor"
    with pytest.raises(BanliError):
        case.complete("do_task", as_=stranger, result="已完成")


def test_a_stage_that_is_late_is_told_to_the_confirming_unit(play: Play) -> None:
    """Y-23: 检查监督准备工作."""
    case = approved(play)
    case.passes(days=60)
    told = play.run(lambda s: notices.box(s, play.user("hq_admin")))
    assert "实施阶段逾期" in [one.title for one in told]
    assert "do_task" in case.waits_for


def test_a_direct_bureau_says_how_it_helps_with_the_upgrade(play: Play) -> None:
    """Y-32: a remote connection, or a named person; whoever signs the stage reads which."""
    case = approved(play)
    for _stage in range(2):
        do_stage(case)
        sign(case)
    with pytest.raises(BanliError):
        case.complete("do_task", as_=WHO[scope(case)["item"]["assignee"]], result="")
    while "do_task" in case.waits_for:
        item = scope(case)["item"]
        helps = "提供远程连接" in item["title"]
        told = "配置专人：信息科值班人员，电话 0532-80000000" if helps else "已完成"
        case.complete("do_task", as_=WHO[item["assignee"]], result=told)
    lines = {one["title"]: one for one in scope_of_sign(case)["sign_lines"]}
    helped = lines["提供远程连接，或配置专人协助升级"]
    assert (helped["unit"], helped["result"][:4]) == ("山东海事局", "配置专人")


def test_the_manual_tells_every_role_and_every_procedure_of_both_systems() -> None:
    """Y-31: 内外网游艇业务操作说明书."""
    text = (Path(__file__).parents[3] / "docs" / "manuals" / "yacht.md").read_text("utf-8")
    assert "## 一、外网" in text
    assert "## 二、内网" in text
    folder = Path(__file__).parents[1]
    told = yaml.safe_load((folder / "domain.yaml").read_text("utf-8"))
    missing = [one["name"] for one in told["roles"].values() if one["name"] not in text]
    names = [
        re.search(r'<bpmn:process id="\w+" name="([^"]+)"', one.read_text("utf-8"))
        for one in folder.glob("*/*.bpmn")
    ]
    missing += [found[1] for found in names if found and found[1] not in text]
    assert missing == []
