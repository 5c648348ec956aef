"""`python -m tests.traceability`: writes docs/traceability.md from what cites a requirement id.

An id is covered by a process where its README names it, and proven by the tests that cite it.
"""

import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[1]
TARGET: Final = ROOT / "docs" / "traceability.md"
_ID: Final = re.compile(
    r"\b([YVEMP])-([0-9]{2,3})(?:\s*(?:至|…|\.\.)\s*(?:[YVEMP]-)?([0-9]{2,3}))?"
)
_HEAD: Final = """# 需求追溯

由 `python -m tests.traceability` 生成，测试核对其为最新。编号见领域说明（Y 游艇培训发证，V 中职学籍，E 民爆培训，M 就业监测，P 不动产一窗受理）；
没有列出的编号尚未实现。

| 编号 | 流程与台账 | 测试 |
|---|---|---|
"""


def cited(text: str) -> Iterator[str]:
    """Every id in a text; `Y-59 至 Y-64` is all of them."""
    for domain, first, last in _ID.findall(text):
        for number in range(int(first), int(last or first) + 1):
            yield f"{domain}-{number:02d}"


def table() -> str:
    """The document as it should be."""
    covered: dict[str, set[str]] = defaultdict(set)
    proven: dict[str, set[str]] = defaultdict(set)
    for path in sorted((ROOT / "bpmn").rglob("*")):
        name = path.parent.name if path.name == "README.md" else path.stem
        if path.name == "README.md" or (path.parent.name == "registers" and path.is_file()):
            for one in cited(path.read_text("utf-8")):
                covered[one].add(name)
    for folder in ("tests", "bpmn"):
        for path in sorted((ROOT / folder).rglob("test_*.py")):
            for one in cited(path.read_text("utf-8")):
                proven[one].add(path.relative_to(ROOT).as_posix())
    ids = sorted({*covered, *proven}, key=lambda one: (one[0], int(one[2:])))
    rows = (
        f"| {one} | {'、'.join(sorted(covered[one])) or '—'} | {_links(proven[one])} |"
        for one in ids
    )
    return _HEAD + "\n".join(rows) + "\n"


def _links(paths: set[str]) -> str:
    return "<br>".join(f"[{Path(path).stem}](../{path})" for path in sorted(paths)) or "—"


if __name__ == "__main__":
    TARGET.write_text(table(), encoding="utf-8")
