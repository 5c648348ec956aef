"""The first page and the lists of people who work with a menu of their own, told by their domain.

Invariant: a page offers, and a route does, exactly the operations that the menu of one of the
reader's roles names for the list; everything else is not there.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Final

from flask import Blueprint, Flask, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from engine.errors import NotFound
from processes import registers, statistics
from processes.identity.identity import User
from processes.ledgers import menus, progress, record_lists, upkeep
from processes.ledgers.menus import Menu, RecordList
from processes.ledgers.record_lists import Asked
from processes.model.records import RegisterRecord
from processes.registers.definition import Definition
from processes.statistics import Table
from processes.statistics.result import Line
from web import begun, enclosures, exporting, sorting
from web.auth import current, policy
from web.begun import Operations
from web.database import read_session
from web.figures import counted, shown
from web.menu import Way, first_way, said, way
from web.words import _

blueprint = Blueprint("business", __name__, url_prefix="/business")

DETAILS: Final = 10
"""How many records of another list the page of a record shows."""


@dataclass(frozen=True, slots=True)
class Detail:
    """What another list has of a record: its first lines, and where all of them are."""

    title: str
    ledger: Definition
    columns: tuple[str, ...]
    page: record_lists.Page
    href: str
    download: str


@blueprint.get("")
@policy("desk")
def index() -> ResponseReturnValue:
    """The first page: shortcuts, and the numbers of one's work."""
    user = current()
    found = menus.of_user(user)
    if not menus.has_first_page(user):
        raise NotFound(_("没有可以显示的首页"))
    names = dict.fromkeys(name for menu in found for name in menu.figures)
    figures = [_telling(counted(name, by=user, asked=statistics.Asked())) for name in names]
    with read_session() as session:
        kept = upkeep.standing(session, menus.kept(user), by=user)
    return render_template(
        "business/index.html",
        first=first_way(),
        shortcuts=[one for one in _shortcuts(found, user) if not one.locked],
        figures=figures,
        kept=kept,
        shown=shown,
    )


def _shortcuts(found: Sequence[Menu], user: User) -> list[Way]:
    return [way(one, user) for menu in found for one in menu.shortcuts]


def _telling(table: Table) -> Table:
    """A table without the columns of numbers that are nought in every line."""
    kept = [
        place
        for place, column in enumerate(table.columns)
        if column.kind == "text" or any(line.cells[place] for line in table.lines)
    ]

    def narrowed(line: Line) -> Line:
        return replace(line, cells=tuple(line.cells[place] for place in kept))

    return replace(
        table,
        columns=[table.columns[place] for place in kept],
        lines=[narrowed(line) for line in table.lines],
        totals=narrowed(table.totals) if table.totals else None,
    )


@blueprint.get("/lists/<code>")
@policy("desk")
def records(code: str) -> ResponseReturnValue:
    told, may = menus.offered(current(), code)
    allowed = _allowed(told, may)
    ledger = registers.definition(told.register)
    asked = _asked(may)
    with read_session() as session:
        if exporting.asked() and "export" in may:
            return _export(session, code, told, asked)
        page = record_lists.page(session, code, by=current(), asked=asked)
        return render_template(
            "business/records.html",
            code=code,
            told=told,
            title=said(told),
            ledger=ledger,
            columns=[ledger.fields[name] for name in told.columns],
            may=may,
            rows=[
                (one, _looked_at(may, code, one.row) + begun.of_record(allowed, code, one.row))
                for one in page.rows
            ],
            general=begun.without_record(allowed),
            total=page.lines.total,
            asked=asked,
            sorting=sorting.of_records(record_lists.sorting(told, asked), told.columns),
            **sorting.pages(page.lines, asked.after),
            exports=exporting.links() if "export" in may else [],
        )


