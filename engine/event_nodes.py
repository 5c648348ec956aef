"""Turns the event definitions in the XML of an event into typed ones.

Invariant: every definition of an event is read or refused by name, with all that stands in it.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final

from engine import constructs, xml
from engine import vocabulary as voc
from engine.definition import events as ev
from engine.reading import Reading

_TIMERS: Final = {"timeDate": "date", "timeDuration": "duration", "timeCycle": "cycle"}
_ENDS: Final = frozenset({"closing", "midnight"})
_COMMON: Final = frozenset({"documentation", "extensionElements"})

# What may stand in a definition, and which attributes it may have besides its id.
_PARTS: Final[Mapping[str, frozenset[str]]] = {
    "timerEventDefinition": frozenset(_TIMERS),
    "conditionalEventDefinition": frozenset({"condition"}),
    "linkEventDefinition": frozenset({"source", "target"}),
}
_ATTRIBUTES: Final[Mapping[str, frozenset[str]]] = {
    "messageEventDefinition": frozenset({"messageRef"}),
    "errorEventDefinition": frozenset({"errorRef"}),
    "escalationEventDefinition": frozenset({"escalationRef"}),
    "signalEventDefinition": frozenset({"signalRef"}),
    "linkEventDefinition": frozenset({"name"}),
    "compensateEventDefinition": frozenset({"activityRef", "waitForCompletion"}),
}


def event(reading: Reading, node: xml.Node) -> ev.EventDefinition | None:
    """What an event waits for or throws; none means a none event."""
    found = [part for part in xml.children(node) if xml.tag(part)[1] in _READERS]
    made: list[ev.SingleEvent] = [
        one for part in found if (one := _single(reading, part, node)) is not None
    ]
    if not made:
        return None
    if len(found) == 1:
        return made[0]
    return ev.MultipleEvent(tuple(made), node.get("parallelMultiple") in voc.TRUE)


def definition(reading: Reading, part: xml.Node, node: xml.Node) -> ev.SingleEvent | None:
    """One definition that stands by itself; None if that is none that we read."""
    made: ev.SingleEvent | None = None
    if xml.tag(part)[1] in _READERS:
        made = _single(reading, part, node)
    return made


def _single(reading: Reading, part: xml.Node, node: xml.Node) -> Any:
    kind = xml.tag(part)[1]
    for child in xml.children(part):
        namespace, local = xml.tag(child)
        if namespace != voc.BPMN or local not in _COMMON | _PARTS.get(kind, frozenset()):
            _refuse(reading, local, node)
    for name in xml.attributes(part):
        namespace = xml.namespace_of(name)
        allowed = name in {"id", *_ATTRIBUTES.get(kind, ())}
        if namespace not in voc.HARMLESS_NAMESPACES and (namespace or not allowed):
            reading.error("attribute_unsupported", f"不支持属性 {name}", part)
    reading.extensions(part)
    return _READERS[kind](reading, part, node)


def _refuse(reading: Reading, local: str, node: xml.Node) -> None:
    if local in voc.REFUSED:
        reading.error("construct_unsupported", constructs.refusal(local), node)
    else:
        reading.error("element_unknown", f"不允许的元素 {local}", node)


def message(reading: Reading, part: xml.Node, node: xml.Node) -> ev.Message | None:
    """The message that a definition or a task refers to."""
    reference = part.get("messageRef", "")
    found = reading.messages.get(reference)
    if found is None:
        text = f"引用的消息『{reference}』不存在" if reference else "没有指明消息"
        reading.error("message_missing", text, node)
    return found


def _message(reading: Reading, part: xml.Node, node: xml.Node) -> ev.MessageEvent | None:
    found = message(reading, part, node)
    return ev.MessageEvent(found) if found else None


def _timer(reading: Reading, part: xml.Node, node: xml.Node) -> ev.TimerEvent | None:
    found = [child for child in xml.children(part) if xml.tag(child)[1] in _TIMERS]
    made = (
        reading.expression(xml.text_of(found[0]), found[0], "定时器") if len(found) == 1 else None
    )
    if made is None:
        reading.error("timer_missing", "定时器须有且只有一个日期、时长或周期", node)
        return None
    kind: Any = _TIMERS[xml.tag(found[0])[1]]
    follows = reading.extensions(part).of("banli:due")
    before, at = follows.get("before", "0"), follows.get("at", "closing")
    counted = before.startswith("=") or before.isdecimal()
    if follows and (kind == "cycle" or not follows.get("of") or not counted or at not in _ENDS):
        text = "随期限到期的定时器须写明期限（of），提前量（before）为整数或表达式，"
        text += "at 为 closing（下班时）或 midnight（当日终了），且不能是周期"
        reading.error("due_incomplete", text, node)
        return None
    earlier = None if before == "0" else reading.expression(before, found[0], "提前量")
    return ev.TimerEvent(kind, made, follows.get("of", ""), earlier, at == "midnight")


def _error(reading: Reading, part: xml.Node, node: xml.Node) -> ev.ErrorEvent | None:
    reference = part.get("errorRef", "")
    if reference and reference not in reading.errors:
        reading.error("error_missing", f"引用的错误『{reference}』不存在", node)
        return None
    return ev.ErrorEvent(reading.errors[reference] if reference else "")


def _escalation(reading: Reading, part: xml.Node, node: xml.Node) -> ev.EscalationEvent | None:
    reference = part.get("escalationRef", "")
    if reference and reference not in reading.escalations:
        reading.error("escalation_missing", f"引用的升级『{reference}』不存在", node)
        return None
    return ev.EscalationEvent(reading.escalations[reference] if reference else "")


def _signal(reading: Reading, part: xml.Node, node: xml.Node) -> ev.SignalEvent | None:
    reference = part.get("signalRef", "")
    if reference in reading.signals:
        return ev.SignalEvent(reading.signals[reference])
    text = f"引用的信号『{reference}』不存在" if reference else "没有指明信号"
    reading.error("signal_missing", text, node)
    return None


def _conditional(reading: Reading, part: xml.Node, node: xml.Node) -> ev.ConditionalEvent | None:
    found = part.find(f"{{{voc.BPMN}}}condition")
    made = None
    if found is not None:
        if "feel" not in found.get("language", "feel").lower():
            reading.error("condition_language", "条件只支持 FEEL 表达式", node)
        made = reading.expression(xml.text_of(found), found, "条件", feel=True)
    if made is None:
        reading.error("condition_missing", "条件事件没有条件", node)
        return None
    return ev.ConditionalEvent(made, made.names())


def _link(reading: Reading, part: xml.Node, node: xml.Node) -> ev.LinkEvent | None:
    name = (part.get("name") or "").strip()
    if not name:
        reading.error("link_name", "链接没有名称", node)
        return None
    known = {
        other.get("id")
        for other in part.getroottree().iter(f"{{{voc.BPMN}}}linkEventDefinition")
        if (other.get("name") or "").strip() == name
    }
    for child in xml.children(part):
        reference = xml.text_of(child).rpartition(":")[2]
        if xml.tag(child)[1] in {"source", "target"} and reference not in known:
            text = f"引用的链接『{reference}』不存在或名称不同"
            reading.error("reference_dangling", text, node)
    return ev.LinkEvent(name)


def _terminate(_reading: Reading, _part: xml.Node, _node: xml.Node) -> ev.TerminateEvent:
    return ev.TerminateEvent()


def _compensate(_reading: Reading, part: xml.Node, _node: xml.Node) -> ev.CompensateEvent:
    waits = part.get("waitForCompletion", "true") in voc.TRUE
    return ev.CompensateEvent(part.get("activityRef", ""), waits)


def _cancel(_reading: Reading, _part: xml.Node, _node: xml.Node) -> ev.CancelEvent:
    return ev.CancelEvent()


_READERS: Final[Mapping[str, Callable[[Reading, xml.Node, xml.Node], Any]]] = {
    "messageEventDefinition": _message,
    "timerEventDefinition": _timer,
    "errorEventDefinition": _error,
    "escalationEventDefinition": _escalation,
    "signalEventDefinition": _signal,
    "conditionalEventDefinition": _conditional,
    "linkEventDefinition": _link,
    "terminateEventDefinition": _terminate,
    "compensateEventDefinition": _compensate,
    "cancelEventDefinition": _cancel,
}
DEFINITIONS: Final = frozenset(_READERS)
