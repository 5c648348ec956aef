"""Whom the holder of a task may bring in: colleagues of the office who may do it.

Invariant: nobody whom duties keep away, and no natural person twice on one task, by whatever
account: an agent or a second account never turns into an approval of one's own.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import Select, or_, select
from sqlalchemy.orm import Session

from engine import boards, clock, history
from engine.approval.board import ApprovalRefused
from engine.errors import Conflict, Forbidden
from engine.model import UserTask
from processes.identity import identity, principals
from processes.identity.identity import User
from processes.identity.roles import EXCLUSIVE, ROLES, Action
from processes.model.people import Org, UserAccount, UserRole
from processes.rights import permissions
from processes.rights.permissions import TaskFacts


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who could be brought in."""

    id: int
    name: str
    org_name: str


def people(session: Session, task: UserTask, facts: TaskFacts, *, by: User) -> Sequence[Person]:
    """Whom the holder of a task could bring in, by name."""
    present = _present(session, task, by)
    return [
        Person(account.id, account.name, org_name)
        for account, org_name in office(session, by.org_code)
        if account.id != by.id
        and account.person_key not in present
        and permissions.separated(account, facts) is None
    ]


def staff(session: Session, org_code: str) -> Sequence[Person]:
    """Everybody of an organisation whose account is open today, whatever they may do."""
    query = _open(org_code).order_by(UserAccount.name, UserAccount.id)
    return [Person(one.id, one.name, org) for one, org in session.execute(query).tuples()]


def insiders(session: Session, org_code: str, applicants: frozenset[str]) -> Sequence[Person]:
    """Those of an organisation who may read a case from inside: see `kept_out`."""
    query = _open(org_code).where(
        UserAccount.person_key.not_in(sorted(applicants)),
        UserAccount.id.not_in(administrators()),
    )
    found = session.execute(query.order_by(UserAccount.name, UserAccount.id)).tuples()
    return [Person(one.id, one.name, org) for one, org in found]


def administrators() -> Select[tuple[int]]:
    """Accounts of the three administrators, who see no case from inside."""
    return _holding(EXCLUSIVE)


def _open(org_code: str) -> Select[tuple[UserAccount, str]]:
    return (
        select(UserAccount, Org.name)
        .join(Org, Org.org_code == UserAccount.org_code)
        .where(
            UserAccount.org_code == org_code,
            UserAccount.kind == "staff",
            UserAccount.status == "active",
            or_(UserAccount.valid_to.is_(None), UserAccount.valid_to >= clock.today()),
        )
    )


def kept_out(user: User, applicants: frozenset[str]) -> str | None:
    """Why somebody must not read a case from inside; `applicants` are person keys."""
    if user.person_key in applicants:
        return "是本件申请人，须回避"
    if any(role in EXCLUSIVE for role, _org in user.roles):
        return "是系统、安全或审计管理员，不接触办件内容"
    return None


def office(session: Session, org_code: str) -> Sequence[tuple[UserAccount, str]]:
    """Staff of an organisation who may handle tasks at all today, with its name."""
    query = _open(org_code).where(UserAccount.id.in_(handlers()))
    return session.execute(query.order_by(UserAccount.name, UserAccount.id)).tuples().all()


def _present(session: Session, task: UserTask, by: User) -> frozenset[str]:
    """Person keys of those who work on a task now, and of agents who acted on it for others."""
    placed = boards.find(session, task.instance_id, task.id) if task.kind else None
    users: list[str] = []
    if placed is not None:
        items = placed.board.items
        owners = {one.user for one in items if one.ended}
        acted = history.deciders(session, task.instance_id, [one.id for one in items])
        users = [*(one.user for one in items if not one.ended), *(acted - owners)]
    wanted = [int(one) for one in users if one.isascii() and one.isdigit()]
    query = select(UserAccount.person_key).where(UserAccount.id.in_(wanted))
    return frozenset(session.scalars(query)) | {by.person_key}


def brought(
    session: Session,
    task: UserTask,
    facts: TaskFacts,
    by: User,
    wanted: Sequence[int],
    *,
    leaving: str = "",
) -> list[User]:
    """Those named, if each of them may work on the task; `leaving` makes room for another.

    Raises:
        Forbidden: not of the office, not permitted, or kept away by duties.
        ApprovalRefused: a natural person would be on the task twice.
    """
    if not wanted:
        raise Conflict("请选择人员", task=task.id)
    colleagues = {account.id for account, _org in office(session, by.org_code)} - {by.id}
    present = set(_present(session, task, by)) - {leaving}
    found = []
    for one in wanted:
        if one not in colleagues:
            raise Forbidden("只能选择本单位有权办理的人员", user=one)
        person = identity.user(session, one)
        if permissions.separated(person, facts):
            raise Forbidden(f"{person.name}是本件申请人或办理过前序环节，须回避", user=one)
        if person.person_key in present:
            raise ApprovalRefused("同一人员在本环节不能重复办理")
        present.add(person.person_key)
        found.append(person)
    return found


def handlers() -> Select[tuple[int]]:
    """Accounts with a role that handles tasks, today."""
    return _holding(code for code, info in ROLES.items() if Action.COMPLETE_TASK in info.actions)


def _holding(roles: Iterable[str]) -> Select[tuple[int]]:
    held = principals.holding(clock.today())
    return select(UserRole.user_id).where(UserRole.role.in_([*roles]), *held)
