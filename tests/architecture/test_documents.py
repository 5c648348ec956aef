"""The documents that are handed over: reachable from the README, without a dead link.

Requirements P-102, P-103, P-134: deployment, user and administrator manuals.
"""

import re
from collections.abc import Iterator
from pathlib import Path

from processes.modelling import norm

ROOT = Path(__file__).parents[2]
_LINK = re.compile(r"\[[^\]]*\]\((?!https?:|#|mailto:)([^)#\s]+)")


def documents() -> list[Path]:
    return [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]


def links(document: Path) -> Iterator[Path]:
    for target in _LINK.findall(document.read_text(encoding="utf-8")):
        yield (document.parent / target).resolve()


def test_no_document_has_a_dead_link() -> None:
    dead = [
        f"{one.relative_to(ROOT)}: {to}"
        for one in documents()
        for to in links(one)
        if not to.exists()
    ]
    assert dead == []


def test_every_document_is_reached_from_the_readme() -> None:
    """Decisions are read from their folder; everything else has a way to it."""
    reached: set[Path] = set()
    open_ = [ROOT / "README.md"]
    while open_:
        one = open_.pop()
        if one in reached:
            continue
        reached.add(one)
        for to in links(one):
            open_.extend(sorted(to.glob("*.md")) if to.is_dir() else [to] * (to.suffix == ".md"))
    lost = [one for one in documents() if one not in reached and one.parent.name != "adr"]
    assert lost == []


def test_each_kind_of_user_has_a_manual() -> None:
    """Beside them the one business whose seed asks for a manual of its own (Y-31)."""
    found = {one.stem for one in (ROOT / "docs" / "manuals").glob("*.md")}
    assert found == {"clerk", "administrator", "analyst", "applicant", "yacht"}


def test_the_norms_say_what_the_models_say_now() -> None:
    """P-19, P-38, P-60: written by `banli norm --into docs/norms` after every change of a model."""
    for one in norm.all_norms(ROOT / "bpmn"):
        kept = (ROOT / "docs" / "norms" / f"{one.code}.md").read_text(encoding="utf-8")
        assert kept == norm.written(one), one.code
