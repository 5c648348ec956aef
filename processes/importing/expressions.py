"""Expressions of the standard's own elements: conditions, timers, loops, from `${…}` into FEEL.

Invariant: a language that is neither FEEL nor the unified expression language is refused by name;
what cannot be translated safely stays as it was.
"""

from typing import Final

from engine import vocabulary as voc
from engine import xml
from processes.importing import juel
from processes.importing.changes import Account, Node

# element → what it is called, and whether FEEL stands there without a leading `=`
_PLACES: Final = {
    "conditionExpression": "条件",
    "condition": "条件",
    "completionCondition": "完成条件",
    "loopCardinality": "多实例次数",
    "loopCondition": "循环条件",
    "timeDate": "定时日期",
    "timeDuration": "定时时长",
    "timeCycle": "定时周期",
}
_LANGUAGES: Final = ("feel", "juel", "uel", "")


def rewrite(account: Account, node: Node) -> None:
    """Say the expression in an element in FEEL."""
    what = _PLACES.get(xml.tag(node)[1])
    if what is None:
        return
    language = node.get("language") or ""
    short = language.rstrip("/").rpartition("/")[2].lower()
    text = (node.text or "").strip()
    if not any(short == one or (one and one in language.lower()) for one in _LANGUAGES):
        account.refuse(node, f"{what}用 {language} 写成，只执行 FEEL 表达式")
        return
    if "feel" in language.lower() or not juel.is_juel(text):
        return
    made = juel.to_feel(text)
    if made is None:
        account.refuse(node, f"{what} {text} 不能安全地译为 FEEL")
        return
    node.text = f"={made}"
    if "language" in node.attrib:
        del node.attrib["language"]
    if xml.tag(node)[1] in {"conditionExpression", "completionCondition", "loopCardinality"}:
        node.set(f"{{{voc.XSI}}}type", _formal(node))
    account.rewrote(node, text, f"={made}")


def _formal(node: Node) -> str:
    prefix = next((key for key, uri in node.nsmap.items() if uri == voc.BPMN and key), None)
    return f"{prefix}:tFormalExpression" if prefix else "tFormalExpression"
