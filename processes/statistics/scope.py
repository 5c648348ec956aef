"""Whose records and cases a statistic of somebody counts.

Invariant: only the roles through which a statistic is offered widen what it counts.
"""

from collections.abc import Collection, Sequence

from sqlalchemy import ColumnElement, exists, false, or_, select

from processes.domains import domains
from processes.identity import organisations
from processes.identity.identity import User
from processes.model.people import Org
from processes.model.records import RegisterIndex, RegisterRecord
from processes.registers import reach
from processes.registers.definition import Definition


def paths(user: User, roles: Collection[str]) -> list[str]:
    """The paths of the organisations a user counts over: those of some roles, and below them.

    A role whose domain says `reach: above` (an association beside the provinces) looks over
    everything below the organisation above its own.
    """
    found = set()
    for role, org in user.roles:
        if role in roles and (path := user.path(org)):
            told = domains.current().roles[role]
            found.add(organisations.above(path) if told.reach == "above" else path)
    return sorted(found)


def records(ledger: Definition, own: Sequence[str], paths: Sequence[str]) -> ColumnElement[bool]:
    """Records that belong, by one of some fields, to an organisation on one of the paths.

    What belongs to none is in reach of those that have to do with it (`registers.reach`).
    """
    if not own and ledger.named_in:
        return reach.within(ledger, paths)
    mine = select(Org.org_code).where(organisations.below(paths))
    return or_(
        false(), *(_of(ledger, name, mine.scalar_subquery()) for name in own or (ledger.org,))
    )


def _of(ledger: Definition, name: str, mine: object) -> ColumnElement[bool]:
    if name == ledger.org:
        return RegisterRecord.org_code.in_(mine)  # type: ignore[arg-type]
    if name == ledger.key:
        return RegisterRecord.key.in_(mine)  # type: ignore[arg-type]
    return exists().where(
        RegisterIndex.record_id == RegisterRecord.id,
        RegisterIndex.field == name,
        RegisterIndex.value.in_(mine),  # type: ignore[arg-type]
    )
