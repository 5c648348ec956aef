"""What pages read and operators do across the engine's borders: an application as filed, incidents.

Invariant: every function is either a plain read of what the caller has already been let to see, or
checks the permission itself.
"""

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine import clock, incidents, repository, runtime
from engine.errors import BanliError, NotFound
from engine.model import Incident, Job, ProcessInstance
from engine.variables import Variables
from forms.definition import FormDefinition
from processes.casework import monitor
from processes.deployed import resources
from processes.identity import audit, identity
from processes.identity.identity import User
from processes.identity.roles import Action
from processes.rights import permissions


class ReasonMissing(BanliError):
    """Masked values are shown only for a reason."""

    code = "reason_missing"


def application(session: Session, case_id: int) -> tuple[FormDefinition, Variables] | None:
    """The form a case was filed with, of the case's own version, and its variables now.

    `user` is who filed it, so that what the form showed to that person is shown again.
    """
    instance = session.get(ProcessInstance, case_id)
    if instance is None:
        raise NotFound("没有这个办件", case=case_id)
    definition = repository.get(session, instance.definition_id)
    form = resources.start_form(session, definition)
    if form is None:
        return None
    return form, {**_filer(session, instance.started_by), **runtime.variables(session, case_id)}


def moving(session: Session, case_id: int) -> bool:
    """Whether a worker has something to do for a case at this moment, so that it soon looks other.

    What waits for a later instant, and what rests with an incident, is not meant.
    """
    due = (Job.instance_id == case_id, Job.due_at <= clock.now())
    goes = (Job.retries > 0, Job.suspended.is_(False))
    return session.scalar(select(Job.id).where(*due, *goes).limit(1)) is not None


def _filer(session: Session, started_by: str) -> Variables:
    """Who filed a case, as forms know a user; nobody for what a program began."""
    if not (started_by.isascii() and started_by.isdigit()):
        return {}
    try:
        return {"user": identity.user(session, int(started_by)).told}
    except NotFound:
        return {}


def unmasked(
    session: Session, case_id: int, *, by: User, reason: str
) -> tuple[FormDefinition, Variables] | None:
    """The same for somebody who may see what is masked and says why; every look is recorded.

    Raises:
        NotFound: not in the user's scope. Forbidden: no right to clear values.
        ReasonMissing: no reason was given.
    """
    permissions.case(session, case_id, by=by, action=Action.UNMASK)
    if not reason:
        raise ReasonMissing("请写明查看完整信息的原因")
    audit.record(session, "data.unmasked", by=by, subject=("case", case_id), detail=reason)
    return application(session, case_id)


def activity_name(session: Session, definition_id: int | None, activity: str) -> str:
    """What people call an activity of a deployed process; its id where it has no name."""
    if definition_id is None or not activity:
        return activity
    element = repository.compiled(session, definition_id).process.elements.get(activity)
    return (element.name if element else "") or activity


def variables(session: Session, case_id: int, *, event: int | None = None) -> Variables:
    """The variables of a case already found in scope, as its root or an awaited event sees them."""
    return runtime.variables(session, case_id, wait_id=event)


def retry_incident(session: Session, incident_id: int, *, by: User) -> None:
    """Let what stopped try again.

    Raises:
        NotFound: it has been settled meanwhile, or another agency's operators look after it.
    """
    permissions.require(by, Action.OPERATE)
    mine = select(Incident.id).where(
        Incident.id == incident_id, monitor.looked_after(Incident.instance_id, by=by)
    )
    if session.scalar(mine) is None:
        raise NotFound("这个异常已经处理", incident=incident_id)
    incidents.resolve(session, incident_id, by=str(by.id))
    audit.record(session, "incident.resolved", by=by, subject=("incident", incident_id))
