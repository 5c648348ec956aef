"""The reference models of the BPMN Model Interchange Working Group in the editor: open, save, same."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from lxml import etree
from playwright.sync_api import Browser, Page, Route

from processes.importing import foreign
from processes.modelling import compare

_STATIC = Path(__file__).parents[2] / "web" / "static"
_PAGE = """<!doctype html><meta charset="utf-8"><link rel="stylesheet" href="/static/editors/modeler.css">
<div id="canvas" style="width:1200px;height:700px"></div><div id="panel"></div>"""
_TYPES = {".js": "text/javascript", ".css": "text/css"}
_CATALOGUE = ("processes", "decisions", "topics", "roles", "field_types", "forms")


def models() -> list[Path]:
    """The set that `CONFORMANCE_DIR` names; without one, none."""
    named = os.environ.get("CONFORMANCE_DIR")
    if named is None:
        return []
    found = sorted((Path(named) / "bpmn-miwg").glob("*.bpmn"))
    assert found, f"CONFORMANCE_DIR names {named}, which has no bpmn-miwg"
    return found


def serve(route: Route) -> None:
    """The editor's own files, from the disk; there is no server."""
    path = route.request.url.split("127.0.0.1", 1)[1].split("?")[0]
    file = _STATIC / path.removeprefix("/static/")
    if path == "/":
        route.fulfill(body=_PAGE, content_type="text/html")
    elif file.is_file():
        kind = _TYPES.get(file.suffix, "application/octet-stream")
        route.fulfill(body=file.read_bytes(), content_type=kind)
    else:
        route.fulfill(status=404)


@pytest.fixture
def editor(chrome: Browser) -> Iterator[Page]:
    context = chrome.new_context(viewport={"width": 1366, "height": 768}, locale="zh-CN")
    page = context.new_page()
    page.route("**/*", serve)
    yield page
    context.close()


def test_every_reference_model_opens_in_the_editor_and_is_saved_without_a_loss(
    editor: Page,
) -> None:
    if not models():
        pytest.skip("CONFORMANCE_DIR is not set: the MIWG models were not opened")
    for path in models():
        made = foreign.read(path.read_bytes(), path.name)
        editor.goto("http://127.0.0.1/")
        saved = editor.evaluate(
            """async ([xml, names]) => {
                const { open } = await import("/static/editors/modeler.js");
                const catalogue = Object.fromEntries(names.map((name) => [name, []]));
                const canvas = document.querySelector("#canvas"), panel = document.querySelector("#panel");
                const view = await open({ canvas, panel, xml, catalogue });
                const text = await view.text();
                const shapes = view.modeler.get("elementRegistry").getAll().length;

                return { text, shapes, warnings: view.warnings };
            }""",
            [made.content.decode(), _CATALOGUE],
        )
        assert saved["shapes"] > 1, path.name
        before = foreign.parse(made.content, path.name)[0]
        lost = compare.lost(compare.compare(before, etree.fromstring(saved["text"].encode())))
        assert [f"{path.name}: {one}" for one in lost] == []
