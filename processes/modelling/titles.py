"""What the files of a bundle are called, for people: their names, not their keys.

Invariant: a file that cannot be read has no title; looking for one never fails.
"""

import re
from typing import Final

from engine import xml
from engine.errors import BanliError

_TITLE: Final = re.compile(r"^title:\s*(?:\"([^\"\n]*)\"|'([^'\n]*)'|([^\n#]*))", re.MULTILINE)
_NAMED: Final = {".bpmn": "process", ".dmn": "decision"}


def title_of(name: str, content: bytes) -> str:
    """The title of a form, letter, diagram or decision; empty for what has none."""
    if name.endswith(".yaml"):
        found = _TITLE.search(content.decode("utf-8", "replace"))
        return next((one.strip() for one in found.groups() if one), "") if found else ""
    kind = next((kind for ending, kind in _NAMED.items() if name.endswith(ending)), "")
    return _name_of(name, content, kind) if kind else ""


def _name_of(name: str, content: bytes, kind: str) -> str:
    """What the first element of a kind that has a name is called."""
    try:
        root = xml.read(content, name)
    except BanliError:
        return ""  # the check says what is wrong with it
    names = (one.get("name") for one in root.iter(f"{{*}}{kind}"))
    return next((found for found in names if found), "")
