"""Rules for events: which definitions may stand where, and what they need."""

from collections import Counter
from collections.abc import Callable, Iterable
from datetime import timedelta
from typing import Any, Final

from engine import limits, timers
from engine.definition import elements as el
from engine.definition import events as ev
from engine.definition.paths import implicit_starts, instantiates
from engine.definition.process import Process
from engine.lint import graph
from engine.lint.findings import Findings

_WORDS: Final = {
    ev.MessageEvent: "消息",
    ev.TimerEvent: "定时器",
    ev.ErrorEvent: "错误",
    ev.EscalationEvent: "升级",
    ev.SignalEvent: "信号",
    ev.ConditionalEvent: "条件",
    ev.LinkEvent: "链接",
    ev.TerminateEvent: "终止",
    ev.CompensateEvent: "补偿",
    ev.CancelEvent: "取消",
}
# BPMN 2.0.2, table 10.93: which definitions may stand in which position
_WAITED: Final = (ev.MessageEvent, ev.TimerEvent, ev.SignalEvent, ev.ConditionalEvent)
_BESIDE: Final = (*_WAITED, ev.ErrorEvent, ev.EscalationEvent)
_UNDOING: Final = (ev.CompensateEvent, ev.CancelEvent)
_CAUGHT: Final = (*_WAITED, ev.LinkEvent)
_TOLD: Final = (ev.MessageEvent, ev.SignalEvent, ev.EscalationEvent)
_THROWN: Final = (*_TOLD, ev.LinkEvent, ev.CompensateEvent)
_ENDING: Final = (ev.ErrorEvent, ev.TerminateEvent, ev.CompensateEvent, ev.CancelEvent)
_AT_END: Final = (*_TOLD, *_ENDING)


def _named(event: el.Event) -> str:
    words = [_WORDS[type(one)] for one in ev.singles(event.definition)]
    return "、".join(dict.fromkeys(words)) or "空"


def _placed(
    event: el.Event, allowed: tuple[type[Any], ...], place: str, findings: Findings
) -> bool:
    """Whether every definition of an event may stand in its place; a finding if not."""
    wrong = [one for one in ev.singles(event.definition) if not isinstance(one, allowed)]
    if wrong:
        words = "、".join(dict.fromkeys(_WORDS[type(one)] for one in wrong))
        findings.error("event_place", event, f"{place}{words}事件")
    return not wrong


def several(process: Process, findings: Findings) -> None:
    """The definitions of a multiple event go together."""
    for event in process.of(el.Event):
        if not isinstance(event.definition, ev.MultipleEvent):
            continue
        made = event.definition.definitions
        if len(set(made)) < len(made):
            findings.error("event_multiple", event, "多重事件中有相同的触发条件")
        if any(isinstance(one, ev.LinkEvent) for one in made):
            findings.error("event_multiple", event, "链接不能与其他事件定义并用")
        if sum(isinstance(one, ev.ErrorEvent | ev.TerminateEvent) for one in made) > 1 and (
            isinstance(event, el.EndEvent)
        ):
            findings.error("event_multiple", event, "错误与终止只能抛出一个")
        if event.definition.parallel:
            _all_needed(process, event, made, findings)


def _all_needed(
    process: Process, event: el.Event, made: tuple[ev.SingleEvent, ...], findings: Findings
) -> None:
    if not all(isinstance(one, _WAITED) for one in made):
        text = "并行多重事件只能由消息、定时器、信号和条件组成"
        findings.error("event_multiple", event, text)
    elif (
        isinstance(event, el.StartEvent)
        and event.scope == process.id
        and not all(isinstance(one, ev.MessageEvent) for one in made)
    ):
        text = "流程的并行多重开始事件只能由消息组成（以关联键认出哪些消息属于同一件）"
        findings.error("event_multiple", event, text)


def starts(process: Process, findings: Findings) -> None:
    """Each scope begins where BPMN lets it begin."""
    for scope in graph.scopes(process):
        found = process.starts(scope)
        owner = process.elements.get(scope, process)
        if isinstance(owner, el.AdHocSubProcess):
            continue
        begun = found or implicit_starts(process, scope)
        if not begun and not any(instantiates(one) for one in process.in_scope(scope)):
            findings.error("start_missing", owner, _without_start(process, scope))
        elif scope == process.id:
            _process_starts(found, findings)
        elif graph.event_sub(process, scope):
            _event_sub_starts(found, findings)
        else:
            _embedded_starts(found, findings)


def _without_start(process: Process, scope: str) -> str:
    ends = any(isinstance(one, el.EndEvent) for one in process.in_scope(scope))
    return "没有开始事件，而有结束事件" if ends else "没有开始事件"


def _process_starts(found: list[el.StartEvent], findings: Findings) -> None:
    for event in [event for event in found if event.definition is None][1:]:
        findings.error("start_twice", event, "流程只能有一个空开始事件")
    names = Counter(message.name for e in found for message in ev.messages(e.definition))
    for event in found:
        _placed(event, _WAITED, "流程不能开始于", findings)
        for one in ev.singles(event.definition):
            match one:
                case ev.MessageEvent(message) if names[message.name] > 1:
                    text = f"消息『{message.name}』有多个开始事件"
                    findings.error("start_twice", event, text)
                case ev.TimerEvent("duration"):
                    findings.error("event_place", event, "流程的定时开始须为日期或周期")
                case ev.SignalEvent(name) if name.names():
                    text = "开始流程的信号，名称不能读取变量"
                    findings.error("signal_name", event, text)


