"""代理: somebody lets a colleague do the own tasks during an absence (case-operations A.2).

Invariant: bounded in time, and it does not chain: nobody is an agent who is absent himself at the
time, so that no circle can arise, and `processes.principals` passes rights on once. Nobody is the
agent of the own person. Duties are kept apart by `processes.permissions` at claim and completion.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from engine import clock, ids
from engine.errors import BanliError, Forbidden, NotFound
from engine.model import UserTask
from processes.casefile import notices
from processes.casefile.notices import Notice
from processes.identity import audit, identity, principals
from processes.identity.identity import User
from processes.identity.principals import Principal
from processes.identity.roles import EXCLUSIVE, Action
from processes.model.agents import Substitution
from processes.model.people import UserAccount
from processes.people import area, colleagues
from processes.people.colleagues import Person
from processes.rights import permissions

MOST: Final = timedelta(days=183)
"""A substitution holds half a year at most; then it has to be set anew."""
_REASON: Final = 500
_DEEDS: Final = {"task.claimed": "签收", "task.completed": "办理", "task.returned": "退回"}


class AgentRefused(BanliError):
    """A substitution that may not be set."""

    code = "agent_refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Who acts for whom, from when to when (both days included), in which cases.

    `processes`: keys, none for all; `amount_limit`: in fen, None for any amount.
    """

    principal: int
    agent: int
    starts_on: date
    ends_on: date
    processes: Sequence[str] = ()
    amount_limit: int | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Agency:
    """A substitution with the names of both; `state`: ahead, on, over or revoked."""

    row: Substitution
    principal: str
    agent: str
    state: str


def entrust(session: Session, wanted: Wanted, *, by: User) -> Substitution:
    """Let somebody act for another: one's own agent, or set by an administrator of the area.

    Raises:
        Forbidden: not for oneself, and no administrator. NotFound: outside the area.
        AgentRefused: says what speaks against it.
    """
    _authorise(session, wanted.principal, by)
    principal = identity.user(session, wanted.principal)
    agent = session.get(UserAccount, wanted.agent)
    _check_period(wanted)
    _check_agent(session, principal, agent)
    _check_overlaps(session, wanted)
    made = Substitution(
        id=ids.next_id(),
        principal=wanted.principal,
        agent=wanted.agent,
        processes=" ".join(sorted(set(wanted.processes))),
        amount_limit=wanted.amount_limit,
        starts_on=wanted.starts_on,
        ends_on=wanted.ends_on,
        reason=wanted.reason.strip()[:_REASON],
        created_by=by.id,
    )
    session.add(made)
    session.flush()
    until = f"{made.starts_on:%Y-%m-%d} 至 {made.ends_on:%Y-%m-%d}"
    _tell(session, made.agent, f"请您代理{principal.name}办理事项（{until}）", made.reason)
    if by.id != principal.id:
        _tell(session, principal.id, f"{by.name}已为您设置代理（{until}）", made.reason)
    detail = f"{made.principal} → {made.agent} {until}"
    audit.record(session, "agent.set", by=by, subject=("substitution", made.id), detail=detail)
    return made


def revoke(session: Session, substitution_id: int, *, by: User) -> Substitution:
    """End a substitution now; what the agent has not finished is the principal's alone again.

    Raises:
        NotFound: none such in the user's reach. AgentRefused: it is over.
    """
    found = session.get(Substitution, substitution_id, populate_existing=True)
    if found is None:
        raise NotFound("没有这项代理", substitution=substitution_id)
    _authorise(session, found.principal, by)
    if _state(found) not in {"on", "ahead"}:
        raise AgentRefused("这项代理已经结束")
    return end(session, found, by=by)


def end(session: Session, found: Substitution, *, by: User) -> Substitution:
    """End a substitution now, whoever has decided so; both are told unless one decided it."""
    found.revoked_at, found.revoked_by = clock.now(), by.id
    session.flush()
    for user_id, title in (
        (found.agent, f"您对{_name(session, found.principal)}的代理已经结束"),
        (found.principal, f"{_name(session, found.agent)}对您的代理已经结束"),
    ):
        if user_id != by.id:
            _tell(session, user_id, title, "")
    audit.record(session, "agent.revoked", by=by, subject=("substitution", found.id))
    return found


def told(session: Session, row: Substitution) -> Agency:
    """A substitution with the names of both."""
    return _told(session, Substitution.id == row.id)[0]


def given(session: Session, by: User) -> Sequence[Agency]:
    """Whom a user has let act, the latest first."""
    return _told(session, Substitution.principal == by.id)


def taken(session: Session, by: User) -> Sequence[Agency]:
    """For whom a user acts, acted or will act, the latest first."""
    return _told(session, Substitution.agent == by.id)


def within(session: Session, by: User) -> Sequence[Agency]:
    """The substitutions of an administrator's area, the latest first.

    Raises:
        Forbidden: no administrator.
    """
    permissions.require(by, Action.MANAGE_USERS)
    codes = [org.org_code for org in area.orgs(session, by)]
    people = select(UserAccount.id).where(UserAccount.org_code.in_(codes))
    return _told(session, Substitution.principal.in_(people))


def eligible(session: Session, principal: User) -> Sequence[Person]:
    """Colleagues of the office who could act for somebody."""
    kept_out = set(session.scalars(colleagues.administrators()))
    return [
        Person(one.id, one.name, org)
        for one, org in colleagues.office(session, principal.org_code)
        if one.person_key != principal.person_key and one.id not in kept_out
    ]


