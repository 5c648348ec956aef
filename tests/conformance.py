"""`python -m tests.conformance`: runs the tests of the language and the engine, writes the report.

It writes docs/conformance.md and the numbers that the page 标准符合性 reads (web/conformance.json).
`CONFORMANCE_DIR` names the folder of outside test sets: without it there is nothing to report.
`python -m tests.conformance document` writes the document alone, from the numbers that are there.
"""

import json
import os
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final

from engine.dmn import tck
from processes.casework import functions
from web.conformance import FILE, POSITIONS, Report, made
from web.conformance import functions as known_functions

ROOT: Final = Path(__file__).parents[1]
TARGET: Final = ROOT / "docs" / "conformance.md"
RESULT: Final = ROOT / ".pytest_cache" / "d" / "banli" / "conformance.json"
FOLDERS: Final = (
    "tests/engine/core",
    "tests/engine/data",
    "tests/engine/invalid",
    "tests/engine/feel",
    "tests/engine/dmn",
)
STATUS: Final = {"executed": "执行", "documentation": "说明", "refused": "拒绝"}
_YEAR: Final = re.compile(
    r"(?:^|[^0-9])(-[0-9]{4,9}|[0-9]{5,9})-[0-9]{2}-[0-9]{2}|没有 (?:-\d+|\d{5,}) 年"
)
_NANO: Final = re.compile(r"[0-9]{2}\.[0-9]{7,}")
YEARS: Final = "年份在公元 1 年至 9999 年之外；行政办件中没有这样的日期，不为它另造日期类型"
NANOS: Final = "秒的小数超过 6 位；时刻精确到微秒"


def why(case: tck.Case) -> str:
    """Why a case is missed; "" if we cannot say."""
    shown = f"{case.expected} {case.note}"
    if _YEAR.search(shown):
        return YEARS
    return NANOS if _NANO.search(shown) else ""


def kit(root: Path) -> dict[str, Any]:
    """The numbers of the compatibility kit: suites, and each case that is missed with the reason."""
    cases = list(tck.run(root))
    total, passed = Counter(c.suite for c in cases), Counter(c.suite for c in cases if c.passed)
    return {
        "suites": {name: [passed[name], count] for name, count in sorted(total.items())},
        "misses": [
            {"suite": c.suite, "case": c.case, "expected": str(c.expected), "why": why(c)}
            for c in cases
            if not c.passed
        ],
    }


def numbers(result: Mapping[str, Any], root: Path) -> dict[str, Any]:
    """The content of web/conformance.json."""
    functions.register()
    return {
        "constructs": result["constructs"],
        "functions": known_functions(),
        "tests": {
            folder: sum(n for name, n in result["tests"].items() if name.startswith(folder))
            for folder in FOLDERS
        },
        "dmn": kit(root),
    }


def document(report: Report) -> str:
    """docs/conformance.md."""
    return "\n".join([*_head(report), *_events(report), *_elements(report), *_dmn(report)]) + "\n"


def _head(report: Report) -> Iterable[str]:
    counts, tests = report.counts, report.tests
    yield "# 标准符合性\n"
    yield "由 `python -m tests.conformance` 从实际运行的测试生成，测试核对其与程序一致；页面“标准符合性”用同一份数字。\n"
    yield "**执行**：测试中有令牌走完它；**说明**：标准规定它没有行为；**拒绝**：部署时按元素指出，从不默默忽略。\n"
    yield "| | 数量 |\n|---|---|"
    yield f"| BPMN 2.0.2 元素：执行 | {counts['executed']} |"
    yield f"| BPMN 2.0.2 元素：说明 | {counts['documentation']} |"
    yield f"| BPMN 2.0.2 元素：拒绝 | {counts['refused']} |"
    yield f"| FEEL 函数（含业务函数） | {len(report.functions)} |"
    passed, total = kit_sum(report.dmn)
    yield f"| DMN 兼容性测试（TCK，级别 2、3 的部分） | {passed} / {total}（{passed / total:.1%}） |"
    for folder, count in tests.items():
        yield f"| 通过的测试 `{folder}` | {count} |"


def kit_sum(dmn: Mapping[str, Any]) -> tuple[int, int]:
    """Passed and all cases of the kit."""
    pairs = dmn["suites"].values()
    return sum(p for p, _ in pairs), sum(t for _, t in pairs)


def _events(report: Report) -> Iterable[str]:
    yield "\n## 事件\n\n每格是执行过它的测试数；空格为标准不允许的位置。\n"
    yield f"| 事件 | {' | '.join(POSITIONS.values())} |"
    yield "|---" * (len(POSITIONS) + 1) + "|"
    for row in report.events:
        cells = (_cell(n) for n in row.tests)
        yield f"| {row.name} | {' | '.join(cells)} |"


def _cell(number: int | None) -> str:
    return "" if number is None else str(number) if number else "尚无测试"


def _elements(report: Report) -> Iterable[str]:
    yield "\n## BPMN 元素"
    for title, rows in report.groups:
        yield f"\n### {title}\n\n| 元素 | 名称 | 结果 | 测试 | 说明 |\n|---|---|---|---|---|"
        for row in rows:
            count = row.tests or "—"
            yield f"| `{row.name}` | {row.zh} | {STATUS[row.status]} | {count} | {row.reason or '—'} |"


def _dmn(report: Report) -> Iterable[str]:
    dmn = report.dmn
    yield "\n## FEEL 函数\n"
    yield "、".join(f"`{name}`" for name in report.functions)
    yield "\n## DMN 兼容性测试\n\n| 测试集 | 通过 | 总数 |\n|---|---|---|"
    for name, (passed, total) in dmn["suites"].items():
        yield f"| {name} | {passed} | {total} |"
    yield "\n### 未通过的用例\n\n| 测试集 | 用例 | 应得 | 原因 |\n|---|---|---|---|"
    for miss in dmn["misses"]:
        yield f"| {miss['suite']} | {miss['case']} | `{miss['expected']}` | {miss['why']} |"


def main() -> None:
    if sys.argv[1:] == ["document"]:  # the table of constructs changed, the tests did not
        TARGET.write_text(document(made(json.loads(FILE.read_text("utf-8")))), encoding="utf-8")
        return
    folder = os.environ.get("CONFORMANCE_DIR")
    if not folder:
        sys.exit("CONFORMANCE_DIR is not set: name the folder of outside test sets")
    command = [sys.executable, "-m", "pytest", "-q", "-n2", *FOLDERS]
    done = subprocess.run(command, cwd=ROOT, check=False)
    if done.returncode:
        sys.exit("tests failed: nothing was written")
    write(json.loads(RESULT.read_text("utf-8")), Path(folder) / "dmn-tck")


def write(result: Mapping[str, Any], root: Path) -> None:
    content = numbers(result, root)
    FILE.write_text(json.dumps(content, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    TARGET.write_text(document(made(content)), encoding="utf-8")


if __name__ == "__main__":
    main()
