"""The attributes and elements of Camunda 7, Activiti and Flowable in the words of `zeebe:`.

Source: Camunda 7.21 reference “BPMN Extensions”; Camunda 8 “BPMN coverage”. Invariant: a rule
either says the same with our words, or leaves everything as it was and says why.
"""

import re
from collections.abc import Callable, Mapping
from typing import Final

from engine import vocabulary as voc
from engine import xml
from processes.importing import juel
from processes.importing.changes import Account, Node, foreign_attributes, foreign_children
from processes.importing.mappings import input_output, listed_properties, passed_variables

_ACTIVITY_NOISE: Final = "由本引擎的等待点提交事务，不需要此设置"
# settings of the other engine's machinery: without them the model does the same here
_NOISE: Final[Mapping[str, str]] = {
    "asyncBefore": _ACTIVITY_NOISE,
    "asyncAfter": _ACTIVITY_NOISE,
    "async": _ACTIVITY_NOISE,
    "exclusive": _ACTIVITY_NOISE,
    "jobPriority": _ACTIVITY_NOISE,
    "taskPriority": _ACTIVITY_NOISE,
    "historyTimeToLive": "历史按档案期限保存，不按模型",
    "isStartableInTasklist": "能否发起由开始事件的表单决定",
    "modelerTemplate": "建模工具的记号",
    "modelerTemplateVersion": "建模工具的记号",
    "diagramRelationId": "建模工具的记号",
}
_BINDINGS: Final = frozenset({"latest", "deployment", "versionTag"})
_REFUSED_ATTRIBUTES: Final[Mapping[str, str]] = {
    "class": "Java 类（class）不能执行，请改为服务主题由适配器处理",
    "delegateExpression": "Java 委托（delegateExpression）不能执行，请改为服务主题",
    "expression": "Java 表达式（expression）不能执行，请改为服务主题或 FEEL 脚本任务",
    "initiator": "没有发起人变量（initiator）的对应写法，申请人在变量 applicant 中",
    "variableMappingClass": "Java 变量映射类不能执行，请改为输入输出映射",
    "variableMappingDelegateExpression": "Java 变量映射不能执行，请改为输入输出映射",
    "caseRef": "不执行 CMMN 案例（caseRef）",
}
_REFUSED_ELEMENTS: Final[Mapping[str, str]] = {
    "executionListener": "执行监听器（executionListener）不能执行",
    "taskListener": "任务监听器（taskListener）不能执行",
    "eventListener": "事件监听器（eventListener）不能执行",
    "connector": "连接器（connector）不能执行，请改为服务主题由适配器处理",
    "field": "Java 字段注入（field）不能执行",
    "formData": "表单字段（formData）请改画为表单文件（forms/*.yaml）",
    "formProperty": "表单字段（formProperty）请改画为表单文件（forms/*.yaml）",
    "errorEventDefinition": "作业内的错误定义（errorEventDefinition）没有对应写法",
    "constraint": "表单约束（constraint）请写入表单文件",
    "potentialStarter": "候选发起人（potentialStarter）由表单与权限决定",
}


def rewrite(account: Account, node: Node) -> None:
    """Say the foreign extensions of one element in our words."""
    kind = xml.tag(node)[1]
    for rule in _RULES.get(kind, ()):
        rule(account, node)
    input_output(account, node)
    listed_properties(account, node)
    _noise(account, node)
    _left(account, node)
    account.drop_empty(node)


def spoken(account: Account, node: Node, text: str, what: str) -> str | None:
    """A value of ours for a text that may hold `${…}`; None, and a refusal, if there is none."""
    if not juel.is_juel(text):
        return text
    made = juel.to_feel(text)
    if made is None:
        account.refuse(node, f"{what}的表达式 {text} 不能安全地译为 FEEL")
        return None
    return f"={made}"


def _move(account: Account, node: Node, name: str, *, to: str, attribute: str) -> None:
    """A foreign attribute as an attribute of an extension element of ours."""
    value = account.peek(node, name)
    if value is None:
        return
    made = spoken(account, node, value, name)
    if made is None:
        return
    account.take(node, name)
    account.zeebe(node, to, **{attribute: made})
    account.rewrote(node, f'{name}="{value}"', f'zeebe:{to} {attribute}="{made}"')


