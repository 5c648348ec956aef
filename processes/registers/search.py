"""Finding in a ledger: by key, status, organisation and the fields its definition indexes.

Invariant: nothing is sorted or filtered but by what is on the list; a page has at most 500 records.
"""

from collections.abc import Collection, Mapping
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    Select,
    exists,
    func,
    select,
    union_all,
)
from sqlalchemy.orm import Session, aliased

from processes.model.records import RegisterIndex, RegisterRecord
from processes.registers import values as fields
from processes.registers.definition import Definition, definition
from processes.registers.ledger import Record, get, records
from processes.registers.values import RecordInvalid

MOST: Final = 500
_FEW: Final = 1_000
_SOME: Final = 100


def find(
    session: Session,
    register: str,
    *,
    where: Mapping[str, Any] | None = None,
    statuses: Collection[str] = (),
    after: str = "",
    limit: int = 100,
) -> list[Record]:
    """Records by key, after a key; `where` compares indexed fields, `org_code` and `key`.

    A list as value of `key` or an indexed field means any of them.

    Raises:
        RecordInvalid: a field is not one to search by.
    """
    conditions = _sought(session, definition(register), where or {}, statuses)
    if after:
        conditions.append(RegisterRecord.key > after)
    return records(
        session.scalars(
            select(RegisterRecord)
            .where(*conditions)
            .order_by(RegisterRecord.key)
            .limit(min(limit, MOST))
        )
    )


def first(
    session: Session, register: str, *, where: Mapping[str, Any], statuses: Collection[str] = ()
) -> Record | None:
    """The first record that fits, or None."""
    found = find(session, register, where=where, statuses=statuses, limit=1)
    return found[0] if found else None


def counts(
    session: Session, register: str, *, where: Mapping[str, Any] | None = None
) -> dict[str, int]:
    """How many records there are of each status; statuses without any count 0."""
    ledger = definition(register)
    found = session.execute(
        select(RegisterRecord.status, func.count())
        .where(*_sought(session, ledger, where or {}, ()))
        .group_by(RegisterRecord.status)
    )
    return {**dict.fromkeys(ledger.statuses, 0), **dict(found.tuples().all())}


def counts_of(
    session: Session, register: str, by: str, keys: Collection[str], *, statuses: Collection[str]
) -> dict[str, int]:
    """How many records name each of these keys in an indexed field; keys without any count 0."""
    ledger = definition(register)
    declared = ledger.fields[by]
    stored = {fields.indexed(declared, one): one for one in keys}
    found = session.execute(
        select(RegisterIndex.value, func.count())
        .join(RegisterRecord, RegisterRecord.id == RegisterIndex.record_id)
        .where(
            *conditions_of(ledger, {}, statuses),
            RegisterIndex.register == register,
            RegisterIndex.field == by,
            RegisterIndex.value.in_(stored),
        )
        .group_by(RegisterIndex.value)
    )
    return dict.fromkeys(keys, 0) | {stored[value]: number for value, number in found.tuples()}


def broken_rules(session: Session, register: str, key: str) -> list[str]:
    """Messages of the count rules a record breaks (received = sum over all statuses)."""
    ledger, record = definition(register), get(session, register, key)
    return [
        rule.message
        for rule in ledger.counts
        if sum(counts(session, rule.register, where={rule.by: key}).values())
        != record.values.get(rule.equals, 0)
    ]


def conditions_of(
    ledger: Definition, where: Mapping[str, Any], statuses: Collection[str]
) -> list[ColumnElement[bool]]:
    """What a search demands of a row."""
    demanded: list[ColumnElement[bool]] = [RegisterRecord.register == ledger.register]
    if statuses:
        demanded.append(RegisterRecord.status.in_(sorted(statuses)))
    for name, value in where.items():
        if name in ("key", ledger.key):
            keys = value if isinstance(value, list) else [value]
            demanded.append(RegisterRecord.key.in_([str(one) for one in keys]))
        elif name == "org_code":
            demanded.append(RegisterRecord.org_code == value)
        elif name in ledger.search:
            demanded.append(_indexed(ledger, name, value))
        else:
            raise RecordInvalid(f"台账『{ledger.title}』不能按『{name}』查找", field=name)
    return demanded


