"""The values of a ledger record, held against its definition.

Invariant: what `checked` returns has only declared fields, each of its declared type.
"""

import re
from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from engine import variables
from engine.errors import BanliError
from processes import keys
from processes.registers.definition import Definition, FieldDefinition


class RecordInvalid(BanliError):
    """Values do not fit the ledger; `field` names the first."""

    code = "record_invalid"

    def __init__(self, message: str, *, field: str) -> None:
        super().__init__(message, field=field)
        self.field = field


def checked(
    definition: Definition, values: Mapping[str, Any], before: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """The values of a record after a change (`before`: those it had; None: it is new).

    Raises:
        RecordInvalid: an unknown field, a wrong type, a missing or immutable field.
    """
    result = dict(before or {})
    for name, value in values.items():
        declared = definition.fields.get(name)
        if declared is None:
            raise RecordInvalid(f"台账『{definition.title}』没有字段『{name}』", field=name)
        converted = None if value in (None, "") else _convert(declared, value)
        if before is not None and declared.immutable and before.get(name) not in (None, converted):
            raise RecordInvalid(f"『{declared.label}』登记后不可修改", field=name)
        result[name] = converted
    for declared in definition.fields.values():
        if declared.required and result.get(declared.name) is None:
            raise RecordInvalid(f"『{declared.label}』必须填写", field=declared.name)
    variables.check(result)
    return {name: value for name, value in result.items() if value is not None}


def require(definition: Definition, values: Mapping[str, Any], names: tuple[str, ...]) -> None:
    """Refuse values that lack one of these fields."""
    for name in names:
        if values.get(name) is None:
            label = definition.fields[name].label
            raise RecordInvalid(f"『{label}』必须填写", field=name)


def indexed(declared: FieldDefinition, value: Any) -> str:
    """A value as it stands in the search index."""
    text = str(value).lower() if isinstance(value, bool) else str(value)
    if declared.sensitive:
        return keys.keyed_hash(text.strip().upper(), purpose=f"index:{declared.name}")
    return text[:300]


def _convert(declared: FieldDefinition, value: Any) -> Any:
    try:
        converted = _CONVERTERS[declared.type](value)
    except (TypeError, ValueError, InvalidOperation):
        raise RecordInvalid(f"『{declared.label}』的值不正确", field=declared.name) from None
    if isinstance(converted, str):
        _check_text(declared, converted)
    return converted


def _check_text(declared: FieldDefinition, text: str) -> None:
    if len(text) > declared.max_length:
        raise RecordInvalid(
            f"『{declared.label}』超过 {declared.max_length} 字", field=declared.name
        )
    if declared.pattern and not re.fullmatch(declared.pattern, text):
        raise RecordInvalid(f"『{declared.label}』的格式不正确", field=declared.name)
    if declared.values and text not in declared.values:
        raise RecordInvalid(f"『{declared.label}』不能是『{text}』", field=declared.name)


def _text(value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise TypeError
    return str(value).strip()


def _integer(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int | Decimal) or int(value) != value:
        raise TypeError
    return int(value)


def _decimal(value: Any) -> Decimal:
    if isinstance(value, bool) or not isinstance(value, int | Decimal | str):
        raise TypeError
    return Decimal(value)


def _date(value: Any) -> date:
    if isinstance(value, str):
        return date.fromisoformat(value)
    if isinstance(value, datetime) or not isinstance(value, date):
        raise TypeError
    return value


def _datetime(value: Any) -> datetime:
    instant = datetime.fromisoformat(value) if isinstance(value, str) else value
    if not isinstance(instant, datetime) or instant.tzinfo is None:
        raise TypeError
    return instant


def _exactly(kind: type) -> Callable[[Any], Any]:
    def convert(value: Any) -> Any:
        if not isinstance(value, kind):
            raise TypeError
        return value

    return convert


_CONVERTERS: Final[Mapping[str, Callable[[Any], Any]]] = {
    "text": _text,
    "integer": _integer,
    "decimal": _decimal,
    "boolean": _exactly(bool),
    "date": _date,
    "datetime": _datetime,
    "list": _exactly(list),
    "context": _exactly(dict),
    "file": _exactly(dict),
}
