"""Incidents: what cannot go on, why, and the way on.

Invariant: an incident is a visible row until it is resolved; nothing stops silently.
"""

from collections.abc import Sequence

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from engine import clock, connection, correlation, history, limits, runtime
from engine.errors import NotFound
from engine.model import Incident, Job


def open_for(session: Session, instance_id: int) -> Sequence[Incident]:
    """The open incidents of an instance, oldest first."""
    query = select(Incident).where(Incident.instance_id == instance_id)
    return session.scalars(query.order_by(Incident.id)).all()


def resolve(session: Session, incident_id: int, *, by: str) -> None:
    """Try again what the incident stopped.

    Raises:
        NotFound: it is resolved already.
    """
    connection.begin_write(session)
    query = select(Incident).where(Incident.id == incident_id).with_for_update()
    incident = session.scalar(query.execution_options(populate_existing=True))
    if incident is None:
        raise NotFound("该异常已经处理", incident=incident_id)
    session.expunge(incident)  # its row goes by other hands below
    if incident.job_id is None and incident.activity_id is None:
        raise NotFound("该异常没有可以重试的环节", incident=incident_id)
    if incident.instance_id is not None:
        history.append(
            session,
            incident.instance_id,
            "incident.resolved",
            by=by,
            activity=incident.activity,
            activity_id=incident.activity_id,
            code=incident.kind,
        )
    _try_again(session, incident, by)


def _try_again(session: Session, incident: Incident, by: str) -> None:
    if incident.job_id is None and incident.instance_id is not None:
        assert incident.activity_id is not None  # noqa: S101 - see resolve
        runtime.retry(session, incident.instance_id, incident.activity_id, by=by)
        return
    session.execute(delete(Incident).where(Incident.id == incident.id))
    if incident.job_id is None:
        assert incident.activity_id is not None  # noqa: S101 - see resolve
        correlation.retry(session, incident.activity_id)
        return
    session.execute(
        update(Job)
        .where(Job.id == incident.job_id)
        .values(retries=limits.RETRIES, due_at=clock.now(), owner=None, lease_until=None)
        .execution_options(synchronize_session=False)
    )
