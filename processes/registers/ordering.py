"""The records of a ledger in an order: by key, or by a field that its definition indexes.

Invariant: a list of many is read along an index up to the end of the page, one of few is gathered
and sorted; a record without a value comes last either way.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, func, null, select
from sqlalchemy.orm import Session, aliased

from processes import keyset
from processes.keyset import Lines, Order, Place
from processes.model.records import RegisterIndex, RegisterRecord
from processes.registers.definition import Definition

KEY: Final = "key"
FEW: Final = 2_000
"""Up to so many records are sorted; more are read in the order of an index."""
_TYPES: Final = ("text", "date", "boolean")
"""What has the order of its values in the index, which holds them as text."""
Where = Sequence[ColumnElement[bool]]


def fields(ledger: Definition, names: Collection[str]) -> list[str]:
    """By which of these fields records can be sorted; not by a hash, nor by a reference."""
    specs = [ledger.fields[name] for name in names if name in ledger.search]
    known = [one for one in specs if one.type in _TYPES and not one.sensitive and not one.refers]
    return [one.name for one in known]


@dataclass(frozen=True, slots=True)
class Sort:
    """A way to sort the records of a ledger: by `KEY` or one of `fields`; `down`: last first."""

    ledger: Definition
    name: str = KEY
    down: bool = False

    def page(self, session: Session, where: Where, *, after: str, limit: int) -> Lines:
        """The ids of a page of the records that fit; `after` is where it begins, as text."""
        counted = select(func.count()).select_from(RegisterRecord).where(*where)
        total = session.scalar(counted) or 0
        at = keyset.place(after)
        if self.name != KEY and total <= FEW:
            found = _rows(session, self._gathered(where, at).limit(limit + 1))
        else:
            found = self._along(session, where, at, limit + 1)
        return keyset.cut(found, total, limit=limit, at=at)

    def every(self, session: Session, where: Where) -> Sequence[int]:
        """The ids of all records that fit, in order."""
        query = self._by_key(where, None) if self.name == KEY else self._gathered(where, None)
        return session.scalars(query).all()

    def _along(
        self, session: Session, where: Where, at: Place | None, most: int
    ) -> list[tuple[int, Any]]:
        if self.name == KEY:
            return _rows(session, self._by_key(where, at).limit(most))
        found: list[tuple[int, Any]] = []
        for valued in keyset.stretches(at):
            if len(found) < most:
                read = self._with_value if valued else self._without
                found += _rows(session, read(where, at).limit(most - len(found)))
        return found

    def _by_key(self, where: Where, at: Place | None) -> Select[Any]:
        order = Order(RegisterRecord.id, RegisterRecord.key, self.down)
        segment = order.segment(at, valued=True)
        query = select(RegisterRecord.id, RegisterRecord.key).where(*where, RegisterRecord.key > "")
        return query.where(*segment.where).order_by(*segment.order)

    def _with_value(self, where: Where, at: Place | None) -> Select[Any]:
        """Along the index of the field, each of its records asked whether it fits."""
        held = aliased(RegisterIndex)
        fits = select(RegisterRecord.id).where(RegisterRecord.id == held.record_id, *where)
        segment = Order(held.record_id, held.value, self.down).segment(at, valued=True)
        query = select(held.record_id, held.value).where(*self._of(held), *segment.where)
        return query.where(fits.correlate(held).exists()).order_by(*segment.order)

    def _without(self, where: Where, at: Place | None) -> Select[Any]:
        held = aliased(RegisterIndex)
        valued = select(held.record_id).where(*self._of(held), held.record_id == RegisterRecord.id)
        segment = Order(RegisterRecord.id, None, self.down).segment(at, valued=False)
        query = select(RegisterRecord.id, null()).where(*where, ~valued.exists())
        return query.where(*segment.where).order_by(*segment.order)

    def _gathered(self, where: Where, at: Place | None) -> Select[Any]:
        """Find everything, sort it."""
        held = aliased(RegisterIndex)
        own = select(held.value).where(*self._of(held), held.record_id == RegisterRecord.id)
        value = own.correlate(RegisterRecord).scalar_subquery().label("value")
        hit = select(RegisterRecord.id, value).where(*where).cte("hit")
        order = Order(hit.c.id, hit.c.value, self.down)
        query = select(hit.c.id, hit.c.value).order_by(*order.clauses(at))
        return query if at is None else query.where(order.beyond(at))

    def _of(self, held: Any) -> tuple[ColumnElement[bool], ...]:
        return held.register == self.ledger.register, held.field == self.name


def sort(ledger: Definition, asked: str, names: Collection[str], *, newest: bool = False) -> Sort:
    """The way to sort that was asked for, `-` in front: down; else by key (`newest`: down)."""
    name = asked.removeprefix("-")
    if name in (KEY, *fields(ledger, names)):
        return Sort(ledger, name, asked.startswith("-"))
    return Sort(ledger, KEY, newest)


def records(session: Session, ids: Sequence[int]) -> list[RegisterRecord]:
    """The records of these ids, in their order; without those that are gone."""
    query = select(RegisterRecord).where(RegisterRecord.id.in_(ids))
    by_id = {one.id: one for one in session.scalars(query)}
    return [by_id[one] for one in ids if one in by_id]


def _rows(session: Session, query: Select[Any]) -> list[tuple[int, Any]]:
    return [(one, value) for one, value in session.execute(query)]
