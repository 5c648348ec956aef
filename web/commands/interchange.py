"""`banli import`: models that other tools have drawn.

Invariant: importing changes no installation: it lists, and writes a file only where it is told to.
"""

import dataclasses
from pathlib import Path
from typing import Any, Final

import click

from engine.errors import DeploymentRejected
from processes.casework import functions
from processes.importing import foreign
from processes.importing.foreign import Imported
from web.api import wire
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
