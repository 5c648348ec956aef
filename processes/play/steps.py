"""Carries out the steps of a scenario on a play of a model.

Invariant: the first step that does not go, or the first expectation that does not hold, ends the
scenario; the sentence names the step, its line and what was there instead.
"""

from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any, Final

from engine import clock, feel
from engine.errors import BanliError
from processes.play.model import ModelPlay, NotPlayable
from processes.play.scenario import Scenario, Step
from processes.play.stage import START


class ScenarioFailed(BanliError):
    """A step did not go, or an expectation did not hold."""

    code = "scenario_failed"

    def __init__(self, message: str, *, step: int, line: int) -> None:
        super().__init__(message, step=step, line=line)
        self.step = step
        self.line = line


def run(play: ModelPlay, scenario: Scenario) -> None:
    """Start the process and make the steps one after the other.

    Raises:
        ScenarioFailed: names the step and the line of the first one that fails.
    """
    if scenario.autostart:
        start = Step("start", scenario.process or None, {"variables": scenario.variables}, 1)
        _do(play, scenario.file, start, 0)
    for number, step in enumerate(scenario.steps, 1):
        if step.kind != "repeat":
            _do(play, scenario.file, step, number)
            continue
        for turn in range(1, step.subject + 1):
            for inner in step.steps:
                _do(play, scenario.file, inner, number, turn=turn)


def _do(play: ModelPlay, file: str, step: Step, number: int, *, turn: int = 0) -> None:
    try:
        _ACTS[step.kind](play, step)
    except BanliError as error:
        where = f"第 {number} 步（{file} 第 {step.line} 行）" if number else "开始流程"
        again = f"第 {turn} 轮" if turn else ""
        text = f"{where}{again} {step.kind}：{error.message}"
        raise ScenarioFailed(text, step=number, line=step.line) from error


def values(told: Any, context: Mapping[str, Any]) -> Any:
    """The values of a scenario; a text that begins with `=` is evaluated.

    Raises:
        NotPlayable: an expression that is none.
    """
    if isinstance(told, Mapping):
        return {key: values(item, context) for key, item in told.items()}
    if isinstance(told, list):
        return [values(item, context) for item in told]
    if isinstance(told, str) and told.startswith("="):
        return _evaluated(told[1:], context)
    return told


def _evaluated(text: str, context: Mapping[str, Any]) -> Any:
    try:
        return feel.evaluate(text, context).value
    except feel.FeelSyntaxError as error:
        raise NotPlayable(f"表达式『{text}』有误：{error}") from error


def _variables(play: ModelPlay, step: Step) -> dict[str, Any]:
    return _values(play, step, "variables")


def _values(play: ModelPlay, step: Step, option: str) -> dict[str, Any]:
    told = step.options.get(option, {})
    number = step.options.get("instance", 1)
    begun = number <= len(play.recorder.numbers)
    known = play.variables(number) if begun and _has_expression(told) else {}
    made: dict[str, Any] = values(told, known)
    return made


def _has_expression(told: Any) -> bool:
    if isinstance(told, Mapping):
        return any(map(_has_expression, told.values()))
    if isinstance(told, list):
        return any(map(_has_expression, told))
    return isinstance(told, str) and told.startswith("=")


def _where(step: Step) -> dict[str, int]:
    return {key: step.options[key] for key in ("instance", "nth") if key in step.options}


def _start(play: ModelPlay, step: Step) -> None:
    event = step.options.get("event")
    play.start(step.subject or "", variables=_variables(play, step), event=event)


def _complete(play: ModelPlay, step: Step) -> None:
    if "answers" in step.options:
        play.fill_in(step.subject, _values(play, step, "answers"), **_where(step))
    else:
        play.complete(step.subject, _variables(play, step), **_where(step))


def _error(play: ModelPlay, step: Step) -> None:
    message = str(step.options.get("message") or "")
    code = str(step.options["code"])
    variables = _variables(play, step)
    play.throw(step.subject, code, message=message, variables=variables, **_where(step))


def _fail(play: ModelPlay, step: Step) -> None:
    message = str(step.options.get("message") or "作业失败")
    play.fail(step.subject, message, final=step.options.get("final", False), **_where(step))


def _retry(play: ModelPlay, step: Step) -> None:
    play.retry(step.subject, instance=step.options.get("instance", 0))


def _message(play: ModelPlay, step: Step) -> None:
    key = step.options.get("key")
    more = {}
    if "ttl" in step.options:
        now = clock.now().astimezone(clock.SHANGHAI)
        more["ttl"] = later(str(step.options["ttl"]), now) - now
    told = None if key is None else str(values(key, {}))
    play.message(step.subject, _variables(play, step), key=told, **more)


def _signal(play: ModelPlay, step: Step) -> None:
    play.signal(step.subject, _variables(play, step))


def _facts(play: ModelPlay, step: Step) -> None:
    play.facts(values(step.subject, {}))


def _advance(play: ModelPlay, step: Step) -> None:
    if isinstance(step.subject, Mapping):
        play.passes(working_days=step.subject["working_days"])
        return
    now = clock.now().astimezone(clock.SHANGHAI)
    target = later(step.subject, now)
    if target < now:
        raise NotPlayable(f"时间不能倒流：现在是 {now:%Y-%m-%d %H:%M}")
    play.until(target)


