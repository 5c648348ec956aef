"""`banli seal`: the seals kept for this installation, and the revocation of their certificates.

Invariant: what is ordered is in the audit trail before whoever keeps the seal is asked.
"""

from datetime import datetime

import click
from flask import current_app
from sqlalchemy.orm import Session

from adapters._shared.seals import AGENCIES, Seals, SealWorker
from adapters._shared.standing import REASONS, Revocation, words
from adapters.registry import Adapters
from engine import clock
from engine.errors import BanliError
from processes.identity import audit
from web.commands.opening import Opened, opened

_ACTOR = "cli"
_STATES = {"in_use": "使用中", "stopped": "已停用", "expired": "不在有效期内", "revoked": "已吊销"}
_CHOICE = ("keyCompromise", "superseded", "cessationOfOperation", "affiliationChanged")
_WHY = "原因：" + "，".join(f"{one} {REASONS[one]}" for one in _CHOICE) + "。"
_OF_A_DEMO = (
    "演示环境的印章在模拟的印章系统里，本命令到不了：请打开它的页面吊销，"
    "网址见 banli demo 启动时所列。"
)
_KEEPER = click.option(
    "--keeper",
    type=click.Choice([AGENCIES, "esign"]),
    default=AGENCIES,
    show_default=True,
    help="eseal 单位的印章（本机保管的也是），esign 个人签名。",
)


@click.group(help="电子印章：列出，吊销证书。")
def seal() -> None:
    """Commands on seals."""


@seal.command("list", help="列出可用的印章及其状态。")
@_KEEPER
def show(keeper: str) -> None:
    with opened():
        for one in _kept(keeper).kept():
            state = _STATES.get(one.state, one.state)
            click.echo(f"{one.seal}\t{one.name}\t{one.valid_from}～{one.valid_to}\t{state}")


@seal.command(help="吊销印章（或个人签名）的证书，此后不能再签章；不能撤回。")
@click.argument("code", metavar="编码")
@click.option("--reason", type=click.Choice(_CHOICE), required=True, help=_WHY)
@click.option("--since", default=None, help="何时起（如 2026-11-30T09:00+08:00），缺省为现在。")
@_KEEPER
def revoke(code: str, reason: str, since: str | None, keeper: str) -> None:
    told = Revocation(_instant(since), reason)
    with opened() as here:
        asked = _kept(keeper)
        subject, detail = ("seal", f"{keeper}:{code}"), f"{reason} {told.since.isoformat()}"
        _audit(here, "seal.revocation_ordered", subject, detail)
        try:
            asked.revoke(code, told)
        except BanliError:
            _audit(here, "seal.revoked", subject, detail, "failed")
            raise
        _audit(here, "seal.revoked", subject, detail)
    click.echo(f"“{code}”的证书{words(told)}，不能再签章。此前盖有时间戳的仍然有效。")


def _audit(
    here: Opened, action: str, subject: tuple[str, str], detail: str, result: str = "done"
) -> None:
    def command(session: Session) -> None:
        audit.record(session, action, by=_ACTOR, subject=subject, detail=detail, result=result)

    here.database.run(command)


def _instant(since: str | None) -> datetime:
    now = clock.now().replace(microsecond=0)
    try:
        told = datetime.fromisoformat(since) if since else now
    except ValueError as error:
        raise click.ClickException(f"--since 不是时间：{since}") from error
    if told.tzinfo is None:
        told = told.replace(tzinfo=clock.SHANGHAI)
    if told > now:
        raise click.ClickException("--since 不能晚于现在。")
    return told


def _kept(keeper: str) -> Seals:
    adapters: Adapters = current_app.extensions["banli_adapters"]
    worker = adapters.workers.get(f"{keeper}.sign")
    if not isinstance(worker, SealWorker):
        raise click.ClickException(f"没有启用保管印章的适配器（{keeper}）。{_OF_A_DEMO}")
    return worker.seals
