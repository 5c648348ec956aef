"""The records of a list of a menu: which, in which order, and in which words.

Invariant: only records of the organisations of the reader's roles (`statistics.scope`), unless the
list is for everybody; a sensitive field is masked.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Final, TypeVar

from sqlalchemy import ColumnElement, and_, select
from sqlalchemy.orm import Session

from engine.errors import NotFound
from engine.model import ProcessDefinition
from forms import text
from forms.standards import mask_number
from processes import keyset, registers
from processes.identity.identity import User
from processes.keyset import Lines
from processes.ledgers import menus
from processes.model.people import Org
from processes.model.records import RegisterLog, RegisterRecord
from processes.registers import ordering
from processes.registers.definition import Definition, FieldDefinition
from processes.registers.ordering import Sort
from processes.registers.search import among, conditions_of, counts_of, holding
from processes.statistics import scope

T = TypeVar("T")
PAGE = 50
_KEY: Final = re.compile(r"[a-z][a-z0-9]*(?:_[a-z0-9]+)+")
"""What the key of a process looks like."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What narrows a list: words, a status, fields (`of`); and where the page begins.

    `sort`: `key` or a column that can be sorted by, with `-` in front the last come first.
    """

    words: str = ""
    status: str = ""
    sort: str = ""
    after: str = ""
    limit: int = PAGE
    of: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Shown:
    """A record with the cells of the list."""

    row: RegisterRecord
    cells: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Page:
    """A page of a list, and where the pages beside it begin."""

    rows: Sequence[Shown]
    lines: Lines


def page(session: Session, code: str, *, by: User, asked: Asked) -> Page:
    """The records of a list that the reader may see.

    Raises:
        NotFound: the list is in no menu of the reader.
    """
    where = wanted(session, code, by=by, asked=asked)
    told, _may = menus.offered(by, code)
    found = sorting(told, asked).page(session, where, after=asked.after, limit=asked.limit)
    rows = shown(session, told, ordering.records(session, found.ids))
    return Page(rows, found)


def sorting(told: menus.RecordList, asked: Asked) -> Sort:
    """How a list is sorted."""
    ledger = registers.definition(told.register)
    return ordering.sort(ledger, asked.sort, told.columns, newest=told.newest)


def every(
    reading: Callable[[], AbstractContextManager[Session]],
    where: Sequence[ColumnElement[bool]],
    act: Callable[[Session, Sequence[RegisterRecord]], Iterable[T]],
    *,
    sort: Sort,
) -> tuple[int, Iterator[T]]:
    """How many records fit, and what `act` makes of all of them, part by part.

    Which they are is settled at once; `keyset.parts`.
    """
    with reading() as session:
        ids = sort.every(session, where)

    def told(session: Session, part: Sequence[int]) -> Iterable[T]:
        return act(session, ordering.records(session, part))

    return len(ids), keyset.parts(reading, ids, told)


def wanted(session: Session, code: str, *, by: User, asked: Asked) -> list[ColumnElement[bool]]:
    """What a list demands of a record for this reader.

    Raises:
        NotFound: the list is in no menu of the reader.
    """
    told, _may = menus.offered(by, code)
    where = _where(told, by, code)
    ledger = registers.definition(told.register)
    if asked.status in ledger.statuses:
        where.append(RegisterRecord.status == asked.status)
    if asked.words:
        where.append(among(session, holding(ledger, ledger.search, asked.words)))
    return where + conditions_of(ledger, asked.of, ())[1:]


def shown(session: Session, told: menus.RecordList, rows: Sequence[RegisterRecord]) -> list[Shown]:
    """The rows with their cells; where a number is not in the record yet, it is counted."""
    ledger = registers.definition(told.register)
    specs = [ledger.fields[name] for name in told.columns]
    found = [list(cells) for cells in words(session, specs, rows)]
    for name, counting in told.counts.items():
        place = told.columns.index(name)
        open_still = [row.key for row, cells in zip(rows, found, strict=True) if not cells[place]]
        counted = counts_of(
            session, counting.register, counting.by, open_still, statuses=counting.statuses
        )
        for row, cells in zip(rows, found, strict=True):
            cells[place] = cells[place] or str(counted[row.key])
    return [Shown(row, tuple(cells)) for row, cells in zip(rows, found, strict=True)]


def record(session: Session, code: str, record_id: int, *, by: User) -> RegisterRecord:
    """One record of a list.

    Raises:
        NotFound: it is not in the list of this reader.
    """
    told, _may = menus.offered(by, code)
    query = select(RegisterRecord).where(*_where(told, by, code), RegisterRecord.id == record_id)
    found = session.scalar(query)
    if found is None:
        raise NotFound("没有这条记录", record=record_id)
    return found


def history(session: Session, row: RegisterRecord) -> Sequence[RegisterLog]:
    """What happened to a record, oldest first."""
    query = select(RegisterLog).where(RegisterLog.record_id == row.id).order_by(RegisterLog.id)
    return session.scalars(query).all()


def told_in_words(ledger: Definition) -> list[FieldDefinition]:
    """The fields of a ledger that `words` has a cell for: a context or a file is none."""
    return [one for one in ledger.fields.values() if one.type not in ("context", "file")]


def words(
    session: Session, specs: Sequence[FieldDefinition], rows: Sequence[RegisterRecord]
) -> list[tuple[str, ...]]:
    """The cells of records in words: values, agencies, processes and other records by name."""
    names = {**_org_names(session, specs, rows), **_process_names(session, specs, rows)}
    referred = {one.name: _referred(session, one, rows) for one in specs if one.refers}
    return [
        tuple(_word(one, row.data.get(one.name), referred.get(one.name, names)) for one in specs)
        for row in rows
    ]


def _org_names(
    session: Session, specs: Sequence[FieldDefinition], rows: Sequence[RegisterRecord]
) -> Mapping[str, str]:
    plain = [one for one in specs if one.type == "text" and not one.values]
    codes = {str(row.data[one.name]) for row in rows for one in plain if row.data.get(one.name)}
    query = select(Org.org_code, Org.name).where(Org.org_code.in_(codes))
    return dict(session.execute(query).tuples().all())


def _process_names(
    session: Session, specs: Sequence[FieldDefinition], rows: Sequence[RegisterRecord]
) -> Mapping[str, str]:
    """What the processes are called whose keys a text or a list holds, by the latest version."""
    plain = [one for one in specs if one.type in ("list", "text") and not one.values]
    told = {
        word
        for row in rows
        for one in plain
        if not one.refers
        for word in _several(row.data.get(one.name))
    }
    keys = {word for word in told if _KEY.fullmatch(word)}
    if not keys:
        return {}
    query = select(ProcessDefinition.key, ProcessDefinition.name).order_by(
        ProcessDefinition.version
    )
    found = session.execute(query.where(ProcessDefinition.key.in_(keys))).tuples().all()
    return {key: name or key for key, name in found}


def _referred(
    session: Session, spec: FieldDefinition, rows: Sequence[RegisterRecord]
) -> Mapping[str, str]:
    """What the records are called that a field refers to, by their keys."""
    register, _dot, name = spec.refers.partition(".")
    keys = {one for row in rows for one in _several(row.data.get(spec.name))}
    query = select(RegisterRecord).where(
        RegisterRecord.register == register, RegisterRecord.key.in_(keys)
    )
    return {one.key: str(one.data.get(name) or one.key) for one in session.scalars(query)}


def _several(value: object) -> list[str]:
    return [str(one) for one in (value if isinstance(value, list) else [value]) if one is not None]


def _word(spec: FieldDefinition, value: object, names: Mapping[str, str]) -> str:
    if value is None or isinstance(value, dict):
        return ""
    if isinstance(value, list):
        if any(isinstance(one, dict | list) for one in value):
            return _called(spec.item, value) if spec.item else ""
        return "、".join(spec.values.get(one) or names.get(one, one) for one in _several(value))
    told = spec.values.get(str(value)) or names.get(str(value)) or text.shown(value)
    return mask_number(told) if spec.sensitive else told


def _called(item: str, value: Iterable[object]) -> str:
    """What the contexts of a list are called, each by one of its members."""
    return "、".join(str(one.get(item) or "") for one in value if isinstance(one, dict))


def _where(told: menus.RecordList, by: User, code: str) -> list[ColumnElement[bool]]:
    ledger = registers.definition(told.register)
    found = conditions_of(ledger, told.where, told.statuses)
    if not told.everybody:
        paths = scope.paths(by, menus.roles_with(by, code))
        found.append(scope.records(ledger, told.own, paths))
    return found


def offered(by: User) -> Iterator[ColumnElement[bool]]:
    """The records that a user may open from the lists of his menus, as far as his role reaches."""
    codes = {one.records for one in menus.entries(by) if one.records and "view" in one.do}
    for code in sorted(codes):
        yield and_(*_where(menus.lists()[code], by, code))
