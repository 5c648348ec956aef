"""Column types for personal data, beside those of `engine.columns`.

Invariant: a sealed column never holds clear text, and opens only as the table and column it was
written for.
"""

from typing import Any

from sqlalchemy import Dialect
from sqlalchemy.types import LargeBinary, TypeDecorator

from engine import variables
from processes import keys


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
