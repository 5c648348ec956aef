"""What waits for one person, kind by kind: how it is found, who may have it, how it is moved.

Invariant: a key names one thing (`task:12`), so that what was shown is what is moved; a thing that
has gone meanwhile is not found. The one caller is `processes.handover`.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine import boards, tasks
from engine.approval import operations
from engine.approval.board import Stage
from engine.errors import NotFound
from engine.model import UserTask
from processes.approvals import planning
from processes.casefile import notices, opinions
from processes.casefile.notices import Notice
from processes.identity import audit, authority
from processes.identity.identity import User
from processes.identity.principals import USER_PREFIX, active
from processes.identity.roles import EXCLUSIVE, ROLES, Action
from processes.model.agents import PlannedPerson, Substitution
from processes.model.cases import Case
from processes.model.circulation import Inquiry
from processes.model.people import Org, UserAccount, UserRole
from processes.people import accounts, agents
from processes.rights import duties, listed, permissions
from processes.rights.permissions import TaskFacts

_MOST: Final = 500
"""So many things of a kind are handed over at once; the rest afterwards."""


@dataclass(frozen=True, slots=True)
class Held:
    """One thing that waits for a person; `what` in words, without anything of the case's content.

    `kind`: role, task, seat, planned, question, agent; `ends`: it goes to nobody.
    """

    key: str
    kind: str
    what: str
    reference: str = ""
    ids: tuple[int, ...] = ()
    role: tuple[str, str] = ("", "")
    activity: str = ""
    ends: bool = False


def held(session: Session, person: User) -> list[Held]:
    """Everything that waits for a person, roles first."""
    return [thing for find in _KINDS.values() for thing in find(session, person)]


def one(session: Session, person: User, key: str) -> Held:
    """One of those.

    Raises:
        NotFound: it is done, or somebody else's by now.
    """
    kind = key.partition(":")[0]
    found = _KINDS[kind](session, person) if kind in _KINDS else ()
    for thing in found:
        if thing.key == key:
            return thing
    raise NotFound("这一项已经办结或不在本人名下", key=key)


def why_not(session: Session, thing: Held, taker: User, *, by: User) -> str | None:
    """Why somebody cannot have it, as a sentence that begins with the name; None if he can."""
    if thing.kind == "role":
        return _why_no_role(session, thing, taker, by)
    if not permissions.allowed(taker, Action.COMPLETE_TASK):
        return "没有办理任务的权限"
    if thing.kind == "question":
        return None
    if thing.kind == "planned":
        case = session.get_one(Case, thing.ids[0])
        office = planning.eligible(session, case, thing.activity, also=taker)
        return None if taker.id in office else "无权办理该环节，或须回避"
    task = session.get(UserTask, thing.ids[0])
    if task is None:
        return "不能接办：本项已经办结"
    return _why_no_task(task, duties.facts(session, task), taker)


def move(session: Session, person: User, thing: Held, *, to: User, by: User, reason: str) -> None:
    """Give a thing to another person; who may have it was looked at before."""
    _MOVES[thing.kind](session, person, thing, to, by)
    if thing.kind in {"task", "seat"}:
        task = session.get_one(UserTask, thing.ids[0])
        said = (f"{person.name}移交给{to.name}", reason)
        opinions.of_task(session, task, by=by, said=said, action="handed_over")
        title = f"{person.name}的“{task.name or task.activity}”已移交给您办理"
        link = f"/tasks/{task.id}" if thing.kind == "task" else ""
        told = Notice(
            kind="task.handed_over", title=title, body=reason, case_id=task.instance_id, link=link
        )
        notices.send(session, [to.id], told)
    detail = f"{thing.key}: {person.id} → {to.id}"
    audit.record(session, "handover.moved", by=by, subject=("user", person.id), detail=detail)


def end(session: Session, person: User, thing: Held, *, by: User) -> None:
    """End what goes to nobody: that the leaver acts for others, or others for him."""
    agents.end(session, session.get_one(Substitution, thing.ids[0]), by=by)
    audit.record(session, "handover.ended", by=by, subject=("user", person.id), detail=thing.key)


# -- what there is ------------------------------------------------------------------------


def _roles(session: Session, person: User) -> Iterator[Held]:
    query = (
        select(UserRole, Org.name)
        .join(Org, Org.org_code == UserRole.org_code)
        .where(UserRole.user_id == person.id)
        .order_by(UserRole.role, UserRole.org_code)
    )
    for row, org in session.execute(query).tuples():
        name = ROLES[row.role].name if row.role in ROLES else row.role
        key = f"role:{row.role}@{row.org_code}"
        yield Held(key, "role", f"{name}（{org}）", role=(row.role, row.org_code))


def _tasks(session: Session, person: User) -> Iterator[Held]:
    """Tasks in the leaver's hands, and those that only the leaver could claim."""
    alone = UserTask.assignee.is_(None) & (UserTask.candidates == f"{USER_PREFIX}{person.id}")
    query = (
        select(UserTask, Case.reference)
        .join(Case, Case.id == UserTask.instance_id)
        .where((UserTask.assignee == str(person.id)) | alone)
        .order_by(UserTask.due_at, UserTask.id)
        .limit(_MOST)
    )
    for task, reference in session.execute(query).tuples():
        what = task.name or task.activity
        yield Held(f"task:{task.id}", "task", what, reference, (task.id,))


