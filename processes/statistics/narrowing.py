"""Narrowing what a statistic of cases counts: to a time, an agency, a kind of business.

Invariant: nobody is offered, and nothing is narrowed to, what the statistic does not count for the
reader; an agency is counted with those below it.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, false, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from processes.identity import organisations
from processes.model.cases import Case
from processes.model.people import Org

COLUMNS: Final[Mapping[str, InstrumentedAttribute[Any]]] = {
    "org": Case.org_code,
    "process": Case.process_key,
    "kind": Case.kind,
    "channel": Case.channel,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """What of the cases is counted: from the first to the last day; `only` by dimension."""

    since: date | None = None
    until: date | None = None
    only: Mapping[str, str] = field(default_factory=dict)


def conditions(session: Session, only: Mapping[str, str]) -> Iterator[ColumnElement[bool]]:
    """What a case must be to be counted."""
    for name, value in only.items():
        if name == "org":
            path = session.scalar(select(Org.path).where(Org.org_code == value)) or ""
            below = select(Org.org_code).where(organisations.below([path]))
            yield Case.org_code.in_(below) if path else false()
        else:
            yield COLUMNS[name] == value


def values(session: Session, counted: Select[Any], name: str) -> Sequence[str]:
    """The values that the cases counted have in a dimension."""
    found = session.scalars(counted.with_only_columns(COLUMNS[name]).distinct())
    return sorted(str(one) for one in found if one)


def agencies(session: Session, codes: Iterable[str], reach: Sequence[str]) -> Mapping[str, str]:
    """Agencies with those above them in the reader's reach, by code: their names, as in the tree.

    A path is made of the codes of all above: `/000001/370001/`.
    """
    mine = select(Org.path).where(Org.org_code.in_(list(codes)))
    paths = session.scalars(mine).all()
    over = {code for path in paths for code in path.strip("/").split("/")}
    known = or_(organisations.below(reach), Org.org_code.in_(list(codes)))
    query = select(Org.org_code, Org.name).where(Org.org_code.in_(over), known)
    return dict(session.execute(query.order_by(Org.path)).tuples().all())
