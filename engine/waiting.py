"""What an instance waits for: the rows of tasks, subscriptions and jobs are derived from these.

Invariant: plain frozen data; equal before and after the instance was written and read again. Named
tuples: every step makes some anew, and these cost a third of what frozen dataclasses do.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from engine.errors import NotFound
from engine.variables import Variables

DueResolver = Callable[[int, str, datetime], datetime]


@dataclass(frozen=True, slots=True)
class Running:
    """The limit of a task: a budget from an instant on; when it ends the calendar says."""

    amount: int
    unit: str
    since: datetime


class UserTaskWait(NamedTuple):
    """A person has to do something."""

    id: int
    activity: str
    name: str
    scope_id: int
    assignee: str | None = None
    candidate_groups: tuple[str, ...] = ()
    candidate_users: tuple[str, ...] = ()
    form_id: str = ""
    due_at: datetime | None = None
    follow_up_at: datetime | None = None
    priority: int = 50
    separation: tuple[str, ...] = ()
    operations: tuple[str, ...] = ()
    kind: str = ""
    """How somebody among several came to the task: main, beside, before, after, delegate."""
    pick: str = ""
    """How one of the candidates is to be chosen: random, round_robin, least_loaded."""
    limit_title: str = ""
    limit: Running | None = None
    process_key: str = ""
    definition_id: int = 0
    lane: str = ""
    called_path: tuple[str, ...] = ()


class TimerWait(NamedTuple):
    """An instant has to come; `repeat` (ISO 8601) says that others follow.

    One that follows a `limit` of its case is moved with it; `node` is the limit of its `host`.
    """

    id: int
    activity: str
    due_at: datetime
    repeat: str | None = None
    limit: str = ""
    before: int = 0
    midnight: bool = False
    host: int = 0


class MessageWait(NamedTuple):
    """A message has to come; `beside` the flow (boundary, event sub-process) it only may."""

    id: int
    activity: str
    name: str
    correlation_key: str
    public_form_id: str = ""
    public_title: str = ""
    beside: bool = False


class SignalWait(NamedTuple):
    """A signal has to be broadcast; `beside` the flow it only may."""

    id: int
    activity: str
    name: str
    beside: bool = False


class ConditionWait(NamedTuple):
    """A condition on variables has to become true; `beside` the flow it only may."""

    id: int
    activity: str
    condition: str
    beside: bool = False


class ExternalTaskWait(NamedTuple):
    """The worker has to do the work of a topic."""

    id: int
    activity: str
    topic: str
    variables: Variables
    retries: int = 8


Wait = UserTaskWait | TimerWait | MessageWait | SignalWait | ConditionWait | ExternalTaskWait

_resolvers: list[DueResolver] = []


def set_due_resolver(resolver: DueResolver) -> None:
    """Hand in the calendar: `(amount, unit, start) -> instant`."""
    _resolvers[:] = [resolver]


def due(amount: int, unit: str, start: datetime) -> datetime:
    """The end of a statutory limit.

    Raises:
        NotFound: no calendar was handed in.
    """
    if not _resolvers:
        raise NotFound("没有登记期限日历，无法计算办理时限", unit=unit)
    return _resolvers[0](amount, unit, start)
