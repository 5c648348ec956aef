"""Decision tests: rows of inputs and expected conclusions, in `<decision>.test.yaml` by the table.

    given: {today: 2026-11-22}               # what all cases have in common
    cases:
      - name: 到期前续期
        given: {expires_on: 2027-01-31}      # laid over the common ones
        expect: {result: renew}              # a value, or the output columns that matter
        rules: [4]                           # optional: the rules that apply, and no others
      - name: 两条规则同时匹配
        given: {expires_on: 2027-03-01}
        error: UNIQUE                        # instead of `expect`: part of the message

A text that is a date is a date, one that begins with `=` is FEEL.
Invariant: the decision is evaluated as a process would do it, from the files beside the tests.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from engine import dmn, feel
from engine.dmn.model import Decision, DecisionResult
from engine.errors import BanliError, DeploymentRejected, Finding
from engine.feel import Runtime
from engine.feel.operators import equal
from forms import source

ENDING: Final = ".test.yaml"
_KEYS: Final = {"name", "given", "expect", "error", "rules"}
_TOP: Final = {"decision", "given", "cases"}
_DATE: Final = re.compile(r"\d{4}-\d{2}-\d{2}")


@dataclass(frozen=True, slots=True)
class Case:
    """One row; `rules` is None where they do not matter, `error` is part of a message."""

    file: str
    line: int
    name: str
    given: Mapping[str, Any]
    expect: Any = None
    expects: bool = True
    error: str = ""
    rules: tuple[int, ...] | None = None


@dataclass(frozen=True, slots=True)
class Suite:
    """The rows of one file on one decision."""

    decision: Decision
    cases: tuple[Case, ...]


def check(folder: Path) -> list[Finding]:
    """Every decision test below a folder that does not come out, or cannot be read, by line."""
    return [finding for file in sorted(folder.rglob(f"*{ENDING}")) for finding in _findings(file)]


def _findings(file: Path) -> Iterator[Finding]:
    try:
        suite = read(file)
    except DeploymentRejected as error:
        yield from error.findings
        return
    for case in suite.cases:
        wrong = run(suite.decision, case)
        if wrong:
            said = f"决策测试『{case.name}』：{wrong}"
            yield Finding("error", "decision_test", said, case.file, suite.decision.id, case.line)


def read(file: Path) -> Suite:
    """A file of tests with the decision that it is about.

    Raises:
        DeploymentRejected: the file, or a decision file beside it, is not in order.
    """
    name = file.name
    content = source.load(file.read_bytes(), name, kind="决策测试")
    _refuse(content, _TOP, name)
    wanted = str(content.get("decision") or name.removesuffix(ENDING))
    files = {path.name: path.read_bytes() for path in file.parent.glob("*.dmn")}
    decision = dmn.read_all(files).get(wanted)
    if decision is None:
        raise _rejected(f"没有决策『{wanted}』", name, content.line_of("decision") or 1)
    cases = content.get("cases")
    if not isinstance(cases, list) or not cases:
        raise _rejected("缺少 cases", name, content.line_of("cases") or 1)
    common = _values(content.get("given"), name, content.line_of("given"))
    return Suite(decision, tuple(_case(one, common, name) for one in cases))


def run(decision: Decision, case: Case) -> str:
    """What is wrong with the outcome of a case; "" if it is as expected."""
    try:
        result = dmn.evaluate(decision, case.given)
    except BanliError as error:
        if case.error and case.error in error.message:
            return ""
        wanted = f"应报错“{case.error}”" if case.error else f"应得{_shown(case.expect)}"
        return f"{wanted}，实际报错：{error.message}"
    if case.error:
        return f"应报错“{case.error}”，实际得到{_shown(result.value)}"
    return _difference(case, result)


def _difference(case: Case, result: DecisionResult) -> str:
    if case.expects and not _meets(result.value, case.expect):
        why = f"（{result.warnings[0]}）" if result.value is None and result.warnings else ""
        return f"应得{_shown(case.expect)}，实际得到{_shown(result.value)}{why}"
    matched = tuple(rule.index for rule in result.matched)
    if case.rules is not None and matched != case.rules:
        rows, wanted = (_listed(each) for each in (matched, case.rules))
        return f"应适用{wanted}，实际适用{rows}"
    return ""


def _listed(rows: tuple[int, ...]) -> str:
    return f"第 {'、'.join(map(str, rows))} 条规则" if rows else "任何规则都不"


def _meets(actual: Any, wanted: Any) -> bool:
    if isinstance(wanted, dict) and isinstance(actual, dict):
        return all(key in actual and _meets(actual[key], value) for key, value in wanted.items())
    if isinstance(wanted, list) and isinstance(actual, list):
        return len(wanted) == len(actual) and all(map(_meets, actual, wanted))
    return equal(actual, wanted, Runtime()) is True


def _shown(value: Any) -> str:
    if value is None:
        return "空值"
    return f"『{feel.evaluate('string(v)', {'v': value}).value}』"


# ---------------------------------------------------------------------- reading


def _case(one: Any, common: Mapping[str, Any], file: str) -> Case:
    if not isinstance(one, source.Marked):
        raise _rejected("cases 的每一项应写成“名称: 值”", file, 1)
    _refuse(one, _KEYS, file)
    if "name" not in one or not {"expect", "error", "rules"} & one.keys():
        raise _rejected("每个用例要有 name，并有 expect、error 或 rules", file, one.line)
    rules = one.get("rules")
    if rules is not None and not (
        isinstance(rules, list) and all(isinstance(each, int) for each in rules)
    ):
        raise _rejected("rules 应为规则序号的列表", file, one.line_of("rules"))
    given = {**common, **_values(one.get("given"), file, one.line_of("given"))}
    return Case(
        file=file,
        line=one.line,
        name=str(one["name"]),
        given=given,
        expect=_value(one.get("expect"), given, file, one.line_of("expect")),
        expects="expect" in one,
        error=str(one.get("error") or ""),
        rules=None if rules is None else tuple(rules),
    )


def _values(written: Any, file: str, line: int) -> dict[str, Any]:
    if written is None:
        return {}
    if not isinstance(written, dict):
        raise _rejected("given 应写成“名称: 值”", file, line)
    return {key: _value(value, {}, file, line) for key, value in written.items()}


def _value(written: Any, context: Mapping[str, Any], file: str, line: int) -> Any:
    if isinstance(written, dict):
        return {key: _value(value, context, file, line) for key, value in written.items()}
    if isinstance(written, list):
        return [_value(item, context, file, line) for item in written]
    if not isinstance(written, str):
        return written
    if written.startswith("="):
        return _expression(written[1:], context, file, line)
    if _DATE.fullmatch(written):
        return _expression(f'date("{written}")', context, file, line)
    return written


def _expression(text: str, context: Mapping[str, Any], file: str, line: int) -> Any:
    try:
        result = feel.evaluate(text, context)
    except BanliError as error:
        raise _rejected(f"『{text}』：{error.message}", file, line) from error
    if result.value is None and result.warnings:
        raise _rejected(f"『{text}』：{result.warnings[0].message_zh}", file, line)
    return result.value


def _refuse(mapping: source.Marked, allowed: set[str], file: str) -> None:
    for key in mapping.keys() - allowed:
        known = "、".join(sorted(allowed))
        raise _rejected(f"不认识『{key}』，可用：{known}", file, mapping.line_of(key))


def _rejected(message: str, file: str, line: int) -> DeploymentRejected:
    finding = Finding("error", "decision_test_yaml", message, file=file, line=line)
    return DeploymentRejected([finding])
