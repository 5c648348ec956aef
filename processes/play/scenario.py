"""Scenario files: what happens to a model in a play, step by step, and what has to be true then.

A scenario is YAML (docs/play.md). Invariant: a file is read as a whole before anything is played;
every fault names its line; a text that begins with `=` is FEEL, everything else stands for itself.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from engine.errors import DeploymentRejected, Finding
from forms import source
from forms.source import Marked

_WHERE: Final = frozenset({"instance", "nth"})
_EXPECTED: Final = frozenset(
    {"waits", "variables", "that", "completed", "incident", "activities", "instances", "instance"}
)
# the word that a step begins with → what else may stand beside it
STEPS: Final[Mapping[str, frozenset[str]]] = {
    "start": frozenset({"variables", "event"}),
    "complete": _WHERE | {"variables", "answers"},
    "error": _WHERE | {"code", "message", "variables"},
    "fail": _WHERE | {"message", "final"},
    "retry": frozenset({"instance"}),
    "message": frozenset({"key", "variables", "ttl"}),
    "signal": frozenset({"variables"}),
    "facts": frozenset(),
    "advance": frozenset(),
    "expect": frozenset(),
    "repeat": frozenset({"steps"}),
}
_TEXTS: Final = frozenset({"complete", "error", "fail", "retry", "message", "signal", "start"})
_TYPES: Final = {"variables": dict, "answers": dict, "instance": int, "nth": int, "final": bool}
_MOST_ROUNDS: Final = 100_000


@dataclass(frozen=True, slots=True)
class Step:
    """One step: its word, what the word is said of, and the rest; `line` in the file."""

    kind: str
    subject: Any
    options: Mapping[str, Any]
    line: int
    steps: tuple["Step", ...] = ()


@dataclass(frozen=True, slots=True)
class Scenario:
    """A whole scenario; `variables` begin the first instance, `process` names it."""

    file: str = ""
    process: str = ""
    title: str = ""
    begins_at: str = ""
    autostart: bool = True
    variables: Mapping[str, Any] = field(default_factory=dict)
    steps: tuple[Step, ...] = ()


def read(content: bytes, filename: str) -> Scenario:
    """The scenario in a file.

    Raises:
        DeploymentRejected: every fault with its line.
    """
    reading = _Reading(filename)
    told = source.load(content, filename, kind="场景文件")
    known = {"title", "process", "begins_at", "variables", "autostart", "steps"}
    reading.keys(told, known, "场景")
    variables = reading.typed(told, "variables", dict, {})
    made = Scenario(
        file=filename,
        process=str(reading.typed(told, "process", str, "")),
        title=str(reading.typed(told, "title", str, "")),
        begins_at=str(reading.typed(told, "begins_at", str, "")),
        autostart=told.get("autostart") is not False,
        variables=dict(variables),
        steps=reading.steps(told, "steps", nested=False),
    )
    if reading.findings:
        raise DeploymentRejected(reading.findings)
    return made


class _Reading:
    """One file while it is read."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.findings: list[Finding] = []

    def fault(self, message: str, line: int) -> None:
        text = f"{self.file} 第 {line} 行：{message}"
        self.findings.append(Finding("error", "scenario", text, file=self.file, line=line))

    def keys(self, told: Marked, known: set[str] | frozenset[str], what: str) -> None:
        for key in told.keys() - known:
            self.fault(
                f"{what}中不认识『{key}』，可用：{'、'.join(sorted(known))}", told.line_of(key)
            )

    def typed(self, told: Marked, key: str, kind: type, default: Any) -> Any:
        value = told.get(key, default)
        if isinstance(value, kind) and not (kind is int and isinstance(value, bool)):
            return value
        words = {dict: "一组“名称: 值”", str: "文字", bool: "true 或 false", int: "整数"}
        self.fault(f"『{key}』应为{words[kind]}", told.line_of(key))
        return default

    def steps(self, told: Marked, key: str, *, nested: bool) -> tuple[Step, ...]:
        listed = told.get(key) or []
        if not isinstance(listed, list):
            self.fault(f"『{key}』应为步骤的列表", told.line_of(key))
            return ()
        found = [self.step(one, told.line_of(key), nested=nested) for one in listed]
        return tuple(one for one in found if one is not None)

    def step(self, told: Any, line: int, *, nested: bool) -> Step | None:
        if not isinstance(told, Marked):
            self.fault(f"步骤『{told}』应写成“动作: 对象”", line)
            return None
        words = [key for key in told if key in STEPS]
        # `message` is a step of its own and a detail of others: the first word decides
        if not words or next(iter(told)) != words[0]:
            self.fault(f"步骤应以动作开头：{'、'.join(STEPS)}", told.line)
            return None
        kind = words[0]
        self.keys(told, STEPS[kind] | {kind}, f"步骤“{kind}”")
        self._check(kind, told, nested=nested)
        options = {key: value for key, value in told.items() if key not in (kind, "steps")}
        inner = self.steps(told, "steps", nested=True) if kind == "repeat" else ()
        return Step(kind, told[kind], options, told.line, inner)

    def _check(self, kind: str, told: Marked, *, nested: bool) -> None:
        named = isinstance(told[kind], str) and told[kind]
        if kind in _TEXTS and not named and (kind != "start" or told[kind] is not None):
            self.fault(f"步骤“{kind}”没有写明对象", told.line)
        for key, wanted in _TYPES.items():
            if key in told:
                self.typed(told, key, wanted, None)
        check = _CHECKS.get(kind)
        if check is not None:
            check(self, told)
        if kind == "repeat" and nested:
            self.fault("repeat 不能再套 repeat", told.line)


