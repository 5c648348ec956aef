"""What happens in a trial, in words for an analyst."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final

from engine import clock
from engine.record import HistoryEvent, ThrownMessage
from engine.waiting import (
    ConditionWait,
    ExternalTaskWait,
    MessageWait,
    SignalWait,
    TimerWait,
    UserTaskWait,
    Wait,
)
from processes.casefile import decided
from processes.domains.wording import Coded
from processes.identity.roles import ROLES
from processes.operations import all_operations

_SENTENCES: Final = {
    "activity.completed": "『{name}』完成",
    "activity.cancelled": "『{name}』取消",
    "task.created": "产生待办『{name}』",
    "timer.fired": "定时『{name}』到期",
    "error.caught": "捕获错误『{error}』",
    "escalation.thrown": "『{name}』抛出升级『{escalation}』",
    "escalation.caught": "捕获升级『{escalation}』",
    "escalation.uncaught": "升级『{escalation}』无人捕获，继续办理",
    "signal.thrown": "广播信号『{signal}』",
    "condition.met": "『{name}』的条件成立",
    "event.happened": "『{name}』：{about}",
    "event.partial": "『{name}』的触发条件到达一个，还差 {missing} 个",
    "process.called": "调用流程『{process}』",
    "activity.begun": "启动『{name}』",
    "activity.compensated": "『{name}』已补偿",
    "transaction.cancelled": "取消事务『{name}』",
    "incident.raised": "『{name}』出现异常：{message}",
}


def of_event(
    event: HistoryEvent, name_of: Callable[[str], str], coded: Callable[[], Mapping[str, Coded]]
) -> str:
    """A line for an event; empty for those that tell an analyst nothing.

    `coded` tells what the codes of decisions are called.
    """
    if event.type == "decision.evaluated":
        return decided.in_words(event.data, coded())
    sentence = _SENTENCES.get(event.type, "")
    known = {
        "error": "",
        "process": "",
        "message": "",
        "signal": event.data.get("name", ""),
        **event.data,
        "name": name_of(event.activity),
    }
    return sentence.format_map(known)


def said(value: Any) -> str:
    """A value in a few words."""
    if value is None:
        return "空"
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, datetime):
        return value.astimezone(clock.SHANGHAI).strftime("%Y-%m-%d %H:%M")
    if isinstance(value, Mapping):
        return "，".join(f"{key} = {said(item)}" for key, item in value.items())
    if isinstance(value, list | tuple):
        return "；".join(said(item) for item in value) or "空"
    return str(value)


def kind_of(wait: Wait) -> str:
    """What a thing waits for, in a word."""
    if isinstance(wait, UserTaskWait):
        return "待办"
    if isinstance(wait, MessageWait):
        return "等待消息"
    if isinstance(wait, SignalWait):
        return "等待信号"
    if isinstance(wait, ConditionWait):
        return "等待条件"
    if isinstance(wait, TimerWait):
        return "定时"
    return "外部服务"


def expected_outputs(wait: Wait) -> Mapping[str, str]:
    """What a local operation gives back, to be typed by whoever tries the model."""
    operation = all_operations().get(wait.topic) if isinstance(wait, ExternalTaskWait) else None
    return operation.outputs if operation else {}


def of_message(message: ThrownMessage) -> str:
    """A message the instance sends."""
    key = f"，关联键 {message.correlation_key}" if message.correlation_key else ""
    return f"发出消息『{message.name}』{key}"


def candidates(wait: Wait) -> str:
    """Who may do a task: roles by their names, else as the model says."""
    if not isinstance(wait, UserTaskWait):
        return ""
    if wait.assignee:
        return wait.assignee
    names = [_role(group) for group in wait.candidate_groups or (wait.lane,) if group]
    return "、".join([*names, *wait.candidate_users])


def _role(group: str) -> str:
    code, _at, org = group.partition("@")
    name = ROLES[code].name if code in ROLES else code
    return f"{name}（{org}）" if org else name
