"""The one queue: timers, external tasks, messages to send; leased, retried, at last an incident.

Invariant: a job is claimed by one statement and worked on under a lease with a fencing number;
its effect and the end of its row share a transaction, which fails if the lease is lost. A job at
0 retries, or whose workers died three times in a row, has an incident and rests until that is
resolved.
"""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from sqlalchemy import (
    Table,
    bindparam,
    delete,
    insert,
    select,
    update,
)
from sqlalchemy.orm import Session

from engine import (
    claiming,
    clock,
    correlation,
    history,
    ids,
    limits,
    priority,
    runtime,
    store,
    timers,
)
from engine.errors import TaskNotActive
from engine.model import (
    Incident,
    Job,
    ProcessDefinition,
    ProcessInstance,
    Timer,
)
from engine.store import execution
from engine.variables import Variables

SYSTEM: Final = "system"
_KEYS: Final = select(ProcessInstance.id, ProcessInstance.business_key).where(
    ProcessInstance.id.in_(bindparam("instances", expanding=True))
)
_HOLDS: Final = select(Job.id).where(
    Job.id == bindparam("id"),
    Job.owner == bindparam("owner"),
    Job.fencing == bindparam("fencing"),
)
_jobs: Final[Table] = Job.__table__  # type: ignore[assignment]


@dataclass(frozen=True, slots=True, kw_only=True)
class JobWork:
    """A job claimed; `key` is the same at every retry, `fencing` differs at each claim."""

    id: int
    kind: str
    instance_id: int
    definition_id: int
    activity: str
    topic: str
    business_key: str
    correlation_key: str
    variables: Variables
    retries: int
    owner: str
    fencing: int
    key: str
    crashes: int = 0
    priority: int = priority.NORMAL
    lease: timedelta = limits.LEASE


def acquire(  # noqa: PLR0913 - what narrows a claim, all by name
    session: Session,
    owner: str,
    *,
    limit: int = 20,
    low: int | None = None,
    room: int = 0,
    kinds: Sequence[str] = (),
    only: Sequence[int] = (),
    leave: Sequence[str] = (),
    channels: Mapping[str, str] | None = None,
    lease: timedelta = limits.LEASE,
) -> list[JobWork]:
    """Claim due jobs, the earliest first; messages of one instance in the order they were sent.

    Those that can wait (`engine.priority`) come after the others, at most `low` of them where that
    is said; `room` of the places are kept for them.
    External tasks and messages of the topics in `leave` are for programs outside, which fetch them
    themselves. With `channels` (message → receiver) the order is kept for each receiver by itself:
    one that is down holds up no other.
    One `UPDATE … RETURNING` for each class; on PostgreSQL it skips what other workers are claiming.
    A job whose holder let the lease lapse comes by itself: should it be what kills workers, it
    takes no other along, and after `limits.CRASHES` it has an incident instead of a next victim.
    """
    asked = claiming.statements(
        tuple(kinds), tuple(leave), tuple((channels or {}).items()), bool(only)
    )
    given: dict[str, Any] = (
        {"now": clock.now(), "only": list(only)} if only else {"now": clock.now()}
    )
    most = {priority.NORMAL: limit - room, priority.LOW: limit if low is None else low}
    taken: list[JobWork] = []
    while heads := session.execute(asked.heads, given).tuples().all():
        # an empty poll takes no write lock
        for one, lease_until in sorted(heads, reverse=True):
            told = {**given, "at_most": max(0, min(most[one], limit - len(taken)))}
            if not told["at_most"]:
                continue
            if lease_until is None:
                taken += _claim(session, asked.free[one], told, (owner, lease))
                continue
            lapsed = _claim(session, asked.lapsed[one], given, (owner, lease))
            if not lapsed or not _park(session, lapsed[0]):
                return taken + lapsed
            break  # it rests; what stands behind it now?
        else:
            break
    return taken


def _claim(
    session: Session, taking: Any, given: Mapping[str, Any], holder: tuple[str, timedelta]
) -> list[JobWork]:
    owner, lease = holder
    told = {**given, "new_owner": owner, "new_lease": clock.now() + lease}
    claimed = session.execute(taking, told).mappings()
    rows = sorted(claimed, key=lambda row: (row["due_at"], row["id"]))
    keys = _business_keys(session, {row["instance_id"] for row in rows})
    return [_work(row, keys.get(row["instance_id"], ""), lease) for row in rows]


def _park(session: Session, work: JobWork) -> bool:
    """Let a job rest whose holders have vanished too often, with an incident."""
    if work.crashes < limits.CRASHES:
        return False
    text = f"处理该作业的工作进程已 {work.crashes} 次中断，作业已停止，须检查后重试"
    fail(session, work, message=text, final=True)
    return True


def require_lease(session: Session, work: JobWork) -> None:
    """Refuse to go on if the lease has passed to another worker or the job is gone.

    Raises:
        TaskNotActive: so it is.
    """
    held = {"id": work.id, "owner": work.owner, "fencing": work.fencing}
    if session.scalar(_HOLDS, held) is None:
        raise _lease_lost(work)


def fire_timer(session: Session, work: JobWork) -> None:
    """A timer is due: move the instance that waits for it, or start one.

    Raises:
        TaskNotActive: the lease is lost, or nobody waits for the timer any more.
    """
    if not work.instance_id:
        _start(session, work)
        return
    require_lease(session, work)
    with execution(session, work.instance_id, actor=SYSTEM) as step:
        store.guard_job(step, work.id, work.fencing)
        step.fire(work.id)


