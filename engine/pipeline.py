"""Statements on libpq's own pipeline: all of them in one round trip, each prepared once.

Invariant: whatever is sent is answered before anything else uses the connection; a conversation
that is cut short closes it, so that no answer is ever taken for another's. Values travel as text
(bytes as they are): the server knows their types from the columns.
"""

import select
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from itertools import count
from typing import Any, Final, NamedTuple

from psycopg import OperationalError, errors, pq

Row = tuple[Any, ...]
Command = tuple[str, Row]
_DIVISION_BY_ZERO: Final = b"22012"
_names: Final = count()  # never the same again: what failed may have been prepared all the same

_WIRE: Final[Mapping[type, Callable[[Any], bytes]]] = {
    str: str.encode,
    int: lambda value: b"%d" % value,
    bool: lambda value: b"t" if value else b"f",
    bytes: lambda value: value,
    datetime: lambda value: value.isoformat().encode(),
}
_READ: Final[Mapping[int, Callable[[bytes], Any]]] = {  # by the type's number in pg_type
    16: lambda text: text == b"t",
    17: lambda text: bytes.fromhex(text[2:].decode()),  # written as \x and digits
    20: int,
    21: int,
    23: int,
    1184: lambda text: datetime.fromisoformat(text.decode()),
}


class Frame(NamedTuple):
    """Whether commands travel with the beginning of their transaction, and with its commit."""

    begin: bool
    commit: bool


def converse(
    raw: Any, prepared: dict[str, bytes], queue: Sequence[Command], frame: Frame
) -> list[Any]:
    """Send commands together; the results in order. After a failure nothing is committed.

    After a failure the last result is that failure; `prepared` lives as long as the connection.

    Raises:
        psycopg.OperationalError: the connection is lost.
    """
    conn = raw.pgconn
    idle = conn.transaction_status == pq.TransactionStatus.IDLE
    # what is sent up to one synchronisation is a transaction of itself
    begins = idle and frame.begin and not frame.commit and bool(queue)
    ends = frame.commit and not idle
    if not queue and not ends:
        return []
    if len(queue) == 1 and not begins and not ends and queue[0][0] in prepared:
        return [_ask(raw, prepared, *queue[0])]
    return _together(raw, prepared, queue, (begins, ends))


def _ask(raw: Any, prepared: Mapping[str, bytes], sql: str, values: Row) -> Any:
    """The answer to one prepared statement: all of a step, mostly. libpq itself waits for it."""
    conn = raw.pgconn
    try:
        answer = conn.exec_prepared(prepared[sql], _wired(values), _formats(values))
    except BaseException:
        raw.close()
        raise
    if conn.status == pq.ConnStatus.BAD:
        raw.close()
        raise OperationalError("the connection is lost")
    return answer


def _together(
    raw: Any, prepared: dict[str, bytes], queue: Sequence[Command], around: tuple[bool, bool]
) -> list[Any]:
    """The same for several commands, or for what begins or ends a transaction (`around`)."""
    conn = raw.pgconn
    begins, ends = around
    fresh: dict[str, bytes] = {}
    shown: list[bool] = [False] if begins else []
    try:
        conn.enter_pipeline_mode()
        if begins:
            conn.send_query_params(b"BEGIN", None)
        for sql, values in queue:
            name = prepared.get(sql) or fresh.get(sql)
            if name is None:
                name = fresh[sql] = b"banli_%d" % next(_names)
                conn.send_prepare(name, _numbered(sql))
                shown.append(False)
            conn.send_query_prepared(name, _wired(values), _formats(values))
            shown.append(True)
        if ends:
            conn.send_query_params(b"COMMIT", None)
            shown.append(False)
        conn.pipeline_sync()
        answers = _answers(conn)
        conn.exit_pipeline_mode()
    except BaseException:
        raw.close()  # answers may still be on their way
        raise
    if len(answers) == len(shown) and answers[-1].status != pq.ExecStatus.FATAL_ERROR:
        prepared.update(fresh)
    return [one for index, one in enumerate(answers) if _is_told(shown, index, one)]


def _formats(values: Row) -> list[int]:
    return [1 if value.__class__ is bytes else 0 for value in values]


def _is_told(shown: Sequence[bool], index: int, answer: Any) -> bool:
    return shown[index] or answer.status == pq.ExecStatus.FATAL_ERROR


def _answers(conn: Any) -> list[Any]:
    """Every result up to the end of the conversation, or up to the first failure."""
    found: list[Any] = []
    poll = select.poll()
    failed = False
    while True:
        unsent = conn.flush()
        poll.register(conn.socket, select.POLLIN | (select.POLLOUT if unsent else 0))
        poll.poll()
        conn.consume_input()
        while not conn.is_busy():
            result = conn.get_result()
            if result is None:
                continue
            if result.status == pq.ExecStatus.PIPELINE_SYNC:
                return found
            if not failed:
                found.append(result)
            failed = failed or result.status == pq.ExecStatus.FATAL_ERROR
        if conn.status == pq.ConnStatus.BAD:
            raise OperationalError("the connection is lost")


def _wired(values: Row) -> list[bytes | None]:
    # what most of them are, without a call for each
    return [
        value.encode()
        if value.__class__ is str
        else None
        if value is None
        else b"%d" % value
        if value.__class__ is int
        else _wire(value)
        for value in values
    ]


def _wire(value: Any) -> bytes | None:
    convert = _WIRE.get(value.__class__)
    if convert is None:  # an enumeration, say
        convert = next(made for kind, made in _WIRE.items() if isinstance(value, kind))
    return convert(value)


def refuse(result: Any) -> None:
    """Nothing, if a result is none of a failure.

    Raises:
        psycopg.Error: what the server says.
    """
    if result.status == pq.ExecStatus.FATAL_ERROR:
        raise errors.error_from_result(result)


def is_lost(result: Any) -> bool:
    """Whether a result is the failure of a guarded statement."""
    return (
        result is not None
        and result.status == pq.ExecStatus.FATAL_ERROR
        and result.error_field(pq.DiagnosticField.SQLSTATE) == _DIVISION_BY_ZERO
    )


def table(result: Any) -> list[Row]:
    """The rows of a query."""
    read = [_READ.get(result.ftype(column), bytes.decode) for column in range(result.nfields)]
    columns = range(len(read))
    return [
        tuple(
            None if (value := result.get_value(row, column)) is None else read[column](value)
            for column in columns
        )
        for row in range(result.ntuples)
    ]


@lru_cache(maxsize=256)
def merged(statements: tuple[tuple[str, bool], ...]) -> str:
    """Statements that write different rows as one; it fails unless each guarded one changes a row.

    The server carries out the guarded ones first, in order, then the others in order; the failure
    (division by zero) undoes all and keeps the commit behind it from happening.
    """
    parts = [
        f"s{index} AS ({sql}{' RETURNING 1' if guard else ''})"
        for index, (sql, guard) in enumerate(statements)
    ]
    guards = [
        f"1 / (SELECT (count(*) = 1)::int FROM s{index})"  # noqa: S608 - a number of ours
        for index, (_sql, guard) in enumerate(statements)
        if guard
    ]
    return f"WITH {', '.join(parts)} SELECT {', '.join(guards) or '1'}"


@lru_cache(maxsize=256)
def _numbered(sql: str) -> bytes:
    first, *rest = sql.split("?")
    parts = [f"${number}{part}" for number, part in enumerate(rest, 1)]
    return "".join((first, *parts)).encode()
