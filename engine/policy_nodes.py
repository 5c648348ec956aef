"""Reads the policies of a user task: `banli:policies` and `banli:timeout` (case-operations A.4)."""

from collections.abc import Mapping

from engine import vocabulary as voc
from engine import xml
from engine.definition.policies import Policies, Timeout
from engine.reading import Extensions, Reading


def policies(reading: Reading, node: xml.Node, ext: Extensions) -> Policies | None:
    """What becomes of a task that nobody, its starter or the same person has."""
    found = ext.found.get("banli:policies")
    if found is None:
        return None
    return Policies(
        empty=_one_of(reading, node, found, "empty", voc.EMPTY),
        person=reading.expression(found.get("person"), node, "指定人员"),
        starter=_one_of(reading, node, found, "starter", voc.STARTER),
        repeated=_one_of(reading, node, found, "repeated", voc.REPEATED),
        approve=reading.expression(found.get("approve"), node, "自动通过的答复"),
        reject=reading.expression(found.get("reject"), node, "自动不通过的答复"),
    )


def timeout(reading: Reading, node: xml.Node, ext: Extensions) -> Timeout | None:
    """What follows when the limit of a task is over."""
    found = ext.found.get("banli:timeout")
    if found is None:
        return None
    remind = _whole(reading, node, found.get("remind", "0"), least=0)
    every = _whole(reading, node, found.get("every", "1"), least=1)
    then = _one_of(reading, node, found, "then", voc.TIMEOUT)
    if not remind and not then:
        reading.error("timeout_empty", "超时处理须写明提醒次数（remind）或其后的处理（then）", node)
    return Timeout(remind, every, then, found.get("to", ""))


def _one_of(
    reading: Reading, node: xml.Node, found: Mapping[str, str], name: str, words: tuple[str, ...]
) -> str:
    value = found.get(name, "")
    if value and value not in words:
        text = f"{name} 只能是 {'、'.join(words)}，实为『{value}』"
        reading.error("policy_unknown", text, node)
    return value


def _whole(reading: Reading, node: xml.Node, text: str, *, least: int) -> int:
    if text.isascii() and text.isdigit() and len(text) < 4 and int(text) >= least:
        return int(text)
    reading.error("timeout_number", f"提醒的次数和间隔应为整数，实为『{text}』", node)
    return least
