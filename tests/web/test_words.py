"""Every text of the pages has its English; the catalogue has nothing broken in it."""

import ast
import itertools
import re
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import pytest
import yaml
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po
from flask import Flask, session

from adapters import registry
from engine import xml
from processes.demo import loader
from processes.domains import wording
from processes.operations import all_operations
from web import conformance
from web.i18n import CATALOGUE
from web.refusals import REFUSALS, said

WEB = Path("web")
METHODS = [("**/node_modules/**", "ignore"), ("**.py", "python"), ("templates/**.html", "jinja2")]


def written() -> set[str]:
    found = extract_from_dir(WEB, METHODS, keywords={"_": None, "N_": None})
    return {text for _file, _line, text, _comments, _context in found if isinstance(text, str)}


def test_no_text_of_the_pages_lacks_its_english() -> None:
    catalogue = read_po(BytesIO(CATALOGUE.read_bytes()), locale="en")
    missing = sorted(t for t in written() if not (catalogue.get(t) and catalogue.get(t).string))
    assert not missing


def test_every_translation_keeps_the_places_of_its_text() -> None:
    catalogue = read_po(BytesIO(CATALOGUE.read_bytes()), locale="en")
    place = re.compile(r"%\(\w+\)s")
    for message in catalogue:
        if message.id:
            assert set(place.findall(message.id)) >= set(place.findall(message.string)), message.id


def test_the_catalogue_has_no_text_that_is_used_nowhere() -> None:
    catalogue = read_po(BytesIO(CATALOGUE.read_bytes()), locale="en")
    used = written()
    assert not sorted(m.id for m in catalogue if m.id and m.id not in used)


RAISED = {
    "Conflict",
    "FileRefused",
    "Forbidden",
    "Invalid",
    "NotFound",
    "RecordInvalid",
    "TaskAlreadyClaimed",
    "TaskNotActive",
}
CHINESE = re.compile("[\u4e00-\u9fff]")


def worded(node: ast.expr) -> str:
    """A text as the catalogue has it: what is filled in is `%(v0)s`, `%(v1)s`…"""
    if isinstance(node, ast.Constant):
        return str(node.value)
    if not isinstance(node, ast.JoinedStr):
        return ""
    places = itertools.count()
    return "".join(
        str(part.value) if isinstance(part, ast.Constant) else f"%(v{next(places)})s"
        for part in node.values
    )


def refused() -> Iterator[tuple[str, str]]:
    """What the layers below the pages refuse with, and where."""
    for path in [*Path("processes").rglob("*.py"), *Path("forms").rglob("*.py")]:
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if not isinstance(node, ast.Call) or not node.args:
                continue
            name = getattr(node.func, "id", getattr(node.func, "attr", ""))
            if name in RAISED and CHINESE.search(text := worded(node.args[0])):
                yield text, str(path)


def test_no_refusal_of_the_layers_below_lacks_its_english() -> None:
    catalogue = read_po(BytesIO(REFUSALS.read_bytes()), locale="en")
    missing = {text: path for text, path in refused() if not catalogue.get(text)}
    assert not missing


def named_below() -> Iterator[str]:
    """What the layers below call departments and their messages, and say of BPMN's elements."""
    for one in registry.contracts():
        yield one.title
        for told in (*one.inward.values(), *one.outward.values(), *one.services.values()):
            yield told.title
    for path in Path("adapters").glob("*/*.py"):  # departments without a contract
        yield from re.findall(r'(?:Department|create)\(\s*"([^"]+)"', path.read_text("utf-8"))
    for operation in all_operations().values():
        yield operation.title
        yield from operation.inputs.values()
    for group, rows in conformance.report().groups:
        yield group
        yield from (row.reason for row in rows)
    yield from (miss["why"] for miss in conformance.report().dmn["misses"])


def test_no_department_message_or_word_on_conformance_lacks_its_english() -> None:
    catalogue = read_po(BytesIO(REFUSALS.read_bytes()), locale="en")
    missing = {text for text in named_below() if CHINESE.search(text) and not catalogue.get(text)}
    assert not missing


