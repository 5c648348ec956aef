"""`banli norm`: the technical norms of a domain, written from its models (P-19, P-38, P-60)."""

from pathlib import Path

import click

from processes.demo import loader
from processes.modelling import norm as writing


@click.command("norm", help="由流程、决策表、表单生成技术规范（Markdown）；不写代码时列出全部。")
@click.argument("code", default="")
@click.option("--into", type=click.Path(path_type=Path, file_okay=False), help="全部写入此目录。")
def norm(code: str, into: Path | None) -> None:
    found = {one.code: one for one in writing.all_norms(loader.MODELS)}
    if into is not None:
        into.mkdir(parents=True, exist_ok=True)
        for one in found.values():
            (into / f"{one.code}.md").write_text(writing.written(one), encoding="utf-8")
    elif code in found:
        click.echo(writing.written(found[code]), nl=False)
    elif code:
        raise click.ClickException(f"没有规范『{code}』，可用：{'、'.join(found)}")
    else:
        for one in found.values():
            click.echo(f"{one.code}  {one.title}")
