"""Browsing the ledgers: licences, blanks, training results; within one's organisations.

Invariant: records of organisations outside the user's area do not exist for him; a sensitive field
is masked, in an exported list too; nothing here changes a record.
"""

from collections.abc import Iterator, Sequence
from functools import partial
from typing import Final

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from forms.standards import mask_number
from processes import registers
from processes.identity.identity import User
from processes.identity.roles import Action
from processes.ledgers import maintenance, record_lists, upkeep
from processes.model.records import RegisterLog, RegisterRecord
from processes.registers import ordering
from processes.registers.definition import Definition, FieldDefinition
from processes.registers.ordering import Sort
from processes.registers.search import among, holding_whole
from web import begun, enclosures, exporting, sorting
from web.admin.scope import record_of, visible
from web.auth import current, policy
from web.database import read_session
from web.display import plain
from web.words import N_, _

blueprint = Blueprint("registers", __name__, url_prefix="/registers")

ACTIONS: Final = {
    "create": N_("登记"),
    "update": N_("修改"),
    "transition": N_("变更状态"),
    "receive": N_("入库"),
}
_PAGE: Final = 50
_COLUMNS: Final = 7


@blueprint.get("")
@policy("staff", Action.SEARCH_CASES, Action.MANAGE_DICTIONARIES)
def index() -> ResponseReturnValue:
    with read_session() as session:
        scope = visible(current())
        counted = session.execute(
            select(RegisterRecord.register, func.count())
            .where(scope)
            .group_by(RegisterRecord.register)
        )
        counts = dict(counted.tuples().all())
        kept, mine = maintenance.offered(current()), maintenance.looked_after(current())
        ledgers = [
            one for name, one in registers.definitions().items() if name in counts or name in mine
        ]
        wanting = upkeep.wanting(session, kept, by=current())
        short = {one.ledger.register: one for one in wanting}
        view = {"ledgers": ledgers, "counts": counts, "kept": kept, "short": short}
        return exporting.page("admin/registers.html", **view)


@blueprint.get("/<register>")
@policy("staff", Action.SEARCH_CASES, Action.MANAGE_DICTIONARIES)
def browse(register: str) -> ResponseReturnValue:
    ledger = registers.definition(register)
    q = request.args.get("q", "").strip()[:60]
    status = request.args.get("status", "")
    after = request.args.get("after", "")[:400]
    sort = ordering.sort(ledger, request.args.get("sort", ""), _names(ledger))
    with read_session() as session:
        where = wanted(session, ledger, q=q, status=status, by=current())
        if kind := exporting.asked():
            return _export(sort, where, kind)
        found = sort.page(session, where, after=after, limit=_PAGE)
        rows = ordering.records(session, found.ids)
        cells = record_lists.words(session, _columns(ledger), rows)
        ways = maintenance.operations(session, register, by=current())
        return render_template(
            "admin/register.html",
            ledger=ledger,
            rows=list(zip(rows, cells, strict=False)),
            columns=_columns(ledger),
            total=found.total,
            q=q,
            status=status,
            sorting=sorting.of_records(sort, _names(ledger)),
            may_keep=maintenance.may_keep(register, current()),
            general=begun.without_record(ways),
            acts=[begun.of_record(ways, register, one) for one in rows],
            short=next(iter(upkeep.wanting(session, [register], by=current())), None),
            exports=exporting.links(),
            **sorting.pages(found, after),
        )


def wanted(
    session: Session, ledger: Definition, *, q: str, status: str, by: User
) -> list[ColumnElement[bool]]:
    """The records of a ledger that a user sees: by the start of a key or a value, by status."""
    where = [RegisterRecord.register == ledger.register, visible(by)]
    if status in ledger.statuses:
        where.append(RegisterRecord.status == status)
    if q:
        where.append(among(session, holding_whole(ledger, q)))
    return where


def _columns(ledger: Definition) -> list[FieldDefinition]:
    """The first fields that a cell can show."""
    shown = record_lists.told_in_words(ledger)
    return [spec for spec in shown if spec.name != ledger.key][:_COLUMNS]


def _names(ledger: Definition) -> list[str]:
    return [spec.name for spec in _columns(ledger)]


def _export(sort: Sort, where: Sequence[ColumnElement[bool]], kind: str) -> ResponseReturnValue:
    ledger = sort.ledger
    headings = [ledger.fields[ledger.key].label, *(spec.label for spec in _columns(ledger))]
    if ledger.statuses:
        headings.append(_("状态"))

    def lines(session: Session, rows: Sequence[RegisterRecord]) -> Iterator[list[str]]:
        words = record_lists.words(session, _columns(ledger), rows)
        for row, cells in zip(rows, words, strict=True):
            ends = [ledger.status_name(row.status)] if ledger.statuses else []
            yield [row.key, *cells, *ends]

    total, every = record_lists.every(read_session, where, lines, sort=sort)
    return exporting.streamed(ledger.title, headings, every, total=total, kind=kind)


@blueprint.get("/<register>/<int:record_id>")
@policy("staff", Action.SEARCH_CASES, Action.MANAGE_DICTIONARIES)
def record(register: str, record_id: int) -> ResponseReturnValue:
    ledger = registers.definition(register)
    with read_session() as session:
        row = record_of(session, register, record_id, by=current())
        log = session.scalars(
            select(RegisterLog).where(RegisterLog.record_id == row.id).order_by(RegisterLog.id)
        ).all()
        specs = record_lists.told_in_words(ledger)
        (cells,) = record_lists.words(session, specs, [row])
        facts = list(zip(specs, cells, strict=True))
        told = maintenance.kept(register)
        ways = maintenance.operations(session, register, by=current())
        return render_template(
            "admin/record.html",
            ledger=ledger,
            row=row,
            facts=facts,
            log=log,
            may_keep=maintenance.may_keep(register, current()),
            off=told.retired if told else "",
            acts=begun.of_record(ways, register, row),
            actions=ACTIONS,
            enclosed=enclosures.links(row, partial(_enclosure, register, record_id)),
        )


def _enclosure(register: str, record_id: int, field: str) -> str:
    return url_for("registers.record_file", register=register, record_id=record_id, field=field)


@blueprint.get("/<register>/<int:record_id>/files/<field>")
@policy("staff", Action.SEARCH_CASES, Action.MANAGE_DICTIONARIES)
def record_file(register: str, record_id: int, field: str) -> ResponseReturnValue:
    by = current()
    return enclosures.send(
        lambda session: record_of(session, register, record_id, by=by), field, by=by
    )


def masked(spec: FieldDefinition, value: object) -> object:
    """A value as programs read it; a sensitive one keeps its ends only."""
    return mask_number(plain(value)) if spec.sensitive and value else value
