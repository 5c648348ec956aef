"""Incidents: what cannot go on, why, and the way on.

Invariant: an incident is a visible row until it is resolved; nothing stops silently.
"""

from collections.abc import Sequence

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from engine import clock, correlation, limits, runtime
from engine.errors import NotFound
from engine.model import InboundMessage, Incident, Job


def open_for(session: Session, instance_id: int) -> Sequence[Incident]:
    """The open incidents of an instance, oldest first."""
    query = select(Incident).where(Incident.instance_id == instance_id)
    return session.scalars(query.order_by(Incident.id)).all()


def all_open(session: Session, *, limit: int = 200) -> Sequence[Incident]:
    """The open incidents of the installation, newest first."""
    return session.scalars(select(Incident).order_by(Incident.id.desc()).limit(limit)).all()


def resolve(session: Session, incident_id: int, *, by: str) -> None:
    """Try again what the incident stopped.

    Raises:
        NotFound: it is resolved already.
    """
    incident = session.get(Incident, incident_id)
    if incident is None:
        raise NotFound("该异常已经处理", incident=incident_id)
    if incident.job_id is not None:
        session.execute(
            update(Job)
            .where(Job.id == incident.job_id)
            .values(retries=limits.RETRIES, due_at=clock.now(), owner=None, lease_until=None)
        )
        session.execute(delete(Incident).where(Incident.id == incident_id))
    elif incident.kind == correlation.AMBIGUOUS:
        inbound = session.get_one(InboundMessage, incident.activity_id)
        session.execute(delete(Incident).where(Incident.id == incident_id))
        correlation.redeliver(session, inbound)
    else:
        instance_id, activity_id = incident.instance_id, incident.activity_id
        session.expunge(incident)
        if instance_id is None or activity_id is None:
            raise NotFound("该异常没有可以重试的环节", incident=incident_id)
        runtime.retry(session, instance_id, activity_id, by=by)
