"""`banli migrate`: running cases to another version of their process, a dry run unless told.

Invariant: without `--apply` nothing changes; each case is a transaction of its own.
"""

import click

from engine.errors import BanliError
from processes.identity import identity
from processes.identity.identity import User
from processes.movement import migrating
from processes.movement.migrating import Line, Order, Preview
from web.commands.opening import Opened, opened


@click.command(help="把在办案件迁移到流程的另一版本；缺省只试算，不改变任何案件。")
@click.argument("key")
@click.option("--from", "source", type=int, required=True, help="原版本号。")
@click.option("--to", "target", type=int, required=True, help="目标版本号。")
@click.option("--map", "pairs", multiple=True, help="环节对应，例如 --map old_step=new_step。")
@click.option("--as", "login", required=True, help="以谁的名义（须有迁移案件的权限）。")
@click.option("--apply", "reason", default="", help="执行迁移，并写明理由。")
def migrate(
    key: str, source: int, target: int, pairs: tuple[str, ...], login: str, reason: str
) -> None:
    mapping = {}
    for pair in pairs:
        old, sign, new = pair.partition("=")
        if not (sign and old and new):
            raise click.ClickException(f"环节对应“{pair}”应写成 原环节=目标环节。")
        mapping[old] = new
    order = Order(key=key, source=source, target=target, mapping=mapping)
    with opened() as here:
        with here.database.read_session() as session:
            by = identity.by_login(session, login)
        if by is None:
            raise click.ClickException(f"没有用户“{login}”。")
        moved = _through(here, order, by, reason)
    done, refused = moved
    verb = "已迁移" if reason else "可迁移"
    click.echo(f"共 {done + refused} 件：{verb} {done} 件，不能迁移 {refused} 件。")
    if refused:
        raise SystemExit(1)


def _through(here: Opened, order: Order, by: User, reason: str) -> tuple[int, int]:
    """Look at all cases page by page, and move them if a reason is given."""
    after: int | None = 0
    done = refused = 0
    while after is not None:
        page = _looked(here, order, by, after)
        for line in page.lines:
            words = _moved(here, line, order, by, reason)
            done, refused = (done + 1, refused) if not words else (done, refused + 1)
            click.echo(f"{line.reference}  {line.step or '—'}  {words or _places(line)}")
        after = page.next
    return done, refused


def _looked(here: Opened, order: Order, by: User, after: int) -> Preview:
    with here.database.read_session() as session:
        return migrating.preview(session, order, by=by, after=after)


def _moved(here: Opened, line: Line, order: Order, by: User, reason: str) -> str:
    """Why a case was not moved, or cannot be; empty if it was, or can."""
    if line.refused:
        return line.refused
    if line.problems:
        return "；".join(f"『{one.name}』{one.reason}" for one in line.problems)
    if reason:
        try:
            here.database.run(migrating.migrate, line.case_id, order, by=by, reason=reason)
        except BanliError as error:
            return error.message
    return ""


def _places(line: Line) -> str:
    return "→ " + ("、".join(one.to_name for one in line.placed) or "—")
