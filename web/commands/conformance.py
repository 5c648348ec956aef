"""`banli conformance dmn DIR`: runs outside test sets and prints what passed, suite by suite.

Invariant: a folder that is absent or has no tests is an error, never a run of nothing; a failed
case is a result, not a failure of the command.
"""

import json
from collections.abc import Iterable
from itertools import groupby
from pathlib import Path
from typing import Any, Final

import click

from engine import feel
from engine.dmn import tck
from processes import functions

_PATH: Final = click.Path(path_type=Path)


@click.group(help="符合性测试：用外部测试集检验 FEEL、DMN 的执行。")
def conformance() -> None:
    """Commands on test sets that nobody here wrote."""


@conformance.command(help="运行 DMN TCK 布局的目录：逐套列出 通过/总数。")
@click.argument("folder", type=_PATH)
@click.option("--json", "target", type=_PATH, default=None, help="把每个用例写入这个 JSON 文件。")
@click.option("--misses", is_flag=True, help="列出每个未通过的用例。")
def dmn(folder: Path, target: Path | None, *, misses: bool) -> None:
    functions.register()
    cases = list(tck.run(folder))
    for suite, members in groupby(cases, key=lambda case: case.suite):
        click.echo(f"{_sum(list(members)):>9}  {suite}")
    if misses:
        for case in (each for each in cases if not each.passed):
            wanted, got = _text(case.expected), _text(case.actual)
            note = f"；{case.note}" if case.note else ""
            click.echo(f"未通过 {case.suite} {case.case}：应得 {wanted}，实际 {got}{note}")
    click.echo(f"合计 {_sum(cases)}")
    if target is not None:
        body = json.dumps([_plain(case) for case in cases], ensure_ascii=False, indent=1)
        target.write_text(body + "\n", encoding="utf-8")


def _sum(cases: Iterable[tck.Case]) -> str:
    passed = [case.passed for case in cases]
    return f"{sum(passed)}/{len(passed)}"


def _plain(case: tck.Case) -> dict[str, Any]:
    return {
        "suite": case.suite,
        "case": case.case,
        "node": case.node,
        "passed": case.passed,
        "expected": _text(case.expected),
        "actual": _text(case.actual),
        "note": case.note,
    }


def _text(value: Any) -> str:
    """A value as FEEL writes it."""
    if value is None:
        return "null"
    shown = feel.evaluate("string(value)", {"value": value}).value
    return str(value) if shown is None else str(shown)
