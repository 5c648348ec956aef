"""`banli case`: a case at a glance, for whoever runs the installation.

Invariant: what is printed has no contents of the case, only where it stands.
"""

from typing import Final

import click
from sqlalchemy import select
from sqlalchemy.orm import Session

from engine import clock, history
from engine.model import EventSubscription, Incident, Job, UserTask
from processes.model.cases import Case
from web.commands.opening import opened

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


def _waiting(session: Session, case_id: int) -> list[str]:
    lines = [
        f"任务：{one.name or one.activity}（{'已签收' if one.assignee else '待签收'}）"
        for one in session.scalars(select(UserTask).where(UserTask.instance_id == case_id))
    ]
    query = select(EventSubscription).where(EventSubscription.instance_id == case_id)
    lines += [f"等待{_KINDS.get(one.kind, one.kind)}：{one.name}" for one in session.scalars(query)]
    for job in session.scalars(select(Job).where(Job.instance_id == case_id)):
        due = job.due_at.astimezone(clock.SHANGHAI).strftime("%Y-%m-%d %H:%M")
        lines.append(f"作业：{job.kind} {job.topic or job.activity}，{due}，剩余重试 {job.retries}")
    for one in session.scalars(select(Incident).where(Incident.instance_id == case_id)):
        lines.append(f"异常：{one.activity}：{one.message}")
    return lines


def _past(session: Session, case_id: int, count: int) -> list[str]:
    found = history.events(session, case_id, limit=1_000)[-max(0, min(count, 1_000)) :]
    return [
        f"{one.at.astimezone(clock.SHANGHAI):%Y-%m-%d %H:%M:%S}  {one.type}  {one.activity}"
        for one in found
    ]
