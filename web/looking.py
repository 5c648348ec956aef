"""Looks that are put on record when a process asks for it, by page and by program alike."""

from sqlalchemy.orm import Session

from processes.casework import looks
from processes.identity.identity import User
from web.database import run


def note(session: Session, case_id: int, *, by: User, what: str) -> None:
    """Record the look before anything is shown; `session` only reads whether it has to be."""
    if looks.kept(session, case_id):
        run(looks.note, case_id, by=by, what=what)
