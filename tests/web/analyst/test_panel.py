"""Whatever the engine reads of `banli:` can be drawn: known to the editor, and set in its panel."""

import json
import re
from pathlib import Path

import pytest

from engine import reading, vocabulary

EDITOR = Path(__file__).parents[3] / "web" / "editors" / "src"
KNOWN = {
    f"banli:{one['name'][0].lower()}{one['name'][1:]}": {
        prop["name"] for prop in one.get("properties", []) if prop.get("isAttr")
    }
    for one in json.loads((EDITOR / "banli.json").read_text("utf-8"))["types"]
}
PANEL = "\n".join(one.read_text("utf-8") for one in sorted((EDITOR / "panel").glob("*.js")))
READ = {
    element: attributes
    for element, attributes in vocabulary.EXTENSION_ATTRIBUTES.items()
    if element.startswith("banli:")
}


@pytest.mark.parametrize("element", sorted(READ))
def test_the_editor_knows_every_attribute_that_the_engine_reads(element: str) -> None:
    assert KNOWN[element] == READ[element]


@pytest.mark.parametrize(
    ("element", "attribute"), [(one, name) for one in sorted(READ) for name in sorted(READ[one])]
)
def test_the_panel_sets_every_attribute_that_the_engine_reads(element: str, attribute: str) -> None:
    kind = element.removeprefix("banli:")
    assert re.search(rf"[\"']banli:{kind}[\"']", PANEL, re.IGNORECASE), element
    said = rf"[\"']{attribute}[\"']|\b{attribute}\b\s*[:,}}]"
    assert re.search(said, PANEL), f"{element} {attribute}"


CHINESE = re.compile("[\u4e00-\u9fff]")


LITERAL = r'"([^"]*)"|\'([^\']*)\'|`([^`]*)`'


def _texts(source: str) -> set[str]:
    """The literals of a script, line by line, the comments left out."""
    lines = re.sub(r"(?m)(^|\s)//.*$|/\*\*.*?\*/", "", source).splitlines()
    return {"".join(found) for line in lines for found in re.findall(LITERAL, line)}


def test_no_word_of_the_editors_lacks_its_english() -> None:
    """English: what we say in the panel, the findings, the decisions and the diagrams."""
    pairs = re.findall(
        r"""("[^"]*"|'[^']*'): ("[^"]*"|'[^']*')""", (EDITOR / "en.js").read_text("utf-8")
    )
    known = {text[1:-1]: said[1:-1] for text, said in pairs}
    phrases = re.compile(r"^const PHRASES.*?^};$", re.M | re.S)  # of words that are English
    scripts = [
        one.read_text("utf-8")
        for one in (*EDITOR.glob("*.js"), *EDITOR.glob("panel/*.js"))
        if not one.name.startswith("zh") and one.name not in ("en.js", "words.js")
    ]
    said = {text for one in scripts for text in _texts(phrases.sub("", one))}
    assert sorted(text for text in said if CHINESE.search(text) and text not in known) == []
    assert sorted(known.keys() - said) == []
    assert [text for text, english in known.items() if CHINESE.search(english)] == []


def _named(script: str) -> dict[str, str]:
    """What the editor's kinds of elements are called, by their names without spaces."""
    found = re.findall(r'"?([A-Z][\w -]*?)"?: "([^"]+)"', script)
    return {re.sub("[ -]", "", title).lower(): told for title, told in found}


def test_the_palette_and_the_findings_call_the_elements_alike() -> None:
    """One set of words: what is drawn is called as the check and docs/modelling.md call it."""
    headings = (EDITOR / "zh-panel.js").read_text("utf-8").partition("export const panel")[0]
    shapes = (EDITOR / "zh.js").read_text("utf-8").partition("const shapes")[2].partition("};")[0]
    kinds = ("Task", "task", "Activity", "SubProcess", "subProcess", "transaction", "Gateway")
    told = {one.lower(): zh for one, zh in reading.KINDS.items() if one.endswith(kinds)}
    for words in (_named(headings), _named(shapes)):
        assert {"usertask", "businessruletask", "callactivity", "adhocsubprocess"} <= words.keys()
        assert {one: words[one] for one in told if words.get(one, told[one]) != told[one]} == {}
