"""JSON as it may come in and as it goes out.

Invariant: what comes in is one object in UTF-8 without duplicate keys, NaN, surrogates, NUL,
bottomless nesting or endless numbers; numbers with a point arrive as decimals. What goes out never
has a float either: decimals are texts, long ids are texts, instants are ISO 8601.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import asdict, is_dataclass
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any, Final, NoReturn

from flask import Request, current_app
from marshmallow import RAISE
from webargs import core
from webargs.flaskparser import FlaskParser

from engine import limits
from engine.errors import BanliError

_DIGITS: Final = 18
_SAFE_INTEGER: Final = 1 << 53
_TEXTS: Final = re.compile(r'"(?:[^"\\]|\\.)*"', re.DOTALL)
_BRACKETS: Final = re.compile(r"[\[\]{}]")


class RequestInvalid(BanliError):
    """The request itself is not in order; `errors` says where."""

    code = "request_invalid"

    def __init__(
        self, message: str, *, status: int = 400, errors: Mapping[str, Any] | None = None
    ) -> None:
        super().__init__(message, errors=dict(errors or {}))
        self.status = status
        self.errors = dict(errors or {})


def loads(body: bytes) -> dict[str, Any]:
    """The object in a request body.

    Raises:
        RequestInvalid: says in one sentence what is wrong with it.
    """
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError as error:
        raise RequestInvalid("请求内容不是 UTF-8 编码") from error
    _check_depth(text)
    try:
        value = json.loads(
            text,
            object_pairs_hook=_object,
            parse_constant=_no_constant,
            parse_float=_decimal,
            parse_int=_integer,
        )
    except json.JSONDecodeError as error:
        message = f"请求内容不是有效的 JSON（第 {error.lineno} 行第 {error.colno} 列）"
        raise RequestInvalid(message) from error
    if not isinstance(value, dict):
        raise RequestInvalid("请求内容应为一个 JSON 对象")
    _check_texts(value)
    return value


def _check_depth(text: str) -> None:
    depth = 0
    for bracket in _BRACKETS.findall(_TEXTS.sub("", text)):
        depth += 1 if bracket in "{[" else -1
        if depth > limits.VARIABLE_DEPTH:
            raise RequestInvalid(f"JSON 嵌套超过 {limits.VARIABLE_DEPTH} 层")


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len(pairs) > limits.VARIABLE_KEYS:
        raise RequestInvalid(f"JSON 对象的键超过 {limits.VARIABLE_KEYS} 个")
    found = dict(pairs)
    if len(found) != len(pairs):
        names = [key for key, _value in pairs]
        double = next(name for name in names if names.count(name) > 1)
        raise RequestInvalid(f"JSON 对象中的键『{double[:60]}』重复")
    return found


def _no_constant(_text: str) -> NoReturn:
    raise RequestInvalid("JSON 中不能有 NaN 或 Infinity")


def _decimal(text: str) -> Decimal:
    if len(text) > 2 * _DIGITS or "e" in text.lower():
        raise RequestInvalid("JSON 中的数字过长或使用了指数写法")
    return Decimal(text)


def _integer(text: str) -> int:
    if len(text) > _DIGITS:
        raise RequestInvalid(f"JSON 中的整数超过 {_DIGITS} 位，长编号请用文本")
    return int(text)


def _check_texts(value: Any) -> None:
    waiting = [value]
    while waiting:
        one = waiting.pop()
        if isinstance(one, dict):
            waiting += [*one, *one.values()]
        elif isinstance(one, list):
            waiting += one
        elif isinstance(one, str) and any(c == "\0" or "\ud800" <= c <= "\udfff" for c in one):
            raise RequestInvalid("文本中含有不允许的字符（NUL 或不成对的代理字符）")


class Parser(FlaskParser):
    """webargs with our JSON and our sentences; a query parameter we do not know is an error."""

    DEFAULT_UNKNOWN_BY_LOCATION: dict[str, str | None] = {
        **FlaskParser.DEFAULT_UNKNOWN_BY_LOCATION,
        "query": RAISE,
    }

    def _raw_load_json(self, req: Request) -> Any:
        if not req.content_length and not req.get_data(cache=True):
            return core.missing
        if req.mimetype != "application/json":
            raise RequestInvalid("请以 application/json 发送请求内容", status=415)
        settings = current_app.config["BANLI"]
        if (req.content_length or 0) > settings.body_limit:
            raise RequestInvalid("请求内容超过 1 MiB", status=413)
        return loads(req.get_data(cache=True))

    def handle_error(self, error: Any, req: Any, schema: Any, **_more: Any) -> NoReturn:
        messages = error.messages if isinstance(error.messages, dict) else {}
        errors = messages.get("json") or messages.get("query") or messages
        raise RequestInvalid("请求内容有误", status=422, errors=_paths(errors)) from error


def _paths(messages: Any, path: str = "") -> dict[str, list[str]]:
    if isinstance(messages, Mapping):
        found: dict[str, list[str]] = {}
        for key, inner in messages.items():
            found |= _paths(inner, f"{path}.{key}" if path else str(key))
        return found
    return {path: [str(message) for message in messages]}


def plain(value: Any) -> Any:
    """A value as JSON has it."""
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    if is_dataclass(value) and not isinstance(value, type):
        return plain(asdict(value))
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(item) for item in value]
    if isinstance(value, int) and not isinstance(value, bool):
        return value if abs(value) < _SAFE_INTEGER else str(value)
    return value if value is None or isinstance(value, str | bool) else str(value)


def dumps(value: Any) -> str:
    """A value as the text of an answer."""
    return json.dumps(plain(value), ensure_ascii=False)
