"""`banli conformance dmn|bpmn DIR`: runs outside test sets and prints what passed.

Invariant: a folder that is absent or has no tests is an error, never a run of nothing; a failed
case is a result, not a failure of the command.
"""

import dataclasses
import json
from collections.abc import Iterable
from itertools import groupby
from pathlib import Path
from typing import Any, Final

import click

from engine import feel
from engine.dmn import tck
from processes.casework import functions
from processes.importing import conformance as reference
from web.api import wire

_PATH: Final = click.Path(path_type=Path)


@click.group(help="符合性测试：用外部测试集检验 FEEL、DMN 的执行和 BPMN 的导入导出。")
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


@conformance.command("bpmn", help="逐个导入目录中的参考模型并再导出：是否无损，能否执行，为什么。")
@click.argument("folder", type=_PATH)
@click.option("--json", "target", type=_PATH, default=None, help="把每个模型写入这个 JSON 文件。")
def bpmn(folder: Path, target: Path | None) -> None:
    functions.register()
    cases = list(reference.run(folder)) if folder.is_dir() else []
    if not cases:
        raise click.ClickException(f"“{folder}”不存在或没有模型（.bpmn）。")
    for case in cases:
        click.echo(f"{case.model}：{_said(case)}")
        for difference in case.differences:
            click.echo(f"    {difference}")
        for reason in () if case.executed else case.refused:
            click.echo(f"    {' '.join(reason.split())}")
    kept, executed = sum(one.kept for one in cases), sum(one.executed for one in cases)
    click.echo(f"合计 {len(cases)} 个模型：无损 {kept} 个，可执行 {executed} 个")
    if target is not None:
        target.write_text(wire.dumps([dataclasses.asdict(one) for one in cases]) + "\n", "utf-8")
    if kept != len(cases):
        raise SystemExit(1)


def _said(case: reference.Case) -> str:
    if not case.imported:
        return "不能导入"
    kept = "导出无损" if case.kept else f"导出有 {len(case.differences)} 处不同"
    done = "可执行" if case.executed else f"不执行（{len(case.refused)} 条理由）"
    return f"已导入（改写 {case.rewrites} 处），{kept}，{done}"


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
