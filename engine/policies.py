"""What the model leaves to a policy of a task, and who decides it: handed in from above.

Invariant: the engine knows no organisation and no account; whoever does answers within the step,
from what was before it and what has happened in it.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from engine.approval.board import Decision
from engine.definition.elements import UserTask
from engine.record import HistoryEvent
from engine.variables import Variables


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A task about to begin, or whose time is over: whose it is as the model has it.

    `people`: those who decide together. `leads`: whether the flow leads here from an activity.
    """

    instance_id: int
    task_id: int
    process_key: str
    element: UserTask
    variables: Variables
    actor: str
    events: Sequence[HistoryEvent]
    leads: Callable[[str], bool]
    person: str | None = None
    assignee: str | None = None
    groups: tuple[str, ...] = ()
    users: tuple[str, ...] = ()
    people: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """What becomes of a task: concluded by itself, somebody else's, or stuck; else as it was."""

    outcome: Decision | None = None
    reason: str = ""
    user: str = ""
    """Of whom it is said: who has approved already, who started the case."""
    assignee: str = ""
    users: tuple[str, ...] = ()
    people: tuple[str, ...] = ()
    problem: str = ""


class Decider:
    """Decides; `session` is that of the step."""

    def begin(self, session: Any, asked: Asked) -> Verdict | None:
        """What becomes of a task before it begins; None: what the model says."""
        raise NotImplementedError

    def above(self, session: Any, asked: Asked) -> str | None:
        """Who stands above the holder of a task; None: nobody."""
        raise NotImplementedError


_deciders: list[Decider] = []


def set_decider(decider: Decider) -> None:
    """Hand in who decides."""
    _deciders[:] = [decider]


def begin(source: Any, asked: Asked) -> Verdict | None:
    """What becomes of a task before it begins."""
    session = getattr(source, "session", None)
    return _deciders[0].begin(session, asked) if _deciders and session is not None else None


def above(source: Any, asked: Asked) -> str | None:
    """Who stands above the holder of a task."""
    session = getattr(source, "session", None)
    return _deciders[0].above(session, asked) if _deciders and session is not None else None
