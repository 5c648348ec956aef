"""What narrows a box of the desk, by fields of the task and of the case.

Invariant: each filter is a condition of the query; whatever it does not know narrows nothing.
"""

from dataclasses import dataclass, fields
from datetime import date, timedelta
from typing import Final

from sqlalchemy import ColumnElement, select

from engine import clock
from engine.model import UserTask
from processes.casefile import searching
from processes.casefile.facets import Asked
from processes.clock import calendar
from processes.model.cases import Case

LIGHTS: Final = ("overdue", "near", "resting")
HOLDS: Final = ("mine", "pool")
_NEAR_DAYS: Final = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """What narrows a box; empty fields do not.

    `light`: overdue, near (due by the end of the next working day) or resting (no clock runs).
    `hold`: mine, or pool for what nobody has taken. `since`, `until`: days of arrival, both
    included. `step` is the name of an activity.
    """

    text: str = ""
    process_key: str = ""
    status: str = ""
    org: str = ""
    step: str = ""
    hold: str = ""
    light: str = ""
    urged: bool = False
    since: date | None = None
    until: date | None = None
    values: tuple[Asked, ...] = ()
    """What the cases say of listed fields of their process."""

    @property
    def words(self) -> str:
        """The text without what surrounds it."""
        return self.text.strip()

    def __bool__(self) -> bool:
        return any(getattr(self, one.name) for one in fields(self))

    def of_tasks(self) -> list[ColumnElement[bool]]:
        """The conditions on tasks."""
        found: list[ColumnElement[bool]] = []
        if self.step:
            found.append(UserTask.name == self.step)
        if self.hold in HOLDS:
            unheld = UserTask.assignee.is_(None)
            found.append(unheld if self.hold == "pool" else ~unheld)
        if self.light in LIGHTS:
            found.append(_lit(self.light))
        if self.since:
            found.append(UserTask.created_at >= clock.midnight(self.since))
        if self.until:
            found.append(UserTask.created_at < clock.midnight(self.until + timedelta(days=1)))
        if self.urged:
            urged = select(Case.urged_at).where(Case.id == UserTask.instance_id).scalar_subquery()
            found.append(UserTask.created_at <= urged)  # an earlier step's urging is done with
        return found

    def of_cases(self) -> list[ColumnElement[bool]]:
        """The conditions on cases beside the text."""
        columns = (
            (Case.process_key, self.process_key),
            (Case.status, self.status),
            (Case.org_code, self.org),
        )
        found: list[ColumnElement[bool]] = [one == wanted for one, wanted in columns if wanted]
        if self.urged:
            found.append(Case.urged_at.is_not(None))
        return [*found, *(one.condition() for one in self.values)]

    def by_text(self) -> list[ColumnElement[bool]]:
        """The conditions that the text stands for."""
        return searching.conditions(self.words)


def _lit(light: str) -> ColumnElement[bool]:
    if light == "resting":
        return UserTask.suspended | (UserTask.due_at.is_(None) & (UserTask.limit_title != ""))
    now = clock.now()
    if light == "overdue":
        return UserTask.due_at < now
    last = calendar.add_working_days(clock.today(), _NEAR_DAYS).date
    return UserTask.due_at.between(now, clock.midnight(last + timedelta(days=1)))