def _seats(session: Session, person: User) -> Iterator[Held]:
    """Places on boards whose turn has not come, or which wait for the opinions of others."""
    several = select(UserTask.instance_id).where(UserTask.kind != "").distinct().limit(_MOST * 4)
    for case_id in session.scalars(several):
        reference = session.get_one(Case, case_id).reference
        for placed in boards.of_instance(session, case_id):
            for item in placed.board.items:
                if item.user != str(person.id) or item.ended or item.stage is Stage.OPEN:
                    continue
                acting = placed.board.open
                if acting:
                    what = f"{placed.name or placed.activity}（未轮到或等待他人意见）"
                    ids = (acting[0].id, item.id, placed.task_id, case_id)
                    yield Held(f"seat:{item.id}", "seat", what, reference, ids)


def _planned(session: Session, person: User) -> Iterator[Held]:
    query = (
        select(PlannedPerson, Case)
        .join(Case, Case.id == PlannedPerson.case_id)
        .where(PlannedPerson.user_id == person.id, Case.ended_at.is_(None))
        .order_by(PlannedPerson.case_id)
        .limit(_MOST)
    )
    for row, case in session.execute(query).tuples():
        name = planning.name_of(session, case.id, row.activity)
        if name is not None:  # it may have been reached, and done, since
            key = f"planned:{case.id}/{row.activity}"
            what = f"{name}（已指定，尚未到达）"
            yield Held(key, "planned", what, case.reference, (case.id,), activity=row.activity)


def _questions(session: Session, person: User) -> Iterator[Held]:
    query = (
        select(Inquiry, Case.reference)
        .join(Case, Case.id == Inquiry.case_id)
        .where(Inquiry.asked == person.id, listed.open_question())
        .order_by(Inquiry.id)
        .limit(_MOST)
    )
    for row, reference in session.execute(query).tuples():
        what = f"{row.activity_name}（待答复的征询）"
        yield Held(f"question:{row.id}", "question", what, reference, (row.id,))


def _substitutions(session: Session, person: User) -> Iterator[Held]:
    me = (Substitution.principal == person.id) | (Substitution.agent == person.id)
    names = dict(
        session.execute(
            select(UserAccount.id, UserAccount.name).where(
                UserAccount.id.in_(
                    select(Substitution.principal)
                    .where(me)
                    .union(select(Substitution.agent).where(me))
                )
            )
        )
        .tuples()
        .all()
    )
    for row in session.scalars(select(Substitution).where(me, active()).order_by(Substitution.id)):
        if row.principal == person.id:
            what = f"由{names.get(row.agent, '')}代理的委托"
        else:
            what = f"为{names.get(row.principal, '')}代理"
        yield Held(f"agent:{row.id}", "agent", what, ids=(row.id,), ends=True)


