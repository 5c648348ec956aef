"""What a browser sends, as answers: `name`, `name` again for several, `table.row.column`.

Invariant: a field the page showed but the browser did not send (unticked) is an empty answer,
not a missing one; a row nobody wrote in is no row.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

from engine import limits
from forms.definition import FormDefinition
from forms.fields.attached import Files
from forms.fields.base import Field
from forms.fields.chosen import Choices
from forms.fields.composed import Rows

_CELL: Final = re.compile(r"([a-z][a-z0-9_]*)\.([0-9]{1,6})\.([a-z][a-z0-9_]*)")


def parse(
    form: FormDefinition,
    pairs: Iterable[tuple[str, str]],
    *,
    node: str | None = None,
    ignore: Iterable[str] = ("csrf_token",),
) -> dict[str, Any]:
    """The answers in the pairs of a submitted page; `ignore` are names of the page's own.

    Names with `_` in front are the page's too. Unknown names are kept, to be refused by name.
    """
    skipped = frozenset(ignore)
    single: dict[str, list[str]] = {}
    tables: dict[str, dict[int, dict[str, list[str]]]] = {}
    for name, value in pairs:
        if name in skipped or name.startswith("_"):
            continue
        cell = _CELL.fullmatch(name)
        if cell and isinstance(form.field(cell[1]), Rows):
            row = tables.setdefault(cell[1], {}).setdefault(int(cell[2]), {})
            row.setdefault(cell[3], []).append(value)
        else:
            single.setdefault(name, []).append(value)
    answers: dict[str, Any] = {
        name: _value(form.field(name), values) for name, values in single.items()
    }
    for spec in form.fields():
        if spec.name not in answers and spec.has_value and spec.editable(node):
            is_table = isinstance(spec, Rows)
            answers[spec.name] = _table(spec, tables.pop(spec.name, {}), node) if is_table else None
    for name, rows in tables.items():  # a table this node may not fill in: refused later, by name
        answers[name] = [dict(row) for row in rows.values()]
    return answers


def _value(spec: Field | None, values: list[str]) -> Any:
    if isinstance(spec, Choices | Files):
        return [value for value in values if value]
    return values[-1]


def _table(spec: Field, rows: Mapping[int, Mapping[str, list[str]]], node: str | None) -> list[Any]:
    columns = {column.name: column for column in spec.columns()}
    boxes = [c.name for c in spec.columns() if c.control in ("checkbox", "checkboxes")]
    found = []
    for _index, cells in sorted(rows.items())[: limits.TABLE_ROWS + 1]:
        row = {name: _value(columns.get(name), values) for name, values in cells.items()}
        if "rows_from" in spec.options or any(row.values()):
            unticked = {n: None for n in boxes if n not in row and columns[n].editable(node)}
            found.append({**row, **unticked})
    return found
