"""Variables that the other engines hand in and out, as input and output mappings of ours.

Invariant: a mapping is taken over whole or not at all: one parameter that has no counterpart
leaves its element as it was.
"""

from typing import Final

from lxml import etree

from engine import vocabulary as voc
from engine import xml
from processes.importing import juel
from processes.importing.changes import Account, Node, foreign_children

_ENDS: Final = {"inputParameter": "input", "outputParameter": "output"}


def input_output(account: Account, node: Node) -> None:
    """`camunda:inputOutput` as `zeebe:ioMapping`."""
    for child, name in foreign_children(node):
        if name != "inputOutput":
            continue
        made = [_parameter(one) for one in child if isinstance(one.tag, str)]
        if None in made:
            account.refuse(
                node, "输入输出参数（inputOutput）含有脚本、列表或不能译为 FEEL 的表达式"
            )
            continue
        _take(child)
        for one in made:
            assert one is not None  # noqa: S101 - looked at above
            end, source, target, before = one
            _add(account, node, end, source, target)
            account.rewrote(node, before, f'zeebe:{end} source="{source}" target="{target}"')


def _parameter(one: Node) -> tuple[str, str, str, str] | None:
    """End, source, target and the words of before."""
    end = _ENDS.get(xml.tag(one)[1])
    text = (one.text or "").strip()
    if end is None or len(one):
        return None
    source = juel.to_feel(text) if text else "null"
    if source is None:
        return None
    target = one.get("name", "")
    return end, f"={source}", target, f"{xml.tag(one)[1]} {target} {text}"


def passed_variables(account: Account, node: Node) -> tuple[str, str]:
    """`camunda:in` and `camunda:out` of a call: whether all variables go in, and come back."""
    whole = {"input": "false", "output": "false"}
    for child, name in foreign_children(node):
        end = {"in": "input", "out": "output"}.get(name)
        if end is None:
            continue
        if child.get("variables") == "all":
            whole[end] = "true"
            _take(child)
            continue
        source, target = child.get("source"), child.get("target")
        if source is None and child.get("sourceExpression"):
            source = juel.to_feel(str(child.get("sourceExpression")))
        if source is None or not target:
            said = " ".join(f'{key!s}="{value!s}"' for key, value in xml.attributes(child).items())
            account.refuse(node, f"传递变量 {name} {said} 没有对应写法")
            continue
        _take(child)
        _add(account, node, end, f"={source}", target)
        account.rewrote(
            node, f"{name} {source} → {target}", f'zeebe:{end} source="={source}" target="{target}"'
        )
    return whole["input"], whole["output"]


def listed_properties(account: Account, node: Node) -> None:
    """`camunda:properties` as `zeebe:properties`."""
    for child, name in foreign_children(node):
        if name != "properties":
            continue
        _take(child)
        holder = account.zeebe(node, "properties")
        for one in child:
            if isinstance(one.tag, str):
                key, value = one.get("name") or one.get("id") or "", one.get("value") or ""
                etree.SubElement(holder, f"{{{voc.ZEEBE}}}property", name=key, value=value)
                account.rewrote(node, f"property {key}={value}", f"zeebe:property {key}={value}")


def _add(account: Account, node: Node, end: str, source: str, target: str) -> None:
    holder = account.zeebe(node, "ioMapping")
    etree.SubElement(holder, f"{{{voc.ZEEBE}}}{end}", source=source, target=target)


def _take(child: Node) -> None:
    holder = child.getparent()
    if holder is not None:
        holder.remove(child)