_KINDS: Final[Mapping[str, Callable[[Session, User], Iterator[Held]]]] = {
    "role": _roles,
    "task": _tasks,
    "seat": _seats,
    "planned": _planned,
    "question": _questions,
    "agent": _substitutions,
}


# -- who may have it ----------------------------------------------------------------------


def _why_no_task(task: UserTask, facts: TaskFacts, taker: User) -> str | None:
    if task.suspended:
        return "暂不能接办：办件已挂起，恢复后再移交"
    if permissions.separated(taker, facts):
        return "是本件申请人或办理过前序环节，须回避"
    if taker.person_key in facts.fellows:
        return "已参加本环节的办理"
    named = facts.groups or facts.users
    if named and not (facts.groups & taker.groups or str(taker.id) in facts.users):
        return "没有办理本环节的岗位" if facts.groups else None
    return None


def _why_no_role(session: Session, thing: Held, taker: User, by: User) -> str | None:
    role, org = thing.role
    if role in EXCLUSIVE and any(one in EXCLUSIVE - {role} for one, _org in taker.roles):
        return "已是另一类管理员（三员不能兼任）"
    path = session.get_one(Org, org).path
    if not any(path.startswith(one) for one in permissions.allowed_orgs(by, Action.MANAGE_USERS)):
        return "的这一角色不在您的管理范围内"
    try:
        authority.require_business(session, role, org)
    except authority.GrantRefused:
        return "不能接任：机构没有这一业务的授权"
    return None


# -- how it is moved ----------------------------------------------------------------------


def _give_role(session: Session, person: User, thing: Held, to: User, by: User) -> None:
    """The taker gets the role; the leaver loses it last, with `withdraw_roles`."""
    role, org = thing.role
    if (role, org) not in to.roles:
        taker = session.get_one(UserAccount, to.id)
        accounts.grant_role(session, taker, role, org_code=org)
    del person, by


def _give_task(session: Session, person: User, thing: Held, to: User, by: User) -> None:
    task = tasks.get(session, thing.ids[0])
    if task.kind:
        user = str(to.id)
        boards.change(
            session,
            task,
            lambda board: operations.succeed(board, task.id, user),
            by=str(by.id),
            holder=str(person.id),
        )
        return
    # another administrator may have been first since the line was looked up
    held_by = str(person.id) if task.assignee else ""
    tasks.assign(session, task.id, by=str(by.id), assignee=str(to.id), held_by=held_by)


def _give_seat(session: Session, person: User, thing: Held, to: User, by: User) -> None:
    _acting, item, task, case = thing.ids
    user = str(to.id)
    boards.change_of(
        session,
        case,
        task,
        lambda board: operations.succeed(board, item, user),
        by=str(by.id),
        holder=str(person.id),
    )


def _give_plan(session: Session, person: User, thing: Held, to: User, by: User) -> None:
    case = session.get_one(Case, thing.ids[0])
    query = select(PlannedPerson.user_id).where(
        PlannedPerson.case_id == case.id, PlannedPerson.activity == thing.activity
    )
    chosen = [to.id if one == person.id else one for one in session.scalars(query)]
    planning.put(session, case, thing.activity, list(dict.fromkeys(chosen)), by=by)


def _give_question(session: Session, person: User, thing: Held, to: User, by: User) -> None:
    row = session.get_one(Inquiry, thing.ids[0])
    row.asked = to.id
    session.flush()
    title = f"{person.name}未答复的征询已转由您答复：{row.activity_name}"
    link = f"/inquiries/{row.id}"
    told = Notice(kind="inquiry.asked", title=title, body=row.question, link=link)
    notices.send(session, [to.id], told)
    del by


_MOVES: Final[Mapping[str, Callable[[Session, User, Held, User, User], None]]] = {
    "role": _give_role,
    "task": _give_task,
    "seat": _give_seat,
    "planned": _give_plan,
    "question": _give_question,
}