def _complete(reading: _Reading, told: Marked) -> None:
    if "answers" in told and "variables" in told:
        text = "answers 按表单填写，variables 直接写变量，只能写一种"
        reading.fault(text, told.line_of("answers"))


def _error(reading: _Reading, told: Marked) -> None:
    if not told.get("code"):
        reading.fault("步骤“error”没有写明错误代码 code", told.line)


def _facts(reading: _Reading, told: Marked) -> None:
    reading.typed(told, "facts", dict, {})


def _repeat(reading: _Reading, told: Marked) -> None:
    count = told["repeat"]
    if not isinstance(count, int) or isinstance(count, bool) or not 0 < count <= _MOST_ROUNDS:
        reading.fault(f"repeat 应为 1 到 {_MOST_ROUNDS} 的整数", told.line)


def _expect(reading: _Reading, told: Marked) -> None:
    wanted = told["expect"]
    if not isinstance(wanted, Marked) or not wanted:
        reading.fault("expect 应写明期望：waits、variables、completed、incident 等", told.line)
        return
    reading.keys(wanted, _EXPECTED, "expect ")
    for key in ("waits", "activities"):
        value: object = wanted.get(key, [])
        if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
            reading.fault(f"『{key}』应为环节标识的列表", wanted.line_of(key))
    if "variables" in wanted:
        reading.typed(wanted, "variables", dict, {})


def _advance(reading: _Reading, told: Marked) -> None:
    value = told["advance"]
    days = value.get("working_days") if isinstance(value, Mapping) else None
    if isinstance(value, str) and value:
        return
    if not isinstance(days, int) or isinstance(days, bool) or days < 1:
        text = "advance 应为时长（如 PT2H、P3D）、时刻（如 2026-03-05T09:00）或 {working_days: 5}"
        reading.fault(text, told.line)


_CHECKS: Final[Mapping[str, Callable[[_Reading, Marked], None]]] = {
    "complete": _complete,
    "error": _error,
    "facts": _facts,
    "repeat": _repeat,
    "expect": _expect,
    "advance": _advance,
}


def flat(steps: Sequence[Step]) -> int:
    """How many steps a list has, rounds counted."""
    return sum(one.subject * flat(one.steps) if one.kind == "repeat" else 1 for one in steps)
