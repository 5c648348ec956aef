"""The audit trail: who did what, for whom, when, from where, with which result; never values.

Invariant: rows are written in the transaction of what they tell and only ever appended; each is
chained to the one before of its agency by a keyed hash, so that `verify` names the first bad row.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, Final, Protocol

from sqlalchemy import ColumnElement, bindparam, event, insert, select, text, update
from sqlalchemy.engine import Connection, RowMapping
from sqlalchemy.orm import Mapper, Session

from engine import clock, ids
from processes import keys
from processes.model.people import AuditEvent, AuditHead

SYSTEM: Final = "system"
"""The chain of what nobody of an organisation did."""
_FIRST: Final = ""
_HEADS: Final[Any] = AuditHead.__table__
# made once: to build a statement costs as much as to carry it out
_APPEND: Final = insert(AuditEvent.__table__)  # type: ignore[arg-type] # a mapped class promises less
# in the words both databases know: SQLAlchemy would build its own anew each time
_NEXT: Final = text(
    "INSERT INTO audit_head (agency, sequence, mac) VALUES (:agency, 1, :mac)"
    " ON CONFLICT (agency) DO UPDATE SET sequence = audit_head.sequence + 1"
    " RETURNING sequence, mac"
)
_LAST: Final = (
    update(_HEADS)
    .where(_HEADS.c.agency == bindparam("at_agency"))
    .values(mac=bindparam("last_mac"))
)


class Actor(Protocol):
    """A user, as far as the trail knows one."""

    @property
    def id(self) -> int: ...
    @property
    def org_code(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a command came from."""

    address: str = ""
    on_behalf_of: str = ""


@dataclass(frozen=True, slots=True)
class Broken:
    """The first row of a chain that is not what was written."""

    agency: str
    sequence: int
    reason: str


_NOWHERE: Final = Origin()
_origin: ContextVar[Origin] = ContextVar("banli_audit_origin", default=_NOWHERE)


@contextmanager
def origin(address: str = "", *, on_behalf_of: str = "") -> Iterator[None]:
    """Say where the commands of a block come from."""
    token = _origin.set(Origin(address, on_behalf_of))
    try:
        yield
    finally:
        _origin.reset(token)


def record(  # noqa: PLR0913 - the columns of one row
    session: Session,
    action: str,
    *,
    by: Actor | str,
    subject: tuple[str, object] = ("", ""),
    detail: str = "",
    result: str = "done",
    for_user: int | None = None,
) -> None:
    """Append one row; `subject` is its kind and id, `detail` never holds a personal value.

    `for_user`: the principal for whom an agent acts.
    """
    came = _origin.get()
    row: dict[str, object] = {
        "id": ids.next_id(),
        "agency": SYSTEM if isinstance(by, str) else by.org_code or SYSTEM,
        "at": clock.now(),
        "action": action,
        "actor": by if isinstance(by, str) else str(by.id),
        "on_behalf_of": came.on_behalf_of if for_user is None else str(for_user),
        "address": came.address,
        "subject_kind": subject[0],
        "subject_id": str(subject[1]),
        "result": result,
        "detail": detail[:2000],
    }
    _append(session, row)


def adopt(session: Session, rows: Iterable[Mapping[str, object]]) -> None:
    """Append rows written in a scratch copy, in their order; each chain goes on where it is."""
    for row in rows:
        _append(session, {name: row[name] for name in ("at", *_TOLD)})


def _append(session: Session, row: Mapping[str, object]) -> None:
    sequence, before = _take(session, str(row["agency"]))
    placed = {**row, "sequence": sequence}
    mac = _mac(before, placed)
    session.connection().execute(_APPEND, {**placed, "mac": mac})
    session.connection().execute(_LAST, {"at_agency": row["agency"], "last_mac": mac})


def verify(session: Session, agency: str | None = None) -> Broken | None:
    """The first row, over the chains of all agencies or of one, that was changed or is missing."""
    for head in _heads(session, agency):
        if broken := _verify_chain(session, head):
            return broken
    return None


def verify_heads(session: Session, agency: str | None = None) -> Broken | None:
    """Whether each chain ends as its head says: cheap, for the question whether all is well."""
    for head in _heads(session, agency):
        row, *rest = [*_last_two(session, AuditEvent.agency == head.agency), None]
        if row is None or (row["sequence"], row["mac"]) != (head.sequence, head.mac):
            return Broken(head.agency, head.sequence, "记录缺失")
        before = rest[0]["mac"] if rest[0] is not None else _FIRST
        if _mac(before, row) != row["mac"]:
            return Broken(head.agency, head.sequence, "记录被改动")
    return None


def follows(session: Session, agency: str, sequence: int) -> bool:
    """Whether one row is as it was written after the one before it."""
    found = _last_two(session, AuditEvent.agency == agency, AuditEvent.sequence <= sequence)
    if not found or found[0]["sequence"] != sequence:
        return False
    before = found[1]["mac"] if len(found) > 1 else _FIRST
    return bool(_mac(before, found[0]) == found[0]["mac"])


def _heads(session: Session, agency: str | None) -> Sequence[AuditHead]:
    heads = select(AuditHead).order_by(AuditHead.agency).execution_options(populate_existing=True)
    if agency is not None:
        heads = heads.where(AuditHead.agency == agency)
    return session.scalars(heads).all()


def _last_two(session: Session, *where: ColumnElement[bool]) -> Sequence[RowMapping]:
    """The end of a part of a chain, last first."""
    query = select(*AuditEvent.__table__.columns).where(*where)
    found = session.execute(query.order_by(AuditEvent.sequence.desc()).limit(2))
    return found.mappings().all()


def _verify_chain(session: Session, head: AuditHead) -> Broken | None:
    rows = session.execute(
        select(*AuditEvent.__table__.columns)
        .where(AuditEvent.agency == head.agency)
        .order_by(AuditEvent.sequence)
        .execution_options(yield_per=500)
    ).mappings()
    expected, before = 1, _FIRST
    for row in rows:
        if row["sequence"] != expected:
            return Broken(head.agency, expected, "记录缺失")
        if _mac(before, row) != row["mac"]:
            return Broken(head.agency, expected, "记录被改动")
        before, expected = row["mac"], expected + 1
    if (head.sequence, head.mac) != (expected - 1, before):
        return Broken(head.agency, expected, "记录缺失")
    return None


def _take(session: Session, agency: str) -> tuple[int, str]:
    """The next place in an agency's chain; whoever takes it holds the chain until the commit."""
    connection = session.connection()
    given = {"agency": agency, "mac": _FIRST}
    taken = connection.execute(_NEXT, given).one()
    return taken.sequence, taken.mac


def _mac(before: str, row: object) -> str:
    assert hasattr(row, "__getitem__")  # noqa: S101 - a dict or a row mapping
    told = [row["sequence"], row["at"].isoformat(timespec="microseconds")]
    told += [str(row[name]) for name in _TOLD]
    text = json.dumps([before, *told], ensure_ascii=False)
    return keys.keyed_hash(text, purpose="audit")


_TOLD: Final = (
    "id",
    "agency",
    "action",
    "actor",
    "on_behalf_of",
    "address",
    "subject_kind",
    "subject_id",
    "result",
    "detail",
)


@event.listens_for(AuditEvent, "before_update")
@event.listens_for(AuditEvent, "before_delete")
def _append_only(mapper: Mapper[AuditEvent], connection: Connection, row: AuditEvent) -> None:
    raise RuntimeError(f"audit rows are append-only: {row.id}")
