"""Process variables: which values there are, their limits, and their one stored form.

Invariant: `decode(encode(v)) == v` for everything `check` lets pass, with the same types. Stored as
JSON; what JSON lacks is a context with the single key pair `@` (type) and `v` (text). An instant
comes back in the time of Shanghai, so that its date is the legal one.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import Any, Final

import orjson

from engine import clock, limits
from engine.errors import VariablesInvalid
from engine.values import YearsMonths

Value = Any
"""None, bool, int, Decimal, str, date, time, aware datetime, timedelta, YearsMonths, list, dict."""

Variables = dict[str, Value]

_CONTROL: Final = re.compile(r"[\x00\ud800-\udfff]")
_INT_LIMIT: Final = 1 << 53
# without these orjson would write dates and our value classes in its own way, never to be revived
_AS_IS: Final = orjson.OPT_PASSTHROUGH_DATETIME | orjson.OPT_PASSTHROUGH_DATACLASS
_SMALL_INTEGERS: Final = _AS_IS | orjson.OPT_STRICT_INTEGER


def encode(variables: Mapping[str, Value]) -> bytes:
    """The stored form of variables, with keys in the order given."""
    try:
        return orjson.dumps(variables, option=_SMALL_INTEGERS, default=_tag)
    except TypeError:
        # an integer beyond 53 bits, or a mapping of another kind: seldom
        return orjson.dumps(_plain(variables), option=_AS_IS, default=_tag)


def encode_rows(rows: Sequence[tuple[Any, ...]]) -> bytes:
    """The stored form of rows that end with variables; the ids before those may have 63 bits."""
    try:
        return orjson.dumps(rows, option=_AS_IS, default=_tag)
    except TypeError:
        plain = [(*head, _plain(variables)) for *head, variables in rows]
        return orjson.dumps(plain, option=_AS_IS, default=_tag)


def decode(stored: bytes | str) -> Variables:
    """The variables of a stored form."""
    revived: Variables = _revive(orjson.loads(stored))
    return revived


def apply(scopes: dict[int, Variables], delta: bytes) -> None:
    """Bring scopes from before a step to after it."""
    step = decode(delta)
    for scope, values in step["set"].items():
        scopes.setdefault(int(scope), {}).update(values)
    for scope, names in step.get("deleted", {}).items():
        for name in names:
            scopes[int(scope)].pop(name, None)
    for scope in step.get("closed", ()):
        scopes.pop(int(scope), None)


def check(variables: Mapping[str, Value]) -> None:
    """Refuse what may not become a variable.

    Raises:
        VariablesInvalid: names the path of the first offending value.
    """
    counted = [0]
    for name, value in variables.items():
        _check(value, name, depth=1, counted=counted)
        _check_name(name)


@lru_cache(maxsize=4096)
def _check_name(name: Any) -> None:
    """Of a variable: those of the models, always the same ones."""
    _check_key(name, name)


def _check_key(key: Any, path: str) -> None:
    if not isinstance(key, str) or not key or key.startswith("@") or len(key) > 200:
        raise VariablesInvalid(f"变量名『{path}』不可用", path=path)
    if _CONTROL.search(key):
        raise VariablesInvalid(f"变量名『{path}』含有不允许的字符", path=path)


def _check(value: Value, path: str, *, depth: int, counted: list[int]) -> None:
    if depth > limits.VARIABLE_DEPTH:
        raise VariablesInvalid(f"『{path}』嵌套超过 {limits.VARIABLE_DEPTH} 层", path=path)
    counted[0] += 1
    if counted[0] > limits.VARIABLE_KEYS * 20:
        raise VariablesInvalid("数据项过多", path=path)
    if isinstance(value, str):
        _check_text(value, path)
    elif isinstance(value, Mapping | list | tuple):
        for item_path, item in _items(value, path):
            _check(item, item_path, depth=depth + 1, counted=counted)
    elif not _is_scalar(value):
        raise VariablesInvalid(f"『{path}』的类型 {type(value).__name__} 不可存储", path=path)


def _items(
    value: Mapping[str, Value] | list[Value] | tuple[Value, ...], path: str
) -> Iterator[tuple[str, Value]]:
    if isinstance(value, Mapping):
        if len(value) > limits.VARIABLE_KEYS:
            raise VariablesInvalid(f"『{path}』数据项超过 {limits.VARIABLE_KEYS} 个", path=path)
        for key, item in value.items():
            _check_key(key, f"{path}.{key}")
            yield f"{path}.{key}", item
        return
    if len(value) > limits.TABLE_ROWS:
        raise VariablesInvalid(f"『{path}』超过 {limits.TABLE_ROWS} 行", path=path)
    for index, item in enumerate(value, 1):
        yield f"{path}[{index}]", item


def _check_text(value: str, path: str) -> None:
    if len(value) > limits.TEXT_CHARACTERS:
        raise VariablesInvalid(f"『{path}』超过 {limits.TEXT_CHARACTERS} 字", path=path)
    if _CONTROL.search(value):
        raise VariablesInvalid(f"『{path}』含有不允许的字符", path=path)


def _is_scalar(value: Value) -> bool:
    if isinstance(value, datetime):
        return value.tzinfo is not None
    if isinstance(value, Decimal):
        return value.is_finite()
    return value is None or isinstance(value, bool | int | date | time | timedelta | YearsMonths)


def _plain(value: Value) -> Any:
    # orjson takes date and datetime by itself, integers only up to 64 bits and plain dict keys
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) > _INT_LIMIT:
        return {"@": "int", "v": str(value)}
    return value


def _tag(value: Value) -> Any:
    if isinstance(value, datetime):
        if value.tzinfo is None:
            raise TypeError("a date and time without a zone cannot be stored")
        return {"@": "datetime", "v": value.isoformat()}
    if isinstance(value, Decimal):
        return {"@": "decimal", "v": str(value)}
    if isinstance(value, date | time):
        return {"@": type(value).__name__, "v": value.isoformat()}
    if isinstance(value, timedelta):
        return {"@": "duration", "v": str(value // timedelta(microseconds=1))}
    if isinstance(value, YearsMonths):
        return {"@": "months", "v": str(value.months)}
    raise TypeError(f"{type(value).__name__} cannot be stored")


_REVIVERS: Final[Mapping[str, Callable[[str], Value]]] = {
    "int": int,
    "decimal": Decimal,
    "date": date.fromisoformat,
    "time": time.fromisoformat,
    "datetime": lambda text: datetime.fromisoformat(text).astimezone(clock.SHANGHAI),
    "duration": lambda text: timedelta(microseconds=int(text)),
    "months": lambda text: YearsMonths(int(text)),
}


def _revive(value: Any) -> Value:
    if isinstance(value, dict):
        kind = value.get("@")
        if kind is not None:
            return _REVIVERS[kind](value["v"])
        return {key: _revive(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_revive(item) for item in value]
    if isinstance(value, float):
        return Decimal(repr(value))
    return value
