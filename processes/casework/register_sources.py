"""Lists that forms choose from, taken from ledgers: `sources` of a domain file.

Invariant: somebody finds only records in one of the statuses named, and, where the source is told
by whose they are (`own`), only those of the own organisations and of those below them; where it
depends on other answers (`match`, `holds`), only those that fit them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy import ColumnElement, exists, false, or_, select
from sqlalchemy.orm import Session

from forms.lookups import Option
from processes import registers
from processes.domains.domains import RecordSource
from processes.identity import organisations
from processes.identity.identity import User
from processes.model.people import Org
from processes.model.records import RegisterIndex, RegisterRecord
from processes.registers.definition import Definition
from processes.registers.search import conditions_of, holding

_MOST: Final = 200


@dataclass(frozen=True, slots=True)
class LedgerSource:
    """Records of a ledger as options: the key is stored, fields named by `label` are shown."""

    session: Session
    told: RecordSource
    by: User | None
    as_filed: bool = False
    """Whether any record of the ledger is found by its key: a choice made before."""
    _read: dict[tuple[Any, ...], Option | None] = field(default_factory=dict, compare=False)
    """What was found; a table asks for the same record in each of its rows."""

    def find(self, value: str, context: Mapping[str, Any]) -> Option | None:
        names = (*self.told.match.values(), *self.told.holds.values())
        asked = (value, *(repr(context.get(name)) for name in names))
        if asked not in self._read:
            self._read[asked] = self._find(value, context)
        return self._read[asked]

    def _find(self, value: str, context: Mapping[str, Any]) -> Option | None:
        if self.as_filed:
            named = RegisterRecord.register == self._ledger.register
            kept = self.session.scalar(
                select(RegisterRecord).where(named, RegisterRecord.key == value)
            )
            return self._option(kept) if kept else None
        query = select(RegisterRecord).where(*self._where(context), RegisterRecord.key == value)
        found = self.session.scalar(query)
        return self._option(found) if found and self._holds(found, context) else None

    def search(self, text: str, context: Mapping[str, Any], *, limit: int = 50) -> Sequence[Option]:
        where = self._where(context)
        if text:
            where.append(RegisterRecord.id.in_(holding(self._ledger, self._searched, text)))
        query = select(RegisterRecord).where(*where).order_by(RegisterRecord.key)
        rows = self.session.scalars(query.limit(min(limit, _MOST))).all()
        rows = sorted(rows, key=self._place) if self.told.order else rows
        return [self._option(row) for row in rows if self._holds(row, context)]

    @property
    def _ledger(self) -> Definition:
        return registers.definition(self.told.register)

    @property
    def _searched(self) -> list[str]:
        return [name for name in self.told.label if name in self._ledger.search]

    def _where(self, context: Mapping[str, Any]) -> list[ColumnElement[bool]]:
        matched = {field: context.get(name) for field, name in self.told.match.items()}
        if None in matched.values():
            return [false()]
        where = conditions_of(self._ledger, {**self.told.where, **matched}, self.told.statuses)
        if self.told.own:
            where.append(or_(*(owned(self._ledger, own, self.by) for own in self.told.own)))
        return where

    def _holds(self, row: RegisterRecord, context: Mapping[str, Any]) -> bool:
        """Whether the lists of a record hold what the form asks for; empty ones hold nothing."""
        return all(
            row.data.get(field) and context.get(name) in (None, *row.data[field])
            for field, name in self.told.holds.items()
        )

    def _place(self, row: RegisterRecord) -> list[str]:
        """Where a record stands in the list; those alike stay in the order of their keys."""
        return [str(row.data.get(name) or "") for name in self.told.order]

    def _option(self, row: RegisterRecord) -> Option:
        words = [self._word(row, name) for name in self.told.label]
        first, rest = words[0], [word for word in words[1:] if word]
        return Option(row.key, f"{first}（{'，'.join(rest)}）" if rest else first)

    def _word(self, row: RegisterRecord, name: str) -> str:
        value = row.data.get(name)
        return "" if value is None else self._ledger.fields[name].values.get(value, str(value))


def owned(ledger: Definition, own: str, by: User | None) -> ColumnElement[bool]:
    """Records whose field `own` names one of the user's organisations or one below them."""
    paths = sorted({path for _org, path in by.paths if path}) if by else []
    if not paths:
        return false()
    mine = select(Org.org_code).where(organisations.below(paths))
    if own == ledger.org:
        return RegisterRecord.org_code.in_(mine)
    if own == ledger.key:
        return RegisterRecord.key.in_(mine)
    return exists().where(
        RegisterIndex.record_id == RegisterRecord.id,
        RegisterIndex.field == own,
        RegisterIndex.value.in_(mine),
    )
