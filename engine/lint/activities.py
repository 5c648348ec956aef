"""Rules for activities and for what they name."""

from collections.abc import Callable
from typing import Final

from engine.definition import elements as el
from engine.definition.process import Process
from engine.expressions import Expression
from engine.lint import graph
from engine.lint.findings import Findings

_OPERATIONS: Final = frozenset(
    {"claim", "release", "complete", "transfer", "delegate", "urge", "withdraw"}
    | {"return", "reclaim", "sign_before", "sign_after", "sign_beside", "remove_signer"}
    | {"copy", "inquire", "plan", "bulk"}
)


def event_sub_processes(process: Process, findings: Findings) -> None:
    """An event sub-process is no activity of the flow."""
    for sub in process.of(el.SubProcess):
        if not sub.by_event:
            continue
        if sub.loop is not None:
            findings.error("event_sub", sub, "事件子流程不能是多实例")
        if sub.inputs or sub.outputs:
            findings.error("event_sub", sub, "事件子流程的映射写在它的开始事件上")
        if graph.event_sub(process, sub.scope):
            findings.error("event_sub", sub, "事件子流程里不能再有事件子流程")


def user_tasks(process: Process, findings: Findings) -> None:
    """A user task belongs to somebody and has one limit."""
    for task in process.of(el.UserTask):
        if task.limit is not None and task.due_date is not None:
            findings.error("limit_twice", task, "办理期限与法定时限只能写一个")
        if not (task.assignee or task.candidate_groups or task.candidate_users or task.lane):
            findings.warning("nobody", task, "没有办理人、候选岗位，也不在泳道里，无人能办")
        unknown = [name for name in task.operations if name not in _OPERATIONS]
        if unknown:
            findings.error("operation_unknown", task, f"不认识的操作：{'、'.join(unknown)}")


def candidate_scope(process: Process, findings: Findings) -> None:
    """The scope of candidate groups is an expression that can be read."""
    value = process.properties.get("candidateScope")
    if value is None:
        return
    problem = Expression(value).problem()
    if problem:
        text = f"候选范围不是合格的表达式『{value}』：{problem.message}"
        findings.error("expression_syntax", process, text)


def loops(process: Process, findings: Findings) -> None:
    """A collection of results does not overwrite the collection of items."""
    for activity in process.of(el.Activity):
        loop = activity.loop
        if not isinstance(loop, el.Loop) or loop.collection is None:
            continue
        if loop.output_collection and loop.output_collection == loop.collection.source:
            findings.error("loop_output", activity, "输出集合不能与输入集合同名")
        if loop.element and loop.element == loop.collection.source:
            findings.error("loop_output", activity, "输入项不能与输入集合同名")


def names(process: Process, findings: Findings) -> None:
    """A process and its user tasks have names that people can read."""
    if not process.name:
        findings.warning("name_missing", process, "流程没有名称")
    for task in process.of(el.UserTask):
        if not task.name:
            findings.warning("name_missing", task, "用户任务没有名称")


RULES: Final[tuple[Callable[[Process, Findings], None], ...]] = (
    event_sub_processes,
    user_tasks,
    candidate_scope,
    loops,
    names,
)
