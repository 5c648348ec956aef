"""What of BPMN, FEEL and DMN is executed, by the tests that ran: for the page and the document.

The numbers are in `conformance.json`, which `python -m tests.conformance` writes from a test run.
Invariant: an element is called executed only if `engine.constructs` says so, and its number is that
of tests in which a token completed it; nothing here is typed in by hand.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby
from pathlib import Path
from typing import Any, Final

from engine import constructs, feel
from web.words import N_

FILE: Final = Path(__file__).parent / "conformance.json"

POSITIONS: Final[Mapping[str, str]] = {
    "start": N_("开始"),
    "event_start": N_("事件子流程开始（中断）"),
    "event_start_non": N_("事件子流程开始（不中断）"),
    "catch": N_("中间捕获"),
    "boundary": N_("边界（中断）"),
    "boundary_non": N_("边界（不中断）"),
    "throw": N_("中间抛出"),
    "end": N_("结束"),
}
_WAITS: Final = "start event_start event_start_non catch boundary boundary_non"
_SPREADS: Final = "event_start event_start_non boundary boundary_non throw end"
# where BPMN 2.0.2 (table 10.93) permits each kind of event
_ALLOWED: Final[Mapping[str, tuple[str, str]]] = {
    "none": ("无", "start throw end"),
    "message": ("消息", f"{_WAITS} throw end"),
    "timer": ("定时", _WAITS),
    "error": ("错误", "event_start boundary end"),
    "escalation": ("升级", _SPREADS),
    "signal": ("信号", f"{_WAITS} throw end"),
    "conditional": ("条件", _WAITS),
    "link": ("链接", "catch throw"),
    "terminate": ("终止", "end"),
    "compensate": ("补偿", "event_start boundary throw end"),
    "cancel": ("取消", "boundary end"),
    "multiple": ("多重", f"{_WAITS} throw end"),
    "parallel_multiple": ("并行多重", _WAITS),
}


@dataclass(frozen=True, slots=True)
class Row:
    """An element: its names, what becomes of it, in how many tests, and why or how."""

    name: str
    zh: str
    status: str
    tests: int
    reason: str
    samples: Sequence[str]

    @property
    def en(self) -> str:
        """What the standard calls it, its name in words."""
        return _spelt(self.name)


@dataclass(frozen=True, slots=True)
class EventRow:
    """A kind of event: for each position the number of tests, None where the standard has none."""

    kind: str
    name: str
    tests: Sequence[int | None]

    @property
    def en(self) -> str:
        """What the standard calls it."""
        return _spelt(self.kind)


@dataclass(frozen=True, slots=True)
class Report:
    """Everything the page and the document show."""

    groups: Sequence[tuple[str, Sequence[Row]]]
    events: Sequence[EventRow]
    counts: Mapping[str, int]
    functions: Sequence[str]
    tests: Mapping[str, int]
    dmn: Mapping[str, Any]


@lru_cache(maxsize=1)
def report() -> Report:
    """The report of the numbers that this program was made with."""
    return made(json.loads(FILE.read_text(encoding="utf-8")))


def made(content: Mapping[str, Any]) -> Report:
    """A report of the content of the file of numbers."""
    found: Mapping[str, Sequence[Any]] = content["constructs"]
    rows = [_row(one, found) for one in constructs.CONSTRUCTS.values()]
    groups = [
        (title, [_row(one, found) for one in members])
        for title, members in groupby(constructs.CONSTRUCTS.values(), key=lambda one: one.group)
    ]
    counts = {
        status: sum(row.status == status for row in rows)
        for status in ("executed", "documentation", "refused")
    }
    events = [_event(kind, title, found) for kind, (title, _where) in _ALLOWED.items()]
    return Report(groups, events, counts, content["functions"], content["tests"], content["dmn"])


def _row(one: constructs.Construct, found: Mapping[str, Sequence[Any]]) -> Row:
    key = f"refused/{one.name}" if one.status == "refused" else one.name
    tests, samples = found.get(key, (0, ()))
    return Row(one.name, one.zh, one.status, tests, one.reason, samples)


def _event(kind: str, title: str, found: Mapping[str, Sequence[Any]]) -> EventRow:
    allowed = _ALLOWED[kind][1].split()
    return EventRow(
        kind,
        title,
        [
            found.get(f"{place}/{kind}", (0,))[0] if place in allowed else None
            for place in POSITIONS
        ],
    )


def _spelt(name: str) -> str:
    """A name of the standard in words: `userTask` is a user task."""
    return re.sub("[A-Z_]", lambda found: f" {found[0].lower().strip('_')}", name).capitalize()


def functions() -> list[str]:
    """The functions that FEEL has here, those of the domain included."""
    return sorted(feel.function_names())
