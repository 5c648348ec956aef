"""`banli backup` and `banli restore`: a copy of the installation, taken back, with times."""

import os
import tempfile
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path

import click

from migrations import schema
from processes.exchange import restoration
from processes.identity import audit
from web import backups, config
from web.backups import BackupRefused, Times
from web.commands.opening import opened
from web.config import Settings
from web.sealed_copies import Secret

_asked = click.option(
    "--passphrase", is_flag=True, help="当场输入备份口令，代替 BANLI_BACKUP_KEY_FILE。"
)


@click.command("backup", help="备份数据库和附件，运行中也可以做；主密钥另行保管，不在备份里。")
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
@_asked
def backup(folder: Path, *, passphrase: bool) -> None:
    settings = config.from_environment()
    secret = _secret(passphrase=passphrase, twice=True)
    if secret is None and settings.profile == "production":
        raise BackupRefused(
            "生产环境的备份须加密：请设置 BANLI_BACKUP_KEY_FILE（密钥文件），或加 --passphrase"
        )
    head = schema.head()
    made, times = backups.back_up(
        settings, folder, version=version("banli"), head=head, secret=secret
    )
    click.echo(f"已备份到 {made}")
    if secret is None:
        click.echo("注意：备份没有加密（未设置 BANLI_BACKUP_KEY_FILE）。")
    _tell(times)


@click.command("restore", help="把备份恢复到空的数据目录和空库；恢复后对外暂停，核对后放行。")
@click.argument(
    "source", type=click.Path(exists=True, file_okay=False, path_type=Path), required=False
)
@click.option("--rehearse", is_flag=True, help="演练：恢复到临时目录，核对后删除（SQLite）。")
@_asked
@click.option(
    "--margin",
    type=click.IntRange(1, 50_000),
    default=restoration.MARGIN,
    show_default=True,
    help="每个编号序列向前跳过多少号。",
)
@click.option("--reconciled", is_flag=True, help="已与外部单位核对：恢复对外报文、任务和定时。")
@click.option(
    "--last",
    multiple=True,
    metavar="序列[@年]=号",
    help="与 --reconciled 同用：已知某个编号序列最后发出的号，可以多次给出。",
)
def restore(
    source: Path | None,
    *,
    rehearse: bool,
    passphrase: bool,
    margin: int,
    reconciled: bool,
    last: tuple[str, ...],
) -> None:
    settings = config.from_environment()
    if reconciled:
        _reconcile(settings, last)
        return
    if source is None or last:
        raise click.UsageError("请给出备份所在的文件夹；--last 与 --reconciled 同用")
    secret = _secret(passphrase=passphrase)
    if not rehearse:
        _restored(source, settings, secret, margin)
        click.echo(
            f"对外报文、通知、外部任务和定时已暂停，编号已各跳过 {margin} 号。"
            "与外部单位核对后，运行 banli restore --reconciled，或在“接口监控”页确认。"
        )
        return
    with tempfile.TemporaryDirectory(prefix="banli-rehearsal-") as folder:
        url = f"sqlite:///{Path(folder) / 'banli.db'}"
        _restored(source, replace(settings, home=Path(folder), database_url=url), secret, margin)
    click.echo("演练完成，临时数据已删除。")


def _restored(source: Path, settings: Settings, secret: Secret | None, margin: int) -> None:
    copied_at, times = backups.restore(source, settings, secret)
    with times.of("审计链核对"), opened(settings) as here:
        with here.database.read_session() as session:
            broken = audit.verify(session)
        # held even where the trail is broken: whoever looks into that must not send anything
        here.database.run(restoration.begin, copied_at=copied_at, margin=margin)
    if broken is not None:
        raise BackupRefused(
            f"恢复的审计记录不完整：{broken.agency} 第 {broken.sequence} 条，{broken.reason}"
        )
    click.echo(f"已恢复到 {settings.home}")
    _tell(times)


def _reconcile(settings: Settings, last: tuple[str, ...]) -> None:
    known = dict(_known(one) for one in last)
    with opened(settings) as here:
        done = here.database.run(restoration.reconcile, by="system", last=known)
        click.echo(f"已放行：{done.restored_at:%Y-%m-%d} 的恢复已核对，对外报文和定时继续办理。")


def _known(told: str) -> tuple[tuple[str, int], int]:
    """A number that was given last, of its series and year."""
    series, _, number = told.rpartition("=")
    key, _, year = series.rpartition("@") if "@" in series else (series, "", "0")
    for text in (number, year):
        if not (text.isascii() and text.isdigit() and len(text) < 16):
            raise click.BadParameter(f"“{told}”应写成 序列@年=号", param_hint="--last")
    return (key, int(year)), int(number)


def _secret(*, passphrase: bool, twice: bool = False) -> Secret | None:
    if passphrase:
        words = click.prompt("备份口令", hide_input=True, confirmation_prompt=twice)
        return Secret(str(words))
    file = os.environ.get("BANLI_BACKUP_KEY_FILE")
    return Secret.of_file(Path(file)) if file else None


def _tell(times: Times) -> None:
    for part, seconds in times.parts.items():
        click.echo(f"  {part}：{seconds:.2f} 秒")
    click.echo(f"  合计：{sum(times.parts.values()):.2f} 秒")