def _user_task(account: Account, node: Node) -> None:
    for name in ("assignee", "candidateGroups", "candidateUsers"):
        _move(account, node, name, to="assignmentDefinition", attribute=name)
    _move(account, node, "dueDate", to="taskSchedule", attribute="dueDate")
    _move(account, node, "followUpDate", to="taskSchedule", attribute="followUpDate")
    _move(account, node, "priority", to="priorityDefinition", attribute="priority")
    _form(account, node)


def _binding(account: Account, node: Node, reference: str) -> dict[str, str] | None:
    """The version that a reference is bound to, in our words; None if we have no word for it."""
    kind = account.peek(node, f"{reference}Binding")
    tag = account.peek(node, f"{reference}VersionTag")
    if kind is None:
        return {}
    if kind not in _BINDINGS or (kind == "versionTag") != bool(tag):
        told = "没有对应写法：只能绑定到最新版本、同一次部署或版本标签"
        account.refuse(node, f'{reference}Binding="{kind}" {told}')
        return None
    account.take(node, f"{reference}Binding")
    account.take(node, f"{reference}VersionTag")
    made = {"bindingType": kind, **({"versionTag": tag} if tag else {})}
    told = " ".join(f'{name}="{value}"' for name, value in made.items())
    account.rewrote(node, f'{reference}Binding="{kind}"', told)
    return made


def _form(account: Account, node: Node) -> None:
    for name in ("formKey", "formRef"):
        value = account.peek(node, name)
        if value is None:
            continue
        form = form_id(value)
        if juel.is_juel(value) or not form:
            account.refuse(node, f"表单 {value} 不是固定的名称")
            continue
        binding = _binding(account, node, name)
        if binding is None:
            continue
        account.take(node, name)
        account.zeebe(node, "formDefinition", formId=form, **binding)
        account.rewrote(node, f'{name}="{value}"', f'zeebe:formDefinition formId="{form}"')


def form_id(text: str) -> str:
    """The name of a form in a key such as `embedded:app:forms/approve.html`."""
    stem = text.rpartition(":")[2].rpartition("/")[2].partition(".")[0]
    return re.sub(r"[^\w-]+", "_", stem).strip("_")


def _external(account: Account, node: Node) -> None:
    topic = account.peek(node, "topic")
    if account.peek(node, "type") != "external" or topic is None:
        return
    if xml.tag(node)[1] == "sendTask":
        account.refuse(node, f"发送任务的外部主题 {topic}：发送任务只发送消息，请改为服务任务")
        return
    made = spoken(account, node, topic, "topic")
    if made is None:
        return
    account.take(node, "type")
    account.take(node, "topic")
    account.zeebe(node, "taskDefinition", type=made)
    account.rewrote(node, f'type="external" topic="{topic}"', f'zeebe:taskDefinition type="{made}"')
    _retries(account, node)


def _retries(account: Account, node: Node) -> None:
    for child, name in foreign_children(node):
        found = re.fullmatch(r"R(\d+)/.*", (child.text or "").strip())
        if name == "failedJobRetryTimeCycle" and found:
            _remove(child)
            account.zeebe(node, "taskDefinition", retries=found[1])
            account.rewrote(
                node,
                f"failedJobRetryTimeCycle {child.text}",
                f'zeebe:taskDefinition retries="{found[1]}"',
            )


def _decision(account: Account, node: Node) -> None:
    decision = account.peek(node, "decisionRef")
    if decision is None:
        return
    result = account.peek(node, "resultVariable") or ""
    made = spoken(account, node, decision, "decisionRef")
    if made is None or not result:
        if not result:
            account.refuse(node, f"决策 {decision} 没有写明结果变量（resultVariable）")
        return
    binding = _binding(account, node, "decisionRef")
    if binding is None:
        return
    for name in ("decisionRef", "resultVariable"):
        account.take(node, name)
    account.zeebe(node, "calledDecision", decisionId=made, resultVariable=result, **binding)
    after = f'zeebe:calledDecision decisionId="{made}" resultVariable="{result}"'
    mapping = account.take(node, "mapDecisionResult")
    account.rewrote(node, f'decisionRef="{decision}" {mapping or ""}'.strip(), after)


