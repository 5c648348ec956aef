"""Which stories there are in a country of some size, and on which day each begins.

Invariant: the same size, seed and day give the same list, in the order of their days; a story's
place in it is what progress counts.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from processes.clock import calendar
from processes.country.dice import Dice
from processes.country.habits import Domain, Story
from processes.country.people import shape

SIZES: Final = ("small", "medium", "full")


@dataclass(frozen=True, slots=True)
class Turn:
    """One story to be told: which of its kind, beginning when.

    `lately` marks those that are to be found under way: in them work is left lying (`rests`).
    """

    day: date
    story: Story
    number: int
    lately: bool = False


def part_of(size: str) -> float:
    """What part of the full country a size is."""
    return float(shape()["sizes"][size])


def turns(domains: Sequence[Domain], *, size: str, on: date) -> list[Turn]:
    """Every story of some domains, the earliest first, up to the day before `on`."""
    days = _days(on)
    lately = _lately(days, on)
    found = []
    for domain in domains:
        for story in domain.stories:
            recent = shape()["recent"]["share"] if story.recent is None else story.recent
            for number in range(max(1, round(story.share * part_of(size)))):
                dice = Dice(shape()["seed"], "day", story.name, number)
                late = dice.chance(recent)
                day = dice.weighed(lately if late else days)
                found.append(Turn(day, story, number, late))
    return sorted(found, key=lambda turn: (turn.day, turn.story.name, turn.number))


def _lately(days: Mapping[date, float], on: date) -> Mapping[date, float]:
    """The same for what is under way: the last weeks, the last days most."""
    whole = shape()["recent"]["days"]
    first = on - timedelta(days=whole)
    return {
        day: weight * ((day - first).days / whole) ** 2
        for day, weight in days.items()
        if day > first and calendar.is_working(day)
    }


def _days(on: date) -> Mapping[date, float]:
    """How likely something begins on each day: by weekday, month, holidays and growth."""
    told = shape()
    first = on - timedelta(days=round(365 * told["years"]))
    whole = (on - first).days
    found = {}
    for offset in range(whole):
        day = first + timedelta(days=offset)
        weekday = told["weekday"][day.isoweekday()] if calendar.is_working(day) else 0.08
        grown = 1 + (told["growth"] - 1) * offset / whole
        found[day] = weekday * told["month"][day.month] * grown
    return found
