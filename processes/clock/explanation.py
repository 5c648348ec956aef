"""Says in words where a limit stands and why: one sentence for clerks, applicants and notices.

Invariant: says nothing that the reckoning does not hold. Clauses keep their values apart from
their words, so that a page can say them in another language.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Final

from engine.clock import SHANGHAI
from processes.clock.clock import Standing
from processes.clock.counting import Unit, day_of
from processes.clock.reckoning import Moved, Pause, Reckoning, State

UNITS: Final[Mapping[Unit, str]] = {
    Unit.WORKING_DAYS: "个工作日",
    Unit.CALENDAR_DAYS: "日",
    Unit.WORKING_HOURS: "个工作小时",
    Unit.HOURS: "小时",
}
_DAYS: Final = frozenset({Unit.WORKING_DAYS, Unit.CALENDAR_DAYS})


@dataclass(frozen=True, slots=True)
class Clause:
    """Part of a sentence: words with `%(name)s` and their values."""

    text: str
    values: Mapping[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        return self.text % self.values


def explain(standing: Standing) -> str:
    """The whole sentence in Chinese."""
    return "；".join(str(clause) for clause in clauses(standing)) + "。"


def clauses(standing: Standing) -> list[Clause]:
    """How long, from when, what was not counted and why, until when, what remains."""
    reckoned = standing.reckoning
    unit = UNITS[reckoned.unit]
    said = [
        Clause(
            "%(title)s %(n)s %(unit)s，自 %(start)s 次日起算"
            if reckoned.unit in _DAYS
            else "%(title)s %(n)s %(unit)s，自 %(start)s 起算",
            {
                "title": standing.title,
                "n": reckoned.budget,
                "unit": unit,
                "start": _start(reckoned),
            },
        )
    ]
    if reckoned.extended:
        values = {"n": reckoned.extended, "unit": unit}
        said.append(Clause("经批准延长 %(n)s %(unit)s", values))
    said += [_pause(pause, unit) for pause in reckoned.pauses]
    if reckoned.unit in {Unit.WORKING_DAYS, Unit.WORKING_HOURS}:
        # calendar days count holidays too; only the end may roll on from one, which is said apart
        said += [_moved(moved) for moved in reckoned.moved_by]
    if reckoned.rolled_from is not None:
        values = {"day": reckoned.rolled_from.isoformat()}
        said.append(Clause("最后一日 %(day)s 是非工作日，顺延至其后第一个工作日", values))
    said += _end(reckoned, unit)
    if reckoned.provisional:
        said.append(Clause("所涉年度的放假安排尚未公布，届满日暂定"))
    return said


def _start(reckoned: Reckoning) -> str:
    if reckoned.unit in _DAYS:
        return day_of(reckoned.started_at).isoformat()
    return _moment(reckoned.started_at)


def _pause(pause: Pause, unit: str) -> Clause:
    values = {
        "since": day_of(pause.since).isoformat(),
        "reason": pause.reason or "法定事由",
        "n": pause.counted,
        "unit": unit,
    }
    if pause.until is None:
        return Clause("自 %(since)s 起因“%(reason)s”中止，至今不计 %(n)s %(unit)s", values)
    values["until"] = day_of(pause.until).isoformat()
    return Clause("%(since)s 至 %(until)s 因“%(reason)s”中止，不计 %(n)s %(unit)s", values)


def _moved(moved: Moved) -> Clause:
    values = {"name": moved.name, "days": _spelt(moved.first, moved.last)}
    if moved.working:
        return Clause("%(days)s %(name)s，计入", values)
    return Clause("%(days)s %(name)s放假，不计", values)


def _end(reckoned: Reckoning, unit: str) -> list[Clause]:
    values: dict[str, Any] = {"n": reckoned.left, "unit": unit, "used": reckoned.used}
    if reckoned.state is State.SUSPENDED and reckoned.due_at is None:
        return [Clause("目前中止计时，已用 %(used)s %(unit)s，恢复后剩余 %(n)s %(unit)s", values)]
    if reckoned.due_at is None:
        return [Clause("已停止计时，实际用时 %(used)s %(unit)s", values)]
    values["due"] = _due(reckoned)
    values["over"] = reckoned.over
    said = [Clause("%(due)s 届满", values)]
    if reckoned.state is State.STOPPED and reckoned.ended_at is not None:
        values["ended"] = day_of(reckoned.ended_at).isoformat()
        text = "%(ended)s 停止计时，实际用时 %(used)s %(unit)s"
        text += "，超期 %(over)s %(unit)s" if reckoned.overdue else ""
    elif reckoned.overdue:
        text = "已超期 %(over)s %(unit)s"
    elif reckoned.left == 0:
        text = "今日到期" if reckoned.unit in _DAYS else "即将到期"
    else:
        text = "剩余 %(n)s %(unit)s"
    return [*said, Clause(text, values)]


def _due(reckoned: Reckoning) -> str:
    assert reckoned.due_at is not None  # noqa: S101 - asked by those who looked
    if reckoned.unit in _DAYS:
        return day_of(reckoned.due_at).isoformat()
    return _moment(reckoned.due_at)


def _moment(instant: datetime) -> str:
    return instant.astimezone(SHANGHAI).strftime("%Y-%m-%d %H:%M")


def _spelt(first: date, last: date) -> str:
    if first == last:
        return f"{first.year}年{first.month}月{first.day}日"
    if first.month == last.month:
        return f"{first.year}年{first.month}月{first.day}日至{last.day}日"
    return f"{first.year}年{first.month}月{first.day}日至{last.month}月{last.day}日"
