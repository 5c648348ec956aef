"""Column types shared by our tables.

Invariant: an instant goes in and comes out aware and in UTC, on SQLite as on PostgreSQL; a
sealed column never holds clear text and opens only as the table and column it was written for.
"""

from datetime import UTC, datetime
from typing import Annotated, Any

from sqlalchemy import BigInteger, DateTime, Dialect
from sqlalchemy.orm import mapped_column
from sqlalchemy.types import LargeBinary, TypeDecorator

from engine import ids, variables
from processes import keys

Id = Annotated[int, mapped_column(BigInteger, primary_key=True, default=ids.next_id)]


class Instant(TypeDecorator[datetime]):
    """An aware instant; SQLite keeps no zone, so it is added again on the way out."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("an instant needs a time zone")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Sealed(TypeDecorator[str]):
    """Personal text, encrypted and bound to its table and column (`context`)."""

    impl = LargeBinary
    cache_ok = True

    def __init__(self, context: str) -> None:
        super().__init__()
        self.context = context

    def process_bind_param(self, value: str | None, dialect: Dialect) -> bytes | None:
        return None if value is None else keys.seal(value.encode(), context=self.context)

    def process_result_value(self, value: bytes | None, dialect: Dialect) -> str | None:
        return None if value is None else keys.unseal(value, context=self.context).decode()


class SealedVariables(TypeDecorator[dict[str, Any]]):
    """Variables that may hold personal data, encrypted as a whole."""

    impl = LargeBinary
    cache_ok = True

    def __init__(self, context: str) -> None:
        super().__init__()
        self.context = context

    def process_bind_param(self, value: dict[str, Any] | None, dialect: Dialect) -> bytes | None:
        return None if value is None else keys.seal(variables.encode(value), context=self.context)

    def process_result_value(self, value: bytes | None, dialect: Dialect) -> dict[str, Any] | None:
        if value is None:
            return None
        return variables.decode(keys.unseal(value, context=self.context))