def _called(account: Account, node: Node) -> None:
    called = node.get("calledElement")
    ours = node.find(f".//{{{voc.ZEEBE}}}calledElement")
    if called is None or ours is not None or not _uses_foreign(account, node):
        return
    made = spoken(account, node, called, "calledElement")
    if made is None:
        return
    binding = _binding(account, node, "calledElement")
    if binding is None:
        return
    parent, child = passed_variables(account, node)
    account.zeebe(
        node,
        "calledElement",
        processId=made,
        propagateAllParentVariables=parent,
        propagateAllChildVariables=child,
        **binding,
    )
    if juel.is_juel(called):
        del node.attrib["calledElement"]
    after = f'zeebe:calledElement processId="{made}" 传入全部={parent} 传出全部={child}'
    account.rewrote(node, f'calledElement="{called}"', after)


def _uses_foreign(account: Account, node: Node) -> bool:
    """Camunda 7 hands nothing over that is not written down; the standard alone says nothing."""
    spaces = {uri for uri in account.root.nsmap.values() if uri}
    return bool(spaces & set(_SPACES)) or juel.is_juel(node.get("calledElement", ""))


def _script(account: Account, node: Node) -> None:
    language = (node.get("scriptFormat") or "").lower()
    script = node.find(f"{{{voc.BPMN}}}script")
    if script is None or not (script.text or "").strip():
        return
    source = (script.text or "").strip()
    made = source.removeprefix("=") if "feel" in language else None
    if language in ("juel", "") and juel.is_juel(source):
        made = juel.to_feel(source)
    result = account.peek(node, "resultVariable")
    if made is None or not result:
        why = "没有写明结果变量" if made else "不是 FEEL，请改写为 FEEL"
        account.refuse(node, f"脚本（{language or '未注明语言'}）{why}")
        return
    account.take(node, "resultVariable")
    node.remove(script)
    if "scriptFormat" in node.attrib:
        del node.attrib["scriptFormat"]
    account.zeebe(node, "script", expression=f"={made}", resultVariable=result)
    account.rewrote(node, f"script {source}", f'zeebe:script expression="={made}"')


def _loop(account: Account, node: Node) -> None:
    collection = account.peek(node, "collection")
    if collection is not None:
        text = collection if juel.is_juel(collection) else f"${{{collection}}}"
        made = spoken(account, node, text, "多实例集合")
        if made is not None:
            account.take(node, "collection")
            element = account.take(node, "elementVariable") or "item"
            account.zeebe(node, "loopCharacteristics", inputCollection=made, inputElement=element)
            after = f'zeebe:loopCharacteristics inputCollection="{made}" inputElement="{element}"'
            account.rewrote(node, f'collection="{collection}" elementVariable="{element}"', after)


def _version(account: Account, node: Node) -> None:
    _move(account, node, "versionTag", to="versionTag", attribute="value")


def _noise(account: Account, node: Node) -> None:
    for _prefix, name, value in foreign_attributes(node):
        if name in _NOISE:
            account.take(node, name)
            account.rewrote(node, f'{name}="{value}"', f"去除：{_NOISE[name]}")


def _left(account: Account, node: Node) -> None:
    """What no rule took stays, and is named."""
    for prefix, name, value in foreign_attributes(node):
        if any(value in one.reason for one in account.refusals if one.element == node.get("id")):
            continue  # its rule has said why
        reason = _REFUSED_ATTRIBUTES.get(name, "没有对应写法，执行前须删除或改写")
        account.refuse(node, f'{prefix}:{name}="{value}"：{reason}')
    for child, name in foreign_children(node):
        reason = _REFUSED_ELEMENTS.get(name, "没有对应写法，执行前须删除或改写")
        account.refuse(node, f"{name}：{reason}" if name not in reason else reason)
        del child


def _remove(child: Node) -> None:
    holder = child.getparent()
    if holder is not None:
        holder.remove(child)


_SPACES: Final = (
    "http://camunda.org/schema/1.0/bpmn",
    "http://activiti.org/bpmn",
    "http://flowable.org/bpmn",
)
_RULES: Final[Mapping[str, tuple[Callable[[Account, Node], None], ...]]] = {
    "userTask": (_user_task,),
    "startEvent": (_form,),
    "serviceTask": (_external,),
    "sendTask": (_external,),
    "businessRuleTask": (_external, _decision),
    "callActivity": (_called,),
    "scriptTask": (_script,),
    "multiInstanceLoopCharacteristics": (_loop,),
    "process": (_version,),
}
