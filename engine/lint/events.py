"""Rules for events: which definitions may stand where, and what they need."""

from collections import Counter
from collections.abc import Callable
from typing import Final

from engine import timers
from engine.definition import elements as el
from engine.definition import events as ev
from engine.definition.process import Process
from engine.lint import graph
from engine.lint.findings import Findings

_WORDS: Final = {
    ev.MessageEvent: "消息",
    ev.TimerEvent: "定时器",
    ev.ErrorEvent: "错误",
    ev.TerminateEvent: "终止",
}


def _named(event: el.Event) -> str:
    return _WORDS[type(event.definition)] if event.definition else "空"


def starts(process: Process, findings: Findings) -> None:
    """Each scope begins where BPMN lets it begin."""
    for scope in graph.scopes(process):
        found = process.starts(scope)
        owner = process.elements.get(scope, process)
        if not found:
            findings.error("start_missing", owner, "没有开始事件")
        elif scope == process.id:
            _process_starts(found, findings)
        elif graph.event_sub(process, scope):
            _event_sub_starts(found, findings)
        else:
            _embedded_starts(found, findings)


def _process_starts(found: list[el.StartEvent], findings: Findings) -> None:
    for event in [event for event in found if event.definition is None][1:]:
        findings.error("start_twice", event, "流程只能有一个空开始事件")
    names = Counter(
        e.definition.message.name for e in found if isinstance(e.definition, ev.MessageEvent)
    )
    for event in found:
        match event.definition:
            case None:
                continue
            case ev.MessageEvent(message) if names[message.name] > 1:
                findings.error("start_twice", event, f"消息『{message.name}』有多个开始事件")
            case ev.ErrorEvent() | ev.TerminateEvent():
                text = f"流程不能以{_named(event)}事件开始"
                findings.error("event_place", event, text)
            case ev.TimerEvent("duration"):
                findings.error("event_place", event, "流程的定时开始须为日期或周期")


def _event_sub_starts(found: list[el.StartEvent], findings: Findings) -> None:
    for event in found[1:]:
        findings.error("start_twice", event, "事件子流程只能有一个开始事件")
    for event in found:
        if isinstance(event.definition, ev.TerminateEvent | None):
            findings.error("event_place", event, "事件子流程须由消息、定时器或错误开始")
        elif isinstance(event.definition, ev.ErrorEvent) and not event.interrupting:
            findings.error("event_place", event, "错误开始事件必须是中断的")


def _embedded_starts(found: list[el.StartEvent], findings: Findings) -> None:
    for event in found[1:]:
        findings.error("start_twice", event, "子流程只能有一个开始事件")
    for event in found:
        if event.definition is not None:
            findings.error("event_place", event, f"子流程不能以{_named(event)}事件开始")


def boundaries(process: Process, findings: Findings) -> None:
    """Boundary events sit on activities that take time."""
    for event in process.of(el.BoundaryEvent):
        host = process.elements.get(event.attached_to)
        if host is None:
            text = f"依附的活动『{event.attached_to}』不存在"
            findings.error("reference_dangling", event, text)
        elif not isinstance(host, el.Activity) or host.scope != event.scope:
            findings.error("boundary_place", event, f"不能依附在{host.label}上")
        elif isinstance(host, el.SubProcess) and host.by_event:
            findings.error("boundary_place", event, "事件子流程不能有边界事件")
        elif not _takes_time(host):
            text = f"{host.label}立即完成，边界事件永远不会发生"
            findings.error("boundary_never", event, text)
        if event.definition is None or isinstance(event.definition, ev.TerminateEvent):
            findings.error("event_place", event, f"边界事件不能是{_named(event)}事件")
        elif isinstance(event.definition, ev.ErrorEvent) and not event.interrupting:
            findings.error("event_place", event, "错误边界事件必须是中断的")


def _takes_time(host: el.Activity) -> bool:
    instant = (el.ScriptTask, el.SendTask, el.PlainTask, el.BusinessRuleTask)
    return not isinstance(host, instant)


def intermediate(process: Process, findings: Findings) -> None:
    """Catch, throw and end events have definitions that they can have."""
    for catch in process.of(el.CatchEvent):
        if not isinstance(catch.definition, ev.MessageEvent | ev.TimerEvent):
            findings.error("event_place", catch, f"中间捕获事件不能是{_named(catch)}事件")
    for throw in process.of(el.ThrowEvent):
        if not isinstance(throw.definition, ev.MessageEvent | None):
            findings.error("event_place", throw, f"中间抛出事件不能是{_named(throw)}事件")
    for end in process.of(el.EndEvent):
        if isinstance(end.definition, ev.TimerEvent):
            findings.error("event_place", end, "结束事件不能是定时器事件")
        elif isinstance(end.definition, ev.ErrorEvent) and not end.definition.code:
            findings.error("error_code", end, "错误结束事件须指明错误")


def messages(process: Process, findings: Findings) -> None:
    """Whoever waits for a message says by which key it is found."""
    for element in process.elements.values():
        message = _awaited(process, element)
        if message is not None and message.correlation_key is None:
            text = f"消息『{message.name}』没有关联键（zeebe:subscription correlationKey）"
            findings.error("correlation_missing", element, text)


def _awaited(process: Process, element: el.Element) -> ev.Message | None:
    if isinstance(element, el.ReceiveTask):
        return element.message
    if not isinstance(element, el.CatchEvent | el.BoundaryEvent | el.StartEvent):
        return None
    if isinstance(element, el.StartEvent) and not graph.event_sub(process, element.scope):
        return None
    found = element.definition
    return found.message if isinstance(found, ev.MessageEvent) else None


def timer_texts(process: Process, findings: Findings) -> None:
    """Literal timers are right; cycles stand where they can repeat."""
    for event in process.of(el.Event):
        if not isinstance(event.definition, ev.TimerEvent):
            continue
        problem = timers.problem(event.definition)
        if problem:
            findings.error("timer_text", event, problem)
        if event.definition.kind == "cycle" and not _may_repeat(process, event):
            findings.error("timer_cycle", event, "周期定时器只能用于开始事件和非中断的边界事件")


def _may_repeat(process: Process, event: el.Event) -> bool:
    if isinstance(event, el.BoundaryEvent):
        return not event.interrupting
    if isinstance(event, el.StartEvent):
        return not (graph.event_sub(process, event.scope) and event.interrupting)
    return False


def mappings(process: Process, findings: Findings) -> None:
    """Inputs stand only where they become something."""
    for event in process.of(el.Event):
        payload = isinstance(event, el.ThrowEvent | el.EndEvent) and isinstance(
            event.definition, ev.MessageEvent | ev.ErrorEvent
        )
        if event.inputs and not payload:
            findings.error("mapping_place", event, "此处的输入映射不会被执行")


RULES: Final[tuple[Callable[[Process, Findings], None], ...]] = (
    starts,
    boundaries,
    intermediate,
    messages,
    timer_texts,
    mappings,
)
