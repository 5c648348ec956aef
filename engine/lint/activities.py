"""Rules for activities and for what they name."""

from collections.abc import Callable
from typing import Final

from engine import priority
from engine import vocabulary as voc
from engine.approval.board import PICKS
from engine.definition import elements as el
from engine.definition.policies import Policies
from engine.definition.process import Process
from engine.expressions import Expression
from engine.lint import graph
from engine.lint.findings import Findings

_SAID: Final = {"taskSubject": "任务对象", "offeredWhen": "提供条件"}
_ANSWERS: Final = "自动{}时须写明“自动{}的答复”，或者设置审批结果变量"


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
        unknown = [name for name in task.operations if name not in voc.OPERATIONS]
        if unknown:
            findings.error("operation_unknown", task, f"不认识的操作：{'、'.join(unknown)}")


def subjects(process: Process, findings: Findings) -> None:
    """What a node is about is an expression, and so is whether the applicant is offered it."""
    for node in process.elements.values():
        for name, title in _SAID.items():
            said = node.properties.get(name)
            if said is not None and (problem := Expression(said).problem()):
                text = f"{title}不是合格的表达式『{said}』：{problem.message}"
                findings.error("expression_syntax", node, text)


def policies(process: Process, findings: Findings) -> None:
    """What follows by itself can follow: answers are there, the node to go to exists."""
    for task in process.of(el.UserTask):
        _policy(task, findings)
        if task.timeout is not None:
            _timeout(process, task, findings)


def _policy(task: el.UserTask, findings: Findings) -> None:
    found = task.policies
    if found is None:
        return
    if found.empty == "person" and found.person is None:
        findings.error("policy_person", task, "办理人为空时交由指定人员的，须写明人员")
    if found.empty == "reject" and not _concludes(task, found.reject):
        findings.error("policy_answers", task, _ANSWERS.format("不通过", "不通过"))
    passes = found.empty == "approve" or found.starter == "skip" or found.repeated
    if passes and task.form_id and not _concludes(task, found.approve):
        findings.error("policy_answers", task, _ANSWERS.format("通过", "通过"))
    if task.loop is not None:
        findings.error("policy_loop", task, "多实例的任务不能设置办理策略")


def _timeout(process: Process, task: el.UserTask, findings: Findings) -> None:
    found = task.timeout
    assert found is not None  # noqa: S101 - looked at before
    if task.limit is None:
        findings.error("timeout_limit", task, "超期提醒和处理须有办理期限")
    alone = task.approval is None or task.approval.mode in {"single", *PICKS}
    if task.loop is not None or not alone:
        findings.error("timeout_several", task, "多人办理的任务不能设置超期提醒和处理")
    if found.then == "jump":
        target = process.elements.get(found.to)
        if not isinstance(target, el.Activity) or target is task:
            findings.error("timeout_to", task, f"超时后转到的环节『{found.to}』不存在")
    answers = task.policies or Policies()
    if found.then == "reject" and not _concludes(task, answers.reject):
        findings.error("policy_answers", task, _ANSWERS.format("不通过", "不通过"))
    if found.then == "approve" and task.form_id and not _concludes(task, answers.approve):
        findings.error("policy_answers", task, _ANSWERS.format("通过", "通过"))


def _concludes(task: el.UserTask, answers: Expression | None) -> bool:
    """Whether something says what was decided, where nobody does."""
    return answers is not None or bool(task.approval and task.approval.result)


def candidate_scope(process: Process, findings: Findings) -> None:
    """The scope of candidate groups is an expression that can be read."""
    value = process.properties.get("candidateScope")
    if value is None:
        return
    problem = Expression(value).problem()
    if problem:
        text = f"候选范围不是合格的表达式『{value}』：{problem.message}"
        findings.error("expression_syntax", process, text)


def job_priority(process: Process, findings: Findings) -> None:
    """The class of its jobs is one that there is."""
    value = process.properties.get(priority.PROPERTY)
    if value is not None and value not in priority.WORDS:
        text = f"后台作业的优先级（{priority.PROPERTY}）不能是『{value}』，可以是 normal 或 low"
        findings.error("job_priority", process, text)


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
    subjects,
    policies,
    candidate_scope,
    job_priority,
    loops,
    names,
)
