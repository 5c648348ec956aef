"""`banli case`: a case at a glance; `banli verify-form`: is a printed approval form genuine.

Invariant: what is printed has no contents of the case, only where it stands.
"""

from pathlib import Path
from typing import Final

import click
from sqlalchemy import select
from sqlalchemy.orm import Session

from engine import clock, history
from engine.errors import NotFound
from engine.model import EventSubscription, Incident, Job, UserTask
from processes.desk import printed_forms
from processes.model.cases import Case
from web.commands.opening import opened
from web.display import moment

_KINDS: Final = {"message": "报文", "signal": "信号", "condition": "条件"}


@click.command(help="看一个办件：状态、等待什么、异常、最近的历史。")
@click.argument("reference")
@click.option("--events", default=10, show_default=True, help="显示最近几条历史。")
def case(reference: str, events: int) -> None:
    with opened() as here, here.database.read_session() as session:
        found = session.scalar(select(Case).where(Case.reference == reference.strip().upper()))
        if found is None:
            raise click.ClickException(f"没有工作单号为“{reference}”的办件。")
        click.echo(f"{found.reference}  {found.title}")
        click.echo(f"状态：{found.status}  结果：{found.outcome or '—'}  环节：{found.step or '—'}")
        for line in (*_waiting(session, found.id), *_past(session, found.id, events)):
            click.echo(line)


@click.command(
    name="verify-form", help="核验审批单：核验码，或 PDF 文件。未改动返回 0，有改动返回 1。"
)
@click.argument("form")
def verify_form(form: str) -> None:
    file = Path(form)
    with opened() as here, here.database.read_session() as session:
        try:
            if file.is_file():
                found = printed_forms.by_file(session, file.read_bytes())
            else:
                found = printed_forms.by_code(session, form)
        except NotFound as error:
            raise click.ClickException(f"{error.message}。") from error
    click.echo(f"审批单  {found.reference}  {found.agency}")
    click.echo(
        f"打印时间：{moment(found.printed_at)}  意见 {found.opinions} 条，此后 {found.later} 条"
    )
    click.echo(f"链接校验值：{found.head or '—'}")
    for number, one in enumerate(found.lines, 1):
        click.echo(f"{number}  {moment(one.at)}  {one.activity}  {one.fault or '一致'}")
        click.echo(f"   {one.digest}")
    if not found.whole:
        raise click.ClickException("；".join(found.faults) + "。")
    click.echo("核验通过：意见与签署时一致，无增无减。")


def _waiting(session: Session, case_id: int) -> list[str]:
    lines = [
        f"任务：{one.name or one.activity}（{'已签收' if one.assignee else '待签收'}）"
        for one in session.scalars(select(UserTask).where(UserTask.instance_id == case_id))
    ]
    query = select(EventSubscription).where(EventSubscription.instance_id == case_id)
    lines += [f"等待{_KINDS.get(one.kind, one.kind)}：{one.name}" for one in session.scalars(query)]
    for job in session.scalars(select(Job).where(Job.instance_id == case_id)):
        what, due = job.topic or job.activity, moment(job.due_at)
        lines.append(f"作业：{job.kind} {what}，{due}，剩余重试 {job.retries}")
    for one in session.scalars(select(Incident).where(Incident.instance_id == case_id)):
        lines.append(f"异常：{one.activity}：{one.message}")
    return lines


def _past(session: Session, case_id: int, count: int) -> list[str]:
    found = history.events(session, case_id, limit=1_000)[-max(0, min(count, 1_000)) :]
    return [
        f"{one.at.astimezone(clock.SHANGHAI):%Y-%m-%d %H:%M:%S}  {one.type}  {one.activity}"
        for one in found
    ]
