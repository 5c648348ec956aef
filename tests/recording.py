"""Records which BPMN constructs the tests that pass have executed, and which they saw refused.

A construct counts for a test if a token completed an element of it in that test. What a whole run
found is left in pytest's cache (`banli/conformance.json`); `python -m tests.conformance` reads it.
"""

import json
import os
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

import pytest
from lxml import etree

from engine import constructs, parser
from engine.definition import elements as el
from engine.definition.events import MultipleEvent
from engine.specs.node import Node
from engine.vocabulary import BPMN

FILE: Final = "conformance.json"
_SAMPLES: Final = 3
_NODES: Final[dict[str, dict[str, str]]] = defaultdict(dict)
_PARTS: Final[dict[str, frozenset[str]]] = {}
_seen: set[str] = set()
_found: dict[str, list[str]] = defaultdict(list)
_passed: list[str] = []


def cached(config: pytest.Config) -> Path:
    """Where a run leaves what it found."""
    return Path(config.cache.mkdir("banli")) / FILE


def _parse(data: bytes, filename: str, _real: Any = parser.parse) -> Any:
    model = _real(data, filename)
    with suppress(etree.XMLSyntaxError):
        root = etree.fromstring(data)
        for process in model.processes:
            if process.digest not in _PARTS:
                _note_names(process, root)
    return model


def _note_names(process: Any, root: Any) -> None:
    names = set()
    for node in root.iter(f"{{{BPMN}}}*"):
        local = etree.QName(node).localname
        if node.get("id") in process.elements:
            _NODES[process.digest][node.get("id")] = local
        else:
            names.add(local)
    _PARTS[process.digest] = frozenset(names)


def _run(self: Any, token: Any, _real: Any = Node._run) -> Any:
    done = _real(self, token)
    # an end that throws is gone with the scope that it ended
    thrown = isinstance(self.element, el.EndEvent) and "incident" not in token.internal_data
    if done is True or thrown:
        _credit(self)
    return done


def _note(self: Any, token: Any, kind: str, _real: Any = Node.note, **data: Any) -> None:
    if kind.endswith((".completed", ".caught", ".thrown", ".fired")):
        _credit(self)
    _real(self, token, kind, **data)


def _credit(node: Node) -> None:
    process = getattr(node._wf_spec, "process", None)
    if process is not None and isinstance(node.element, el.Element):
        _seen.update(_keys(node.element, process))


def _keys(element: el.Element, process: Any) -> Iterator[str]:
    local = _NODES[process.digest].get(element.id)
    if local:
        yield local
    yield from _PARTS.get(process.digest, ())
    if getattr(element, "for_compensation", False):
        yield from ("boundaryEvent", "boundary/compensate")
    if isinstance(element, el.Event):
        yield f"{_position(element, process)}/{_definition(element)}"


def _position(element: el.Event, process: Any) -> str:
    if isinstance(element, el.StartEvent):
        around = process.elements.get(element.scope)
        if getattr(around, "by_event", False):
            return "event_start" if element.interrupting else "event_start_non"
        return "start"
    if isinstance(element, el.BoundaryEvent):
        return "boundary" if element.interrupting else "boundary_non"
    kinds = {el.CatchEvent: "catch", el.ThrowEvent: "throw", el.EndEvent: "end"}
    return kinds[type(element)]


def _definition(element: el.Event) -> str:
    definition = element.definition
    if definition is None:
        return "none"
    if isinstance(definition, MultipleEvent):
        return "parallel_multiple" if definition.parallel else "multiple"
    return type(definition).__name__.removesuffix("Event").lower()


def _refusal(name: str, _real: Any = constructs.refusal) -> str:
    _seen.add(f"refused/{name}")
    return _real(name)


parser.parse = _parse
Node._run = _run
Node.note = _note
constructs.refusal = _refusal


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Iterator[None]:
    _seen.clear()
    yield
    item.user_properties.append(("constructs", sorted(_seen)))


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    if report.when != "call" or report.outcome != "passed":
        return
    test = report.nodeid.partition("[")[0]
    _passed.append(test)
    for key in dict(report.user_properties).get("constructs", ()):
        _found[key].append(test)


def pytest_sessionfinish(session: pytest.Session) -> None:
    if hasattr(session.config, "workerinput") or not _found:
        return
    content = {
        "passed": len(_passed),
        "tests": dict(sorted(Counter(_passed).items())),
        "constructs": {
            key: [len(set(tests)), sorted(set(tests))[:_SAMPLES]]
            for key, tests in sorted(_found.items())
        },
    }
    text = json.dumps(content, ensure_ascii=False, indent=1)
    cached(session.config).write_text(text + "\n", encoding="utf-8")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """One line where the outside sets were not run: `-q` does not tell why tests were skipped."""
    if not os.environ.get("CONFORMANCE_DIR"):
        terminalreporter.write_line("CONFORMANCE_DIR is not set: the conformance sets were not run")
