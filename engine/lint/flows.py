"""Rules for sequence flows and gateways: conditions, defaults, borders."""

from collections.abc import Callable
from typing import Final

from engine.definition import elements as el
from engine.definition import events as ev
from engine.definition.paths import implicit_starts
from engine.definition.process import Flow, Process
from engine.lint import graph
from engine.lint.findings import Findings

_CONDITIONAL: Final = (
    el.ExclusiveGateway,
    el.InclusiveGateway,
    el.ComplexGateway,
    el.Activity,
)


def borders(process: Process, findings: Findings) -> None:
    """A flow stays in its scope."""
    for flow in process.flows.values():
        source, target = process.elements.get(flow.source), process.elements.get(flow.target)
        if source is None or target is None:
            continue
        if source.scope != target.scope:
            findings.error("flow_border", flow, "不能跨越子流程的边界")
        elif flow.scope != source.scope:
            findings.error("flow_border", flow, "不在其两端所属的流程或子流程里")


def ends(process: Process, findings: Findings) -> None:
    """Flows enter and leave only where they may."""
    for element in process.elements.values():
        if isinstance(element, el.StartEvent | el.BoundaryEvent) and element.incoming:
            findings.error("flow_place", element, "不能有进入的顺序流")
        if isinstance(element, el.EndEvent) and element.outgoing:
            findings.error("flow_place", element, "不能有离开的顺序流")
        elif isinstance(element, el.SubProcess) and element.by_event:
            if element.incoming or element.outgoing:
                findings.error("flow_place", element, "事件子流程不能连接顺序流")
        elif not element.outgoing and not _needs_none(element):
            _dead_end(process, element, findings)


def _needs_none(element: el.Element) -> bool:
    """An end, a link, or a boundary event that leads to a compensation activity."""
    handled = isinstance(element, el.BoundaryEvent) and element.handler != ""
    return handled or isinstance(element, el.EndEvent) or _link(element)


def _link(element: el.Element) -> bool:
    return isinstance(element, el.Event) and isinstance(element.definition, ev.LinkEvent)


def _dead_end(process: Process, element: el.Element, findings: Findings) -> None:
    if isinstance(element, el.Activity):
        ad_hoc = isinstance(process.elements.get(element.scope), el.AdHocSubProcess)
        if ad_hoc or element.for_compensation or implicit_starts(process, element.scope):
            return
        findings.warning("dead_end", element, "没有离开的顺序流，路径在此结束")
    else:
        findings.error("flow_missing", element, "没有离开的顺序流")


def defaults(process: Process, findings: Findings) -> None:
    """A default is one of the element's own flows and has no condition."""
    for element in process.elements.values():
        if not element.default:
            continue
        if element.default not in element.outgoing:
            text = f"默认流『{element.default}』不是从这里离开的顺序流"
            findings.error("default_dangling", element, text)
        elif not isinstance(element, _CONDITIONAL):
            findings.error("default_place", element, "不能有默认流")
        elif process.flows[element.default].condition is not None:
            findings.error("default_condition", process.flows[element.default], "默认流不能有条件")


def conditions(process: Process, findings: Findings) -> None:
    """Conditions stand where a choice is made, and each choice is complete."""
    for element in process.elements.values():
        flows = graph.flows_of(process, element)
        if not isinstance(element, _CONDITIONAL):
            for flow in flows:
                if flow.condition is not None:
                    text = f"从{element.label}离开的顺序流不能有条件"
                    findings.error("condition_place", flow, text)
        elif isinstance(element, el.Activity):
            _activity_choice(element, flows, findings)
        elif len(flows) > 1:
            _gateway_choice(element, flows, findings)
        elif flows and flows[0].condition is not None:
            findings.error("condition_single", flows[0], "唯一的顺序流不能有条件")


def _activity_choice(element: el.Element, flows: list[Flow], findings: Findings) -> None:
    conditional = [flow for flow in flows if flow.condition is not None]
    if element.default and not conditional:
        findings.error("default_place", element, "默认流须与有条件的顺序流并用")
    if conditional and len(conditional) == len(flows):
        findings.warning("default_missing", element, "没有默认流；条件都不成立时将停在这里")


def _gateway_choice(element: el.Element, flows: list[Flow], findings: Findings) -> None:
    if isinstance(element, el.ComplexGateway):
        return  # its flows may be conditional or not, each by itself
    for flow in flows:
        if flow.condition is None and flow.id != element.default:
            findings.error("condition_missing", flow, f"从{element.label}离开，既无条件也非默认流")
    if not element.default:
        findings.warning("default_missing", element, "没有默认流；条件都不成立时将停在这里")


def event_gateways(process: Process, findings: Findings) -> None:
    """Behind an event gateway stand events to wait for, and nothing else leads there."""
    for gateway in process.of(el.EventGateway):
        flows = graph.flows_of(process, gateway)
        if len(flows) < 2:
            findings.error("event_gateway", gateway, "须有两条以上离开的顺序流")
        for flow in flows:
            target = process.elements[flow.target]
            if not _waits(process, target):
                text = (
                    "之后只能是消息、定时器、信号、条件或多重捕获事件和接收任务，"
                    f"不能是{target.label}"
                )
                findings.error("event_gateway", gateway, text)
            elif len(target.incoming) > 1:
                text = f"{target.label}只能从事件网关进入"
                findings.error("event_gateway", gateway, text)


def _waits(process: Process, target: el.Element) -> bool:
    if isinstance(target, el.ReceiveTask):
        return target.loop is None and not target.inputs and not process.boundary(target.id)
    return isinstance(target, el.CatchEvent) and not isinstance(target.definition, ev.LinkEvent)


RULES: Final[tuple[Callable[[Process, Findings], None], ...]] = (
    borders,
    ends,
    defaults,
    conditions,
    event_gateways,
)
