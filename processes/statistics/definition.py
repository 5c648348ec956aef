"""What a statistic is: a source, what it is counted by, over which time, and for whom; as data.

Invariant: a definition read here is complete, and what it names of a ledger is there. The form of
a file `bpmn/<domain>/statistics/<statistic>.yaml` is described in docs/statistics.md.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from engine.errors import NotFound
from processes.definitions import Kind
from processes.domains.domains import FOLDER
from processes.statistics import checking


@dataclass(frozen=True, slots=True)
class Share:
    """A column of a list: one field as a part of another, in per cent."""

    title: str
    part: str
    whole: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Statistic:
    """One statistic. Exactly one of `register`, `cases`, `tasks` is set.

    `rows` are the dimensions to choose from, the first is the one shown at first, `filters` those
    by which the reader may narrow it; `lines` (the
    key `list`) are the fields of a list that has one line a record instead. `spans` are limits
    whose time is shown apart, by title; `rests` limits at whose stop a case rests, by activity.
    """

    id: str
    title: str
    title_en: str = ""
    note: str = ""
    note_en: str = ""
    roles: frozenset[str] = frozenset()
    register: str = ""
    cases: tuple[str, ...] = ()
    tasks: tuple[str, ...] = ()
    accepted: tuple[str, ...] = ()
    where: Mapping[str, str] = field(default_factory=dict)
    without: Mapping[str, str] = field(default_factory=dict)
    statuses: tuple[str, ...] = ()
    own: tuple[str, ...] = ()
    year: str = ""
    period: str = ""
    ended: bool | None = None
    rows: tuple[str, ...] = ()
    columns: str = ""
    filters: tuple[str, ...] = ()
    measures: tuple[str, ...] = ("count",)
    spans: Mapping[str, str] = field(default_factory=dict)
    rests: Mapping[str, str] = field(default_factory=dict)
    lines: tuple[str | Share, ...] = ()
    totals: tuple[str, ...] = ()
    chart: str = "bar"
    labels: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    colours: Mapping[str, str] = field(default_factory=dict)


_LISTS: Final = (
    "cases", "tasks", "accepted", "statuses", "own", "rows", "measures", "totals", "filters",
)  # fmt: skip
_KIND: Final = Kind("统计定义", "statistic", checking.problems)
_catalogue: dict[str, Statistic] = {}
_folders: set[Path] = set()


def definitions() -> Mapping[str, Statistic]:
    """Every statistic of the installation, by id; read at the first question."""
    if FOLDER not in _folders:
        load(FOLDER)
    return _catalogue


def definition(statistic: str) -> Statistic:
    """One statistic.

    Raises:
        NotFound: there is none of that name.
    """
    found = definitions().get(statistic)
    if found is None:
        raise NotFound(f"没有统计『{statistic}』", statistic=statistic)
    return found


def load(folder: Path) -> Mapping[str, Statistic]:
    """Take in every `statistics/*.yaml` below a folder.

    Raises:
        DeploymentRejected: a file is wrong, or two define one statistic.
    """
    found = _KIND.below(folder, "statistics/*.yaml", read, name=lambda one: one.id)
    _catalogue.update(found)
    _folders.add(folder)
    return found


def read(content: bytes, file: str) -> Statistic:
    """The statistic that a YAML file defines.

    Raises:
        DeploymentRejected: names everything that is wrong with it.
    """
    return _definition(_KIND.read(content, file))


def _definition(raw: Mapping[str, Any]) -> Statistic:
    told: dict[str, Any] = {
        name: raw[name]
        for name in (
            "title", "title_en", "note", "note_en", "register", "where", "year", "period", "ended",
            "columns", "labels", "colours", "spans", "rests",
        )
        if name in raw
    }  # fmt: skip
    for name in _LISTS:
        if name in raw:
            told[name] = tuple(raw[name])
    chart = raw.get("chart") or ("stack" if raw.get("columns") else "bar")
    return Statistic(
        id=raw["statistic"],
        roles=frozenset(raw["roles"]),
        lines=tuple(_line(one) for one in raw.get("list", ())),
        without=raw.get("except") or {},
        chart=chart,
        **told,
    )


def _line(told: str | Mapping[str, str]) -> str | Share:
    return told if isinstance(told, str) else Share(told["title"], told["part"], told["whole"])
