"""What BPMN forbids is refused: each model by code and element, with a line and a reason.

Source: BPMN 2.0.2, 7 to 13. The models are small on purpose: one fault each.
"""

import re
from pathlib import Path

import pytest

from engine import compiler
from tests.engine.invalid import flows, forms, ours
from tests.engine.invalid.making import E, F, S, call, p

ROOT = Path(__file__).parents[3]
CODE = re.compile(r'\b(?:error|warning)\(\s*"([a-z_]+)"')
WORD = re.compile(r'"([a-z_]+)"')
ROWS = [
    *forms.SCHEMA,
    *forms.IDS,
    *forms.REFERENCES,
    *forms.PICTURES,
    *flows.FLOWS,
    *flows.GATEWAYS,
    *flows.POOLS,
    *flows.EVENTS,
    *flows.ACTIVITIES,
    *flows.SOUNDNESS,
    *ours.APPROVALS,
    *ours.CLOCKS,
    *ours.NAMES,
    *ours.COMPENSATION,
]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_what_is_forbidden_is_refused_with_element_line_and_reason(row):
    found = compiler.check({f"m{n}.bpmn": data for n, data in enumerate(row.files)})
    hits = [one for one in found if (one.code, one.element) == (row.code, row.element)]
    assert hits, [(one.severity, one.code, one.element, one.message) for one in found]
    assert hits[0].severity == row.severity
    assert hits[0].line
    assert re.match(r"第 \d+ 行 .+：.*[\u4e00-\u9fff]", hits[0].message), hits[0].message


def test_every_finding_that_a_model_can_have_has_a_test():
    """Issue 3 §3: neither a rule without a model that breaks it, nor one that nobody tried."""
    engine, tests = ROOT / "engine", ROOT / "tests"
    sources = [*engine.glob("*.py"), *engine.glob("lint/*.py"), *engine.glob("schema/*.py")]
    told = {code for path in sources for code in CODE.findall(path.read_text("utf-8"))}
    tried = {code for path in tests.rglob("*.py") for code in WORD.findall(path.read_text("utf-8"))}
    assert len(told) > 80
    assert told - tried == set()


def test_the_models_are_many_and_each_is_of_its_own():
    assert len(ROWS) >= 150
    assert len({row.files for row in ROWS}) == len(ROWS)
    assert len({row.name for row in ROWS}) == len(ROWS)


def test_the_faults_of_a_file_come_all_at_once():
    parts = [row.files[0] for row in (*flows.FLOWS, *flows.EVENTS)][:12]
    files = {
        f"m{n}.bpmn": data.replace(b'id="p"', f'id="p{n}"'.encode()) for n, data in enumerate(parts)
    }
    found = compiler.check(files)
    assert {one.file for one in found if one.severity == "error"} == set(files)


def test_a_circle_of_calls_that_closes_through_what_is_installed_is_found():
    model = p(S, call("c", "q"), E, F("s", "c"), F("c", "e"))
    made = compiler.examine({"m.bpmn": model})[1]
    assert compiler.recursion(made, {"q": {"r"}, "r": set()}) == []
    found = compiler.recursion(made, {"q": {"r"}, "r": {"p"}})
    assert [(one.code, one.element) for one in found] == [("call_recursion", "c")]


def test_a_process_is_known_by_its_id_not_by_the_name_of_its_file():
    assert compiler.keys({"x.bpmn": p(S, E, F("s", "e")), "y.bpmn": b"no model"}) == {"p"}
