"""Looks at a case that are put on record: who saw what (property domain, section 7).

A process asks for it with its property `looksAudited`; no other case costs anything for a look.
"""

from typing import Final

from sqlalchemy.orm import Session

from engine import repository
from engine.model import ProcessInstance
from processes.identity import audit
from processes.identity.identity import User

PROPERTY: Final = "looksAudited"


def kept(session: Session, case_id: int) -> bool:
    """Whether looks at this case are kept."""
    instance = session.get(ProcessInstance, case_id)
    if instance is None:
        return False
    process = repository.compiled(session, instance.definition_id).process
    return process.properties.get(PROPERTY) == "true"


def note(session: Session, case_id: int, *, by: User, what: str) -> None:
    """Put on record that somebody saw the case, or a letter or file of it (`what` names it)."""
    audit.record(session, "case.viewed", by=by, subject=("case", case_id), detail=what)
