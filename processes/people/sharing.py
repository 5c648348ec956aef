"""Filters of a list that an organisation shares.

Invariant: whoever belongs to the organisation sees them; who shared one, or assigns work there,
takes it back. A filter says what to look for; what is found is each reader's own.
"""

from collections.abc import Mapping, Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.errors import Conflict, Forbidden, NotFound
from processes.identity.identity import User
from processes.identity.roles import Action
from processes.model.desk import SharedFilter
from processes.rights import permissions

MOST = 20
_NAME = 20


def of(session: Session, listed: str, *, by: User) -> Sequence[SharedFilter]:
    """The filters of a list that the user's organisation shares, by name."""
    query = select(SharedFilter).where(
        SharedFilter.org_code == by.org_code, SharedFilter.listed == listed
    )
    return session.scalars(query.order_by(SharedFilter.name)).all()


def share(
    session: Session, listed: str, *, by: User, name: str, query: Mapping[str, str]
) -> SharedFilter:
    """Share a filter with the user's own organisation, instead of one's own of the same name.

    Raises:
        Conflict: no name, no organisation, too many, or another's filter has the name.
    """
    wanted = name.strip()[:_NAME]
    if not wanted:
        raise Conflict("请填写筛选条件的名称")
    if not by.org_code:
        raise Conflict("您不属于任何机构，不能共享筛选条件")
    there = of(session, listed, by=by)
    same = next((one for one in there if one.name == wanted), None)
    if same is not None and not may_remove(same, by):
        raise Conflict(f"本单位已有名为『{wanted}』的共享条件，请换一个名称")
    if same is None and len(there) >= MOST:
        raise Conflict(f"本单位最多共享 {MOST} 个筛选条件，请先删除不用的")
    row = same or SharedFilter(org_code=by.org_code, listed=listed, name=wanted)
    row.query, row.by = dict(query), by.id
    session.add(row)
    session.flush()
    return row


def remove(session: Session, filter_id: int, *, by: User) -> None:
    """Take a shared filter back.

    Raises:
        NotFound: none such in the user's organisation. Forbidden: somebody else's.
    """
    row = session.get(SharedFilter, filter_id)
    if row is None or row.org_code != by.org_code:
        raise NotFound("没有这个共享条件", filter=filter_id)
    if not may_remove(row, by):
        raise Forbidden("只有共享人或负责分派的人可以删除", filter=filter_id)
    session.delete(row)
    session.flush()


def may_remove(row: SharedFilter, by: User) -> bool:
    """Whether a user may take a shared filter back."""
    return row.by == by.id or permissions.allowed(by, Action.ASSIGN_TASK)
