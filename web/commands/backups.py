"""`banli backup` and `banli restore`: a copy of the installation, taken back, with times."""

import tempfile
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path

import click

from migrations import schema
from processes.identity import audit
from web import backups, config
from web.backups import Times
from web.commands.opening import opened
from web.config import Settings


@click.command("backup", help="备份数据库和附件，运行中也可以做；主密钥另行保管，不在备份里。")
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
def backup(folder: Path) -> None:
    settings = config.from_environment()
    made, times = backups.back_up(settings, folder, version=version("banli"), head=schema.head())
    click.echo(f"已备份到 {made}")
    _tell(times)


@click.command("restore", help="把备份恢复到空的数据目录和空库，核对并给出各步用时。")
@click.argument("source", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--rehearse", is_flag=True, help="演练：恢复到临时目录，核对后删除（SQLite）。")
def restore(source: Path, *, rehearse: bool) -> None:
    settings = config.from_environment()
    if not rehearse:
        _restored(source, settings)
        return
    with tempfile.TemporaryDirectory(prefix="banli-rehearsal-") as folder:
        url = f"sqlite:///{Path(folder) / 'banli.db'}"
        _restored(source, replace(settings, home=Path(folder), database_url=url))
    click.echo("演练完成，临时数据已删除。")


def _restored(source: Path, settings: Settings) -> None:
    times = backups.restore(source, settings)
    with times.of("审计链核对"), opened(settings) as here, here.database.read_session() as session:
        broken = audit.verify(session)
    if broken is not None:
        raise backups.BackupRefused(
            f"恢复的审计记录不完整：{broken.agency} 第 {broken.sequence} 条，{broken.reason}"
        )
    click.echo(f"已恢复到 {settings.home}")
    _tell(times)


def _tell(times: Times) -> None:
    for part, seconds in times.parts.items():
        click.echo(f"  {part}：{seconds:.2f} 秒")
    click.echo(f"  合计：{sum(times.parts.values()):.2f} 秒")
