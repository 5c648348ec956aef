"""Values on the wire to and from departments: strict JSON, money and numbers as decimal strings."""

import json
from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any, Final

from engine.errors import MessageRefused
from engine.variables import Value, Variables

_MAX_DEPTH: Final = 20


def dump(value: Mapping[str, Value]) -> bytes:
    """The UTF-8 JSON of an object whose values are variables."""
    return json.dumps(_plain(value), ensure_ascii=False, separators=(",", ":")).encode()


def load(body: bytes) -> dict[str, Any]:
    """The JSON object of a body.

    Raises:
        MessageRefused: not UTF-8, not an object, duplicate keys, NaN, or nested too deeply.
    """
    try:
        value = json.loads(
            body.decode("utf-8"), object_pairs_hook=_no_duplicates, parse_constant=_no_constant
        )
    except (ValueError, RecursionError) as error:
        raise MessageRefused(f"报文不是有效的 JSON：{_reason(error)}") from error
    if not isinstance(value, dict):
        raise MessageRefused("报文的最外层必须是 JSON 对象")
    _bounded(value, 1)
    return value


def _reason(error: Exception) -> str:
    """Why a body is no JSON, in words that an administrator passes on to the department."""
    if isinstance(error, UnicodeDecodeError):
        return f"第 {error.start + 1} 个字节起不是 UTF-8 文字"
    if isinstance(error, json.JSONDecodeError):
        return f"第 {error.lineno} 行第 {error.colno} 个字符处不合 JSON 格式"
    return "嵌套过深" if isinstance(error, RecursionError) else str(error)


def variables(value: Mapping[str, Any]) -> Variables:
    """A JSON object as variables: numbers with a fraction become decimals."""
    return {key: _revive(item) for key, item in value.items()}


def text(message: Mapping[str, Any], name: str, *, longest: int = 200) -> str:
    """A text member that has to be there.

    Raises:
        MessageRefused: names the member.
    """
    value = message.get(name)
    if not isinstance(value, str) or not value or len(value) > longest or "\x00" in value:
        raise MessageRefused(f"报文缺少『{name}』或其格式不正确")
    return value


def _plain(value: Value) -> Any:
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, timedelta):
        return f"PT{value.total_seconds():.0f}S"
    return value


def _revive(value: Any) -> Value:
    if isinstance(value, dict):
        return {key: _revive(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_revive(item) for item in value]
    return Decimal(repr(value)) if isinstance(value, float) else value


def _no_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) != len(pairs):
        raise ValueError("重复的键")
    return result


def _no_constant(name: str) -> Any:
    raise ValueError(f"不允许的数值 {name}")


def _bounded(value: Any, depth: int) -> None:
    if depth > _MAX_DEPTH:
        raise MessageRefused(f"报文嵌套超过 {_MAX_DEPTH} 层")
    if isinstance(value, dict | list):
        for item in value.values() if isinstance(value, dict) else value:
            _bounded(item, depth + 1)
