"""Turns the XML of one flow node into its typed element.

Invariant: every child element and behavioural attribute is either read here or refused by name.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final

from engine import constructs, data_nodes, event_nodes, policy_nodes, scope_nodes, xml
from engine import vocabulary as voc
from engine.approval.board import PICKS, Mode
from engine.definition import elements as el
from engine.event_nodes import event
from engine.loop_nodes import KINDS as LOOPS
from engine.loop_nodes import loop
from engine.reading import Extensions, Reading

_COMMON: Final = frozenset({"documentation", "extensionElements", "incoming", "outgoing"})
_EVENT_KINDS: Final = frozenset(
    {"startEvent", "endEvent", "intermediateCatchEvent", "intermediateThrowEvent", "boundaryEvent"}
)


def flag(node: xml.Node, name: str, *, default: bool = False) -> bool:
    """A boolean attribute."""
    value = node.get(name)
    return default if value is None else value in voc.TRUE


def element(reading: Reading, node: xml.Node, scope: str) -> el.Element | None:
    """The element of a flow node; None when it cannot be represented (a finding says so)."""
    kind = xml.tag(node)[1]
    make = _MAKERS.get(kind)
    if make is None:
        return None
    _refuse_parts(reading, node, kind)
    extensions = reading.extensions(node)
    inputs, outputs = data_nodes.mappings(reading, node)
    common: dict[str, Any] = {
        "id": node.get("id", ""),
        "name": (node.get("name") or "").strip(),
        "line": xml.line_of(node),
        "scope": scope,
        "default": node.get("default", ""),
        "inputs": (*inputs, *extensions.inputs),
        "outputs": (*extensions.outputs, *outputs),
        "properties": extensions.properties,
        "clocks": extensions.clocks,
        "copies": extensions.copies,
        "documentation": documentation(node),
    }
    if "Gateway" not in kind and kind not in _EVENT_KINDS:
        common["for_compensation"] = flag(node, "isForCompensation")
    return make(reading, node, extensions, common)


def documentation(node: xml.Node) -> str:
    """The documentation text of an element."""
    texts = (xml.text_of(child) for child in node.findall(f"{{{voc.BPMN}}}documentation"))
    return "\n".join(text for text in texts if text)


def _refuse_parts(reading: Reading, node: xml.Node, kind: str) -> None:
    allowed = _COMMON | _allowed(kind)
    for child in xml.children(node):
        namespace, local = xml.tag(child)
        if namespace == voc.BPMN and (local in allowed or kind in scope_nodes.SUB_PROCESSES):
            continue
        refuse(reading, child, node)
    for name, value in voc.FIXED_ATTRIBUTES.items():
        if node.get(name, value) not in {value, {"false": "0"}.get(value, value)}:
            reading.error("attribute_unsupported", f"不支持 {name}=“{node.get(name)}”", node)
    refuse_attributes(reading, node)


def _allowed(kind: str) -> frozenset[str]:
    if kind in _EVENT_KINDS:
        throws = kind in {"endEvent", "intermediateThrowEvent"}
        return event_nodes.DEFINITIONS | (data_nodes.THROW if throws else data_nodes.CATCH)
    if "Gateway" in kind:
        return frozenset({"activationCondition"} if kind == "complexGateway" else ())
    return LOOPS | data_nodes.ACTIVITY


def refuse_attributes(reading: Reading, node: xml.Node) -> None:
    """A finding for each attribute that would otherwise be passed over."""
    allowed = voc.ATTRIBUTES.get(xml.tag(node)[1], frozenset()) | {"id", "name"}
    for name in xml.attributes(node):
        namespace = xml.namespace_of(name)
        if namespace not in voc.HARMLESS_NAMESPACES and (namespace or name not in allowed):
            reading.error("attribute_unsupported", f"不支持属性 {name}", node)


def refuse(reading: Reading, child: xml.Node, owner: xml.Node) -> None:
    """A finding for a construct that we do not execute."""
    namespace, local = xml.tag(child)
    if namespace != voc.BPMN:
        reading.error("element_unknown", f"不认识的元素 {local}", owner)
        return
    if local in voc.DOCUMENTATION:
        return
    if local in voc.REFUSED:
        reading.error("construct_unsupported", constructs.refusal(local), child)
    else:
        reading.error("element_unknown", f"不允许的元素 {local}", owner)


def _public(reading: Reading, node: xml.Node, extensions: Extensions) -> el.PublicForm | None:
    found = extensions.found.get("banli:public")
    if found is None:
        return None
    purpose = found.get("purpose", "asked")
    if purpose not in voc.PURPOSES:
        text = f"banli:public 的 purpose 只能是 {'、'.join(voc.PURPOSES)}，实为『{purpose}』"
        reading.error("public_purpose", text, node)
    return el.PublicForm(found.get("formId", ""), found.get("title", ""), purpose)


def _user_task(reading: Reading, node: xml.Node, ext: Extensions, common: Any) -> el.Element:
    assigned, schedule = ext.of("zeebe:assignmentDefinition"), ext.of("zeebe:taskSchedule")
    form = ext.of("zeebe:formDefinition")
    return el.UserTask(
        **common,
        loop=loop(reading, node),
        form_id=form.get("formId", ""),
        form_binding=reading.binding(form, node, "deployment"),
        assignee=reading.expression(assigned.get("assignee"), node, "办理人"),
        candidate_groups=reading.expression(assigned.get("candidateGroups"), node, "候选岗位"),
        candidate_users=reading.expression(assigned.get("candidateUsers"), node, "候选人"),
        due_date=reading.expression(schedule.get("dueDate"), node, "办理期限"),
        follow_up_date=reading.expression(schedule.get("followUpDate"), node, "跟进日期"),
        priority=reading.expression(
            ext.of("zeebe:priorityDefinition").get("priority"), node, "优先级"
        ),
        separation=tuple(ext.of("banli:separation").get("from", "").split()),
        limit=_limit(reading, node, ext),
        approval=_approval(reading, node, ext),
        operations=tuple(ext.of("banli:operations").get("allow", "").split()),
        chosen=_chosen(reading, node, ext),
        pauses="inquire" in ext.of("banli:operations").get("pause", "").split(),
        reclaim_opened=_reclaim(reading, node, ext) != "unopened",
        policies=policy_nodes.policies(reading, node, ext),
        timeout=policy_nodes.timeout(reading, node, ext),
        labels=dict(ext.of("banli:buttons")),
        opinion_on=tuple(ext.of("banli:opinion").get("required", "").split()),
    )


def _reclaim(reading: Reading, node: xml.Node, ext: Extensions) -> str:
    until = ext.of("banli:operations").get("reclaim", "opened")
    if until not in {"opened", "unopened"}:
        text = f"reclaim 只能是 opened（后续任务被打开过也可撤回）或 unopened，实为『{until}』"
        reading.error("reclaim_unknown", text, node)
    return until


def _chosen(reading: Reading, node: xml.Node, ext: Extensions) -> tuple[str, ...]:
    by = tuple(ext.of("banli:chosen").get("by", "").split())
    if unknown := [one for one in by if one not in voc.CHOOSERS]:
        text = f"banli:chosen 的 by 只能是 previous、starter，实为『{'、'.join(unknown)}』"
        reading.error("chosen_by", text, node)
    if by and loop(reading, node) is not None:
        reading.error("chosen_and_loop", "多实例的任务不能预先指定办理人", node)
    return by


def _approval(reading: Reading, node: xml.Node, ext: Extensions) -> el.Approval | None:
    found = ext.found.get("banli:approval")
    if found is None:
        return None
    mode = found.get("mode", "")
    alone = mode in {"single", *PICKS}
    wanted = [] if alone else ["people", *(["ratio"] if mode == "ratio" else [])]
    known = {*(one.value for one in Mode), *PICKS}
    if mode not in known or not all(found.get(name) for name in wanted):
        text = "审批方式（mode）应为 single、all、ratio、any、ordered、vote，"
        text += "或分派一人的 random、round_robin、least_loaded；"
        text += "多人时须写明审批人（people），按比例时还须写明比例（ratio）"
        reading.error("approval_incomplete", text, node)
        return None
    if loop(reading, node) is not None:
        text = "多人审批与多实例不能同时使用"
        reading.error("approval_and_loop", text, node)
    for name in ("result", "opinions"):
        if found.get(name):
            reading.variable(found[name], node, "审批结果")
    words = {"people": "审批人", "decision": "审批结论", "ratio": "通过比例"}
    words |= {"threshold": "通过票权", "passes": "通过票数", "rejects": "否决票数"}
    made = {name: reading.expression(found.get(name), node, said) for name, said in words.items()}
    return el.Approval(
        mode,
        result=found.get("result", ""),
        opinions=found.get("opinions", ""),
        wait_for_all=found.get("waitForAll") in voc.TRUE,
        **made,
    )


def _limit(reading: Reading, node: xml.Node, ext: Extensions) -> el.Limit | None:
    found = ext.found.get("banli:limit")
    if found is None:
        return None
    amount = reading.expression(found.get("amount"), node, "时限数量")
    if amount is None or not found.get("unit"):
        reading.error("limit_incomplete", "时限须写明数量（amount）与单位（unit）", node)
        return None
    return el.Limit(amount, found["unit"], found.get("title", ""))


def _plain(reading: Reading, node: xml.Node, _ext: Extensions, common: Any) -> el.Element:
    return el.PlainTask(**common, loop=loop(reading, node))


def _service(reading: Reading, node: xml.Node, ext: Extensions, common: Any) -> el.Element | None:
    work = ext.of("zeebe:taskDefinition")
    topic = reading.expression(work.get("type"), node, "任务类型")
    if topic is None:
        reading.error("topic_missing", "没有指明服务主题", node)
        return None
    retries = reading.expression(work.get("retries"), node, "重试次数")
    return el.ServiceTask(**common, loop=loop(reading, node), topic=topic, retries=retries)


def _script(reading: Reading, node: xml.Node, ext: Extensions, common: Any) -> el.Element | None:
    values = ext.of("zeebe:script")
    if "feel" not in node.get("scriptFormat", "feel").lower():
        text = f"脚本语言『{node.get('scriptFormat')}』不支持，请用 FEEL"
        reading.error("expression_language", text, node)
    source = reading.expression(values.get("expression"), node, "脚本", feel=True)
    result = values.get("resultVariable", "")
    if source is None or not result:
        reading.error("script_missing", "计算须有表达式和结果变量", node)
        return None
    reading.variable(result, node, "结果")
    made = loop(reading, node)
    return el.ScriptTask(**common, loop=made, script=source, result_variable=result)


def _rule(reading: Reading, node: xml.Node, ext: Extensions, common: Any) -> el.Element | None:
    if "zeebe:taskDefinition" in ext.found:
        return _service(reading, node, ext, common)
    values = ext.of("zeebe:calledDecision")
    decision = reading.expression(values.get("decisionId"), node, "决策")
    result = values.get("resultVariable", "")
    if decision is None or not result:
        text = "须指明调用的决策和结果存入的变量"
        reading.error("decision_missing", text, node)
        return None
    reading.variable(result, node, "结果")
    made = loop(reading, node)
    return el.BusinessRuleTask(
        **common,
        loop=made,
        decision=decision,
        result_variable=result,
        binding=reading.binding(values, node, "latest"),
    )


def _send(reading: Reading, node: xml.Node, _ext: Extensions, common: Any) -> el.Element | None:
    message = event_nodes.message(reading, node, node)
    made = loop(reading, node)
    return el.SendTask(**common, loop=made, message=message) if message else None


def _receive(reading: Reading, node: xml.Node, ext: Extensions, common: Any) -> el.Element | None:
    message = event_nodes.message(reading, node, node)
    made = loop(reading, node)
    if message is None:
        return None
    return el.ReceiveTask(
        **common,
        loop=made,
        message=message,
        public=_public(reading, node, ext),
        instantiate=flag(node, "instantiate"),
    )


def _start(reading: Reading, node: xml.Node, ext: Extensions, common: Any) -> el.Element:
    form = ext.of("zeebe:formDefinition")
    return el.StartEvent(
        **common,
        definition=event(reading, node),
        public=_public(reading, node, ext),
        form_id=form.get("formId", ""),
        form_binding=reading.binding(form, node, "deployment"),
        interrupting=flag(node, "isInterrupting", default=True),
    )


def _boundary(reading: Reading, node: xml.Node, ext: Extensions, common: Any) -> el.Element:
    return el.BoundaryEvent(
        **common,
        definition=event(reading, node),
        public=_public(reading, node, ext),
        attached_to=node.get("attachedToRef", ""),
        interrupting=flag(node, "cancelActivity", default=True),
    )


def _event(made: type[el.Event]) -> Callable[..., el.Element]:
    def make(reading: Reading, node: xml.Node, ext: Extensions, common: Any) -> el.Element:
        return made(**common, definition=event(reading, node), public=_public(reading, node, ext))

    return make


def _gateway(made: type[el.Element]) -> Callable[..., el.Element]:
    def make(_reading: Reading, _node: xml.Node, _ext: Extensions, common: Any) -> el.Element:
        return made(**common)

    return make


_MAKERS: Final[Mapping[str, Callable[[Reading, xml.Node, Extensions, Any], el.Element | None]]] = {
    "userTask": _user_task,
    "task": _plain,
    "manualTask": _plain,
    "serviceTask": _service,
    "scriptTask": _script,
    "businessRuleTask": _rule,
    "sendTask": _send,
    "receiveTask": _receive,
    "callActivity": scope_nodes.call,
    "subProcess": scope_nodes.sub_process,
    "transaction": scope_nodes.transaction,
    "adHocSubProcess": scope_nodes.ad_hoc,
    "startEvent": _start,
    "endEvent": _event(el.EndEvent),
    "intermediateCatchEvent": _event(el.CatchEvent),
    "intermediateThrowEvent": _event(el.ThrowEvent),
    "boundaryEvent": _boundary,
    "exclusiveGateway": _gateway(el.ExclusiveGateway),
    "parallelGateway": _gateway(el.ParallelGateway),
    "inclusiveGateway": _gateway(el.InclusiveGateway),
    "eventBasedGateway": scope_nodes.event_gateway,
    "complexGateway": scope_nodes.complex_gateway,
}
NODE_KINDS: Final = frozenset(_MAKERS)
