"""The pages' scripts: nothing in them but script."""

from pathlib import Path

import pytest

_ROOT = Path(__file__).parents[2]
_OWN = sorted((_ROOT / "web/static/js").rglob("*.js"))
_MARKS = ("<<<<<<<", "=======", ">>>>>>>")


@pytest.mark.parametrize("script", _OWN, ids=lambda path: path.name)
def test_no_marks_of_a_merge_are_left_in_a_script(script: Path) -> None:
    """One such line and no page's script runs; nothing else reads them before a browser does."""
    lines = script.read_text("utf-8").splitlines()
    assert [line for line in lines if line.startswith(_MARKS)] == []
