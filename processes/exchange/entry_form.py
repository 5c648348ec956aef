"""人工录入: the form for what a department said on paper, made from its contract.

Invariant: the form asks for exactly the members of the message; what it gives is read by the same
contract as a callback, so that both ways end in the same variables.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from adapters._shared.members import Member
from forms import definition
from forms.definition import FormDefinition

PREFIX: Final = "entry_"
"""The fields of the entry itself, beside those of the message."""
PAPER: Final = f"{PREFIX}paper"
REASON: Final = f"{PREFIX}reason"
_TYPES: Final = {
    "text": "text",
    "number": "number",
    "money": "money",
    "boolean": "boolean",
    "date": "date",
    "instant": "datetime",
}
_LONGEST: Final = 500
_ROWS: Final = 100
_ABOUT: Final = {
    "title": "录入说明",
    "title_en": "About this entry",
    "fields": [
        {
            "name": REASON,
            "label": "为何人工录入",
            "label_en": "Why by hand",
            "type": "textarea",
            "required": True,
            "max_length": _LONGEST,
        },
        {
            "name": PAPER,
            "label": "依据（纸质结果的扫描件）",
            "label_en": "Paper it rests on",
            "type": "file",
            "required": True,
            "accept": ["pdf", "png", "jpeg"],
        },
    ],
}


def can_be_typed(told: Iterable[Member]) -> bool:
    """Whether every member that is needed can be a field of a form."""
    return all(_fields(one) for one in told if one.required)


def of(title: str, told: Iterable[Member]) -> FormDefinition:
    """The form for some members, with the paper and the reason below them."""
    fields = [field for one in told for field in _fields(one)]
    sections: list[Any] = [_ABOUT]
    if fields:
        sections.insert(0, {"title": "内容", "title_en": "Content", "fields": fields})
    told_form = {"form": "form_banli_entry", "title": title, "title_en": title}
    source = json.dumps({**told_form, "sections": sections}, ensure_ascii=False)
    return definition.read(source.encode(), "form_banli_entry.form.yaml")


def body(told: Iterable[Member], values: Mapping[str, Any]) -> dict[str, Any]:
    """The answers of the form as the body of the message."""
    found: dict[str, Any] = {}
    for member in told:
        value = _value(member, values)
        if value is not None:
            found[member.name] = value
    return found


def _fields(member: Member, within: str = "", *, needed: bool = True) -> list[dict[str, Any]]:
    """The fields of a member; none where a form cannot ask for it."""
    field: dict[str, Any] = {
        "name": f"{within}{member.name}",
        "label": member.title,
        "label_en": member.title,
        "required": needed and member.required,
    }
    if member.values:
        values = [{"value": c, "label": t, "label_en": t} for c, t in member.values.items()]
        return [{**field, "type": "choice", "values": values}]
    if member.kind in _TYPES:
        limit = {"max_length": _LONGEST} if member.kind == "text" else {}
        return [{**field, "type": _TYPES[member.kind], **limit}]
    if member.kind == "object":
        needed = needed and member.required
        return [
            f for part in member.parts for f in _fields(part, f"{field['name']}__", needed=needed)
        ]
    columns = list(_columns(member))
    return [{**field, "type": "rows", "max": _ROWS, "fields": columns}] if columns else []


def _columns(member: Member) -> Iterator[dict[str, Any]]:
    if not member.parts:
        label = {"label": member.title, "label_en": member.title}
        yield {"name": "item", **label, "type": "text", "required": True, "max_length": _LONGEST}
    for part in member.parts:
        yield from _fields(part)


def _value(member: Member, values: Mapping[str, Any], within: str = "") -> Any:
    name = f"{within}{member.name}"
    if member.kind == "object":
        parts = {one.name: _value(one, values, f"{name}__") for one in member.parts}
        return {key: value for key, value in parts.items() if value is not None} or None
    if member.kind == "list" and not member.parts:
        return [row["item"] for row in values.get(name) or []]
    if member.kind == "list":
        rows = values.get(name) or []
        return [{key: cell for key, cell in row.items() if cell is not None} for row in rows]
    if member.kind == "boolean":
        return values.get(name) is True
    return values.get(name)