def _asked(may: frozenset[str]) -> Asked:
    given = request.args
    plain = Asked(sort=given.get("sort", "")[:80], after=given.get("after", "")[:400])
    if "query" not in may:
        return plain
    words, status = given.get("q", "").strip()[:60], given.get("status", "")[:40]
    return replace(plain, words=words, status=status)


def _export(session: Session, code: str, told: RecordList, asked: Asked) -> ResponseReturnValue:
    ledger, by = registers.definition(told.register), current()
    titles = [ledger.fields[ledger.key].label, *(ledger.fields[one].label for one in told.columns)]

    def lines(session: Session, rows: Sequence[RegisterRecord]) -> list[list[str]]:
        found = record_lists.shown(session, told, rows)
        return [[one.row.key, *one.cells, ledger.status_name(one.row.status)] for one in found]

    where = record_lists.wanted(session, code, by=by, asked=asked)
    sort = record_lists.sorting(told, asked)
    total, every = record_lists.every(read_session, where, lines, sort=sort)
    kind = request.args.get("format", "xlsx")
    return exporting.streamed(told.title, [*titles, "状态"], every, total=total, kind=kind)


def _allowed(told: RecordList, may: frozenset[str]) -> Operations:
    """The operations of the list that the reader's menu has."""
    return {name: one for name, one in told.operations.items() if name in may}


def _looked_at(may: frozenset[str], code: str, row: RegisterRecord) -> list[Way]:
    """The way to the page of a record, for whom it is open."""
    if "view" not in may:
        return []
    return [Way(_("查看"), url_for("business.record", code=code, record_id=row.id))]


@blueprint.get("/lists/<code>/<int:record_id>")
@policy("desk")
def record(code: str, record_id: int) -> ResponseReturnValue:
    told, may = menus.offered(current(), code)
    if "view" not in may:
        raise NotFound(_("没有这条记录"), record=record_id)
    ledger = registers.definition(told.register)
    with read_session() as session:
        row = record_lists.record(session, code, record_id, by=current())
        specs = record_lists.told_in_words(ledger)
        (cells,) = record_lists.words(session, specs, [row])
        return render_template(
            "business/record.html",
            code=code,
            title=said(told),
            ledger=ledger,
            row=row,
            facts=[(one, cell) for one, cell in zip(specs, cells, strict=True) if cell],
            log=record_lists.history(session, row),
            ways=begun.of_record(_allowed(told, may), code, row),
            progress=progress.of(ledger, row),
            enclosed=enclosures.links(row, partial(_enclosure, code, record_id)),
            details=[one for name in told.details if (one := _detail(session, told, name, row))],
        )


def _enclosure(code: str, record_id: int, field: str) -> str:
    return url_for("business.record_file", code=code, record_id=record_id, field=field)


@blueprint.get("/lists/<code>/<int:record_id>/files/<field>")
@policy("desk")
def record_file(code: str, record_id: int, field: str) -> ResponseReturnValue:
    _told, may = menus.offered(current(), code)
    if "view" not in may:
        raise NotFound(_("没有这条记录"), record=record_id)
    by = current()
    return enclosures.send(
        lambda session: record_lists.record(session, code, record_id, by=by), field, by=by
    )


def _detail(session: Session, told: RecordList, code: str, row: RegisterRecord) -> Detail | None:
    """The records of another list that name a record; None for whom that list is not in a menu."""
    if not any(one.records == code for one in menus.entries(current())):
        return None
    other, may = menus.offered(current(), code)
    asked = Asked(of={told.details[code]: row.key}, limit=DETAILS)
    found = record_lists.page(session, code, by=current(), asked=asked)
    words = row.key if "query" in may else None
    taken = "export" in may and "query" in may and exporting.allowed() and found.lines.total
    return Detail(
        said(other),
        registers.definition(other.register),
        other.columns,
        found,
        url_for("business.records", code=code, q=words),
        url_for("business.records", code=code, q=words, format="xlsx") if taken else "",
    )


def register(app: Flask) -> None:
    app.register_blueprint(blueprint)
