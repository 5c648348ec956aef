"""What no two records of a ledger may share: keys, and the values of its unique rules.

Invariant: what is unique is kept so by a primary key, whoever writes; what is looked at here
beforehand only gives the better words.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from engine.errors import BanliError
from processes.model.records import RegisterRecord, RegisterUnique
from processes.registers import values as fields
from processes.registers.definition import Definition, definition
from processes.registers.values import RecordInvalid


class Duplicate(BanliError):
    """Another record already has what must be unique."""

    code = "duplicate_record"


def obstacle(session: Session, register: str, values: Mapping[str, Any]) -> str:
    """Why a new record could not be added now; empty if it could. Nothing is written."""
    ledger = definition(register)
    try:
        data = fields.checked(ledger, {**_placeholder(ledger), **values})
        refuse_taken_keys(session, ledger, [str(data.get(ledger.key, ""))])
    except (RecordInvalid, Duplicate) as refused:
        return refused.message
    return _rule_taken(session, ledger, data)


def taken(session: Session, register: str, values: Mapping[str, Any]) -> str:
    """What of these values a record has already, in words; empty if they are free.

    Unlike `obstacle` it asks for no more than is there: the rest a process adds later.
    """
    ledger = definition(register)
    data = {name: value for name, value in values.items() if name in ledger.fields}
    if data.get(ledger.key):
        try:
            refuse_taken_keys(session, ledger, [str(data[ledger.key])])
        except Duplicate as refused:
            return refused.message
    return _rule_taken(session, ledger, data)


def _rule_taken(session: Session, ledger: Definition, data: Mapping[str, Any]) -> str:
    messages = {rule.name: rule.message for rule in ledger.unique}
    for rule, value in unique_values(ledger, data, ledger.initial).items():
        if session.get(RegisterUnique, (ledger.register, rule, value)) is not None:
            return messages[rule]
    return ""


def refuse_taken_keys(session: Session, ledger: Definition, keys: Sequence[str]) -> None:
    if len(set(keys)) < len(keys):
        raise Duplicate(f"{ledger.title}的登记中有重复的号", register=ledger.register)
    for at in range(0, len(keys), 500):
        taken = session.scalar(
            select(func.min(RegisterRecord.key)).where(
                RegisterRecord.register == ledger.register,
                RegisterRecord.key.in_(keys[at : at + 500]),
            )
        )
        if taken is not None:
            raise Duplicate(f"{ledger.title}中已有『{taken}』", register=ledger.register, key=taken)


def unique_values(ledger: Definition, data: Mapping[str, Any], status: str) -> dict[str, str]:
    """What a record of a status holds for itself alone: rule → value."""
    held = {}
    for rule in ledger.unique:
        parts = [data.get(name) for name in rule.fields]
        if None in parts or (rule.statuses and status not in rule.statuses):
            continue
        value = "|".join(
            fields.indexed(ledger.fields[name], part)
            for name, part in zip(rule.fields, parts, strict=True)
        )
        held[rule.name] = value[:300]
    return held


def write_unique(
    session: Session, ledger: Definition, row: RegisterRecord, *, new: bool = False
) -> None:
    if not new:
        session.execute(delete(RegisterUnique).where(RegisterUnique.record_id == row.id))
    messages = {rule.name: rule.message for rule in ledger.unique}
    for rule, value in unique_values(ledger, row.data, row.status).items():
        place = (row.register, rule, value)
        if session.get(RegisterUnique, place, populate_existing=True) is not None:
            raise Duplicate(messages[rule], register=row.register, rule=rule)
        session.add(
            RegisterUnique(register=place[0], rule=place[1], value=place[2], record_id=row.id)
        )
    session.flush()


def unique_rows(
    session: Session, ledger: Definition, rows: Sequence[Mapping[str, Any]]
) -> list[dict[str, Any]]:
    """What new records hold for themselves alone, as rows of `RegisterUnique`.

    Raises:
        Duplicate: two of them share it, or another record has it.
    """
    messages = {rule.name: rule.message for rule in ledger.unique}
    held: dict[tuple[str, str], int] = {}
    for row in rows:
        for rule, value in unique_values(ledger, row["data"], row["status"]).items():
            if (rule, value) in held:
                raise Duplicate(messages[rule], register=ledger.register, rule=rule)
            held[rule, value] = row["id"]
    for rule, message in messages.items():
        wanted = [value for named, value in held if named == rule]
        for at in range(0, len(wanted), 500):
            query = select(RegisterUnique.value).where(
                RegisterUnique.register == ledger.register,
                RegisterUnique.rule == rule,
                RegisterUnique.value.in_(wanted[at : at + 500]),
            )
            if session.scalar(query.limit(1)) is not None:
                raise Duplicate(message, register=ledger.register, rule=rule)
    return [
        {"register": ledger.register, "rule": rule, "value": value, "record_id": record}
        for (rule, value), record in held.items()
    ]


def _placeholder(ledger: Definition) -> dict[str, Any]:
    """A key that no record has, where keys are numbered."""
    return {ledger.key: "-"} if ledger.number is not None else {}
