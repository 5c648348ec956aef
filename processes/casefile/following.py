"""Cases that somebody keeps an eye on (关注).

Invariant: one follows what one may see; out of scope, a followed case is not listed any more.
"""

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from processes.identity.identity import User
from processes.model.desk import CaseFollow
from processes.rights import permissions


def follow(session: Session, case_id: int, *, by: User) -> None:
    """Keep an eye on a case; again changes nothing.

    Raises:
        NotFound: none such in the user's scope.
    """
    permissions.case(session, case_id, by=by)
    if not follows(session, case_id, by=by):
        session.add(CaseFollow(user_id=by.id, case_id=case_id))
        session.flush()


def unfollow(session: Session, case_id: int, *, by: User) -> None:
    """Let go of a case, whether it can still be seen or not."""
    session.execute(
        delete(CaseFollow).where(CaseFollow.user_id == by.id, CaseFollow.case_id == case_id)
    )


def follows(session: Session, case_id: int, *, by: User) -> bool:
    """Whether a user keeps an eye on a case."""
    query = select(CaseFollow.case_id).where(
        CaseFollow.user_id == by.id, CaseFollow.case_id == case_id
    )
    return session.scalar(query) is not None
