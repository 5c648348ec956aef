"""Reads what holds or steers other nodes: sub-processes of every kind, calls, gateways with parts.

Source: BPMN 2.0.2, 10.3.5 (sub-processes), 10.3.6 (calls), 10.6 (gateways).
"""

from typing import Any, Final

from engine import loop_nodes, xml
from engine import vocabulary as voc
from engine.definition import elements as el
from engine.reading import Extensions, Reading

SUB_PROCESSES: Final = frozenset({"subProcess", "transaction", "adHocSubProcess"})


def sub_process(reading: Reading, node: xml.Node, _ext: Extensions, common: Any) -> el.Element:
    """An embedded or event sub-process."""
    by_event = node.get("triggeredByEvent") in voc.TRUE
    return el.SubProcess(**common, loop=loop_nodes.loop(reading, node), by_event=by_event)


def transaction(reading: Reading, node: xml.Node, _ext: Extensions, common: Any) -> el.Element:
    """A transaction; of its methods only compensation is ours to execute."""
    if node.get("method", "##Compensate") != "##Compensate":
        text = f"事务只支持以补偿方式取消（##Compensate），不支持『{node.get('method')}』"
        reading.error("attribute_unsupported", text, node)
    if node.get("triggeredByEvent") in voc.TRUE:
        reading.error("event_sub", "事务不能是事件子流程", node)
    return el.Transaction(**common, loop=loop_nodes.loop(reading, node))


def ad_hoc(reading: Reading, node: xml.Node, ext: Extensions, common: Any) -> el.Element:
    """An ad-hoc sub-process."""
    if node.get("triggeredByEvent") in voc.TRUE:
        reading.error("event_sub", "特别子流程不能是事件子流程", node)
    ordering = node.get("ordering", "Parallel")
    if ordering not in {"Parallel", "Sequential"}:
        reading.error("attribute_unsupported", f"不支持 ordering=“{ordering}”", node)
    active = ext.of("zeebe:adHoc").get("activeElementsCollection")
    return el.AdHocSubProcess(
        **common,
        loop=loop_nodes.loop(reading, node),
        sequential=ordering == "Sequential",
        completion=loop_nodes.body(reading, node, "completionCondition", "完成条件"),
        cancel_remaining=node.get("cancelRemainingInstances", "true") in voc.TRUE,
        active=reading.expression(active, node, "启动的活动", feel=True),
    )


def call(reading: Reading, node: xml.Node, ext: Extensions, common: Any) -> el.Element | None:
    """A call activity, with the version that it binds to."""
    values = ext.of("zeebe:calledElement")
    # the standard's own attribute is a qualified name
    standard = (node.get("calledElement") or "").rpartition(":")[2]
    process = reading.expression(values.get("processId", standard), node, "被调用流程")
    if process is None:
        reading.error("called_missing", "没有指明调用的子流程", node)
        return None
    return el.CallActivity(
        **common,
        loop=loop_nodes.loop(reading, node),
        process=process,
        propagate_parent=values.get("propagateAllParentVariables", "true") in voc.TRUE,
        propagate_child=values.get("propagateAllChildVariables", "true") in voc.TRUE,
        binding=reading.binding(values, node, "latest"),
    )


def complex_gateway(reading: Reading, node: xml.Node, _ext: Extensions, common: Any) -> el.Element:
    """A complex gateway."""
    activation = loop_nodes.body(reading, node, "activationCondition", "激活条件")
    return el.ComplexGateway(**common, activation=activation)


def event_gateway(reading: Reading, node: xml.Node, _ext: Extensions, common: Any) -> el.Element:
    """An event-based gateway."""
    kind = node.get("eventGatewayType", "Exclusive")
    if kind not in {"Exclusive", "Parallel"}:
        reading.error("attribute_unsupported", f"不支持 eventGatewayType=“{kind}”", node)
    return el.EventGateway(
        **common,
        instantiate=node.get("instantiate") in voc.TRUE,
        parallel=kind == "Parallel",
    )
