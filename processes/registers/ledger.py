"""Writing to a ledger: create, update, transition; each with its log line.

Invariant: a status moves by a declared transition alone, anything else is refused and named; what
is unique is kept unique by a primary key; a record is never deleted.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.orm import Session
from stdnum.iso7064 import mod_37_36

from engine import clock, connection, ids
from engine.errors import BanliError, NotFound
from processes.identity import numbers, organisations
from processes.model.people import Org
from processes.model.records import (
    RegisterIndex,
    RegisterLog,
    RegisterRecord,
    RegisterUnique,
)
from processes.registers import uniqueness
from processes.registers import values as fields
from processes.registers.definition import Definition, definition, fill
from processes.registers.values import RecordInvalid


class TransitionRefused(BanliError):
    """The ledger declares no way from the present status to the one asked for."""

    code = "transition_refused"


@dataclass(frozen=True, slots=True)
class Trace:
    """Who changes a record, for which case, and why; goes into the log."""

    by: str
    reference: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Record:
    """A ledger record as read."""

    id: int
    register: str
    key: str
    status: str
    org_code: str | None
    values: Mapping[str, Any]
    revision: int
    created_at: datetime
    updated_at: datetime

    def context(self) -> dict[str, Any]:
        """The record as a process variable: its fields, key and status."""
        return {**self.values, "key": self.key, "status": self.status}


def create(
    session: Session,
    register: str,
    values: Mapping[str, Any],
    *,
    trace: Trace,
    status: str = "",
) -> Record:
    """Add a record; its key is numbered where the ledger says so.

    Raises:
        RecordInvalid: the values do not fit.
        Duplicate: key or another unique value is taken.
    """
    connection.begin_write(session)
    ledger = definition(register)
    status = _initial(ledger, status)
    data = fields.checked(ledger, _numbered(session, ledger, values))
    key = str(data.get(ledger.key, ""))
    if not key:
        raise RecordInvalid(f"『{ledger.fields[ledger.key].label}』必须填写", field=ledger.key)
    uniqueness.refuse_taken_keys(session, ledger, [key])
    row = RegisterRecord(
        register=register, key=key, status=status, org_code=_org_of(ledger, data), data=data
    )
    session.add(row)
    session.flush()
    _write_index(session, ledger, row, new=True)
    _log(session, row, "create", trace, changes=data, before="")
    return _record(row)


def create_many(
    session: Session,
    register: str,
    rows: Sequence[Mapping[str, Any]],
    *,
    trace: Trace,
    status: str = "",
) -> list[str]:
    """Add many records of one status in few statements, all or none; returns their keys in order.

    Raises:
        RecordInvalid: the values of one do not fit.
        Duplicate: a key or another unique value is taken or comes twice.
    """
    ledger = definition(register)
    status = _initial(ledger, status)
    found = [fields.checked(ledger, _numbered(session, ledger, row)) for row in rows]
    connection.begin_write(session)
    made = [_new_row(ledger, data, status) for data in found]
    uniqueness.refuse_taken_keys(session, ledger, [row["key"] for row in made])
    indexes = [
        {"record_id": row["id"], "register": register, "field": name, "value": value}
        for row in made
        for name, value in _searchable(ledger, row["data"]).items()
    ]
    held = uniqueness.unique_rows(session, ledger, made)
    logs = [_log_row(RegisterRecord(**row), "create", trace, row["data"], "") for row in made]
    tables = (RegisterRecord, made), (RegisterIndex, indexes), (RegisterUnique, held)
    for table, lines in (*tables, (RegisterLog, logs)):
        if lines:
            session.execute(insert(table), lines)
    return [row["key"] for row in made]


def update(
    session: Session, register: str, key: str, changes: Mapping[str, Any], *, trace: Trace
) -> Record:
    """Change fields of a record; its status stays.

    Raises:
        NotFound: no such record.
        RecordInvalid: the values do not fit, or a field cannot be changed any more.
    """
    ledger, row = definition(register), _row(session, register, key)
    return _change(session, ledger, row, changes, trace=trace)


def transition(
    session: Session,
    register: str,
    key: str,
    to: str,
    *,
    trace: Trace,
    changes: Mapping[str, Any] | None = None,
) -> Record:
    """Move a record to another status, with changes of fields; being there already is refused too.

    Raises:
        NotFound: no such record.
        TransitionRefused: the ledger declares no such way; names both statuses.
        RecordInvalid: the values do not fit, or a field the transition requires is empty.
    """
    ledger, row = definition(register), _row(session, register, key)
    way = ledger.transition(row.status, to)
    if way is None:
        raise TransitionRefused(
            f"{ledger.title}『{key}』不能由『{ledger.status_name(row.status)}』"
            f"变为『{ledger.status_name(to)}』",
            register=register,
            key=key,
            source=row.status,
            target=to,
        )
    wanted = {**dict.fromkeys(way.clears), **(changes or {})}
    changed = fields.checked(ledger, wanted, row.data)
    fields.require(ledger, changed, way.requires)
    return _change(session, ledger, row, wanted, trace=trace, to=to)


def get(session: Session, register: str, key: str) -> Record:
    """A record by its key.

    Raises:
        NotFound: there is none.
    """
    return _record(_row(session, register, key))


def log(session: Session, register: str, key: str) -> list[RegisterLog]:
    """Every change of a record, oldest first."""
    row = _row(session, register, key)
    return list(
        session.scalars(
            select(RegisterLog).where(RegisterLog.record_id == row.id).order_by(RegisterLog.id)
        )
    )


def _change(
    session: Session,
    ledger: Definition,
    row: RegisterRecord,
    changes: Mapping[str, Any],
    *,
    trace: Trace,
    to: str | None = None,
) -> Record:
    before, status = dict(row.data), row.status
    data = fields.checked(ledger, changes, before)
    if str(data.get(ledger.key)) != row.key:
        raise RecordInvalid(f"『{ledger.fields[ledger.key].label}』不可修改", field=ledger.key)
    row.data, row.status = data, status if to is None else to
    row.org_code = _org_of(ledger, data)
    row.revision += 1
    row.updated_at = clock.now()
    session.flush()
    _write_index(session, ledger, row)
    changed = {
        name: {"before": before.get(name), "after": data.get(name)}
        for name in sorted({*before, *data})
        if before.get(name) != data.get(name)
    }
    _log(
        session,
        row,
        "update" if to is None else "transition",
        trace,
        changes=changed,
        before=status,
    )
    return _record(row)


def _row(session: Session, register: str, key: str) -> RegisterRecord:
    row = session.scalar(
        select(RegisterRecord)
        .where(RegisterRecord.register == register, RegisterRecord.key == str(key))
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if row is None:
        title = definition(register).title
        raise NotFound(f"{title}中没有『{key}』", register=register, key=key)
    return row


def _record(row: RegisterRecord) -> Record:
    return Record(
        row.id,
        row.register,
        row.key,
        row.status,
        row.org_code,
        dict(row.data),
        row.revision,
        row.created_at,
        row.updated_at,
    )


def records(rows: Iterable[RegisterRecord]) -> list[Record]:
    """Rows as records."""
    return [_record(row) for row in rows]


def _org_of(ledger: Definition, data: Mapping[str, Any]) -> str | None:
    return str(data[ledger.org]) if ledger.org and data.get(ledger.org) else None


def _initial(ledger: Definition, status: str) -> str:
    """The status of a new record, if the ledger has it."""
    status = status or ledger.initial
    if ledger.statuses and status not in ledger.statuses:
        raise TransitionRefused(f"台账『{ledger.title}』没有状态『{status}』", status=status)
    return status


def _numbered(session: Session, ledger: Definition, values: Mapping[str, Any]) -> dict[str, Any]:
    """The values with a key, numbered where the ledger says so and none was given."""
    if ledger.number is None or values.get(ledger.key) not in (None, ""):
        return dict(values)
    return {**values, ledger.key: _number(session, ledger, values)}


def _number(session: Session, ledger: Definition, values: Mapping[str, Any]) -> str:
    form = ledger.number
    assert form is not None  # noqa: S101 - the caller asked
    year = clock.today().year if form.yearly else 0
    org = session.get(Org, values.get(ledger.org, "")) if ledger.org else None
    region = organisations.region(session, org.org_code) if org else ""
    known = {**values, "year": clock.today().year, "org_region": region}
    try:
        series = fill(form.series, known)
        known["sequence"] = numbers.next_value(session, series, year=year)
        text = fill(form.text, known)
    except KeyError as missing:
        name = str(missing.args[0])
        raise RecordInvalid(f"编号需要『{ledger.fields[name].label}』", field=name) from None
    return text + str(mod_37_36.calc_check_digit(text)) if form.check else text


def _new_row(ledger: Definition, data: dict[str, Any], status: str) -> dict[str, Any]:
    fields.require(ledger, data, (ledger.key,))
    return {
        "id": ids.next_id(),
        "register": ledger.register,
        "key": str(data[ledger.key]),
        "status": status,
        "org_code": _org_of(ledger, data),
        "data": data,
    }


def _searchable(ledger: Definition, data: Mapping[str, Any]) -> dict[str, str]:
    return {
        name: fields.indexed(ledger.fields[name], data[name])
        for name in ledger.search
        if data.get(name) is not None
    }


def _write_index(
    session: Session, ledger: Definition, row: RegisterRecord, *, new: bool = False
) -> None:
    uniqueness.write_unique(session, ledger, row, new=new)
    wanted = _searchable(ledger, row.data)
    query = select(RegisterIndex).where(RegisterIndex.record_id == row.id)
    for entry in () if new else session.scalars(query).all():
        value = wanted.pop(entry.field, None)
        if value is None:
            session.delete(entry)
        else:
            entry.value = value
    for name, value in wanted.items():
        session.add(RegisterIndex(record_id=row.id, register=row.register, field=name, value=value))
    session.flush()


def _log(
    session: Session,
    row: RegisterRecord,
    action: str,
    trace: Trace,
    *,
    changes: Mapping[str, Any],
    before: str,
) -> None:
    session.add(RegisterLog(**_log_row(row, action, trace, changes, before)))
    session.flush()


def _log_row(
    row: RegisterRecord, action: str, trace: Trace, changes: Mapping[str, Any], before: str
) -> dict[str, Any]:
    return {
        "register": row.register,
        "record_id": row.id,
        "key": row.key,
        "action": action,
        "from_status": before,
        "to_status": row.status,
        "changes": dict(changes),
        "reason": trace.reason,
        "actor": trace.by,
        "reference": trace.reference,
    }
