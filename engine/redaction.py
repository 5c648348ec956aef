"""Errors of the database without the values they complain of; they go to the log.

Invariant: PostgreSQL's DETAIL, HINT and CONTEXT quote rows, and its data errors quote values in the
message itself; what is left is the SQLSTATE and, but for data errors, the primary message.
"""

from typing import Any, Final

from sqlalchemy.engine.interfaces import ExceptionContext

# the class of data exceptions: invalid input syntax for type date: "…"
_QUOTING: Final = "22"


def redact(error: BaseException) -> None:
    """Take the values out of an error of psycopg; any other is left as it is."""
    diagnosis: Any = getattr(error, "diag", None)
    state = getattr(error, "sqlstate", None)
    if diagnosis is None or state is None:
        return
    quoting = state.startswith(_QUOTING)
    error.args = (state if quoting else f"{state} {diagnosis.message_primary}",)


def on_error(context: ExceptionContext) -> None:
    """SQLAlchemy's hook: the driver's error, and the one that was made of it."""
    redact(context.original_exception)
    if context.sqlalchemy_exception is not None:
        context.sqlalchemy_exception.args = tuple(
            str(context.original_exception) if index == 0 else one
            for index, one in enumerate(context.sqlalchemy_exception.args)
        )
