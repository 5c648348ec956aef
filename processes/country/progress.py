"""How far the generated country is, for whoever makes it and whoever waits for it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine import clock
from processes.country import agencies, ledgers, programme
from processes.country.habits import Domain
from processes.model.country import CountryPart

GROUND: Final = "ground"
_ENOUGH: Final = 10
"""Units after which the time of one is known."""
PARTS: Final[Mapping[str, tuple[str, ...]]] = {
    "first": ("yacht", "property", "common"),
    "second": ("explosives",),
}
"""Stories that are told one after the other, by part; parts share no number and no record."""


@dataclass(frozen=True, slots=True)
class Progress:
    """Where the country stands."""

    size: str
    planned: int
    done: int
    cases: int
    failed: int
    left_seconds: int
    """Estimated; 0 when done, or while the time of a unit of any part is not yet known."""
    last_failure: str = ""
    """Which story did not go, and why."""

    @property
    def percent(self) -> int:
        """Of what is planned."""
        return 100 if not self.planned else self.done * 100 // self.planned

    @property
    def complete(self) -> bool:
        """Whether nothing is left."""
        return self.done >= self.planned


def begin(session: Session, domains: Mapping[str, Domain], *, size: str) -> date:
    """Lay down what is to be done, once; returns the day up to which the country is told."""
    held = session.get(CountryPart, GROUND)
    if held is not None:
        return held.on_day
    on = clock.today()
    part = programme.part_of(size)
    ground = len(agencies.planned(part)) + len(ledgers.planned(part, on))
    planned = {GROUND: ground} | {
        name: len(programme.turns(of(domains, name), size=size, on=on)) for name in PARTS
    }
    for name, number in planned.items():
        session.add(CountryPart(part=name, size=size, on_day=on, planned=number))
    return on


def of(domains: Mapping[str, Domain], part: str) -> list[Domain]:
    """The domains whose stories a part tells."""
    return [domains[name] for name in PARTS[part] if name in domains]


def advance(
    session: Session, part: str, *, to: int, cases: int = 0, failure: str = "", seconds: int = 0
) -> None:
    """Count what this transaction writes."""
    row = session.get_one(CountryPart, part)
    row.done = to
    row.cases += cases
    row.seconds += seconds
    row.updated_at = clock.now()
    if failure:
        row.failed += 1
        row.last_failure = failure[:500]


def now(session: Session) -> Progress | None:
    """Where the country stands; None where none was begun."""
    rows = session.scalars(select(CountryPart)).all()
    if not rows:
        return None
    unfinished = [row for row in rows if row.done < row.planned]
    # the ground takes seconds and the stories wait for it: what it has left says nothing of them
    known = all(row.done >= _ENOUGH for row in unfinished)
    left = [(row.planned - row.done) * row.seconds // row.done for row in unfinished if known]
    return Progress(
        size=rows[0].size,
        planned=sum(row.planned for row in rows),
        done=sum(row.done for row in rows),
        cases=sum(row.cases for row in rows),
        failed=sum(row.failed for row in rows),
        left_seconds=max(left, default=0),
        last_failure=next((row.last_failure for row in rows if row.last_failure), ""),
    )
