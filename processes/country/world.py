"""What all stories share: the scratch copy, its people, how they usually do things, who is outside.

Invariant: nothing here depends on a single story.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy.orm import Session

from engine import repository
from engine.definition.elements import EndEvent, ReceiveTask, ThrowEvent
from engine.definition.events import messages
from engine.errors import BanliError
from engine.ports import Message, Worker
from processes.background.worker import JobWorker
from processes.country.cast import Cast
from processes.country.habits import Habit, Story, merged
from processes.country.scratch import Scratch

USUAL = Habit()


class NothingThere(BanliError):
    """A ledger or the country has nothing that fits; a case that needs it is not begun."""

    code = "nothing_there"


class StoryFailed(BanliError):
    """Something in a story did not go; says where and why."""

    code = "story_failed"


@dataclass(slots=True)
class World:
    """The surroundings of every story."""

    scratch: Scratch
    cast: Cast
    habits: Mapping[str, Mapping[str, Habit]]
    outside: tuple[str, ...]
    """Topics that somebody outside does."""
    files: Mapping[str, Mapping[str, Any]]
    seed: str
    workers: Mapping[str, Worker] = field(default_factory=dict)
    """Who does the work of a topic here and now, instead of somebody outside."""
    received: frozenset[str] = frozenset()
    """Names of the messages that some process receives."""
    _keys: dict[int, str] = field(default_factory=dict)

    def worker(self) -> JobWorker:
        """Who does what is due; what goes to nobody of ours leaves."""
        return JobWorker(
            transact=self.scratch.run,
            owner="country",
            workers=self.workers,
            channels={"outside": _Outside()},
            routes=_Leaving(self.received),
            remote=self.outside,
        )

    def habit(self, row: Any, story: Story) -> Habit:
        """What happens at an activity that waits (a row with `definition_id` and `activity`)."""
        process = self._key(row.definition_id)
        usual = self.habits.get(process, {}).get(row.activity, USUAL)
        own = story.habits.get(process, {}).get(row.activity)
        return usual if own is None else merged(usual, own, story.name)

    def _key(self, definition_id: int) -> str:
        if definition_id not in self._keys:
            found = self.scratch.look(lambda session: repository.get(session, definition_id))
            self._keys[definition_id] = found.key
        return self._keys[definition_id]


class _Outside:
    """Where messages go that none of our processes receives."""

    name = "outside"

    def send(self, message: Message) -> None:
        """Nobody is there to read it."""

    def receive(self, raw: bytes, headers: Mapping[str, str]) -> Message:
        """Nobody is there to write either."""
        raise NotImplementedError


class _Leaving(dict[str, str]):
    """Which messages leave: all but those that some process receives."""

    def __init__(self, received: frozenset[str]) -> None:
        super().__init__()
        self._received = received

    def get(self, name: str, default: Any = None) -> Any:
        return default if name in self._received else "outside"


def received(session: Session) -> frozenset[str]:
    """Names of the messages that some process receives."""
    found: set[str] = set()
    for definition in repository.all_latest(session):
        for element in repository.compiled(session, definition.id).elements.values():
            if not isinstance(element, EndEvent | ThrowEvent):  # those send
                found |= {one.name for one in messages(getattr(element, "definition", None))}
            if isinstance(element, ReceiveTask):
                found.add(element.message.name)
    return frozenset(found)
