"""离职转办: everything that waits for one person goes to others (case-operations A.2).

Invariant: nothing moves that was not shown before, line by line, with its new person or the reason
why it cannot go there; each line is carried out by itself, with its own result and audit row.
Nobody gets what duties keep him from. Who moves the work gains no sight of the cases.

Lines: tasks held or open to the leaver alone, seats on boards whose turn has not come, tasks ahead
for which the leaver was chosen, questions to answer, roles, substitutions.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from engine.errors import BanliError, Forbidden
from engine.model import UserTask
from processes.approvals import leaving
from processes.approvals.leaving import Held
from processes.identity import identity
from processes.identity.identity import User
from processes.identity.roles import Action
from processes.people import area
from processes.rights import permissions

MOST: Final = 10
"""Among how many people the work is shared at once."""


class HandoverRefused(BanliError):
    """Work that cannot be handed over so."""

    code = "handover_refused"


class Share(StrEnum):
    """By which rule the work is shared."""

    ONE = "one"
    TURNS = "turns"
    LEAST = "least"


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that waits for the leaver: to whom it goes, or why it can go to nobody."""

    held: Held
    to: int | None
    to_name: str
    why_not: str
    choices: tuple[int, ...] = ()
    """Of the people chosen, those who could get it."""
    also: tuple[int, ...] = ()
    """To whom it goes besides: several may get a role where they share the work."""


def preview(
    session: Session, leaver: int, people: Sequence[int], *, share: Share, by: User
) -> list[Line]:
    """What would go to whom, in the order in which it is carried out: roles first.

    Raises:
        Forbidden: not for oneself, and no administrator. NotFound: outside the area.
        HandoverRefused: nobody, too many, or somebody who cannot take work over.
    """
    person = _authorise(session, leaver, by)
    takers = _takers(session, person, people)
    own = by.id == leaver
    held = [one for one in leaving.held(session, person) if not (own and one.kind == "role")]
    roles = [one for one in held if one.kind == "role"]
    heirs = takers[:1] if share is Share.ONE else takers
    gets = {one.id: _granted(session, one, roles, by) if one in heirs else () for one in takers}
    grown = {one.id: _grown(one, gets[one.id]) for one in takers}
    sharing = _Sharing(share, _loads(session, takers))
    return [_line(session, one, grown, sharing, by) for one in held]


def carry_out(
    session: Session, leaver: int, key: str, *, to: int | None, by: User, reason: str
) -> Held:
    """Hand one line over; `to` is None for what only ends.

    Raises:
        Forbidden: not for oneself, and no administrator. NotFound: nothing of that key waits.
        HandoverRefused: that person cannot have it.
    """
    person = _authorise(session, leaver, by)
    held = leaving.one(session, person, key)
    if by.id == leaver and held.kind == "role":
        raise Forbidden("本人的角色由管理员收回和授予")
    if held.ends:
        leaving.end(session, person, held, by=by)
        return held
    if to is None:
        raise HandoverRefused("请选择由谁接办", field="to")
    (taker,) = _takers(session, person, [to])
    if why := leaving.why_not(session, held, taker, by=by):
        raise HandoverRefused(f"{taker.name}{why}", field="to")
    leaving.move(session, person, held, to=taker, by=by, reason=reason)
    return held


def _authorise(session: Session, leaver: int, by: User) -> User:
    if by.id == leaver:
        permissions.require(by, Action.TRANSFER_TASK)
    elif not permissions.allowed(by, Action.MANAGE_USERS):
        raise Forbidden("只有本人或管理员可以办理离职转办")
    else:
        area.account(session, leaver, by=by)
    return identity.user(session, leaver)


def _takers(session: Session, leaver: User, people: Sequence[int]) -> list[User]:
    wanted = list(dict.fromkeys(people))
    if not wanted or len(wanted) > MOST:
        raise HandoverRefused(f"请选择接办人，一次不超过 {MOST} 人", field="people")
    found = {user.id: user for user in identity.active(session, wanted)}
    for one in wanted:
        taker = found.get(one)
        if taker is None or taker.kind != "staff" or taker.org_code != leaver.org_code:
            raise HandoverRefused("接办人应为本单位在岗人员", field="people")
        if taker.person_key == leaver.person_key:
            raise HandoverRefused("接办人不能是本人（包括本人的其他账号）", field="people")
    return [found[one] for one in wanted]


def _granted(
    session: Session, taker: User, roles: Sequence[Held], by: User
) -> tuple[tuple[str, str], ...]:
    """Those of the leaver's roles that this person can have."""
    return tuple(one.role for one in roles if leaving.why_not(session, one, taker, by=by) is None)


def _grown(taker: User, roles: Sequence[tuple[str, str]]) -> User:
    """Somebody with the roles that the hand-over brings: those who get the work need them."""
    return replace(
        taker,
        roles=tuple(sorted({*taker.roles, *roles})),
        groups=taker.groups | {f"{role}@{org}" for role, org in roles},
    )


class _Sharing:
    """Whose turn it is, by a rule, among those who can have a line."""

    def __init__(self, share: Share, loads: dict[int, int]) -> None:
        self._share = share
        self._loads = loads
        self._turn: Iterator[int] | None = None
        self._given = dict.fromkeys(loads, 0)

    def pick(self, able: Sequence[int]) -> list[int]:
        """One of those who can have it; with one person for all, the first or nobody."""
        chosen = self._rules[self._share](self, able) if able else None
        if chosen is None:
            return []
        self._given[chosen] += 1
        return [chosen]

    def heirs(self, able: Sequence[int]) -> list[int]:
        """Who gets a role: all who share the work, or the one who takes it over."""
        return [one for one in [self._one(able)] if one] if self._share is Share.ONE else [*able]

    def _one(self, able: Sequence[int]) -> int | None:
        first = next(iter(self._loads))
        return first if first in able else None

    def _turns(self, able: Sequence[int]) -> int | None:
        return min(able, key=lambda one: self._given[one])

    def _least(self, able: Sequence[int]) -> int | None:
        return min(able, key=lambda one: self._loads[one] + self._given[one])

    _rules: Mapping[Share, Callable[["_Sharing", Sequence[int]], int | None]] = {
        Share.ONE: _one,
        Share.TURNS: _turns,
        Share.LEAST: _least,
    }


def _loads(session: Session, takers: Sequence[User]) -> dict[int, int]:
    holders = [str(one.id) for one in takers]
    query = (
        select(UserTask.assignee, func.count())
        .where(UserTask.assignee.in_(holders))
        .group_by(UserTask.assignee)
    )
    counted = dict(session.execute(query).tuples().all())
    return {one.id: counted.get(str(one.id), 0) for one in takers}


def _line(
    session: Session, held: Held, takers: Mapping[int, User], sharing: _Sharing, by: User
) -> Line:
    if held.ends:
        return Line(held, None, "", "")
    reasons = {one: leaving.why_not(session, held, user, by=by) for one, user in takers.items()}
    able = [one for one, reason in reasons.items() if reason is None]
    chosen = sharing.heirs(able) if held.kind == "role" else sharing.pick(able)
    if not chosen:
        first = next(iter(takers))
        why = f"{takers[first].name}{reasons[first] or '不能接办'}"
        return Line(held, None, "", why, tuple(able))
    to, *also = chosen
    return Line(held, to, takers[to].name, "", tuple(able), tuple(also))
