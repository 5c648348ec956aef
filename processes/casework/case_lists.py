"""Lists of cases, sorted and in pages.

Invariant: what narrows a list is in its query, so its count, its pages and all of it always agree.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from sqlalchemy import Select, case, func, select
from sqlalchemy.orm import Session

from processes import keyset
from processes.keyset import Lines, Order
from processes.model.cases import Case

SORTS: Final = ("latest", "arrived", "due", "-due", "number", "-number")
"""By what came last or first, by the limit of what still runs, by number; `-`: last come first."""
_VALUES: Final[Mapping[str, tuple[Any, type]]] = {
    # of a case that is over no limit is shown, whenever it would have ended
    "due": (case((Case.ended_at.is_(None), Case.due_on)), date),
    "number": (Case.reference, str),
}


@dataclass(frozen=True, slots=True)
class CaseList:
    """A list of cases by the ids of what put them there, of which `query` has one for each."""

    key: Any
    query: Select[Any]

    def page(self, session: Session, *, sort: str, after: str | None, limit: int) -> Lines:
        """The ids of a page; `after` is where it begins, as text."""
        total = session.scalar(select(func.count()).select_from(self.query.subquery())) or 0
        order, kind = self._order(sort)
        at = keyset.place(after, kind)
        value = () if order.value is None else (order.value,)
        found = self.query.add_columns(*value).order_by(*order.clauses(at)).limit(limit + 1)
        if at is not None:
            found = found.where(order.beyond(at))
        rows = [(row[0], row[1] if value else None) for row in session.execute(found)]
        return keyset.cut(rows, total, limit=limit, at=at)

    def every(self, session: Session, *, sort: str) -> Sequence[int]:
        """The ids of all, in their order."""
        order, _kind = self._order(sort)
        return session.scalars(self.query.order_by(*order.clauses())).all()

    def _order(self, sort: str) -> tuple[Order, type]:
        known = sort if sort in SORTS else SORTS[0]
        value, kind = _VALUES.get(known.removeprefix("-"), (None, str))
        return Order(self.key, value, down=known == "latest" or known.startswith("-")), kind


def cases(session: Session, ids: Sequence[int]) -> list[Case]:
    """The cases of these ids, in their order; without those that are gone."""
    by_id = {one.id: one for one in session.scalars(select(Case).where(Case.id.in_(ids)))}
    return [by_id[one] for one in ids if one in by_id]
