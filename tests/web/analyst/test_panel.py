"""Whatever the engine reads of `banli:` can be drawn: known to the editor, and set in its panel."""

import json
import re
from pathlib import Path

import pytest

from engine import vocabulary

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
