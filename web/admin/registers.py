"""Browsing the ledgers: licences, blanks, training results; within one's organisations.

Invariant: records of organisations outside the user's area do not exist for him; a sensitive field
is masked, in an exported list too; nothing here changes a record.
"""

from collections.abc import Iterable
from functools import partial
from typing import Final

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import ColumnElement, Select, func, or_, select
from sqlalchemy.orm import Session

from engine import limits
from forms.standards import mask_number
from processes import registers
from processes.identity.identity import User
from processes.identity.roles import Action
from processes.ledgers import maintenance, record_lists, upkeep
from processes.model.records import RegisterIndex, RegisterLog, RegisterRecord
from processes.registers.definition import Definition, FieldDefinition
from web import enclosures, exporting
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
        kept = maintenance.offered(current())
        ledgers = [
            one for name, one in registers.definitions().items() if name in counts or name in kept
        ]
        short = {one.ledger.register: one for one in _short(session, kept)}
        view = {"ledgers": ledgers, "counts": counts, "kept": kept, "short": short}
        return exporting.page("admin/registers.html", **view)


def _short(session: Session, ledgers: Iterable[str]) -> list[upkeep.Standing]:
    """Those of the ledgers in which something is wanting."""
    return [one for one in upkeep.standing(session, ledgers, by=current()) if one.wanting]


@blueprint.get("/<register>")
@policy("staff", Action.SEARCH_CASES, Action.MANAGE_DICTIONARIES)
def browse(register: str) -> ResponseReturnValue:
    ledger = registers.definition(register)
    q = request.args.get("q", "").strip()[:60]
    status = request.args.get("status", "")
    after = request.args.get("after", "")[:200]
    with read_session() as session:
        found = wanted(ledger, q=q, status=status, by=current())
        if kind := exporting.asked():
            return _export(session, ledger, found, kind)
        total = session.scalar(select(func.count()).select_from(found.subquery())) or 0
        page = found.where(RegisterRecord.key > after)
        rows = list(session.scalars(page.order_by(RegisterRecord.key).limit(_PAGE + 1)))
        cells = record_lists.words(session, _columns(ledger), rows[:_PAGE])
        return render_template(
            "admin/register.html",
            ledger=ledger,
            rows=list(zip(rows, cells, strict=False)),
            columns=_columns(ledger),
            total=total,
            q=q,
            status=status,
            after=after,
            next=rows[_PAGE - 1].key if len(rows) > _PAGE else "",
            may_keep=maintenance.may_keep(register, current()),
            short=next(iter(_short(session, [register])), None),
            exports=exporting.links(),
        )


def wanted(ledger: Definition, *, q: str, status: str, by: User) -> Select[tuple[RegisterRecord]]:
    """The records of a ledger that a user sees: by the beginning of a key or a value, by status."""
    where = [RegisterRecord.register == ledger.register, visible(by)]
    if status in ledger.statuses:
        where.append(RegisterRecord.status == status)
    if q:
        where.append(_matches(ledger.register, q))
    return select(RegisterRecord).where(*where)


def _columns(ledger: Definition) -> list[FieldDefinition]:
    return [spec for spec in ledger.fields.values() if spec.name != ledger.key][:_COLUMNS]


def _export(
    session: Session, ledger: Definition, wanted: Select[tuple[RegisterRecord]], kind: str
) -> ResponseReturnValue:
    rows = list(session.scalars(wanted.order_by(RegisterRecord.key).limit(limits.EXPORT_ROWS + 1)))
    headings = [ledger.fields[ledger.key].label, *(spec.label for spec in _columns(ledger))]
    if ledger.statuses:
        headings.append(_("状态"))
    words = record_lists.words(session, _columns(ledger), rows)
    lines = [
        [row.key, *cells, *([ledger.status_name(row.status)] if ledger.statuses else [])]
        for row, cells in zip(rows, words, strict=True)
    ]
    return exporting.respond(ledger.title, headings, lines, kind=kind)


@blueprint.get("/<register>/<int:record_id>")
@policy("staff", Action.SEARCH_CASES, Action.MANAGE_DICTIONARIES)
def record(register: str, record_id: int) -> ResponseReturnValue:
    ledger = registers.definition(register)
    with read_session() as session:
        row = record_of(session, register, record_id, by=current())
        log = session.scalars(
            select(RegisterLog).where(RegisterLog.record_id == row.id).order_by(RegisterLog.id)
        ).all()
        specs = [one for one in ledger.fields.values() if one.type not in ("context", "file")]
        (cells,) = record_lists.words(session, specs, [row])
        facts = list(zip(specs, cells, strict=True))
        told = maintenance.kept(register)
        return render_template(
            "admin/record.html",
            ledger=ledger,
            row=row,
            facts=facts,
            log=log,
            may_keep=maintenance.may_keep(register, current()),
            off=told.retired if told else "",
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


def _matches(register: str, words: str) -> ColumnElement[bool]:
    indexed = select(RegisterIndex.record_id).where(
        RegisterIndex.register == register, RegisterIndex.value == words
    )
    return or_(
        RegisterRecord.key.startswith(words, autoescape=True), RegisterRecord.id.in_(indexed)
    )


def masked(spec: FieldDefinition, value: object) -> object:
    """A value as programs read it; a sensitive one keeps its ends only."""
    return mask_number(plain(value)) if spec.sensitive and value else value