def _event_sub_starts(found: list[el.StartEvent], findings: Findings) -> None:
    for event in found[1:]:
        findings.error("start_twice", event, "事件子流程只能有一个开始事件")
    for event in found:
        if event.definition is None:
            findings.error("event_place", event, "事件子流程不能由空事件开始")
        _placed(event, (*_BESIDE, ev.CompensateEvent), "事件子流程不能开始于", findings)
        _error_interrupts(event, "错误开始事件必须是中断的", findings)


def _error_interrupts(
    event: el.StartEvent | el.BoundaryEvent, text: str, findings: Findings
) -> None:
    errors = any(isinstance(one, ev.ErrorEvent) for one in ev.singles(event.definition))
    if errors and not event.interrupting:
        findings.error("event_place", event, text)


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
        elif not _takes_time(host) and not isinstance(event.definition, ev.CompensateEvent):
            text = f"{host.label}立即完成，边界事件永远不会发生"
            findings.error("boundary_never", event, text)
        if event.definition is None:
            findings.error("event_place", event, "边界事件不能是空事件")
        _placed(event, (*_BESIDE, *_UNDOING), "边界事件不能是", findings)
        _error_interrupts(event, "错误边界事件必须是中断的", findings)


def _takes_time(host: el.Activity) -> bool:
    instant = (el.ScriptTask, el.SendTask, el.PlainTask, el.BusinessRuleTask)
    return not isinstance(host, instant)


def intermediate(process: Process, findings: Findings) -> None:
    """Catch, throw and end events have definitions that they can have."""
    for catch in process.of(el.CatchEvent):
        if catch.definition is None:
            findings.error("event_place", catch, "中间捕获事件不能是空事件")
        _placed(catch, _CAUGHT, "中间捕获事件不能是", findings)
    for throw in process.of(el.ThrowEvent):
        _placed(throw, _THROWN, "中间抛出事件不能是", findings)
    for end in process.of(el.EndEvent):
        _placed(end, _AT_END, "结束事件不能是", findings)


def codes(process: Process, findings: Findings) -> None:
    """Who throws an error or an escalation says which one."""
    for event in process.of(el.Event):
        if not isinstance(event, el.ThrowEvent | el.EndEvent):
            continue
        for one in ev.singles(event.definition):
            if isinstance(one, ev.ErrorEvent) and not one.code:
                findings.error("error_code", event, "错误结束事件须指明错误")
            elif isinstance(one, ev.EscalationEvent) and not one.code:
                findings.error("escalation_code", event, "抛出升级的事件须指明带代码的升级")


def conditions(process: Process, findings: Findings) -> None:
    """A condition is looked at when a variable changes that it reads."""
    for event in process.of(el.Event):
        for one in ev.singles(event.definition):
            if isinstance(one, ev.ConditionalEvent) and not one.names:
                text = "条件不读取任何变量，开始等待之后不会再判断"
                findings.warning("condition_constant", event, text)


def messages(process: Process, findings: Findings) -> None:
    """Whoever waits for a message says by which key it is found."""
    for element in process.elements.values():
        for message in _awaited(process, element):
            if message.correlation_key is None:
                text = f"消息『{message.name}』没有关联键"
                findings.error("correlation_missing", element, text)


def _awaited(process: Process, element: el.Element) -> Iterable[ev.Message]:
    if isinstance(element, el.ReceiveTask):
        return (element.message,)
    if not isinstance(element, el.CatchEvent | el.BoundaryEvent | el.StartEvent):
        return ()
    if isinstance(element, el.StartEvent) and not graph.event_sub(process, element.scope):
        return ()
    return ev.messages(element.definition)


def timer_texts(process: Process, findings: Findings) -> None:
    """Literal timers are right, and neither in the past nor many years ahead."""
    for event in process.of(el.Event):
        for one in ev.singles(event.definition):
            if not isinstance(one, ev.TimerEvent):
                continue
            problem = timers.problem(one)
            if problem:
                findings.error("timer_text", event, problem)
            else:
                _odd_length(event, one, findings)


def _odd_length(event: el.Event, timer: ev.TimerEvent, findings: Findings) -> None:
    """A literal instant or length that nobody means."""
    ahead = timers.ahead(timer)
    if ahead is not None and ahead > limits.TIMER_LONG:
        text = "定时器在十年以后才到期，请核对单位"
        findings.warning("timer_long", event, text)
    elif ahead is not None and ahead < timedelta(0) and not isinstance(event, el.StartEvent):
        text = "定时器的日期已过，走到这里会立即触发"
        findings.warning("timer_past", event, text)


def mappings(process: Process, findings: Findings) -> None:
    """Inputs stand only where they become something."""
    for event in process.of(el.Event):
        payload = isinstance(event, el.ThrowEvent | el.EndEvent) and any(
            isinstance(one, (*_TOLD, ev.ErrorEvent)) for one in ev.singles(event.definition)
        )
        if event.inputs and not payload:
            findings.error("mapping_place", event, "此处的输入映射不会被执行")


RULES: Final[tuple[Callable[[Process, Findings], None], ...]] = (
    starts,
    boundaries,
    intermediate,
    several,
    codes,
    conditions,
    messages,
    timer_texts,
    mappings,
)
