"""`banli import` and `banli conformance bpmn`: models that other tools have drawn.

Invariant: importing changes no installation: it lists, and writes a file only where it is told to.
A folder that is absent or holds no models is an error, never a run of nothing.
"""

import dataclasses
from pathlib import Path
from typing import Any, Final

import click

from engine.errors import DeploymentRejected
from processes import functions
from processes.importing import conformance as reference
from processes.importing import foreign
from processes.importing.foreign import Imported
from web.api import wire
from web.commands.conformance import conformance
from web.commands.models import show

_FILE: Final = click.Path(exists=True, dir_okay=False, path_type=Path)
_FOLDER: Final = click.Path(file_okay=False, path_type=Path)


@click.command("import", help="导入其他工具的模型（.bpmn、.dmn）：列出改写之处和不能执行之处。")
@click.argument("file", type=_FILE)
@click.option("--to", "target", type=_FOLDER, default=None, help="把改写后的文件写入这个目录。")
@click.option("--json", "as_json", is_flag=True, help="输出一份 JSON 文档。")
def import_(file: Path, target: Path | None, *, as_json: bool) -> None:
    functions.register()
    try:
        made = foreign.read(file.read_bytes(), file.name)
    except DeploymentRejected as rejected:
        show(rejected.findings, file.parent)
        raise SystemExit(2) from rejected
    if as_json:
        click.echo(wire.dumps(_document(made, file.name)))
    else:
        _list(made)
    if target is not None:
        target.mkdir(parents=True, exist_ok=True)
        written = target / made.file
        if written.exists():
            raise click.ClickException(f"“{written}”已存在，没有覆盖。")
        written.write_bytes(made.content)
        click.echo(f"已写入 {written}", err=as_json)


def _document(made: Imported, source: str) -> dict[str, Any]:
    return {
        "format": "banli-import/1",
        "source": source,
        "file": made.file,
        "process": made.key,
        "executable": made.executable,
        "rewrites": [dataclasses.asdict(one) for one in made.rewrites],
        "refused": [dataclasses.asdict(one) for one in made.refusals],
        "findings": [dataclasses.asdict(one) for one in made.findings],
    }


def _list(made: Imported) -> None:
    click.echo(f"流程 {made.key} → {made.file}")
    click.echo(f"改写 {len(made.rewrites)} 处：")
    for rewrite in made.rewrites:
        click.echo(f"  {' '.join(rewrite.where.split())}")
        click.echo(f"    原：{rewrite.before}\n    新：{rewrite.after}")
    click.echo(f"保留原样、但不能执行 {len(made.refusals)} 处：")
    for refusal in made.refusals:
        click.echo(f"  第 {refusal.line} 行 {' '.join(refusal.where.split())}：{refusal.reason}")
    errors = [one for one in made.findings if one.severity == "error"]
    click.echo(f"发布前检查：{len(errors)} 处错误")
    for error in errors:
        click.echo(f"  {error.message} [{error.code}]")


@conformance.command("bpmn", help="逐个导入目录中的参考模型并再导出：是否无损，能否执行，为什么。")
@click.argument("folder", type=_FOLDER)
@click.option("--json", "target", type=click.Path(path_type=Path), default=None)
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
