"""A decision that a case made, in words: which rules applied, on what, with which conclusion.

Invariant: long numbers (identity cards, telephones, licences) are masked; the case's own pages show
them to whoever may see them.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any, Final

from engine import clock
from processes.domains import domains
from processes.domains.wording import Coded
from processes.identity.roles import ROLES

_LONG_NUMBER: Final = re.compile(r"\d{4,}(?=[\dX]{4})")
_MOST: Final = 60


Word = Callable[[str], str]


def in_words(
    data: Mapping[str, Any], coded: Mapping[str, Coded] | None = None, word: Word = str
) -> str:
    """The data of a `decision.evaluated` event as one sentence.

    `coded` says of each decision what its codes are called, `word` puts a Chinese word into the
    language of the reader.
    """
    codes = (coded or {}).get(data.get("decision", ""), {})
    name = word(data.get("name") or data.get("decision") or "")
    rows = "、".join(str(one["index"]) for one in data.get("matched") or [])
    applied = f"适用第 {rows} 条规则" if rows else "没有规则适用" if data.get("inputs") else ""
    read = said(_worded(data.get("inputs"), codes, word))
    labelled = [_labelled(one, data.get("labels") or {}) for one in data.get("outputs") or []]
    outputs = _worded(labelled, codes, word)
    parts = [applied, f"输入 {read}" if data.get("inputs") else "", f"结论 {said(outputs)}"]
    version = f"（第 {data['version']} 版）" if data.get("version") else ""
    return f"决策『{name}』{version}：{'；'.join(part for part in parts if part)}"


def _labelled(output: Any, labels: Mapping[str, str]) -> Any:
    """A conclusion of several parts under the words that its table has for them."""
    if not isinstance(output, Mapping):
        return output
    return {labels.get(name, name): value for name, value in output.items()}


def _worded(value: Any, codes: Coded, word: Word) -> Any:
    """A value with words for the codes in it: of the decision, else of roles and offices."""
    if isinstance(value, Mapping):
        return {word(str(key)): _worded(item, codes, word) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_worded(item, codes, word) for item in value]
    if not isinstance(value, str):
        return value
    return word(codes.get(value) or _of_domains(value))


def _of_domains(code: str) -> str:
    if code in ROLES:
        return ROLES[code].name
    kind = domains.current().org_kinds.get(code)
    return kind.title if kind else code


def said(value: Any) -> str:
    """A value in a few words."""
    if isinstance(value, Mapping):
        return "，".join(f"{key} {said(item)}" for key, item in value.items()) or "空"
    if isinstance(value, list | tuple):
        return "、".join(said(item) for item in value) or "空"
    return "".join(_plain(value))


def _plain(value: Any) -> Iterator[str]:
    if value is None or value == "":
        yield "空"
    elif isinstance(value, bool):
        yield "是" if value else "否"
    elif isinstance(value, datetime):
        yield value.astimezone(clock.SHANGHAI).strftime("%Y-%m-%d %H:%M")
    else:
        text = _LONG_NUMBER.sub(lambda found: "*" * len(found[0]), str(value))
        yield text if len(text) <= _MOST else f"{text[:_MOST]}…"
