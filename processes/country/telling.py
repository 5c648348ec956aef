"""Tells one story: begins its cases, lets everybody do what is theirs, lets time go by.

Invariant: everything is done at its own instant, and what falls due on the way happens then. A
story that cannot go on raises `StoryFailed` and is undone by whoever had it told.
"""

from collections.abc import Callable, Mapping
from datetime import date, datetime, time, timedelta
from functools import partial
from typing import Any, Final

from sqlalchemy import Select, select

from engine import clock, runtime
from engine.errors import BanliError
from engine.model import EventSubscription, Incident, Job, UserTask
from forms.errors import FormInvalid
from processes.clock import calendar
from processes.country.acting import Acting
from processes.country.dice import Dice
from processes.country.facts import Facts
from processes.country.habits import Begin, Habit
from processes.country.people import shape
from processes.country.programme import Turn
from processes.country.world import USUAL, NothingThere, StoryFailed, World

_STEPS: Final = 3_000
_OFFICE: Final = ((time(9, 5), time(11, 50)), (time(13, 10), time(16, 50)))
Key = tuple[str, int]
Act = Callable[[], None]


class Telling:
    """One story on its way; `until` is the present."""

    def __init__(self, world: World, turn: Turn, *, until: datetime) -> None:
        story, number, on = turn.story, turn.number, turn.day
        self._world = world
        self._story = story
        self._rests = _rests(turn)
        self._seed = (world.seed, story.name, number)
        self._dice = Dice(*self._seed)
        self._facts = Facts(world, story, number, on)
        self._acting = Acting(world, self._facts, self._dice)
        self._worker = world.worker()
        self._on = on
        self._until = until
        self._begins = 0
        self._cases = 0
        self._planned: dict[Key, datetime | None] = {}
        """When somebody does what waits; None: nobody will."""
        self._acts: dict[Key, Act] = {}
        self._asked: Mapping[str, tuple[type[Any], Callable[[Any, Habit], None]]] = {
            "task": (UserTask, self._acting.complete),
            "wait": (EventSubscription, self._acting.hear),
            "work": (Job, self._acting.work),
        }

    def tell(self) -> int:
        """Play it up to its end or to the present; returns how many cases were filed.

        Raises:
            StoryFailed: something did not go.
        """
        clock.set_to(self._instant(self._on, 0))
        try:
            self._begin_with()
            self._play()
        except NothingThere:
            return 0  # the country is too small for it
        except FormInvalid as refused:
            raise self._failed(str(refused.errors)) from refused
        except BanliError as error:
            raise self._failed(error.message) from error
        if stuck := self._all(select(Incident)):
            raise self._failed(stuck[0].message)
        return self._cases

    def _failed(self, text: str) -> StoryFailed:
        return StoryFailed(f"{self._story.name}#{self._seed[-1]}：{text}")

    def _begin_with(self) -> None:
        for name, hint in self._story.facts.items():
            self._facts.learn(name, hint, self._dice)
        for told in self._story.prepare:
            self._facts.prepare(told, self._dice)
        for begin in self._story.cases:
            if not begin.after:
                self._plan_begin(begin, self._on)

    # -- time ------------------------------------------------------------------------------------

    def _play(self) -> None:
        for _step in range(_STEPS):
            self._settle()
            self._plan()
            upcoming = {key: at for key, at in self._planned.items() if at is not None}
            key = min(upcoming, key=lambda one: (upcoming[one], one), default=None)
            due = self._world.scratch.next_due(self._world.outside)
            instants = [one for one in (upcoming[key] if key else None, due) if one is not None]
            if not instants or min(instants) > self._until:
                clock.set_to(self._until)
                return
            clock.set_to(max(min(instants), clock.now()))
            if key is not None and (due is None or upcoming[key] <= due):
                self._planned[key] = None
                self._acts.pop(key)()
        raise self._failed("没有尽头")

    def _settle(self) -> None:
        """Do everything that is due, but for work of somebody outside."""
        scratch, outside = self._world.scratch, self._world.outside
        while due := scratch.claim(clock.now(), outside):
            for work in due:
                self._worker.do(work)

    def _instant(self, day: date, days: int, *, anyday: bool = False) -> datetime:
        """An instant so many working days on; with `anyday` days, and hours people are awake."""
        if anyday:
            return _at(day + timedelta(days=days), time(8, 0), time(22, 0), self._dice)
        reached = calendar.add_working_days(day, days).date
        return _at(reached, *self._dice.one(_OFFICE), self._dice)

    def _when(self, told: Habit) -> datetime:
        now = clock.now().astimezone(clock.SHANGHAI)
        if told.result is not None:  # a machine answers at once
            return now + timedelta(seconds=self._dice.between(5, 40))
        days = self._dice.early(*told.days)
        if self._dice.chance(told.late):
            days += self._dice.between(*told.late_days)
        at = self._instant(now.date(), days, anyday=told.anyday)
        if at > now:
            return at
        at = now + timedelta(minutes=self._dice.between(4, 95))
        after_hours = at.time() > _OFFICE[-1][1] and not told.anyday
        return self._instant(now.date(), 1) if after_hours else at

    # -- what is planned ---------------------------------------------------------------------------

    def _plan(self) -> None:
        """Decide for everything that began to wait when somebody does it."""
        now: set[Key] = {key for key in self._planned if key[0] == "begin"}
        for kind, (of, act) in self._asked.items():
            for number in self._world.scratch.waiting(kind, self._world.outside):
                now.add((kind, number))
                if (kind, number) not in self._planned:
                    self._plan_one((kind, number), self._one(of, number), act)
        for key in self._planned.keys() - now:
            del self._planned[key]
            self._acts.pop(key, None)

    def _plan_one(self, key: Key, row: Any, act: Callable[[Any, Habit], None]) -> None:
        told = self._world.habit(row, self._story)
        idle = key[0] != "task" and told is USUAL
        rests = self._dice.chance(self._lying()) and told.result is None
        if idle or rests or not self._dice.chance(told.chance):
            self._planned[key] = None
            return
        self._planned[key], self._acts[key] = self._when(told), partial(act, row, told)

    def _lying(self) -> float:
        """How likely what comes now is left lying: what has just come, most of all."""
        days = (self._until - clock.now()).days
        told = shape()["lying"].items()
        return self._rests * float(next((times for most, times in told if days <= most), 0))

    def _plan_begin(self, begin: Begin, day: date) -> None:
        for turn in range(self._dice.between(*begin.times)):
            self._begins += 1
            key = ("begin", self._begins)
            at = self._instant(day, self._dice.between(*begin.days))
            self._planned[key] = max(at, clock.now())
            self._acts[key] = partial(self._begin, begin, turn, key)

    def _begin(self, begin: Begin, turn: int, key: Key) -> None:
        del self._planned[key]
        dice = Dice(*self._seed, begin.process, turn)
        self._facts.known["today"] = clock.today()
        try:
            for name, hint in begin.given.items():
                self._facts.learn(name, hint, dice)
        except NothingThere:
            return
        try:
            case = self._acting.file(begin)
        except FormInvalid:
            if begin.optional:
                return
            raise
        self._cases += 1
        self._settle()
        if not begin.id:
            return
        self._facts.known[begin.id] = self._world.scratch.look(
            lambda session: runtime.variables(session, case)
        )
        for other in self._story.cases:
            if other.after == begin.id:
                self._plan_begin(other, clock.today())

    def _one(self, of: type[Any], number: int) -> Any:
        return self._world.scratch.look(lambda session: session.get_one(of, number))

    def _all(self, query: Select[Any]) -> list[Any]:
        return self._world.scratch.look(lambda session: list(session.scalars(query)))


def _rests(turn: Turn) -> float:
    """How likely what waits in a story is left lying."""
    if not turn.lately:
        return 0.0
    told = turn.story.rests
    return float(shape()["recent"]["rests"] if told is None else told)


def _at(day: date, first: time, last: time, dice: Dice) -> datetime:
    begin = datetime.combine(day, first, clock.SHANGHAI)
    span = int((datetime.combine(day, last, clock.SHANGHAI) - begin).total_seconds())
    return begin + timedelta(seconds=dice.between(0, span))
