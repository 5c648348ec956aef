"""Answers not yet submitted, kept on the server for their author alone.

Invariant: one draft per author and subject (`task:<id>`, `event:<id>`, `apply:<process key>`;
`list:<name>` is of `preferences`).
"""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import ColumnElement, delete, func, select
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.orm import Session

from engine import clock, ids
from processes.identity.identity import User
from processes.model.cases import FormDraft


def find(session: Session, subject: str, *, by: User) -> FormDraft | None:
    """The draft a user has under a subject."""
    return session.scalar(
        select(FormDraft).where(FormDraft.user_id == by.id, FormDraft.subject == subject)
    )


def of_user(session: Session, by: User) -> list[FormDraft]:
    """Every draft of a user, latest first."""
    query = select(FormDraft).where(*_answers(by)).order_by(FormDraft.saved_at.desc())
    return list(session.scalars(query))


def count(session: Session, by: User) -> int:
    """How many drafts a user has."""
    query = select(func.count()).select_from(FormDraft).where(*_answers(by))
    return session.scalar(query) or 0


def _answers(by: User) -> tuple[ColumnElement[bool], ...]:
    """The drafts of a user; how lists are shown (`preferences`) is none."""
    return FormDraft.user_id == by.id, ~FormDraft.subject.startswith("list:")


def keep(
    session: Session,
    subject: str,
    *,
    by: User,
    answers: Mapping[str, Any],
    title: str,
    step: int = 0,
) -> FormDraft:
    """Keep answers under a subject, instead of those kept before, and the step one stands at."""
    upsert = sqlite_insert if session.get_bind().dialect.name == "sqlite" else postgresql_insert
    values = {"answers": dict(answers), "title": title, "step": step, "saved_at": clock.now()}
    statement = upsert(FormDraft).values(id=ids.next_id(), user_id=by.id, subject=subject, **values)
    session.execute(
        statement.on_conflict_do_update(index_elements=["user_id", "subject"], set_=values)
    )
    return session.scalars(
        select(FormDraft)
        .where(FormDraft.user_id == by.id, FormDraft.subject == subject)
        .execution_options(populate_existing=True)
    ).one()


def prepare(
    session: Session,
    subject: str,
    *,
    by: User,
    answers: Mapping[str, Any],
    title: str,
    origin: int,
) -> FormDraft:
    """Fill in for somebody what a case knows already; what he typed himself before stays."""
    held = find(session, subject, by=by)
    typed = {name: value for name, value in held.answers.items() if value} if held else {}
    step = held.step if held else 0
    kept = keep(session, subject, by=by, answers={**answers, **typed}, title=title, step=step)
    kept.origin_case = origin
    session.flush()
    return kept


def prepared(session: Session, case_id: int, *, by: User) -> list[FormDraft]:
    """The drafts of a user that a case has prepared and that are not handed in yet."""
    query = select(FormDraft).where(FormDraft.user_id == by.id, FormDraft.origin_case == case_id)
    return list(session.scalars(query.order_by(FormDraft.id)))


def drop(session: Session, subject: str, *, by: User) -> None:
    """Forget the draft of a user under a subject."""
    session.execute(
        delete(FormDraft).where(FormDraft.user_id == by.id, FormDraft.subject == subject)
    )
