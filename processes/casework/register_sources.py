"""Lists that forms choose from, taken from ledgers: `sources` of a domain file.

Invariant: somebody finds only records in one of the statuses named, and, where the source is told
by whose they are (`own`), only those of the own organisations and of those below them; where it
depends on other answers (`match`, `holds`), only those that fit them; where it depends on the
record of another ledger (`referring`), only those whose is in use.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy import ColumnElement, and_, exists, false, or_, select
from sqlalchemy.orm import Session, aliased

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
    _names: dict[tuple[str, str], str] = field(default_factory=dict, compare=False)
    """What records of other ledgers are called, by `refers` and key."""

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
        where += [_referring(self._ledger, *one) for one in self.told.referring.items()]
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
        value, spec = row.data.get(name), self._ledger.fields[name]
        if value is not None and spec.refers:
            return self._called(spec.refers, str(value))
        return "" if value is None else spec.values.get(value, str(value))

    def _called(self, refers: str, key: str) -> str:
        """What a record of another ledger is called; each is read once."""
        if (refers, key) not in self._names:
            register, _dot, name = refers.partition(".")
            named = RegisterRecord.register == register, RegisterRecord.key == key
            found = self.session.scalar(select(RegisterRecord).where(*named))
            self._names[refers, key] = str((found.data.get(name) if found else None) or key)
        return self._names[refers, key]


def _referring(ledger: Definition, name: str, statuses: Sequence[str]) -> ColumnElement[bool]:
    """Records whose field names a record of another ledger (`refers`) in one of some statuses."""
    other = aliased(RegisterRecord)
    register, _dot, _field = ledger.fields[name].refers.partition(".")
    named = and_(other.register == register, other.key == RegisterIndex.value)
    return RegisterRecord.id.in_(
        select(RegisterIndex.record_id)
        .join(other, named)
        .where(
            RegisterIndex.register == ledger.register,
            RegisterIndex.field == name,
            other.status.in_(statuses),
        )
    )


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
