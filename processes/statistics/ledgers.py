"""Counting the records of a ledger by the fields it indexes, and listing them.

Invariant: counts are made by the database over the index; only a list opens records, and no more
than `limits.TABLE_ROWS` of them.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, and_, func, not_, select
from sqlalchemy.orm import Session, aliased

from engine import limits
from forms.standards import mask_number
from processes import registers
from processes.model.people import Org
from processes.model.records import RegisterIndex, RegisterRecord
from processes.registers.definition import Definition
from processes.registers.search import conditions_of
from processes.statistics import scope
from processes.statistics.definition import Share, Statistic
from processes.statistics.result import Cell, Column, Line


def conditions(told: Statistic, paths: Sequence[str], year: str) -> list[ColumnElement[bool]]:
    """What a record must be to be counted."""
    ledger = registers.definition(told.register)
    where: dict[str, Any] = dict(told.where)
    if told.year and year:
        where[told.year] = int(year)
    found = conditions_of(ledger, where, told.statuses)
    for name, value in told.without.items():
        found.append(not_(and_(*conditions_of(ledger, {name: value}, ()))))
    found.append(scope.records(ledger, told.own, paths))
    return found


def years(session: Session, told: Statistic) -> list[str]:
    """The years that the ledger has, the latest first."""
    if not told.year:
        return []
    query = select(RegisterIndex.value).where(
        RegisterIndex.register == told.register, RegisterIndex.field == told.year
    )
    return sorted(session.scalars(query.distinct()), reverse=True)


def counts(
    session: Session, told: Statistic, where: Sequence[ColumnElement[bool]], by: Sequence[str]
) -> dict[tuple[str, ...], int]:
    """How many records there are for each combination of some fields."""
    query = select(func.count()).select_from(RegisterRecord).where(*where)
    for name in by:
        if name == "status":
            value: Any = RegisterRecord.status
        else:
            held = aliased(RegisterIndex)
            query = query.outerjoin(
                held, (held.record_id == RegisterRecord.id) & (held.field == name)
            )
            value = func.coalesce(held.value, "")
        query = query.add_columns(value).group_by(value)
    return {tuple(str(one) for one in row[1:]): int(row[0]) for row in session.execute(query)}


def words(session: Session, told: Statistic, name: str, values: Sequence[str]) -> dict[str, str]:
    """What the values of a field are called: by its list, as an organisation, or as they stand."""
    ledger = registers.definition(told.register)
    if name == "status":
        return dict(ledger.statuses)
    known = dict(ledger.fields[name].values)
    if known:
        return known
    query = select(Org.org_code, Org.name).where(Org.org_code.in_(list(values)))
    return dict(session.execute(query).tuples().all())


def title(told: Statistic, name: str) -> str:
    """What a field is called."""
    return "状态" if name == "status" else registers.definition(told.register).fields[name].label


def listed(
    session: Session, told: Statistic, where: Sequence[ColumnElement[bool]]
) -> tuple[list[Column], list[Line], int]:
    """One line a record: the columns, the lines, and how many more there are."""
    ledger = registers.definition(told.register)
    total = session.scalar(select(func.count()).select_from(RegisterRecord).where(*where)) or 0
    query = select(RegisterRecord).where(*where).order_by(RegisterRecord.key)
    rows = list(session.scalars(query.limit(limits.TABLE_ROWS)))
    names = _org_names(session, ledger, rows, told)
    columns = [_column(ledger, one) for one in told.lines]
    lines = [
        Line(row.key, tuple(_cell(ledger, one, row, names) for one in told.lines)) for row in rows
    ]
    return columns, lines, total - len(rows)


def _column(ledger: Definition, told: str | Share) -> Column:
    if isinstance(told, Share):
        return Column(f"{told.part}_share", told.title, "percent")
    if told == "status":
        return Column("status", "状态", "text")
    spec = ledger.fields[told]
    number = spec.type in ("integer", "decimal")
    return Column(told, spec.label, "number" if number and told != "year" else "text")


def _cell(
    ledger: Definition, told: str | Share, row: RegisterRecord, names: dict[str, str]
) -> Cell:
    if isinstance(told, Share):
        part, whole = row.data.get(told.part), row.data.get(told.whole)
        return float(part) / float(whole) if part is not None and whole else None
    if told == "status":
        return ledger.status_name(row.status)
    spec, value = ledger.fields[told], row.data.get(told)
    if value is None:
        return None
    if spec.type in ("integer", "decimal") and told != "year":
        return int(value) if value == int(value) else float(value)
    text = spec.values.get(str(value)) or names.get(str(value)) or str(value)
    return mask_number(text) if spec.sensitive else text


def _org_names(
    session: Session, ledger: Definition, rows: Sequence[RegisterRecord], told: Statistic
) -> dict[str, str]:
    """The names of the organisations that the lines name by their codes."""
    fields = [
        one
        for one in told.lines
        if isinstance(one, str) and one in ledger.fields and not ledger.fields[one].values
    ]
    codes = {str(row.data.get(name)) for row in rows for name in fields}
    query = select(Org.org_code, Org.name).where(Org.org_code.in_(codes))
    return dict(session.execute(query).tuples().all())
