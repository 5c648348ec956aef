"""Between a form and a table of text: headings, cells as people write them, lines as answers.

Invariant: a cell becomes the answer that the same person would have given in the form, where the
form's own rules judge it; nothing is accepted here that a form would refuse.
"""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, NamedTuple

from forms.fields.attached import Files
from forms.fields.base import Field, Scope
from forms.fields.chosen import Choice, Choices
from forms.fields.composed import Rows
from forms.fields.counted import Boolean, Date, Moment

_DAY: Final = re.compile(
    r"([0-9]{4})[-/.年]([0-9]{1,2})[-/.月]([0-9]{1,2})日?(?:[ T]+([0-9]{1,2}:[0-9]{2}).*)?"
)
_WORDS: Final = {"是": "true", "否": "false", "对": "true", "√": "true", "×": "false"}
_SEPARATORS: Final = re.compile(r"[、,，;；]")


def columns(fields: Iterable[Field], *, node: str | None = None) -> list[Field]:
    """The fields that a line of a table can fill: no tables, no lists of files, nothing computed.

    A cell of a file field holds the name of a file that comes along with the table.
    """
    return [
        spec
        for spec in fields
        if spec.editable(node) and spec.has_value and not isinstance(spec, Files | Rows)
    ]


def heading(spec: Field) -> str:
    """What stands above the column of a field."""
    return spec.label


def answers(fields: Iterable[Field], cells: Mapping[str, str], scope: Scope) -> dict[str, Any]:
    """The answers of one line; columns that no field has a heading for are left out."""
    return {
        spec.name: answer(spec, cells[heading(spec)], scope)
        for spec in fields
        if cells.get(heading(spec), "") != ""
    }


def answer(spec: Field, cell: str, scope: Scope) -> Any:
    """One cell as the answer it means."""
    if isinstance(spec, Choices):
        return [_chosen(spec, part.strip(), scope) for part in _SEPARATORS.split(cell) if part]
    if isinstance(spec, Choice):
        return _chosen(spec, cell, scope)
    if isinstance(spec, Boolean):
        return _WORDS.get(cell, cell.lower())
    if isinstance(spec, Date | Moment):
        return _moment(cell)
    return cell


def shown(spec: Field, value: Any, scope: Scope) -> str:
    """A value as the cell that would be read back as it."""
    if value is None:
        return ""
    if isinstance(spec, Boolean):
        return "是" if value in (True, "true") else "否"
    return spec.text(value, scope)


def problems(errors: Mapping[str, Sequence[str]], fields: Sequence[Field]) -> list[str]:
    """The refusals of a form as sentences about a line."""
    labels = {spec.name: spec.label for spec in fields}
    return [
        f"{labels.get(path.split('.')[0], path)}：{message}"
        for path, messages in errors.items()
        for message in messages
    ]


class Merged(NamedTuple):
    """Rows filled from lines: how many were read in, and the keys of those that were not."""

    rows: list[dict[str, Any]]
    read: int
    unknown: Sequence[str] = ()
    """No row has these."""
    repeated: Sequence[str] = ()
    """These stand in several lines; which of them holds is not guessed."""


def merged(
    spec: Rows, given: Sequence[Mapping[str, Any]], lines: Sequence[Mapping[str, str]], scope: Scope
) -> Merged:
    """Rows filled from lines; where the rows are given, by their first read-only column."""
    fillable = [one for one in spec.fields if one.is_writable and not one.readonly]
    if spec.options.get("rows_from") is None:
        return Merged([answers(fillable, line, scope) for line in lines], len(lines))
    key = next((one for one in spec.fields if not one.editable(None)), spec.fields[0])
    keys = [line.get(heading(key), "") for line in lines]
    by_key, counted = dict(zip(keys, lines, strict=True)), Counter(keys)
    rows, read, repeated = [], 0, []
    for row in given:
        own = shown(key, row.get(key.name), scope)
        line = by_key.pop(own, None)
        if counted[own] > 1:
            repeated.append(own)
            line = None
        read += line is not None
        rows.append({**row, **(answers(fillable, line, scope) if line else {})})
    return Merged(rows, read, [one for one in by_key if one], repeated)


def _chosen(spec: Choice, cell: str, scope: Scope) -> str:
    """The option whose value or label the cell is; else the cell, for the form to refuse."""
    source = spec.source(scope)
    if source is None or source.find(cell, scope.context):
        return cell
    options = source.search(cell, scope.context, limit=50)
    exact = [one for one in options if one.label == cell]
    found = exact or [one for one in options if one.label.split("（")[0] == cell]
    return found[0].value if len(found) == 1 else cell


def _moment(cell: str) -> str:
    match = _DAY.fullmatch(cell)
    if match is None:
        return cell
    day = f"{match[1]}-{int(match[2]):02d}-{int(match[3]):02d}"
    return f"{day}T{match[4]:0>5}" if match[4] else day