def holding(ledger: Definition, names: Collection[str], words: str) -> CompoundSelect[tuple[int]]:
    """The ids of records whose key begins with words, or one of whose indexed fields holds them.

    A sensitive field holds them whole or not at all; of a field with a list of values the index
    has the codes, which nobody types. Each index is read once for all records, not once for each.
    """
    specs = [ledger.fields[name] for name in names]
    plain = [one.name for one in specs if not one.sensitive and not one.values]
    hashed = [
        (one.name, fields.indexed(one, words)) for one in specs if one.sensitive and not one.values
    ]
    indexed = select(RegisterIndex.record_id).where(RegisterIndex.register == ledger.register)
    named = RegisterIndex.field.in_(plain), RegisterIndex.value.contains(words, autoescape=True)
    whole = [
        indexed.where(RegisterIndex.field == name, RegisterIndex.value == value)
        for name, value in hashed
    ]
    return union_all(_begun(ledger, words), indexed.where(*named), *whole)


def holding_whole(ledger: Definition, words: str) -> CompoundSelect[tuple[int]]:
    """The ids of records whose key begins with words, or one of whose indexed fields is they."""
    same = RegisterIndex.field.in_(ledger.search), RegisterIndex.value == words
    return union_all(
        _begun(ledger, words),
        select(RegisterIndex.record_id).where(RegisterIndex.register == ledger.register, *same),
    )


def _begun(ledger: Definition, words: str) -> Select[tuple[int]]:
    begun = aliased(RegisterRecord)
    return select(begun.id).where(
        begun.register == ledger.register, begun.key.startswith(words, autoescape=True)
    )


def among(session: Session, ids: CompoundSelect[tuple[int]]) -> ColumnElement[bool]:
    """Records with one of these ids, which are looked up at once and gone to if they are few.

    At 100,000 certificates that takes half the time of going through all of them: what counts them
    and what reads a page of them need not look for the words once more each.
    """
    few = session.scalars(select(ids.subquery()).limit(_FEW + 1)).all()
    return RegisterRecord.id.in_(few if len(few) <= _FEW else ids)


def _sought(
    session: Session, ledger: Definition, where: Mapping[str, Any], statuses: Collection[str]
) -> list[ColumnElement[bool]]:
    """As `conditions_of`; by ids alone if one of the fields names but a few records.

    SQLite, which keeps no statistics, goes through all records of a status otherwise: to find the
    certificate of a unit among 100,000 took 0.1 s.
    """
    for name in (one for one in where if one in ledger.search and one != ledger.key):
        named = select(RegisterIndex.record_id).where(*_naming(ledger, name, where[name]))
        ids = session.scalars(named.limit(_SOME + 1)).all()
        if len(ids) <= _SOME:
            others = {other: value for other, value in where.items() if other != name}
            return [RegisterRecord.id.in_(ids), *conditions_of(ledger, others, statuses)[1:]]
    return conditions_of(ledger, where, statuses)


def _indexed(ledger: Definition, name: str, value: Any) -> ColumnElement[bool]:
    same = RegisterIndex.record_id == RegisterRecord.id
    return exists().where(same, *_naming(ledger, name, value))


def _naming(ledger: Definition, name: str, value: Any) -> tuple[ColumnElement[bool], ...]:
    declared = ledger.fields[name]
    values = value if isinstance(value, list) else [value]
    return (
        RegisterIndex.register == ledger.register,
        RegisterIndex.field == name,
        RegisterIndex.value.in_([fields.indexed(declared, one) for one in values]),
    )