def beginning(scenario: Scenario) -> datetime:
    """The instant at which a scenario begins."""
    now = START.astimezone(clock.SHANGHAI)
    return later(scenario.begins_at, now) if scenario.begins_at else START


def later(text: str, now: datetime) -> datetime:
    """An instant: a duration from now (`PT2H`, `P1M`), a date and time, or the start of a day.

    Raises:
        NotPlayable: the text is none of these.
    """
    if text.startswith("P"):
        made = feel.evaluate("now + duration(text)", {"now": now, "text": text}).value
        if isinstance(made, datetime):
            return made
        raise NotPlayable(f"『{text}』不是时长，应写成 PT2H、P3D 这样")
    try:
        day = date.fromisoformat(text)
        return clock.midnight(day)
    except ValueError:
        pass
    try:
        found = datetime.fromisoformat(text)
    except ValueError as error:
        raise NotPlayable(f"『{text}』不是时刻，应写成 2026-03-05T09:00 这样") from error
    return found if found.tzinfo else found.replace(tzinfo=clock.SHANGHAI)


# -- expectations ------------------------------------------------------------------------------


def _expect(play: ModelPlay, step: Step) -> None:
    wanted = step.subject
    for key, wish in wanted.items():
        if key != "instance":
            _EXPECTATIONS[key](play, wish, wanted.get("instance", 1))


def _waits(play: ModelPlay, wish: list[str], number: int) -> None:
    found = [one for one in play.waiting() if one.instance == number]
    there = {one.activity for one in found}
    in_flow = {one.activity for one in found if not one.beside}
    missing, surplus = [one for one in wish if one not in there], in_flow - {*wish}
    if missing or surplus:
        says = "、".join(sorted(there)) or "什么也不等"
        raise NotPlayable(f"应等待：{'、'.join(wish) or '无'}；实际等待：{says}")


def _equal(play: ModelPlay, wish: Mapping[str, Any], number: int) -> None:
    known = play.variables(number)
    for name, value in wish.items():
        meant = values(value, known)
        if name not in known:
            raise NotPlayable(f"没有变量“{name}”")
        if not _same(known[name], meant):
            raise NotPlayable(f"变量“{name}”应为 {meant!r}，实为 {known[name]!r}")


def _same(one: Any, other: Any) -> bool:
    """Equal as values are: 1 is 1.0, but true is not 1."""
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        return one.keys() == other.keys() and all(_same(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(_same, one, other))
    return bool(one == other)


def _that(play: ModelPlay, wish: str, number: int) -> None:
    value = _evaluated(wish.removeprefix("="), play.variables(number))
    if value is not True:
        raise NotPlayable(f"『{wish}』应为 true，实为 {value}")


def _completed(play: ModelPlay, wish: Any, number: int) -> None:
    instance = play.instances().get(number)
    if instance is None:
        raise NotPlayable(f"没有第 {number} 个流程实例")
    if wish is False:
        if instance.status != "active":
            raise NotPlayable("流程不应结束，但已经结束")
        return
    if instance.status == "active":
        there = "、".join(one.activity for one in play.waiting() if one.instance == number)
        raise NotPlayable(f"流程应已结束，但还在等待：{there or '无'}")
    ends = play.ended(number)
    if isinstance(wish, str) and wish not in ends:
        raise NotPlayable(f"应结束于“{wish}”，实际到达：{'、'.join(ends) or '无'}")


def _incident(play: ModelPlay, wish: Any, _number: int) -> None:
    found = play.incidents()
    says = "；".join(f"{one.activity}：{one.message}" for one in found) or "无"
    if isinstance(wish, str):
        if not any(wish in (one.activity, one.kind) or wish in one.message for one in found):
            raise NotPlayable(f"应有异常“{wish}”，实际异常：{says}")
    elif bool(found) is not wish:
        raise NotPlayable(f"{'应有' if wish else '不应有'}异常，实际异常：{says}")


def _activities(play: ModelPlay, wish: list[str], number: int) -> None:
    done = [
        event.activity
        for event in play.events
        if event.instance == number and event.type == "activity.completed"
    ]
    place = 0
    for one in wish:
        if one not in done[place:]:
            said = "、".join(done[-10:]) or "无"
            raise NotPlayable(f"环节“{one}”没有按此次序完成；最近完成：{said}")
        place = done.index(one, place) + 1


def _instances(play: ModelPlay, wish: int, _number: int) -> None:
    found = len(play.instances())
    if found != wish:
        raise NotPlayable(f"应有 {wish} 个流程实例，实有 {found} 个")


_EXPECTATIONS: Final[Mapping[str, Callable[[ModelPlay, Any, int], None]]] = {
    "waits": _waits,
    "variables": _equal,
    "that": _that,
    "completed": _completed,
    "incident": _incident,
    "activities": _activities,
    "instances": _instances,
}

_ACTS: Final[Mapping[str, Callable[[ModelPlay, Step], None]]] = {
    "start": _start,
    "complete": _complete,
    "error": _error,
    "fail": _fail,
    "retry": _retry,
    "message": _message,
    "signal": _signal,
    "facts": _facts,
    "advance": _advance,
    "expect": _expect,
}
