"""The content of a message for people: each member by its title, what is personal masked.

Invariant: only what the contract names is shown; of the rest only how much there is.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Final

from adapters._shared.members import EMPTY, Member
from engine.clock import SHANGHAI
from forms.standards import mask_name, mask_number, mask_phone, mask_text

_MASKS: Final = {
    "name": mask_name,
    "number": mask_number,
    "phone": mask_phone,
    "text": mask_text,
}


@dataclass(frozen=True, slots=True)
class Shown:
    """One member: its text, or the members of an object, or a table of a list."""

    title: str
    text: str = ""
    parts: Sequence["Shown"] = ()
    columns: Sequence[str] = ()
    rows: Sequence[Sequence[str]] = field(default=())


def members(told: Iterable[Member], content: Mapping[str, Any]) -> tuple[list[Shown], int]:
    """The members that are there, and how many there are that the contract does not name."""
    known = list(told)
    shown = [_one(one, content[one.name]) for one in known if content.get(one.name) not in EMPTY]
    return shown, len(content.keys() - {one.name for one in known})


def _one(member: Member, value: Any) -> Shown:
    if isinstance(value, Mapping):
        if not member.parts:
            return Shown(member.title, f"{len(value)} 项内容")
        return Shown(member.title, parts=members(member.parts, value)[0])
    if isinstance(value, list | tuple):
        return _list(member, value)
    return Shown(member.title, _text(member, value))


def _list(member: Member, value: Sequence[Any]) -> Shown:
    if member.parts and all(isinstance(one, Mapping) for one in value):
        used = [one for one in member.parts if any(row.get(one.name) not in EMPTY for row in value)]
        rows = [[_text(one, row.get(one.name)) for one in used] for row in value]
        return Shown(member.title, columns=[one.title for one in used], rows=rows)
    return Shown(member.title, "、".join(_parts(member, value)))


def _parts(member: Member, value: Sequence[Any]) -> Iterator[str]:
    for one in value:
        yield f"{len(one)} 项内容" if isinstance(one, Mapping) else _text(member, one)


def _text(member: Member, value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, datetime):
        return f"{value.astimezone(SHANGHAI):%Y-%m-%d %H:%M}"
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Mapping | list):
        return f"{len(value)} 项内容"
    text = member.values.get(str(value), str(value))
    return _MASKS[member.mask](text) if member.mask else text
