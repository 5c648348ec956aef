"""Whatever a model under `bpmn/` names is there: forms, letters, decisions, processes, topics, roles."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from lxml import etree

from processes.demo import loader
from processes.identity.roles import ROLES, Action

ROOT = Path(__file__).parents[2]
ZEEBE = "{http://camunda.org/schema/zeebe/1.0}"
BPMN = "{http://www.omg.org/spec/BPMN/20100524/MODEL}"
DMN = "{*}decision"


def models() -> list[Path]:
    return sorted((ROOT / "bpmn").rglob("*.bpmn"))


def tags(path: Path, tag: str) -> Iterator[etree._Element]:
    yield from etree.parse(path).iter(tag)


def ids(paths: list[Path]) -> list[str]:
    return [path.stem for path in paths]


@pytest.mark.parametrize("model", models(), ids=ids(models()))
def test_the_process_id_is_the_name_of_its_folder(model: Path) -> None:
    executable = [
        p.get("id") for p in tags(model, f"{BPMN}process") if p.get("isExecutable") == "true"
    ]
    assert executable == [model.stem] == [model.parent.name]


@pytest.mark.parametrize("model", models(), ids=ids(models()))
def test_every_form_named_is_in_the_folder(model: Path) -> None:
    named = {e.get("formId") for e in tags(model, f"{ZEEBE}formDefinition")}
    named |= {e.get("formId") for e in tags(model, "{*}public")}
    present = {path.stem for path in (model.parent / "forms").glob("*.yaml")}
    assert {name for name in named if name} <= present


def test_every_decision_and_process_called_exists() -> None:
    decisions = {
        e.get("id") for path in (ROOT / "bpmn").rglob("*.dmn") for e in etree.parse(path).iter(DMN)
    }
    processes = set(ids(models()))
    for model in models():
        for called in tags(model, f"{ZEEBE}calledDecision"):
            assert called.get("decisionId") in decisions, (
                f"{model.name}: {called.get('decisionId')}"
            )
        for called in tags(model, f"{ZEEBE}calledElement"):
            name = called.get("processId", "")
            assert name.startswith("=") or name in processes, f"{model.name}: {name}"


def test_every_process_folder_has_a_readme_and_a_test() -> None:
    """Y-28: the certificate process documents are kept with the processes."""
    for model in models():
        assert (model.parent / "README.md").is_file(), model.parent
        assert (model.parent / f"test_{model.stem}.py").is_file(), model.parent


def test_every_lane_is_a_role_code_with_a_chinese_name() -> None:
    for model in models():
        for lane in tags(model, f"{BPMN}lane"):
            assert re.fullmatch(r"[a-z][a-z0-9_]*", lane.get("id", "")), (
                f"{model.name}: {lane.get('id')}"
            )
            assert re.search(r"[\u4e00-\u9fff]", lane.get("name", "")), (
                f"{model.name}: {lane.get('id')}"
            )


def test_whoever_is_named_as_a_starter_may_file() -> None:
    """Else the process is offered to nobody of that role."""
    loader.load_ledgers()
    named = {
        (model.stem, role)
        for model in models()
        for one in tags(model, f"{ZEEBE}property")
        if one.get("name") == "starters"
        for role in str(one.get("value")).split()
    }
    assert named
    assert [one for one in sorted(named) if Action.APPLY not in ROLES[one[1]].actions] == []
    readers = {role for _, role in named}
    unread = [one for one in sorted(readers) if Action.VIEW_DOCUMENT not in ROLES[one].actions]
    assert unread == [], "who files is offered the documents of it"


@pytest.mark.parametrize("model", models(), ids=ids(models()))
def test_what_a_process_says_of_itself_is_for_its_readers(model: Path) -> None:
    """Applicants choose by it: no number of a requirement; no code word where somebody applies."""
    (process,) = tags(model, f"{BPMN}process")
    said = process.findtext(f"{BPMN}documentation") or ""
    assert not re.findall(r"[YVEMP]-\d{2,3}|领域说明", said)
    offered = any(e.get("name") == "starters" for e in tags(model, f"{ZEEBE}property"))
    assert not offered or not re.findall(r"[a-z]+_[a-z_]+", said)