def _start(session: Session, work: JobWork) -> None:
    definition = session.get_one(ProcessDefinition, work.definition_id)
    held = select(Timer).where(*_held(work)).with_for_update()
    job = session.scalar(held.execution_options(populate_existing=True))
    if job is None:
        raise _lease_lost(work)  # asked under the row lock: the next worker may just have fired it
    schedule = timers.Schedule(job.due_at, work.topic, int(work.variables.get("left", 0)))
    following = schedule.next(clock.now())
    if following is None:
        session.delete(job)
    else:
        job.due_at, job.payload = following.due_at, {"left": following.left}
        job.owner, job.lease_until, job.crashes = None, None, 0
    session.flush()
    runtime.start(
        session,
        definition.key,
        by=SYSTEM,
        variables={"scheduled_at": schedule.due_at},
        business_key=f"{definition.key}-{schedule.due_at:%Y%m%d%H%M%S}",
        start_event=work.activity,
        version=definition.version,
    )


def deliver_buffered(session: Session, work: JobWork) -> None:
    """Deliver a message that was here before anybody waited for it.

    Raises:
        TaskNotActive: the lease is lost.
    """
    finish(session, work)
    correlation.retry(session, work.id)


def finish(session: Session, work: JobWork) -> None:
    """The message is with its receiver: remove the job.

    Raises:
        TaskNotActive: the lease is lost.
    """
    ended = session.execute(
        delete(Job).where(*_held(work)).execution_options(synchronize_session=False)
    )
    if ended.rowcount != 1:  # type: ignore[attr-defined]
        raise _lease_lost(work)


def extend(session: Session, work: JobWork, *, lease: timedelta = limits.LEASE) -> None:
    """Hold the job longer.

    Raises:
        TaskNotActive: the lease is lost.
    """
    held = session.execute(
        update(_jobs)
        .where(_jobs.c.id == work.id)
        .where(_jobs.c.owner == work.owner, _jobs.c.fencing == work.fencing)
        .values(lease_until=clock.now() + lease)
    )
    if held.rowcount != 1:  # type: ignore[attr-defined]
        raise _lease_lost(work)


def fail(
    session: Session,
    work: JobWork,
    *,
    message: str,
    final: bool = False,
    after: timedelta | None = None,
) -> None:
    """The work failed: one retry less and a pause, or an incident when none is left.

    Nothing happens if the lease is lost: whoever has it now answers for the job.
    """
    left = 0 if final else max(work.retries - 1, 0)
    done = session.execute(
        update(_jobs)
        .where(_jobs.c.id == work.id)
        .where(_jobs.c.owner == work.owner, _jobs.c.fencing == work.fencing)
        .values(
            retries=left,
            owner=None,
            lease_until=None,
            crashes=0,
            last_error=message[:2_000],
            due_at=clock.now() + (after or backoff(limits.RETRIES - left)),
        )
    )
    if done.rowcount == 1 and left == 0:  # type: ignore[attr-defined]
        _raise_incident(session, work, message[:2_000])


def postpone(session: Session, work: JobWork, *, message: str, after: timedelta) -> None:
    """Hand a job back that was not tried: it costs no retry. Nothing if the lease is lost."""
    session.execute(
        update(_jobs)
        .where(_jobs.c.id == work.id)
        .where(_jobs.c.owner == work.owner, _jobs.c.fencing == work.fencing)
        .values(
            owner=None,
            lease_until=None,
            crashes=0,
            last_error=message[:2_000],
            due_at=clock.now() + after,
        )
    )


def _raise_incident(session: Session, work: JobWork, message: str) -> None:
    session.execute(
        insert(Incident).values(
            id=ids.next_id(),
            kind="job_failed",
            instance_id=work.instance_id or None,
            definition_id=work.definition_id,
            activity=work.activity,
            activity_id=work.id,
            job_id=work.id,
            message=message,
            details={"topic": work.topic, "kind": work.kind},
            raised_at=clock.now(),
        )
    )
    if work.instance_id:
        history.append(
            session,
            work.instance_id,
            "incident.raised",
            by=SYSTEM,
            activity=work.activity,
            activity_id=work.id,
            code="job_failed",
            message=message,
        )


def backoff(failures: int) -> timedelta:
    """The pause after so many failures: 10 s doubling to 1 h, ±20 %."""
    doubled: timedelta = limits.BACKOFF_FIRST * (1 << max(0, min(failures - 1, 20)))
    jitter = random.uniform(0.8, 1.2)  # noqa: S311 - spreads the load, keeps no secret
    return min(doubled, limits.BACKOFF_LONGEST) * jitter


def _lease_lost(work: JobWork) -> TaskNotActive:
    return TaskNotActive("作业已由其他工作进程处理或已撤销", job=work.id)


def _held(work: JobWork) -> tuple[Any, ...]:
    return Job.id == work.id, Job.owner == work.owner, Job.fencing == work.fencing


def _business_keys(session: Session, instances: set[int | None]) -> dict[int, str]:
    wanted = [one for one in instances if one is not None]
    rows = session.execute(_KEYS, {"instances": wanted}) if wanted else None
    if rows is None:
        return {}
    return {instance_id: key for instance_id, key in rows.all()}  # noqa: C416 - rows, not pairs


def _work(row: Any, business_key: str, lease: timedelta) -> JobWork:
    return JobWork(
        id=row["id"],
        kind=row["kind"],
        instance_id=row["instance_id"] or 0,
        definition_id=row["definition_id"],
        activity=row["activity"],
        topic=row["topic"],
        business_key=business_key,
        correlation_key=row["correlation_key"],
        variables=row["payload"] or {},
        retries=row["retries"],
        owner=row["owner"],
        fencing=row["fencing"],
        crashes=row["crashes"],
        priority=row["priority"],
        key=f"{row['kind']}-{row['id']}",
        lease=lease,
    )
