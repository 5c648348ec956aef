"""Ad-hoc sub-processes of a case: what a handler may begin, and beginning it.

Invariant: only those who handle the case begin anything in it, and in a lane only its role.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from engine import runtime
from engine.errors import NotFound
from processes.identity import audit
from processes.identity.identity import User
from processes.identity.roles import Action
from processes.rights import permissions


@dataclass(frozen=True, slots=True)
class Startable:
    """An activity that may be begun now; `ad_hoc_id` is its sub-process under way."""

    ad_hoc_id: int
    activity: str
    name: str


def startable(session: Session, case_id: int, *, by: User) -> Sequence[Startable]:
    """What the user may begin in a case now.

    Raises:
        NotFound: no such case in the user's scope. Forbidden: the user does not handle it.
    """
    permissions.case(session, case_id, by=by, action=Action.COMPLETE_TASK)
    roles = {role for role, _org in by.roles}
    return [
        Startable(ad_hoc_id, element.id, element.name)
        for ad_hoc_id, elements in runtime.startable(session, case_id).items()
        for element in elements
        if not element.lane or element.lane in roles
    ]


def begin(session: Session, case_id: int, ad_hoc_id: int, activity: str, *, by: User) -> None:
    """Begin an activity of an open ad-hoc sub-process.

    Raises:
        NotFound: there is no such activity for this user to begin now.
        Forbidden: the user does not handle the case. TaskNotActive: the sub-process is over.
        Conflict: nothing may be begun now.
    """
    offered = startable(session, case_id, by=by)
    if not any(one.ad_hoc_id == ad_hoc_id and one.activity == activity for one in offered):
        raise NotFound(f"现在没有可以启动的活动『{activity}』", case=case_id, activity=activity)
    runtime.begin(session, case_id, ad_hoc_id, activity, by=str(by.id))
    audit.record(session, "case.activity_begun", by=by, subject=("case", case_id), detail=activity)
