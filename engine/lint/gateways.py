"""Rules for complex gateways and for gateways that begin a process.

Source: BPMN 2.0.2, 10.6.5 and 10.6.6.
"""

from collections.abc import Callable
from typing import Final

from engine.definition import elements as el
from engine.definition import events as ev
from engine.definition.process import Process
from engine.lint import graph
from engine.lint.findings import Findings


def complex_gateways(process: Process, findings: Findings) -> None:
    """What joins says when it is enough; what does not join has nothing to be asked."""
    for gateway in process.of(el.ComplexGateway):
        joins = len(gateway.incoming) > 1
        if joins and gateway.activation is None:
            findings.error("activation_missing", gateway, "有多条进入的顺序流，须写激活条件")
        if not joins and gateway.activation is not None:
            findings.error("activation_place", gateway, "只有一条进入的顺序流，激活条件不会被执行")


def instantiating(process: Process, findings: Findings) -> None:
    """A gateway or receive task that begins a process stands at its beginning."""
    for element in process.elements.values():
        if isinstance(element, el.EventGateway) and element.instantiate:
            _begins(process, element, findings)
            for flow in graph.flows_of(process, element):
                _message(process.elements[flow.target], findings)
        elif isinstance(element, el.EventGateway) and element.parallel:
            text = "并行的事件网关只能用于启动流程（instantiate=“true”）"
            findings.error("event_gateway", element, text)
        elif isinstance(element, el.ReceiveTask) and element.instantiate:
            _begins(process, element, findings)
            if element.loop is not None or process.boundary(element.id):
                text = "启动流程的接收任务不能有多实例、循环或边界事件"
                findings.error("instantiate_place", element, text)


def _begins(process: Process, element: el.Element, findings: Findings) -> None:
    if element.scope != process.id:
        findings.error("instantiate_place", element, "子流程里不能有启动流程的元素")
    if element.incoming:
        findings.error("instantiate_place", element, "启动流程的元素不能有进入的顺序流")


def _message(target: el.Element, findings: Findings) -> None:
    catches = isinstance(target, el.CatchEvent) and isinstance(target.definition, ev.MessageEvent)
    if not catches and not isinstance(target, el.ReceiveTask):
        text = f"启动流程的事件网关之后只能是消息，不能是{target.label}"
        findings.error("event_gateway", target, text)


RULES: Final[tuple[Callable[[Process, Findings], None], ...]] = (
    complex_gateways,
    instantiating,
)
