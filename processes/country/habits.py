"""Habits and stories of a domain: who does what, how soon, with what result (`country.yaml`).

Invariant: a file that says something unknown is refused with its place; nothing is passed over.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any

import yaml

from engine.errors import BanliError


class HabitsInvalid(BanliError):
    """A `country.yaml` says something that nobody understands."""

    code = "habits_invalid"


@dataclass(frozen=True, slots=True)
class Habit:
    """What happens at an activity that waits.

    `days` are working days (calendar days where `anyday`); `late` is the probability of taking
    `late_days` more; `chance` that it happens at all. `told` fills the form; `payload` is what a
    department sends, `result` what a machine answers.
    """

    days: tuple[int, int] = (0, 2)
    anyday: bool = False
    late: float = 0.0
    late_days: tuple[int, int] = (3, 15)
    chance: float = 1.0
    told: Mapping[str, Any] = field(default_factory=dict)
    payload: Mapping[str, Any] | None = None
    result: Mapping[str, Any] | None = None
    by: str = ""


@dataclass(frozen=True, slots=True)
class Begin:
    """A case that a story begins: `times` of them, `days` after the case called `after`.

    Somebody files it (`by`), of the public by a `channel` with a log-in of a `level` where one is
    said; or a `message` from outside begins it, and `told` is what that says.
    """

    process: str
    by: Any = "person"
    channel: Any = ""
    level: Any = 2
    message: str = ""
    id: str = ""
    after: str = ""
    days: tuple[int, int] = (0, 0)
    times: tuple[int, int] = (1, 1)
    given: Mapping[str, Any] = field(default_factory=dict)
    """Facts of each of them, after those of the story."""
    told: Mapping[str, Any] = field(default_factory=dict)
    optional: bool = False
    """Not filed where the form refuses it: a class may be full or closed by then."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """A ledger record that is there before the story begins, known under `id`."""

    register: str
    id: str
    values: Mapping[str, Any]
    status: str = ""
    before: tuple[int, int] = (0, 0)
    """So many days earlier."""
    times: tuple[int, int] = (1, 1)
    """So many of them, the last of which is known; `index` counts them."""


@dataclass(frozen=True, slots=True)
class Story:
    """What comes together: facts, records that are there, cases. `share`: how many in full size."""

    name: str
    domain: str
    share: int
    facts: Mapping[str, Any]
    prepare: tuple[Prepared, ...]
    cases: tuple[Begin, ...]
    recent: float | None = None
    """Share of them that are to be found under way; what is not said is that of `shape.yaml`."""
    rests: float | None = None
    """How likely each step of those is left lying up to now; as above."""
    habits: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """Departures from the habits, by process and activity."""


@dataclass(frozen=True, slots=True)
class Domain:
    """What a domain's file says."""

    habits: Mapping[str, Mapping[str, Habit]]
    stories: tuple[Story, ...]


def load(models: Path) -> dict[str, Domain]:
    """The domains that tell stories, by folder.

    Raises:
        HabitsInvalid: names file and place.
    """
    return {
        path.parent.name: _domain(path, yaml.safe_load(path.read_text(encoding="utf-8")))
        for path in sorted(models.glob("*/country.yaml"))
    }


def _domain(path: Path, told: Mapping[str, Any]) -> Domain:
    name = f"{path.parent.name}/{path.name}"
    _known(told, {"habits", "stories", "templates"}, name)
    habits = {
        process: {
            activity: habit(one, f"{name} {process}.{activity}") for activity, one in of.items()
        }
        for process, of in told.get("habits", {}).items()
    }
    stories = [_story(path.parent.name, key, one, name) for key, one in told["stories"].items()]
    return Domain(habits, tuple(stories))


def habit(told: Mapping[str, Any] | None, place: str) -> Habit:
    """A habit as written.

    Raises:
        HabitsInvalid: an unknown key.
    """
    found: Habit = _made(Habit, told or {}, place)
    return found


def merged(usual: Habit, own: Mapping[str, Any], place: str) -> Habit:
    """A habit with the departures of one story.

    Raises:
        HabitsInvalid: an unknown key.
    """
    _known(own, {one.name for one in fields(Habit)}, place)
    told = {**usual.told, **own.get("told", {})}
    return replace(usual, **{**own, "told": told})


def _story(domain: str, key: str, told: Mapping[str, Any], name: str) -> Story:
    place = f"{name} {key}"
    allowed = {"share", "facts", "prepare", "cases", "recent", "rests", "habits"}
    _known(told, allowed, place)
    return Story(
        name=key,
        domain=domain,
        share=told["share"],
        facts=told.get("facts", {}),
        prepare=tuple(_made(Prepared, one, place) for one in told.get("prepare", [])),
        cases=tuple(_made(Begin, one, place) for one in told["cases"]),
        recent=told.get("recent"),
        rests=told.get("rests"),
        habits=told.get("habits", {}),
    )


def _made(kind: Any, told: Mapping[str, Any], place: str) -> Any:
    _known(told, {one.name for one in fields(kind)}, place)
    return kind(**{name: tuple(v) if isinstance(v, list) else v for name, v in told.items()})


def _known(told: Mapping[str, Any], allowed: set[str], place: str) -> None:
    for key in told:
        if key not in allowed:
            raise HabitsInvalid(f"{place} 中有不认识的“{key}”", key=str(key))
