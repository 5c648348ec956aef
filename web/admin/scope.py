"""Which ledgers and records a user sees on the pages of the ledgers.

Invariant: a handler sees the records of the own organisations and of those below, and those that
belong to none but have to do with these; who looks after a ledger besides those that are his to
keep, everybody those of the lists in the own menus; anything else does not exist.
"""

from sqlalchemy import ColumnElement, false, or_, select
from sqlalchemy.orm import Session

from engine.errors import NotFound
from processes import registers
from processes.identity import organisations
from processes.identity.identity import User
from processes.identity.roles import Action
from processes.ledgers import maintenance, menus, record_lists
from processes.model.people import Org
from processes.model.records import RegisterRecord
from processes.registers import reach
from processes.rights import permissions


def visible(by: User) -> ColumnElement[bool]:
    """The records a user sees; who works with menus alone sees those of the lists in them."""
    seen = list(record_lists.offered(by))
    if not menus.alone(by):
        paths = permissions.allowed_orgs(by, Action.SEARCH_CASES)
        within = select(Org.org_code).where(organisations.below(paths))
        seen += [RegisterRecord.org_code.in_(within), *reach.without_organisations(paths)]
    kept = (registers.definition(one) for one in maintenance.looked_after(by))
    return or_(false(), *seen, *(maintenance.records(one, by) for one in kept))


def record_of(session: Session, register: str, record_id: int, *, by: User) -> RegisterRecord:
    """A record in the user's sight.

    Raises:
        NotFound: there is none.
    """
    where = (RegisterRecord.id == record_id, RegisterRecord.register == register)
    row = session.scalar(select(RegisterRecord).where(*where, visible(by)))
    if row is None:
        raise NotFound("没有这条记录", record=record_id)
    return row
