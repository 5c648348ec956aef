"""Runs suites in the layout of the DMN TCK against our reader and interpreter."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import pytest
from lxml import etree

from engine import dmn
from engine.dmn.evaluation import Evaluation, attempt
from engine.dmn.reader import load
from engine.errors import BanliError
from engine.feel import Problem, Runtime, kind, moments
from engine.feel.loops import call_named
from engine.feel.operators import equal

XSI = "{http://www.w3.org/2001/XMLSchema-instance}"
TCK = "{http://www.omg.org/spec/DMN/20160719/testcase}"


@dataclass
class Case:
    suite: str
    case: str
    node: str
    passed: bool
    expected: object
    actual: object
    note: str = ""


def folder() -> Path | None:
    found = os.environ.get("CONFORMANCE_DIR")
    return Path(found) / "dmn-tck" if found else None


def test_the_interpreter_meets_the_compatibility_kit_of_dmn():
    root = folder()
    if root is None:
        pytest.skip("CONFORMANCE_DIR is not set: the DMN TCK was not run")
    assert root.is_dir(), f"{root} does not exist"
    cases = list(run(root))
    passed = sum(case.passed for case in cases)
    assert passed / len(cases) >= 0.97, f"{passed}/{len(cases)}\n{report(cases)}"


def run(root: Path) -> Iterator[Case]:
    for test in sorted(root.glob("compliance-level-*/*/*-test-*.xml")):
        yield from suite(test)


def suite(test: Path) -> Iterator[Case]:
    root = etree.parse(test).getroot()
    name = root.findtext(f"{TCK}modelName") or ""
    model = _load(test.parent, name)
    for case in root.iter(f"{TCK}testCase"):
        yield from _case(test.parent.name, case, model)


def _load(place: Path, name: str) -> dmn.Decisions:
    others = []
    for other in sorted(place.glob("*.dmn")):
        if other.name != name:
            others.append(load(other.read_bytes(), other.name))
    return load((place / name).read_bytes(), name, others)


def _case(suite_name: str, case: etree._Element, model: dmn.Decisions) -> Iterator[Case]:
    context = {node.get("name"): value(node) for node in case.findall(f"{TCK}inputNode")}
    for result in case.findall(f"{TCK}resultNode"):
        expected_node = result.find(f"{TCK}expected")
        expected = value(expected_node) if expected_node is not None else None
        try:
            actual, note = _actual(case, result.get("name"), context, model)
        except (BanliError, Problem) as error:
            actual, note = None, str(error)
        passed = same(expected, actual)
        yield Case(suite_name, case.get("id"), result.get("name"), passed, expected, actual, note)


def _actual(case, name, context, model):
    invocable = case.get("invocableName")
    if case.get("type") in {"bkm", "decisionService"} and invocable:
        group = model.knowledge if case.get("type") == "bkm" else model.services
        provider = next(p for p in group.values() if p.name == invocable)
        runtime = Evaluation(model.types)
        function = provider.make(runtime)
        given = {key: context.get(key) for key, _ in function.parameters}
        outcome = call_named(function, given, runtime)
        if isinstance(outcome, dict) and name in outcome and name != invocable:
            outcome = outcome[name]
        return outcome, "; ".join(map(str, runtime.warnings[:3]))
    decision = model.find(name) or next(
        (d for d in model.decisions.values() if d.variable == name), None
    )
    if decision is None:
        return "<no decision>", ""
    result = attempt(decision, context)
    return result.value, "; ".join(map(str, result.warnings[:3]))


def same(expected, actual) -> bool:
    if kind(expected) == kind(actual) == "number":
        return abs(expected - actual) < Decimal("0.00000001")
    if isinstance(expected, list) and isinstance(actual, list):
        return len(expected) == len(actual) and all(map(same, expected, actual))
    if isinstance(expected, dict) and isinstance(actual, dict):
        return expected.keys() == actual.keys() and all(
            same(expected[key], actual[key]) for key in expected
        )
    return equal(expected, actual, Runtime()) is True


def value(node: etree._Element):
    found = node.find(f"{TCK}list")
    if found is not None:
        return None if _nil(found) else [value(item) for item in found.findall(f"{TCK}item")]
    parts = node.findall(f"{TCK}component")
    if parts:
        return {part.get("name"): None if _nil(part) else value(part) for part in parts}
    single = node.find(f"{TCK}value")
    if single is None or _nil(single):
        return None
    return _typed(single.text or "", (single.get(f"{XSI}type") or "string").rpartition(":")[2])


def _nil(node) -> bool:
    return node.get(f"{XSI}nil") in {"true", "1"}


def _typed(text: str, kind_name: str):
    if kind_name in {"decimal", "double", "integer", "int", "long", "float"}:
        return Decimal(text)
    if kind_name == "boolean":
        return text.strip() in {"true", "1"}
    if kind_name in {"date", "time", "dateTime"} or "uration" in kind_name:
        try:
            return moments.any_moment(text.strip())
        except Exception:  # a moment outside our range never equals anything
            return f"<{text}>"
    return text


def report(cases: list[Case]) -> str:
    return "\n".join(
        f"{c.suite} {c.case} {c.node}: expected {c.expected!r}, got {c.actual!r} {c.note}"
        for c in cases
        if not c.passed
    )
