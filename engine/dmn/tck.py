"""Runs suites in the layout of the DMN Technology Compatibility Kit on our reader and interpreter.

Invariant: a case passes only if our value equals the expected one; an expected error passes only
as null, and a model that cannot be read fails its cases instead of stopping the run.
Source: the kit's testCases.xsd; `*-test-NN.xml` stands beside the `.dmn` file that it names.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any, Final

from engine import xml
from engine.dmn.evaluation import Evaluation, attempt
from engine.dmn.model import Decisions
from engine.dmn.reader import load
from engine.errors import BanliError, NotFound
from engine.feel import Function, Problem, Runtime, kind, moments
from engine.feel.loops import call_named
from engine.feel.operators import equal
from engine.xml import Node

_XSI: Final = "{http://www.w3.org/2001/XMLSchema-instance}"
_TCK: Final = "{http://www.omg.org/spec/DMN/20160719/testcase}"
_CLOSE: Final = Decimal("0.00000001")
_NUMBERS: Final = {"decimal", "double", "integer", "int", "long", "float"}
_MOMENTS: Final = {"date", "time", "dateTime", "duration", "dayTimeDuration", "yearMonthDuration"}


@dataclass(frozen=True, slots=True)
class Case:
    """One expectation of a suite and what came of it; `note` holds our warnings or our error."""

    suite: str
    case: str
    node: str
    passed: bool
    expected: Any
    actual: Any
    note: str = ""


def run(root: Path) -> Iterator[Case]:
    """Every case of every suite at or below a folder.

    Raises:
        NotFound: there is no such folder, or no suite in it.
    """
    if not root.is_dir():
        raise NotFound(f"目录“{root}”不存在")
    tests = sorted(root.rglob("*-test-*.xml"))
    if not tests:
        raise NotFound(f"目录“{root}”中没有 DMN 兼容性测试（*-test-*.xml）")
    for test in tests:
        yield from _suite(test)


def _suite(test: Path) -> Iterator[Case]:
    root = xml.read(test.read_bytes(), test.name)
    name = root.findtext(f"{_TCK}modelName") or ""
    try:
        model: Decisions | BanliError = _load(test.parent, name)
    except (BanliError, OSError) as error:
        model = error if isinstance(error, BanliError) else NotFound(f"没有模型文件“{name}”")
    for case in root.iter(f"{_TCK}testCase"):
        yield from _case(test.parent.name, case, model)


def _load(place: Path, name: str) -> Decisions:
    others: list[Decisions] = []
    for other in sorted(place.glob("*.dmn")):
        if other.name != name:
            others.append(load(other.read_bytes(), other.name))
    return load((place / name).read_bytes(), name, others)


def _case(suite: str, case: Node, model: Decisions | BanliError) -> Iterator[Case]:
    context = {str(node.get("name")): _value(node) for node in case.findall(f"{_TCK}inputNode")}
    for result in case.findall(f"{_TCK}resultNode"):
        node = result.find(f"{_TCK}expected")
        expected = _value(node) if node is not None else None
        name, identity = str(result.get("name")), str(case.get("id"))
        try:
            if isinstance(model, BanliError):
                raise model
            actual, note = _actual(case, name, context, model)
        except (BanliError, Problem) as error:
            actual, note = None, str(error)
            passed = not isinstance(model, BanliError) and expected is None
        else:
            passed = _same(expected, actual)
        yield Case(suite, identity, name, passed, expected, actual, note)


def _actual(case: Node, name: str, context: Mapping[str, Any], model: Decisions) -> tuple[Any, str]:
    invocable = case.get("invocableName")
    if case.get("type") in {"bkm", "decisionService"} and invocable:
        return _invoked(case, name, context, model)
    decision = model.find(name) or next(
        (each for each in model.decisions.values() if each.variable == name), None
    )
    if decision is None:
        raise NotFound(f"没有决策『{name}』")
    result = attempt(decision, context)
    return result.value, "; ".join(map(str, result.warnings[:3]))


def _invoked(
    case: Node, name: str, context: Mapping[str, Any], model: Decisions
) -> tuple[Any, str]:
    invocable = str(case.get("invocableName"))
    group = model.knowledge if case.get("type") == "bkm" else model.services
    provider = next((each for each in group.values() if each.name == invocable), None)
    if provider is None:
        raise NotFound(f"没有『{invocable}』")
    runtime = Evaluation(model.types)
    function = provider.make(runtime)
    if not isinstance(function, Function):
        return None, f"『{invocable}』不是函数"
    given = {key: context.get(key) for key, _ in function.parameters}
    outcome = call_named(function, given, runtime)
    if isinstance(outcome, dict) and name in outcome and name != invocable:
        outcome = outcome[name]
    return outcome, "; ".join(map(str, runtime.warnings[:3]))


def _same(expected: Any, actual: Any) -> bool:
    if kind(expected) == kind(actual) == "number":
        return bool(abs(expected - actual) < _CLOSE)
    if isinstance(expected, list) and isinstance(actual, list):
        return len(expected) == len(actual) and all(map(_same, expected, actual))
    if isinstance(expected, dict) and isinstance(actual, dict):
        return expected.keys() == actual.keys() and all(
            _same(expected[key], actual[key]) for key in expected
        )
    return equal(expected, actual, Runtime()) is True


def _value(node: Node) -> Any:
    listed = node.find(f"{_TCK}list")
    if listed is not None:
        items = listed.findall(f"{_TCK}item")
        return None if _nil(listed) else [_value(item) for item in items]
    parts = node.findall(f"{_TCK}component")
    if parts:
        return {str(part.get("name")): None if _nil(part) else _value(part) for part in parts}
    single = node.find(f"{_TCK}value")
    if single is None or _nil(single):
        return None
    return _typed(single.text or "", (single.get(f"{_XSI}type") or "string").rpartition(":")[2])


def _nil(node: Node) -> bool:
    return node.get(f"{_XSI}nil") in {"true", "1"}


def _typed(text: str, name: str) -> Any:
    if name in _NUMBERS:
        return _number(text)
    if name == "boolean":
        return text.strip() in {"true", "1"}
    if name in _MOMENTS:
        try:
            return moments.any_moment(text.strip())
        except Problem:  # a moment that we have no value for: equal to nothing we can give
            return f"<{text}>"
    return text


def _number(text: str) -> Any:
    try:
        return Decimal(text)
    except InvalidOperation:
        return f"<{text}>"
