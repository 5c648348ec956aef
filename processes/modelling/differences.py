"""What changed between two versions of a process: for the person who releases the newer one.

A diagram is compared by its elements and what they say, not by its text; where they are drawn is
told apart. Other files are compared line by line.
"""

import difflib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from lxml import etree

from engine import constructs, xml
from engine.errors import BanliError
from processes.modelling.compare import Difference, compare

Kind = Literal["added", "removed", "changed"]
_DRAWN: Final = re.compile(r"(^|/)(BPMN|\{http://www\.omg\.org/spec/DD/)")
_NAMESPACE: Final = re.compile(r"\{[^}]*\}")
# what a node repeats of the flows and lanes, which are elements of their own
_REPEATED: Final = re.compile(r"#[^/]*/(incoming|outgoing|flowNodeRef)=")
_WORDS: Final[Mapping[str, str]] = {
    "name": "名称",
    "documentation": "说明",
    "conditionExpression": "条件",
    "default": "默认流向",
    "sourceRef": "起点",
    "targetRef": "终点",
    "attachedToRef": "所附活动",
    "formId": "表单",
    "candidateGroups": "候选角色",
    "candidateUsers": "候选人",
    "assignee": "办理人",
    "dueDate": "到期",
    "processId": "调用的流程",
    "decisionId": "决策",
    "resultVariable": "结果变量",
    "expression": "表达式",
    "correlationKey": "关联键",
    "type": "操作",
    "cancelActivity": "是否中断",
    "amount": "数量",
    "unit": "单位",
    "allow": "允许的操作",
    "purpose": "用途",
}
_CONTEXT: Final = 2
_LINES: Final = 400


@dataclass(frozen=True, slots=True)
class ElementChange:
    """One element of the diagram: what it is called and what of it was changed."""

    kind: Kind
    element: str
    title: str
    details: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class FileChange:
    """One file: elements if it is a diagram that can be read, else lines as `diff` writes them."""

    name: str
    kind: Kind
    elements: Sequence[ElementChange] = ()
    lines: Sequence[str] = ()
    drawn: bool = False
    """Whether something was moved in the drawing."""


def between(before: Mapping[str, bytes], after: Mapping[str, bytes]) -> list[FileChange]:
    """Every file that was added, removed or changed, by name."""
    return [
        _file(name, before.get(name), after.get(name))
        for name in sorted({*before, *after})
        if before.get(name) != after.get(name)
    ]


def _file(name: str, before: bytes | None, after: bytes | None) -> FileChange:
    if before is None:
        return FileChange(name, "added")
    if after is None:
        return FileChange(name, "removed")
    if name.endswith(".bpmn"):
        try:
            return _diagram(name, xml.read(before, name), xml.read(after, name))
        except BanliError:
            pass  # a diagram that is no XML is shown by its lines; the check says what is wrong
    return FileChange(name, "changed", lines=list(_lines(before, after)))


def _lines(before: bytes, after: bytes) -> Iterator[str]:
    old, new = (one.decode("utf-8", "replace").splitlines() for one in (before, after))
    told = difflib.unified_diff(old, new, lineterm="", n=_CONTEXT)
    for number, line in enumerate(told):
        if number == _LINES:
            yield "…"
            return
        if not line.startswith(("---", "+++")):
            yield line


def _diagram(name: str, before: etree._Element, after: etree._Element) -> FileChange:
    found = compare(before, after)
    said = [one for one in found if not _is_drawn(one) and not _REPEATED.search(one.where)]
    grouped: dict[str, list[Difference]] = {}
    for one in said:
        grouped.setdefault(one.element, []).append(one)
    elements = [_element(before, after, key, changes) for key, changes in grouped.items()]
    return FileChange(
        name,
        "changed",
        elements=sorted(elements, key=lambda one: (one.kind, one.title)),
        drawn=any(map(_is_drawn, found)),
    )


def _is_drawn(one: Difference) -> bool:
    return bool(_DRAWN.search(one.where.partition("=")[0]))


def _element(
    before: etree._Element, after: etree._Element, key: str, changes: Sequence[Difference]
) -> ElementChange:
    old, new = _find(before, key), _find(after, key)
    title = _title(new if new is not None else old, key)
    if old is None:
        return ElementChange("added", key, title)
    if new is None:
        return ElementChange("removed", key, title)
    return ElementChange("changed", key, title, list(dict.fromkeys(map(_detail, changes))))


def _find(root: etree._Element, key: str) -> etree._Element | None:
    return next((one for one in root.iter(etree.Element) if one.get("id") == key), None)


def _title(node: etree._Element | None, key: str) -> str:
    if node is None:
        return key or "模型"
    what = constructs.zh(etree.QName(node).localname)
    return f"{what}『{node.get('name') or key}』"


def _detail(one: Difference) -> str:
    """What was changed of an element, without the path that only a program wants."""
    inside = one.where.partition(f"#{one.element}")[2] if one.element else one.where
    path, _, attribute = inside.partition(" 的属性 ")
    path, _, text = path.removesuffix(" 的文字").partition("=")
    named = _NAMESPACE.sub("", attribute or path.rpartition("/")[2])
    what = _WORDS.get(named, named or "位置")
    if one.kind in ("changed", "moved"):
        return f"{what}：{one.before or '（空）'} → {one.after or '（空）'}"
    value = text or one.before or one.after
    return f"{ {'lost': '删去', 'added': '新增'}[one.kind] }{what}{'：' if value else ''}{value}"
