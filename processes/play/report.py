"""What a play of a model has to tell: one document, and the same as lines for people.

Invariant: the document's keys are those of docs/play.md and stay; no row ids, no clock of the
machine: the same scenario gives the same document.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from engine import clock
from engine.errors import BanliError
from processes.play.model import ModelPlay
from processes.play.record import PlayEvent
from processes.play.steps import ScenarioFailed
from processes.play.waits import PlayWait

FORMAT: Final = "banli-play/1"

_WORDS: Final[Mapping[str, str]] = {
    "instance.started": "开始",
    "instance.completed": "结束",
    "instance.terminated": "终止",
    "activity.started": "进入",
    "activity.completed": "完成",
    "activity.cancelled": "取消",
    "task.created": "待办",
    "timer.armed": "定时",
    "timer.fired": "到时",
    "message.thrown": "发消息",
    "message.correlated": "收消息",
    "message.received": "来消息",
    "signal.thrown": "发信号",
    "signal.broadcast": "来信号",
    "signal.received": "收信号",
    "facts.told": "来事实",
    "error.caught": "捕获",
    "escalation.thrown": "升级",
    "escalation.caught": "捕获升级",
    "escalation.uncaught": "无人捕获升级",
    "condition.met": "条件成立",
    "event.happened": "发生",
    "event.partial": "部分到达",
    "process.called": "调用",
    "decision.evaluated": "决策",
    "incident.raised": "异常",
    "incident.resolved": "排除",
}
_WAITS: Final[Mapping[str, str]] = {
    "user_task": "用户任务",
    "job": "作业",
    "timer": "定时器",
    "message": "消息",
    "signal": "信号",
    "condition": "条件",
}


def document(play: ModelPlay, model: str, failure: BanliError | None = None) -> dict[str, Any]:
    """The play as one document; values are those of variables, to be written as JSON."""
    waiting = play.waiting()
    return {
        "format": FORMAT,
        "model": model,
        "now": _instant(clock.now()),
        "outcome": "failed" if failure else "ok",
        "failure": _failure(failure) if failure else None,
        "left_out": [{"file": one.file, "reason": one.reason} for one in play.folder.left_out],
        "events": [_event(one, number) for number, one in enumerate(play.events, 1)],
        "instances": [
            {
                "instance": number,
                "process": play.process_of(row),
                "status": row.status,
                "ended_at": play.ended(number),
                "variables": play.variables(number),
                "waits": [_wait(one) for one in waiting if one.instance == number],
                "incidents": [
                    {"activity": one.activity, "code": one.kind, "message": one.message}
                    for one in play.incidents(number)
                ],
            }
            for number, row in play.instances().items()
        ],
        "starts": [_wait(one) for one in waiting if not one.instance],
    }


def _failure(failure: BanliError) -> dict[str, Any]:
    found: dict[str, Any] = {"message": failure.message, "step": None, "line": None}
    if isinstance(failure, ScenarioFailed):
        found |= {"step": failure.step, "line": failure.line}
    return found


def _event(event: PlayEvent, number: int) -> dict[str, Any]:
    return {
        "n": number,
        "at": _instant(event.at),
        "instance": event.instance,
        "process": event.process,
        "type": event.type,
        "activity": event.activity,
        "name": event.name,
        "data": {key: _told(value) for key, value in event.data.items()},
    }


def _wait(wait: PlayWait) -> dict[str, Any]:
    detail = {key: _told(value) for key, value in wait.detail.items()}
    return {"activity": wait.activity, "kind": wait.kind, "beside": wait.beside, **detail}


def _told(value: Any) -> Any:
    return _instant(value) if isinstance(value, datetime) else value


def _instant(at: datetime) -> str:
    return at.astimezone(clock.SHANGHAI).isoformat(timespec="seconds")


def lines(play: ModelPlay) -> Iterator[str]:
    """What happened, a line each: time, instance, what, where."""
    for left in play.folder.left_out:
        yield f"未参加：{left.file}（{left.reason}）"
    for event in play.events:
        yield _line(event)


def _line(event: PlayEvent) -> str:
    at = event.at.astimezone(clock.SHANGHAI).strftime("%Y-%m-%d %H:%M:%S")
    word = _WORDS.get(event.type, event.type)
    where = f"{event.name}（{event.activity}）" if event.name else event.activity
    said = _said(event) or (event.process if event.type.startswith("instance.") else "")
    return "  ".join(part for part in (at, f"#{event.instance}", word, where, said) if part)


# what a line adds, from the data of the event
_ADDED: Final[Mapping[str, tuple[str, ...]]] = {
    "timer.armed": ("due_at",),
    "task.created": ("due_at",),
    "message.thrown": ("name", "key"),
    "message.correlated": ("name",),
    "message.received": ("name", "key", "result"),
    "signal.thrown": ("name",),
    "signal.broadcast": ("name",),
    "facts.told": ("facts",),
    "incident.raised": ("message",),
    "error.caught": ("error",),
    "escalation.thrown": ("escalation",),
    "escalation.caught": ("escalation",),
    "escalation.uncaught": ("escalation",),
    "event.happened": ("about",),
    "event.partial": ("missing",),
    "process.called": ("process",),
    "decision.evaluated": ("decision", "outputs"),
}


def _said(event: PlayEvent) -> str:
    parts = (event.data.get(key) for key in _ADDED.get(event.type, ()))
    return " ".join(_word(part) for part in parts if part)


def _word(part: Any) -> str:
    return f"至 {_short(part)}" if isinstance(part, datetime) else str(part)


def _short(at: datetime) -> str:
    return at.astimezone(clock.SHANGHAI).strftime("%Y-%m-%d %H:%M:%S")


def closing(play: ModelPlay) -> Iterator[str]:
    """Where every instance stands, and what could be started."""
    waiting = play.waiting()
    for number, row in play.instances().items():
        yield f"#{number} {play.process_of(row)}：{_state(row.status, waiting, number)}"
        for one in waiting:
            if one.instance == number:
                yield f"    等待 {_waited(one)}"
        for incident in play.incidents(number):
            yield f"    异常 {incident.activity}：{incident.message}"
    for one in waiting:
        if not one.instance:
            yield f"可由此开始：{_waited(one)}"


def _state(status: str, waiting: Sequence[PlayWait], number: int) -> str:
    words = {"completed": "已结束", "terminated": "已终止", "suspended": "已挂起"}
    if status in words:
        return words[status]
    return "进行中" if any(one.instance == number for one in waiting) else "停住"


def _waited(one: PlayWait) -> str:
    detail = one.detail
    said = detail.get("name") or detail.get("topic") or detail.get("assignee") or ""
    if isinstance(detail.get("due_at"), datetime):
        said = _short(detail["due_at"])
    if detail.get("key"):
        said += f" 关联键 {detail['key']}"
    beside = "（旁路）" if one.beside else ""
    return f"{_WAITS.get(one.kind, one.kind)} {one.activity}{beside} {said}".rstrip()
