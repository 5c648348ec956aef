"""Whose records are whose: those of one's organisations, and those that have to do with them.

Invariant: a record of a ledger without organisations is in reach of an organisation only if a
record of that organisation names it (`named_in` of the ledger), or a case runs there that
registered it; then it is in reach of those above, too.
"""

from collections.abc import Collection, Iterator

from sqlalchemy import ColumnElement, Select, and_, false, or_, select
from sqlalchemy.orm import aliased

from processes.identity import organisations
from processes.model.cases import Case
from processes.model.people import Org
from processes.model.records import RegisterIndex, RegisterLog, RegisterRecord
from processes.registers.definition import Definition, definitions


def within(ledger: Definition, paths: Collection[str]) -> ColumnElement[bool]:
    """The records of a ledger in reach of the organisations with these paths and below them."""
    if not paths:
        return false()
    mine = RegisterRecord.register == ledger.register
    orgs = select(Org.org_code).where(organisations.below(paths))
    if ledger.org:
        return and_(mine, RegisterRecord.org_code.in_(orgs))
    named = (RegisterRecord.key.in_(one) for one in _named(ledger, orgs))
    return and_(mine, or_(RegisterRecord.id.in_(_registered(ledger, orgs)), *named))


def without_organisations(paths: Collection[str]) -> Iterator[ColumnElement[bool]]:
    """The records in reach of those ledgers whose records belong to no organisation."""
    for ledger in definitions().values():
        if ledger.named_in and paths:
            yield within(ledger, paths)


def _named(ledger: Definition, orgs: Select[tuple[str]]) -> Iterator[Select[tuple[str]]]:
    """The keys that records of these organisations name, by ledger."""
    for register, name in ledger.named_in.items():
        other = aliased(RegisterRecord)
        yield (
            select(RegisterIndex.value)
            .join(other, other.id == RegisterIndex.record_id)
            .where(
                RegisterIndex.register == register,
                RegisterIndex.field == name,
                other.org_code.in_(orgs),
            )
        )


def _registered(ledger: Definition, orgs: Select[tuple[str]]) -> Select[tuple[int]]:
    """The ids of those that a running case of these organisations registered or changed."""
    running = Case.org_code.in_(orgs), Case.ended_at.is_(None)
    return (
        select(RegisterLog.record_id)
        .join(Case, Case.reference == RegisterLog.reference)
        .where(RegisterLog.register == ledger.register, *running)
    )