def acted(
    session: Session,
    task: UserTask,
    action: str,
    *,
    by: User,
    principal: Principal | None,
    detail: str = "",
) -> None:
    """Put on record what somebody did to a task, in person or for a principal, who is told of it.

    Raises:
        Forbidden: the substitution has ended or been revoked meanwhile.
    """
    for_user = None if principal is None else principal.id
    audit.record(
        session, action, by=by, subject=("task", task.id), detail=detail, for_user=for_user
    )
    if principal is None:
        return
    if not principals.in_force(session, principal):
        raise Forbidden(f"您对{principal.name}的代理已经结束", principal=principal.id)
    done = _DEEDS.get(action, "办理")
    title = f"{by.name}已代您{done}“{task.name or task.activity}”"
    link = f"/cases/{task.instance_id}"
    made = Notice(kind="agent.acted", title=title, case_id=task.instance_id, link=link)
    notices.send(session, [principal.id], made)


def _authorise(session: Session, principal: int, by: User) -> None:
    if principal == by.id:
        permissions.require(by, Action.SET_AGENT)
        return
    if not permissions.allowed(by, Action.MANAGE_USERS):
        raise Forbidden("只能为自己设置代理")
    area.account(session, principal, by=by)


def _check_period(wanted: Wanted) -> None:
    if wanted.starts_on < clock.today():
        raise AgentRefused("代理的开始日期不能早于今天", field="starts_on")
    if wanted.ends_on < wanted.starts_on:
        raise AgentRefused("代理的结束日期不能早于开始日期", field="ends_on")
    if wanted.ends_on - wanted.starts_on > MOST:
        raise AgentRefused(f"代理期一次最长 {MOST.days} 天，期满可以再设", field="ends_on")
    if wanted.amount_limit is not None and wanted.amount_limit <= 0:
        raise AgentRefused("金额上限应大于 0", field="amount_limit")


def _check_agent(session: Session, principal: User, agent: UserAccount | None) -> None:
    if agent is None or (reason := _why_not(session, principal, agent)) == "":
        raise AgentRefused("代理人应为本单位在岗的办理人员", field="agent")
    if reason:
        raise AgentRefused(reason, field="agent")


def _why_not(session: Session, principal: User, agent: UserAccount) -> str | None:
    """Why somebody cannot act for a principal whatever the time; empty: not one of the office."""
    if agent.person_key == principal.person_key:
        return "代理人不能是本人（包括本人的其他账号）"
    office = {one.id for one, _org in colleagues.office(session, principal.org_code)}
    if agent.id not in office:
        return ""
    if any(role in EXCLUSIVE for role, _org in identity.user(session, agent.id).roles):
        return "系统、安全、审计管理员不能代理业务办理"
    return None


def _check_overlaps(session: Session, wanted: Wanted) -> None:
    """One agent at a time for a case; and an agent who is there."""
    # whoever else sets a substitution of one of the two waits here: two that were each right
    # alone could make a circle together
    pair = sorted({wanted.principal, wanted.agent})
    query = select(UserAccount.id).where(UserAccount.id.in_(pair)).order_by(UserAccount.id)
    session.execute(query.with_for_update(key_share=True))
    meanwhile = (
        Substitution.starts_on <= wanted.ends_on,
        Substitution.ends_on >= wanted.starts_on,
        Substitution.revoked_at.is_(None),
    )
    own = session.scalars(
        select(Substitution).where(Substitution.principal == wanted.principal, *meanwhile)
    )
    for one in own:
        both = set(one.processes.split()) & set(wanted.processes)
        if both or not one.processes or not wanted.processes:
            raise AgentRefused(
                f"这段时间已委托{_name(session, one.agent)}代理"
                f"（{one.starts_on:%Y-%m-%d} 至 {one.ends_on:%Y-%m-%d}），不能重复委托",
                field="starts_on",
            )
    away = select(Substitution.id).where(Substitution.principal == wanted.agent, *meanwhile)
    if session.scalar(away.limit(1)) is not None:
        name = _name(session, wanted.agent)
        raise AgentRefused(f"{name}在这段时间已委托他人代理；代理不能转托", field="agent")


def _told(session: Session, where: ColumnElement[bool]) -> Sequence[Agency]:
    query = select(Substitution).where(where).order_by(Substitution.id.desc()).limit(200)
    rows = session.scalars(query).all()
    users = {one for row in rows for one in (row.principal, row.agent)}
    named = select(UserAccount.id, UserAccount.name).where(UserAccount.id.in_(users))
    names = dict(session.execute(named).tuples().all())
    return [
        Agency(row, names.get(row.principal, ""), names.get(row.agent, ""), _state(row))
        for row in rows
    ]


def _state(row: Substitution) -> str:
    today = clock.today()
    if row.revoked_at is not None:
        return "revoked"
    if row.ends_on < today:
        return "over"
    return "on" if row.starts_on <= today else "ahead"


def _name(session: Session, user_id: int) -> str:
    found = session.get(UserAccount, user_id)
    return found.name if found else ""


def _tell(session: Session, user_id: int, title: str, body: str) -> None:
    made = Notice(kind="agent.changed", title=title, body=body, link="/agents")
    notices.send(session, [user_id], made)
