"""系统部署实施项目: stages with gates for any plan (Y-16)."""

from datetime import date
from typing import Any

from processes.play import Play, PlayedCase


def begun(play: Play) -> PlayedCase:
    def task(no: str, stage: int, title: str) -> dict[str, Any]:
        return {
            "no": no,
            "stage": stage,
            "stage_name": f"第{stage}阶段",
            "title": title,
            "unit": "山东海事局",
            "assignee": "system_admin@370001",
            "from": date(2026, 3, 2),
            "to": date(2026, 3, 20),
        }

    tasks = [task("1", 1, "准备"), task("2", 1, "测试"), task("3", 2, "启用")]
    return play.start(
        "common_rollout_project",
        rollout_tasks=tasks,
        confirm_role="system_admin@000001",
        case_title="试点",
        org="000001",
        stage_done=[],
    )


def test_tasks_of_a_stage_run_side_by_side_and_the_gate_opens_the_next(play: Play) -> None:
    case = begun(play)
    assert len([one for one in case.tasks if one.activity == "do_task"]) == 2
    case.complete("do_task", as_="admin", result="好")
    case.complete("do_task", as_="admin", result="好")
    case.complete("sign_stage", as_="hq_admin", decision="pass")
    case.complete("do_task", as_="admin", result="好")
    case.complete("sign_stage", as_="hq_admin", decision="pass")
    assert (case.ended, case.variables["rollout_result"]) == ("completed", "completed")
    assert [one["no"] for one in case.variables["all_done"]] == ["1", "2", "3"]


def test_what_is_returned_is_done_again_and_the_rest_is_kept(play: Play) -> None:
    case = begun(play)
    case.complete("do_task", as_="admin", result="好")
    case.complete("do_task", as_="admin", result="待验证")
    redo = {"decision": "return", "redo": ["2"], "reason": "没有证明"}
    case.complete("sign_stage", as_="hq_admin", **redo)
    assert [one.activity for one in case.tasks] == ["do_task"]
    case.complete("do_task", as_="admin", result="已验证")
    assert [one["result"] for one in case.variables["sign_lines"]] == ["好", "已验证"]
