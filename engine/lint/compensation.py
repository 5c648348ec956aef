"""Rules for compensation, transactions and ad-hoc sub-processes.

Source: BPMN 2.0.2, 10.3.5, 10.5.5, 10.7.
"""

from collections.abc import Callable, Iterator
from typing import Final

from engine.definition import elements as el
from engine.definition import events as ev
from engine.definition.paths import begins
from engine.definition.process import Process
from engine.lint import graph
from engine.lint.findings import Findings


def handlers(process: Process, findings: Findings) -> None:
    """A compensation boundary leads by an association to the activity that undoes its host."""
    used: set[str] = set()
    for event in _compensating(process):
        handler = process.elements.get(event.handler)
        host = process.elements.get(event.attached_to)
        if event.outgoing:
            findings.error(
                "flow_place", event, "补偿边界事件不能有离开的顺序流，须以关联指向补偿活动"
            )
        if not isinstance(handler, el.Activity) or handler.scope != event.scope:
            findings.error("compensation_handler", event, "须以关联指向同一层的补偿活动")
            continue
        used.add(handler.id)
        if not handler.for_compensation:
            text = f"{handler.label}不是补偿活动（isForCompensation=“true”）"
            findings.error("compensation_handler", event, text)
        if isinstance(host, el.Activity) and host.for_compensation:
            findings.error("compensation_handler", event, "补偿活动自己不能再有补偿")
    for activity in process.of(el.Activity):
        if activity.for_compensation:
            _handler(activity, used, findings)
    _one_each(process, findings)


def _compensating(process: Process) -> Iterator[el.BoundaryEvent]:
    for event in process.of(el.BoundaryEvent):
        if isinstance(event.definition, ev.CompensateEvent):
            yield event


def _handler(activity: el.Activity, used: set[str], findings: Findings) -> None:
    if activity.incoming or activity.outgoing:
        findings.error("flow_place", activity, "补偿活动不能连接顺序流")
    if isinstance(activity, el.SubProcess) and activity.by_event:
        findings.error("event_sub", activity, "事件子流程不能是补偿活动")
    elif activity.id not in used:
        findings.error(
            "compensation_handler", activity, "没有补偿边界事件以关联指向它，永远不会执行"
        )


def _one_each(process: Process, findings: Findings) -> None:
    seen: set[str] = set()
    inner = {
        process.elements[start.scope].scope
        for start in process.of(el.StartEvent)
        if isinstance(start.definition, ev.CompensateEvent) and start.scope in process.elements
    }
    for event in _compensating(process):
        if event.attached_to in seen or event.attached_to in inner:
            findings.error("compensation_twice", event, "一个活动只能有一种补偿处理")
        seen.add(event.attached_to)


def throws(process: Process, findings: Findings) -> None:
    """What is to be compensated is an activity of the same scope, and can be."""
    for event in process.of(el.Event):
        definition = event.definition
        thrown = isinstance(event, el.ThrowEvent | el.EndEvent)
        if not isinstance(definition, ev.CompensateEvent):
            continue
        if not thrown:
            if definition.activity:
                text = "只有抛出补偿的事件才指明活动（activityRef）"
                findings.error("compensation_target", event, text)
        elif definition.activity:
            _target(process, event, definition.activity, findings)


def _target(process: Process, event: el.Event, activity: str, findings: Findings) -> None:
    target = process.elements.get(activity)
    scopes = {event.scope}
    if graph.event_sub(process, event.scope):
        scopes.add(process.elements[event.scope].scope)
    if not isinstance(target, el.Activity):
        text = f"要补偿的活动『{activity}』不存在"
        findings.error("reference_dangling", event, text)
    elif target.scope not in scopes:
        findings.error("compensation_target", event, f"{target.label}不在同一层，不能从这里补偿")
    elif target.for_compensation or not _can_be_undone(process, target):
        findings.warning("compensation_nothing", event, f"{target.label}没有补偿处理")


def _can_be_undone(process: Process, target: el.Activity) -> bool:
    if isinstance(target, el.CallActivity) or any(
        event.attached_to == target.id for event in _compensating(process)
    ):
        return True
    if not isinstance(target, el.SubProcess):
        return False
    inside = process.in_scope(target.id)
    return any(
        isinstance(one, el.Activity)
        and (_starts_compensation(process, one) or _can_be_undone(process, one))
        for one in inside
    )


def _starts_compensation(process: Process, sub: el.Element) -> bool:
    return any(isinstance(s.definition, ev.CompensateEvent) for s in process.starts(sub.id))


def cancels(process: Process, findings: Findings) -> None:
    """Cancel events stand in transactions and on their borders."""
    for event in process.of(el.Event):
        if not isinstance(event.definition, ev.CancelEvent):
            continue
        if isinstance(event, el.BoundaryEvent):
            _cancel_boundary(process, event, findings)
        elif isinstance(event, el.EndEvent):
            _cancel_end(process, event, findings)


def _cancel_boundary(process: Process, event: el.BoundaryEvent, findings: Findings) -> None:
    host = process.elements.get(event.attached_to)
    if not isinstance(host, el.Transaction):
        findings.error("event_place", event, "取消边界事件只能依附在事务子流程上")
    if not event.interrupting:
        findings.error("event_place", event, "取消边界事件必须是中断的")


def _cancel_end(process: Process, event: el.EndEvent, findings: Findings) -> None:
    around = _transaction(process, event)
    if around is None:
        findings.error("event_place", event, "取消结束事件只能在事务子流程里")
    elif not any(_is_cancel(one) for one in process.boundary(around.id)):
        text = f"{around.label}没有取消边界事件，取消后路径到此为止"
        findings.warning("cancel_uncaught", event, text)


def _is_cancel(event: el.Event) -> bool:
    return isinstance(event.definition, ev.CancelEvent)


def _transaction(process: Process, element: el.Element) -> el.Transaction | None:
    current = process.elements.get(element.scope)
    while current is not None and not isinstance(current, el.Transaction):
        current = process.elements.get(current.scope)
    return current


def ad_hoc(process: Process, findings: Findings) -> None:
    """An ad-hoc sub-process holds activities, and neither begins nor ends by events."""
    for sub in process.of(el.AdHocSubProcess):
        inside = process.in_scope(sub.id)
        for one in inside:
            if isinstance(one, el.StartEvent | el.EndEvent):
                findings.error("ad_hoc", one, "特别子流程里不能有开始事件和结束事件")
        if not any(isinstance(one, el.Activity) for one in begins(process, sub.id)):
            findings.error("ad_hoc", sub, "特别子流程里没有可以启动的活动")


def multiple(process: Process, findings: Findings) -> None:
    """Compensation and cancellation change the flow: they stand alone."""
    for event in process.of(el.Event):
        if isinstance(event.definition, ev.MultipleEvent) and any(
            isinstance(one, ev.CompensateEvent | ev.CancelEvent)
            for one in event.definition.definitions
        ):
            findings.error("event_multiple", event, "补偿和取消不能与其他事件定义并用")


RULES: Final[tuple[Callable[[Process, Findings], None], ...]] = (
    handlers,
    throws,
    cancels,
    ad_hoc,
    multiple,
)
