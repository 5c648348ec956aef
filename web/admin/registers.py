"""Browsing the ledgers: licences, blanks, training results; read only, within one's organisations.

Invariant: records of organisations outside the user's area do not exist for him; a sensitive field
is masked; nothing here changes a record.
"""

from collections.abc import Mapping, Sequence
from typing import Final

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import Session

from engine.errors import NotFound
from forms.standards import mask_number
from processes import permissions, registers
from processes.identity import User
from processes.model.people import Org
from processes.model.records import RegisterIndex, RegisterLog, RegisterRecord
from processes.registers.definition import Definition, FieldDefinition
from processes.roles import Action
from web.auth import current, policy
from web.database import read_session
from web.display import plain

blueprint = Blueprint("registers", __name__, url_prefix="/registers")

_PAGE: Final = 50
_COLUMNS: Final = 7


@blueprint.get("")
@policy("staff", Action.SEARCH_CASES)
def index() -> ResponseReturnValue:
    with read_session() as session:
        scope = _scope(current())
        counted = session.execute(
            select(RegisterRecord.register, func.count())
            .where(scope)
            .group_by(RegisterRecord.register)
        )
        counts = dict(counted.tuples().all())
        ledgers = [one for name, one in registers.definitions().items() if name in counts]
        return render_template("admin/registers.html", ledgers=ledgers, counts=counts)


@blueprint.get("/<register>")
@policy("staff", Action.SEARCH_CASES)
def browse(register: str) -> ResponseReturnValue:
    ledger = registers.definition(register)
    q = request.args.get("q", "").strip()[:60]
    status = request.args.get("status", "")
    after = request.args.get("after", "")[:200]
    with read_session() as session:
        where = [RegisterRecord.register == register, _scope(current())]
        if status in ledger.statuses:
            where.append(RegisterRecord.status == status)
        if q:
            where.append(_matches(register, q))
        total = session.scalar(select(func.count()).select_from(RegisterRecord).where(*where)) or 0
        page = select(RegisterRecord).where(*where, RegisterRecord.key > after)
        rows = list(session.scalars(page.order_by(RegisterRecord.key).limit(_PAGE + 1)))
        shown = [spec for spec in ledger.fields.values() if spec.name != ledger.key][:_COLUMNS]
        names = _org_names(session, ledger, rows)
        return render_template(
            "admin/register.html",
            ledger=ledger,
            rows=[
                (row, [_cell(spec, row.data.get(spec.name), names) for spec in shown])
                for row in rows[:_PAGE]
            ],
            columns=shown,
            total=total,
            q=q,
            status=status,
            after=after,
            next=rows[_PAGE - 1].key if len(rows) > _PAGE else "",
        )


@blueprint.get("/<register>/<int:record_id>")
@policy("staff", Action.SEARCH_CASES)
def record(register: str, record_id: int) -> ResponseReturnValue:
    ledger = registers.definition(register)
    with read_session() as session:
        row = _record(session, register, record_id)
        log = session.scalars(
            select(RegisterLog).where(RegisterLog.record_id == row.id).order_by(RegisterLog.id)
        ).all()
        names = _org_names(session, ledger, [row])
        facts = [
            (spec.label, _cell(spec, row.data.get(spec.name), names))
            for spec in ledger.fields.values()
        ]
        return render_template("admin/record.html", ledger=ledger, row=row, facts=facts, log=log)


def _record(session: Session, register: str, record_id: int) -> RegisterRecord:
    where = (RegisterRecord.id == record_id, RegisterRecord.register == register)
    row = session.scalar(select(RegisterRecord).where(*where, _scope(current())))
    if row is None:
        raise NotFound("没有这条记录", record=record_id)
    return row


def _scope(user: User) -> ColumnElement[bool]:
    """Records of the user's organisations and of those below."""
    paths = [path for path in permissions.allowed_orgs(user, Action.SEARCH_CASES) if path]
    below = [Org.path.startswith(path, autoescape=True) for path in paths]
    if not below:
        return RegisterRecord.id < 0
    return RegisterRecord.org_code.in_(select(Org.org_code).where(or_(*below)))


def _matches(register: str, words: str) -> ColumnElement[bool]:
    indexed = select(RegisterIndex.record_id).where(
        RegisterIndex.register == register, RegisterIndex.value == words
    )
    return or_(
        RegisterRecord.key.startswith(words, autoescape=True), RegisterRecord.id.in_(indexed)
    )


def _org_names(
    session: Session, ledger: Definition, rows: Sequence[RegisterRecord]
) -> Mapping[str, str]:
    """The names of the organisations that records belong to, by code."""
    codes = {str(row.data.get(ledger.org)) for row in rows} if ledger.org else set()
    query = select(Org.org_code, Org.name).where(Org.org_code.in_(codes))
    return dict(session.execute(query).tuples().all())


def _cell(spec: FieldDefinition, value: object, names: Mapping[str, str]) -> str:
    text = spec.values.get(str(value)) or names.get(str(value)) or plain(value)
    return mask_number(text) if spec.sensitive and value else text
