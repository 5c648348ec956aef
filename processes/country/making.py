"""Makes the country, part by part: first the ground, then the stories; goes on where it stopped.

Invariant: each unit (an agency, a batch of records, a story) and its count are one transaction of
the installation; what is played is played in a scratch copy and carried over in one piece.
"""

import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from engine import clock
from engine.ports import Worker
from processes.clock import calendars
from processes.country import agencies, carrying, ledgers, papers, programme, progress, world
from processes.country.carrying import Overtaken
from processes.country.cast import Cast
from processes.country.habits import Domain, Habit
from processes.country.people import shape
from processes.country.scratch import Changes, Scratch
from processes.country.telling import Telling
from processes.country.world import StoryFailed, World
from processes.documents import documents
from processes.model.country import CountryPart

_log = logging.getLogger("banli.country")
_AGAIN: Final = 3
_MARGIN: Final = timedelta(minutes=3)
Transact = Callable[..., Any]
Stop = Callable[[], bool]


@dataclass(slots=True)
class Maker:
    """One who makes parts of the country; `rest` is the pause after each unit, in seconds."""

    transact: Transact
    domains: Mapping[str, Domain]
    outside: tuple[str, ...]
    source: Engine
    scratch: Path
    workers: Mapping[str, Worker] = field(default_factory=dict)
    """Who does the work of a topic here; the others of `outside` answer as the habits say."""
    stop: Stop = lambda: False
    rest: float = 0.002
    counted: float = field(default_factory=time.monotonic)

    def ground(self, *, size: str) -> None:
        """Agencies, accounts and ledgers."""
        on = self.transact(lambda session: progress.begin(session, self.domains, size=size))
        part = programme.part_of(self._row(progress.GROUND).size)
        units: list[Callable[[Session], None]] = [
            partial(agencies.found, agency=agency, on=on) for agency in agencies.planned(part)
        ]
        units += [batch.add for batch in ledgers.planned(part, on)]
        for place in range(self._row(progress.GROUND).done, len(units)):
            if self.stop():
                return
            self.transact(_unit, units[place], place + 1, self._seconds())
            time.sleep(self.rest)

    def stories(self, part: str) -> None:
        """The stories of a part."""
        row = self._row(part)
        turns = programme.turns(progress.of(self.domains, part), size=row.size, on=row.on_day)
        if row.done >= len(turns):
            return
        there = self._world()
        try:
            for place in range(row.done, len(turns)):
                if self.stop():
                    return
                there = self._tell(there, part, turns[place], place + 1)
                time.sleep(self.rest)
        finally:
            there.scratch.close()

    def _tell(self, there: World, part: str, turn: programme.Turn, to: int) -> World:
        """Tell one story and carry it over; again on a new copy if somebody was faster."""
        for _time in range(_AGAIN):
            until = clock.now() - _MARGIN
            try:
                with there.scratch.attempt(), documents.deferred():
                    telling_of = Telling(there, turn, until=until)
                    try:
                        cases = telling_of.tell()
                    finally:
                        clock.set_to(None)
                    changes = there.scratch.changes()
                    self.transact(_carried, changes, part, (to, cases, self._seconds()))
            except StoryFailed as failed:
                _log.warning("country.story_failed", extra={"story": failed.message})
                failure = failed.message
                self.transact(progress.advance, part, to=to, failure=failure)
            except Overtaken:
                there.scratch.close()
                there = self._world()
                continue
            return there
        self.transact(progress.advance, part, to=to, failure=f"{turn.story.name} 多次被他人抢先")
        return there

    def _world(self) -> World:
        files = self.transact(papers.hand_in)
        scratch = Scratch(self.scratch, self.source)
        habits: dict[str, dict[str, Habit]] = {}
        for domain in self.domains.values():
            for process, of in domain.habits.items():
                habits.setdefault(process, {}).update(of)
        scratch.look(calendars.refresh)
        return World(
            scratch=scratch,
            cast=scratch.look(Cast),
            habits=habits,
            outside=tuple(one for one in self.outside if one not in self.workers),
            workers=self.workers,
            files=files,
            seed=str(shape()["seed"]),
            received=scratch.look(world.received),
        )

    def _row(self, part: str) -> CountryPart:
        found: CountryPart = self.transact(lambda session: session.get_one(CountryPart, part))
        return found

    def _seconds(self) -> int:
        """Whole seconds since they were last asked for."""
        passed = int(time.monotonic() - self.counted)
        self.counted += passed
        return passed


def _unit(session: Session, unit: Callable[[Session], None], to: int, seconds: int) -> None:
    unit(session)
    progress.advance(session, progress.GROUND, to=to, seconds=seconds)


def _carried(session: Session, changes: Changes, part: str, counted: tuple[int, int, int]) -> None:
    to, cases, seconds = counted
    carrying.carry(session, changes)
    progress.advance(session, part, to=to, cases=cases, seconds=seconds)
