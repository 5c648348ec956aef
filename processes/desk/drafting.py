"""The box of drafts: what a user began and has not handed in, and where each goes on.

Invariant: a draft outlives its task; one whose task is gone says so and can be read or dropped.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.errors import NotFound
from engine.model import UserTask
from processes.casefile import drafts
from processes.identity.identity import User
from processes.model.cases import Case, FormDraft


@dataclass(frozen=True, slots=True)
class Drafted:
    """A draft as its box shows it; `task_id` or `process_key` leads on."""

    id: int
    title: str
    kind: str
    """task, apply or event."""
    saved_at: datetime
    reference: str = ""
    task_id: int | None = None
    process_key: str = ""


def of_user(session: Session, *, by: User) -> Sequence[Drafted]:
    """The drafts of a user, the latest first."""
    found = drafts.of_user(session, by)
    wanted = [number for one in found if (number := _number(one, "task")) is not None]
    query = (
        select(UserTask.id, Case.reference, Case.title)
        .join(Case, Case.id == UserTask.instance_id)
        .where(UserTask.id.in_(wanted))
    )
    tasks = {row[0]: (row[1], row[2]) for row in session.execute(query)}
    return [_drafted(one, tasks) for one in found]


def drop(session: Session, draft_id: int, *, by: User) -> None:
    """Throw a draft away.

    Raises:
        NotFound: none such among the user's.
    """
    found = next((one for one in drafts.of_user(session, by) if one.id == draft_id), None)
    if found is None:
        raise NotFound("没有这份草稿", draft=draft_id)
    session.delete(found)
    session.flush()


def _drafted(one: FormDraft, tasks: Mapping[int, tuple[str, str]]) -> Drafted:
    kind, _colon, rest = one.subject.partition(":")
    task_id = _number(one, "task")
    reference, title = tasks.get(task_id or 0, ("", ""))
    return Drafted(
        id=one.id,
        title=" / ".join(part for part in (title, one.title) if part),
        kind=kind,
        saved_at=one.saved_at,
        reference=reference,
        task_id=task_id if reference else None,
        process_key=rest.partition(":")[0] if kind == "apply" else "",
    )


def _number(one: FormDraft, kind: str) -> int | None:
    named, _colon, rest = one.subject.partition(":")
    return int(rest) if named == kind and rest.isascii() and rest.isdigit() else None
