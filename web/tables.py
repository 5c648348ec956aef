"""Tables inside a form: taken down as xlsx, read back from one; before anything is submitted.

Invariant: what is read stands in the page like something typed, judged by the form's own rules;
nothing is stored until the form itself is sent.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from flask import Response, request

from engine import limits
from forms import cells
from forms.definition import FormDefinition
from forms.fields.base import Field, Scope
from forms.fields.composed import Rows
from forms.lookups import Lookups
from processes import settings
from processes.ledgers import sheets
from processes.ledgers.sheets import SheetRefused
from web import exporting
from web.words import _

TAKE: Final = "_sheet_out"
READ: Final = "_sheet_in"
FILE: Final = "_sheet_file."


@dataclass(frozen=True, slots=True)
class Read:
    """What came of a table read in: the answers with its rows, and a sentence about them."""

    answers: dict[str, Any]
    told: str


def asked(form: FormDefinition | None) -> Rows | None:
    """The table that this request takes down or reads in; None if it does something else."""
    name = request.form.get(TAKE) or request.form.get(READ)
    spec = form.field(name) if form is not None and name else None
    return spec if isinstance(spec, Rows) else None


def answer(
    spec: Rows, given: Mapping[str, Any], *, context: Mapping[str, Any], lookups: Lookups
) -> Response | Read:
    """Do what was asked: the file, or the answers with the rows of the file."""
    scope = Scope({**context, **given}, lookups)
    typed = _typed(spec, given, scope)
    if request.form.get(TAKE):
        return _file(spec, typed, scope)
    try:
        table = sheets.read(_uploaded(spec), most=limits.TABLE_ROWS)
        return _read(spec, given, typed, table, scope)
    except SheetRefused as refused:
        return Read(dict(given), refused.message)


def _typed(spec: Rows, given: Mapping[str, Any], scope: Scope) -> list[dict[str, Any]]:
    """The rows as they stand, with what is given of each."""
    rows = [dict(row) for row in given.get(spec.name) or ()]
    start = spec.given(scope)
    if start is None:
        return rows
    rows += [{} for _row in range(len(start) - len(rows))]
    return [{**row, **first} for row, first in zip(rows, start, strict=False)]


def _file(spec: Rows, rows: list[dict[str, Any]], scope: Scope) -> Response:
    columns = _columns(spec)
    lines = [[_cell(one, row.get(one.name), scope) for one in columns] for row in rows]
    content = sheets.xlsx(spec.label, [one.label for one in columns], lines)
    return exporting.download(content, f"{spec.label}.xlsx", sheets.XLSX)


def _columns(spec: Rows) -> list[Field]:
    fillable = {one.name for one in cells.columns(spec.fields)}
    shown = [one for one in spec.fields if not one.options.get("hidden")]
    return [one for one in shown if one.name in fillable or not one.editable(None)]


def _cell(spec: Field, raw: Any, scope: Scope) -> str:
    """A cell typed in the page, as it is shown; what cannot be read stays as it was typed."""
    return cells.shown(spec, raw, scope) if raw not in (None, "") else ""


def _uploaded(spec: Rows) -> bytes:
    storage = request.files.get(FILE + spec.name)
    if storage is None or not storage.filename:
        raise SheetRefused(_("请先选择要读入的表格"))
    return storage.stream.read(settings.current().upload_bytes + 1)


def _read(
    spec: Rows,
    given: Mapping[str, Any],
    typed: list[dict[str, Any]],
    table: sheets.Table,
    scope: Scope,
) -> Read:
    wanted = {cells.heading(one) for one in _columns(spec)}
    if wanted.isdisjoint(table.headings):
        raise SheetRefused(_("表格的列名与本表不符，请先下载本表再填写"))
    rows, unknown = cells.merged(spec, typed, [line.cells for line in table.lines], scope)
    told = _("已从表格读入 %(n)s 行，请核对后提交。", n=len(table.lines) - len(unknown))
    if unknown:
        names = "、".join(unknown[:10])
        told += _("以下 %(n)s 行在本表中没有，未读入：%(names)s。", n=len(unknown), names=names)
    return Read({**given, spec.name: rows}, told)
