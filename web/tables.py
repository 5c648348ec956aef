"""Tables inside a form: taken down as xlsx, read back from one; before anything is submitted.

Invariant: what is read stands in the page like something typed, judged at once by the form's own
rules: each refused cell says why, and what the page cannot show of it. Nothing is stored until the
form itself is sent.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from flask import Response, request

from engine import limits
from forms import cells
from forms.definition import FormDefinition, FormInvalid
from forms.fields.base import Field, Scope
from forms.fields.chosen import Choice, Choices
from forms.fields.composed import Rows
from forms.fields.counted import Boolean, Date, Moment
from forms.lookups import Lookups
from processes import settings
from processes.ledgers import intake, sheets
from processes.ledgers.sheets import SheetRefused
from web import exporting
from web.words import _

TAKE: Final = "_sheet_out"
READ: Final = "_sheet_in"
FILE: Final = "_sheet_file."
_UNTYPED: Final = (Choice, Choices, Boolean, Date, Moment)
"""Where the page shows nothing that it does not offer."""


@dataclass(frozen=True, slots=True)
class Read:
    """What came of a table read in: the answers, a sentence, what is wrong with cells by path."""

    answers: dict[str, Any]
    told: str
    errors: Mapping[str, Sequence[str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Place:
    """The form that a table stands in, and the node it is filled in at."""

    form: FormDefinition
    node: str


def asked(form: FormDefinition) -> Rows | None:
    """The table that this request takes down or reads in; None if it does something else."""
    name = request.form.get(TAKE) or request.form.get(READ)
    spec = form.field(name) if name else None
    return spec if isinstance(spec, Rows) else None


def answer(
    spec: Rows,
    given: Mapping[str, Any],
    *,
    at: Place,
    context: Mapping[str, Any],
    lookups: Lookups,
) -> Response | Read:
    """Do what was asked: the file, or the answers with the rows of the file."""
    scope = Scope({**context, **given}, lookups)
    typed = _typed(spec, given, scope)
    if request.form.get(TAKE):
        wrong = refused(spec, {**given, spec.name: typed}, at=at, context=context, lookups=lookups)
        return _file(spec, typed, scope, _columns(spec, at.form, scope), wrong)
    try:
        table = sheets.read(_uploaded(spec), most=limits.TABLE_ROWS)
        _require_own(_columns(spec, at.form, scope), table)
        merged = cells.merged(spec, typed, [line.cells for line in table.lines], scope)
    except SheetRefused as error:
        return Read(dict(given), error.message)
    answers = {**given, spec.name: merged.rows}
    wrong = refused(spec, answers, at=at, context=context, lookups=lookups)
    return Read(answers, _told(merged, len(_rows(wrong))), wrong)


def refused(
    spec: Rows,
    answers: Mapping[str, Any],
    *,
    at: Place,
    context: Mapping[str, Any],
    lookups: Lookups,
) -> dict[str, list[str]]:
    """What the form refuses in the rows that have been filled in, by path."""
    rows, fillable = answers[spec.name], cells.columns(spec.fields)
    typed = [{one.name: row[one.name] for one in fillable if one.name in row} for row in rows]
    try:
        judged = {**answers, spec.name: typed}
        at.form.validate(judged, context=context, node=at.node, lookups=lookups)
    except FormInvalid as error:
        filled = {
            str(number)
            for number, row in enumerate(rows)
            if any(row.get(one.name) not in (None, "", []) for one in fillable)
        }
        return {
            path: [message + _cell_of(spec, path, rows) for message in messages]
            for path, messages in error.errors.items()
            if path.startswith(f"{spec.name}.") and path.split(".")[1] in filled
        }
    return {}


def _cell_of(spec: Rows, path: str, rows: Sequence[Mapping[str, Any]]) -> str:
    """What stood in a cell, where the page has no way to show it: a list, a calendar."""
    _table, row, column = [*path.split("."), ""][:3]
    one = next((one for one in spec.fields if one.name == column), None)
    cell = rows[int(row)].get(column)
    if not isinstance(one, _UNTYPED) or cell in (None, "", []):
        return ""
    return _("（表格中为“%(cell)s”）", cell="、".join(cell) if isinstance(cell, list) else cell)


def _rows(wrong: Mapping[str, Sequence[str]]) -> set[int]:
    return {int(path.split(".")[1]) for path in wrong}


def _typed(spec: Rows, given: Mapping[str, Any], scope: Scope) -> list[dict[str, Any]]:
    """The rows as they stand, with what is given of each."""
    rows = [dict(row) for row in given.get(spec.name) or ()]
    start = spec.given(scope)
    if start is None:
        return rows
    rows += [{} for _row in range(len(start) - len(rows))]
    return [{**row, **first} for row, first in zip(rows, start, strict=False)]


def _file(
    spec: Rows,
    rows: list[dict[str, Any]],
    scope: Scope,
    columns: Sequence[Field],
    wrong: Mapping[str, Sequence[str]],
) -> Response:
    """The rows as they stand; with the reasons in a column of its own where some are refused."""
    headings = [one.label for one in columns]
    lines = [[_cell(one, row.get(one.name), scope) for one in columns] for row in rows]
    if wrong:
        headings.append(intake.REASON)
        for number, line in enumerate(lines):
            line.append(_reasons(spec, number, wrong))
    content = sheets.xlsx(spec.label, headings, lines)
    return exporting.download(content, f"{spec.label}.xlsx", sheets.XLSX)


def _reasons(spec: Rows, number: int, wrong: Mapping[str, Sequence[str]]) -> str:
    """What is wrong with a row, on one line."""
    paths = ((one.name, f"{spec.name}.{number}.{one.name}") for one in spec.fields)
    own = {name: wrong[path] for name, path in paths if path in wrong}
    return "；".join(cells.problems(own, spec.fields))


def _columns(spec: Rows, form: FormDefinition, scope: Scope) -> list[Field]:
    """What the page shows of a table, without what no cell can hold."""
    fillable = {one.name for one in cells.columns(spec.fields)}
    shown = spec.shown_in(scope.context, form.fields())
    return [one for one in shown if one.name in fillable or not one.editable(None)]


def _cell(spec: Field, raw: Any, scope: Scope) -> str:
    """A cell typed in the page, as it is shown; what cannot be read stays as it was typed."""
    return cells.shown(spec, raw, scope) if raw not in (None, "") else ""


def _uploaded(spec: Rows) -> bytes:
    storage = request.files.get(FILE + spec.name)
    if storage is None or not storage.filename:
        raise SheetRefused(_("请先选择要读入的表格"))
    return storage.stream.read(settings.current().upload_bytes + 1)


def _require_own(columns: Sequence[Field], table: sheets.Table) -> None:
    if {cells.heading(one) for one in columns}.isdisjoint(table.headings):
        raise SheetRefused(_("表格的列名与本表不符，请先下载本表再填写"))


def _told(merged: cells.Merged, refused: int) -> str:
    told = _("已从表格读入 %(n)s 行，请核对后提交。", n=merged.read)
    if refused:
        told += _("其中 %(n)s 行须改正，原因写在各行中；也可以下载为表格改正后再读入。", n=refused)
    if unknown := merged.unknown:
        names = "、".join(unknown[:10])
        told += _("以下 %(n)s 行在本表中没有，未读入：%(names)s。", n=len(unknown), names=names)
    if merged.repeated:
        names = "、".join(merged.repeated[:10])
        told += _("以下各项在表格中不止一行，未读入，请只留一行：%(names)s。", names=names)
    return told
