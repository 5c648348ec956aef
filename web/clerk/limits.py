"""The legal clock as people see it: every limit of a case side by side, and its ledger in words.

Invariant: nothing is counted here. Colour, remainder and sentence are those of the ledger at this
moment; a limit that has ended shows what it used, not what would remain.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine import clock
from engine.model import UserTask
from processes.clock import calendars
from processes.clock import clock as ledger
from processes.clock.clock import Standing
from processes.clock.counting import Unit
from processes.clock.explanation import UNITS, Clause, clauses
from processes.clock.reckoning import Colour, Event, Reckoning, State
from processes.model.cases import Case, ClockEntry
from processes.model.people import UserAccount
from web.refusals import said
from web.words import N_, _

_TONES: Final[Mapping[Colour, str]] = {
    Colour.GREEN: "green",
    Colour.YELLOW: "amber",
    Colour.RED: "red",
    Colour.SUSPENDED: "",
    Colour.ENDED: "",
}
EVENTS: Final[Mapping[Event, str]] = {
    Event.START: N_("起算"),
    Event.SUSPEND: N_("中止"),
    Event.RESUME: N_("恢复"),
    Event.EXTEND: N_("延长"),
    Event.CORRECT: N_("更正"),
    Event.STOP: N_("停止"),
}
_SUMS: Final[Mapping[Unit, tuple[str, str, str]]] = {
    Unit.WORKING_DAYS: (
        N_("剩 %(n)s 个工作日"),
        N_("超期 %(n)s 个工作日"),
        N_("用时 %(n)s 个工作日"),
    ),
    Unit.CALENDAR_DAYS: (N_("剩 %(n)s 日"), N_("超期 %(n)s 日"), N_("用时 %(n)s 日")),
    Unit.WORKING_HOURS: (
        N_("剩 %(n)s 个工作小时"),
        N_("超期 %(n)s 个工作小时"),
        N_("用时 %(n)s 个工作小时"),
    ),
    Unit.HOURS: (N_("剩 %(n)s 小时"), N_("超期 %(n)s 小时"), N_("用时 %(n)s 小时")),
}


@dataclass(frozen=True, slots=True)
class Limit:
    """One limit as a page or the API shows it; days as `2026-11-22`."""

    limit: str
    title: str
    colour: str
    """green, yellow, red, suspended or ended."""
    tone: str
    text: str
    due_on: str
    basis: str
    explanation: str
    provisional: bool
    share: int
    used: int
    left: int
    total: int
    unit: str
    state: str


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the ledger in words."""

    at: datetime
    event: str
    title: str
    amount: str
    reason: str
    basis: str
    actor: str
    entered_at: datetime


def of_case(session: Session, case: Case) -> list[Limit]:
    """The limits of a case in the order in which they began, those that have ended last."""
    found = ledger.standings(session, case.id, org_code=case.org_code)
    found.sort(key=lambda one: one.reckoning.state is State.STOPPED)
    return [view(one) for one in found]


def of_task(session: Session, case: Case, task: UserTask) -> Limit | None:
    """The limit of the task itself, counted on the same calendar; None if it has none."""
    standing = _of_task(session, case, task)
    return None if standing is None else view(standing)


def beside_task(session: Session, case: Case, task: UserTask) -> list[Limit]:
    """The limit of a task before those of its case.

    A step that has the whole of a limit is told once; one that has the name of a limit but
    another end (it came anew after a return) goes by a name of its own.
    """
    own = of_case(session, case)
    standing = _of_task(session, case, task)
    if standing is None:
        return own
    node = view(standing)
    if any(one.title == node.title and one.due_on != node.due_on for one in own):
        node = view(replace(standing, title=_("本环节期限")))
    return [node, *(one for one in own if (one.title, one.due_on) != (node.title, node.due_on))]


def _of_task(session: Session, case: Case, task: UserTask) -> Standing | None:
    return ledger.of_task(session, task, used=calendars.of(session, case.org_code))


def view(standing: Standing) -> Limit:
    """A limit in words of the reader's language."""
    reckoned = standing.reckoning
    colour = Colour.RED if _over_today(reckoned) else reckoned.colour()
    return Limit(
        limit=standing.limit,
        title=said(standing.title),
        colour=colour.value,
        tone=_TONES[colour],
        text=_remaining(reckoned),
        due_on=reckoned.due_on.isoformat() if reckoned.due_on else "",
        basis=standing.basis,
        explanation=sentence(standing),
        provisional=reckoned.provisional,
        share=min(100, round(100 * reckoned.used / reckoned.total)) if reckoned.total else 100,
        used=reckoned.used,
        left=reckoned.left,
        total=reckoned.total,
        unit=reckoned.unit.value,
        state=reckoned.state.value,
    )


def _over_today(reckoned: Reckoning) -> bool:
    """Office hours of the last day are over and with them the limit (Civil Code art. 203)."""
    running = reckoned.state is State.RUNNING and not reckoned.overdue
    return running and reckoned.due_at is not None and reckoned.due_at < clock.now()


def _remaining(reckoned: Reckoning) -> str:
    left, over, used = _SUMS[reckoned.unit]
    if reckoned.state is State.STOPPED:
        spent = reckoned.used + reckoned.over
        text = _(used, n=spent)
        return _("%(text)s，超期 %(n)s", text=text, n=reckoned.over) if reckoned.over else text
    if reckoned.overdue:
        return _(over, n=reckoned.over)
    if reckoned.state is State.SUSPENDED:
        return _("已中止，恢复后%(text)s", text=_(left, n=reckoned.left))
    if _over_today(reckoned):
        return _("今日已超时")
    return _("今日到期") if reckoned.left == 0 else _(left, n=reckoned.left)


def sentence(standing: Standing) -> str:
    """How the limit is counted, in one sentence."""
    return _("；").join(_clause(one) for one in clauses(standing)) + _("。")


def _clause(clause: Clause) -> str:
    units = set(UNITS.values())
    values: dict[str, Any] = {
        name: said(value) if value in units or name == "title" else value
        for name, value in clause.values.items()
    }
    return said(clause.text) % values


def lines(session: Session, case: Case) -> list[Line]:
    """The ledger of a case, oldest first, with the names of those who wrote it."""
    found = ledger.entries(session, case.id)
    titles = {one.limit: one.title for one in found if one.title}
    titles[ledger.ALL] = _("全部期限")
    names = _names(session, found)
    return [
        Line(
            at=one.effective_at,
            event=_(EVENTS[Event(one.event)]),
            title=_("全部期限")
            if one.limit == ledger.ALL
            else said(titles.get(one.limit, one.limit)),
            amount=f"{one.amount} {said(UNITS[Unit(one.unit)])}" if one.amount is not None else "",
            reason=said(one.reason),
            basis=one.basis,
            actor=names.get(one.actor) or _("系统"),
            entered_at=one.entered_at or clock.now(),
        )
        for one in found
    ]


def _names(session: Session, found: Sequence[ClockEntry]) -> dict[str, str]:
    ids = {int(one.actor) for one in found if one.actor.isascii() and one.actor.isdigit()}
    query = select(UserAccount.id, UserAccount.name).where(UserAccount.id.in_(ids))
    return {str(one): name for one, name in session.execute(query)}
