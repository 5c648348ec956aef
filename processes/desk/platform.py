"""The lists of the work-order platform: cases that may be urged, letters that may be printed.

Invariant: of the cases in the reader's scope alone; a list says how many there are in all.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from sqlalchemy import ColumnElement, Select, exists, func, or_, select
from sqlalchemy.orm import Session

from engine.model import UserTask
from processes.casefile import searching
from processes.identity.identity import User
from processes.model.cases import Case
from processes.model.documents import Document
from processes.rights import permissions

Row = TypeVar("Row")


@dataclass(frozen=True)
class Found(Generic[Row]):
    """The first rows of a list, and how many there are."""

    rows: Sequence[Row]
    total: int


@dataclass(frozen=True, slots=True)
class Letter:
    """A letter with its case."""

    document: Document
    case: Case


def under_way(session: Session, *, by: User, text: str, most: int) -> Found[Case]:
    """Cases in which somebody has something to do, the one due first before the others."""
    waits = exists().where(UserTask.instance_id == Case.id)
    where = [*_of_reader(by, text), Case.ended_at.is_(None), waits]
    query = select(Case).where(*where).order_by(Case.due_on.is_(None), Case.due_on, Case.id)
    return Found(session.scalars(query.limit(most)).all(), _total(session, select(Case.id), where))


def letters(session: Session, *, by: User, text: str, most: int) -> Found[Letter]:
    """Letters issued in cases, the latest first; by their number or by what finds the case."""
    where: list[ColumnElement[bool]] = [Document.case_id.in_(permissions.visible_cases(by))]
    if text.strip():
        hits = select(Case.id).where(*searching.conditions(text))
        where.append(or_(Document.number == text.strip(), Document.case_id.in_(hits)))
    joined = select(Document, Case).join(Case, Case.id == Document.case_id)
    rows = session.execute(joined.where(*where).order_by(Document.id.desc()).limit(most))
    found = [Letter(document, case) for document, case in rows.tuples()]
    return Found(found, _total(session, select(Document.id), where))


def _of_reader(by: User, text: str) -> list[ColumnElement[bool]]:
    words = searching.conditions(text) if text.strip() else []
    return [Case.id.in_(permissions.visible_cases(by)), *words]


def _total(session: Session, of: Select[tuple[int]], where: Sequence[ColumnElement[bool]]) -> int:
    return session.scalar(select(func.count()).select_from(of.where(*where).subquery())) or 0