def test_a_refusal_that_was_filled_in_is_found_by_its_pattern(app: Flask) -> None:
    with app.test_request_context():
        session["language"] = "en"
        assert said("最多选择 3 项") == "Choose at most 3"
        assert said("不能超过 20 个字，现在有 31 个字") == (
            "No more than 20 characters; there are 31"
        )
        assert said("没有人写过的话") == "没有人写过的话"
        session["language"] = "zh"
        assert said("最多选择 3 项") == "最多选择 3 项"


SAID: tuple[tuple[str, tuple[str, ...]], ...] = (
    (
        "*/*/forms/*.yaml",
        (
            "title",
            "label",
            "help",
            "unit",
            "placeholder",
            "none_text",
            "valid_message",
            "doubt_message",
            "pattern_message",
            "true_label",
            "false_label",
        ),
    ),
    ("*/registers/*.yaml", ("title", "label", "name", "values", "statuses", "message")),
    ("*/statistics/*.yaml", ("title", "note")),
    ("*/domain.yaml", ("title", "name")),
)
"""Which words of the files of models a page shows, by their keys."""


def without_english(told: object, keys: tuple[str, ...]) -> Iterator[str]:
    """Chinese under one of the keys that has no English beside it."""
    for item in told if isinstance(told, list) else ():
        yield from without_english(item, keys)
    if isinstance(told, dict):
        for key, value in told.items():
            english = told.get(f"{key}_en")
            if key in keys and isinstance(value, str) and CHINESE.search(value) and not english:
                yield value
            if key == "rows_from" and isinstance(value, list):
                yield from map(str, value[len(english or []) :])
            if key in keys and isinstance(value, dict) and key in ("values", "statuses"):
                yield from (str(value[one]) for one in value.keys() - (english or {}).keys())
            yield from without_english(value, keys)


@pytest.mark.parametrize(("files", "keys"), SAID, ids=[files for files, _keys in SAID])
def test_no_word_of_forms_ledgers_statistics_and_domains_lacks_its_english(
    files: str, keys: tuple[str, ...]
) -> None:
    missing = {
        f"{path}: {word}"
        for path in Path("bpmn").glob(files)
        for word in without_english(yaml.safe_load(path.read_text("utf-8")), keys)
    }
    assert not missing


def test_no_description_of_a_process_lacks_its_english() -> None:
    missing = []
    for path in Path("bpmn").glob("*/*/*.bpmn"):
        found = wording.of_files({path.name: path.read_bytes()}).english
        for told in xml.read(path.read_bytes(), path.name).iter("{*}documentation"):
            missing += [path.name] if (told.text or "").strip() not in found else []
    assert not missing


def test_no_agency_or_account_of_the_demo_lacks_its_english() -> None:
    told = loader.cast()
    assert not [one["name"] for one in told["orgs"] + told["users"] if not one.get("name_en")]
    assert not [one["login"] for one in told["users"] if not one.get("does_en")]


@pytest.mark.parametrize("files", ["*/*/letters/*.yaml", "*/*/forms/*.yaml"])
def test_no_title_of_a_letter_or_a_form_lacks_its_english(files: str) -> None:
    told = {path: yaml.safe_load(path.read_text("utf-8")) for path in Path("bpmn").glob(files)}
    assert told
    assert not [path for path, one in told.items() if not one.get("title_en")]


def test_no_text_of_the_scripts_lacks_its_english() -> None:
    scripts = Path("web/static/js")
    known = set(
        re.findall(r'^  "([^"]+)": "', (scripts / "words.js").read_text("utf-8"), re.MULTILINE)
    )
    said_there = {
        text
        for path in scripts.rglob("*.js")
        for text in re.findall(r'\bt\("([^"]+)"', path.read_text("utf-8"))
    }
    assert said_there == known
    for path in scripts.rglob("*.js"):
        if path.name == "words.js":
            continue
        code = re.sub(r"^function blank.*?^}$", "", path.read_text("utf-8"), flags=re.M | re.S)
        for line in code.splitlines():
            bare = re.sub(r'\bt\("[^"]+"', "", line)
            assert not CHINESE.search(bare), f"{path}: {line}"
