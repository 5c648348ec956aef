"""Strings. Source: DMN 1.5, 10.3.4.3 and table 75; patterns are those of XPath (see patterns)."""

from collections.abc import Mapping
from typing import Any
from uuid import uuid4

from engine.feel.errors import Problem
from engine.feel.library import patterns
from engine.feel.library.conversion import whole
from engine.feel.registry import builtin
from engine.feel.runtime import Runtime


@builtin("substring", "string: string, start position: number, length?: number")
def _substring(_runtime: Runtime, text: str, start: Any, length: Any = None) -> str:
    position = whole(start)
    if not 1 <= abs(position) <= max(len(text), 1) or (length is not None and whole(length) < 1):
        raise Problem(f"起始位置 {position} 或长度超出字符串（共 {len(text)} 个字符）")
    begin = position - 1 if position > 0 else len(text) + position
    return text[begin:] if length is None else text[begin : begin + whole(length)]


@builtin("string length", "string: string")
def _length(_runtime: Runtime, text: str) -> int:
    return len(text)


@builtin("upper case", "string: string")
def _upper(runtime: Runtime, text: str) -> Any:
    return runtime.sized(text.upper())


@builtin("lower case", "string: string")
def _lower(runtime: Runtime, text: str) -> Any:
    return runtime.sized(text.lower())


@builtin("substring before", "string: string, match: string")
def _before(_runtime: Runtime, text: str, match: str) -> str:
    return text.partition(match)[0] if match and match in text else ""


@builtin("substring after", "string: string, match: string")
def _after(_runtime: Runtime, text: str, match: str) -> str:
    return text.partition(match)[2] if match else text


@builtin("contains", "string: string, match: string")
def _contains(_runtime: Runtime, text: str, match: str) -> bool:
    return match in text


@builtin("starts with", "string: string, match: string")
def _starts(_runtime: Runtime, text: str, match: str) -> bool:
    return text.startswith(match)


@builtin("ends with", "string: string, match: string")
def _ends(_runtime: Runtime, text: str, match: str) -> bool:
    return text.endswith(match)


@builtin("matches", "input: string, pattern: string, flags?: string|null")
def _matches(runtime: Runtime, text: str, pattern: str, flags: str | None = None) -> bool:
    return patterns.prepare(pattern, flags or "", text, runtime).search(text) is not None


@builtin("replace", "input: string, pattern: string, replacement: string, flags?: string|null")
def _replace(
    runtime: Runtime, text: str, pattern: str, replacement: str, flags: str | None = None
) -> Any:
    prepared = patterns.prepare(pattern, flags or "", text, runtime)
    if prepared.match(""):
        raise Problem("『replace』的模式不能匹配空字符串")
    expand = patterns.expansion(replacement, prepared, literal="q" in (flags or ""))
    pieces, start, size = [], 0, len(text)
    for found in prepared.finditer(text):
        piece = expand(found)
        size += len(piece)
        runtime.fits(size)
        pieces += [text[start : found.start()], piece]
        start = found.end()
    return runtime.sized("".join([*pieces, text[start:]]))


@builtin("split", "string: string, delimiter: string")
def _split(runtime: Runtime, text: str, delimiter: str) -> Any:
    prepared = patterns.prepare(delimiter, "", text, runtime)
    pieces, start = [], 0
    for found in prepared.finditer(text):
        if found.end() > found.start():
            pieces.append(text[start : found.start()])
            start = found.end()
    return runtime.sized([*pieces, text[start:]])


@builtin("string join", "list: list, delimiter?: string|null")
def _join(runtime: Runtime, items: list[Any], delimiter: str | None = None) -> Any:
    if any(item is not None and not isinstance(item, str) for item in items):
        raise Problem("『string join』的列表只能含字符串")
    runtime.charge(len(items))
    texts = [item for item in items if item is not None]
    runtime.fits(sum(map(len, texts)) + len(texts) * len(delimiter or ""))
    return runtime.sized((delimiter or "").join(texts))


@builtin(
    "string join", "list: list, delimiter: string|null, prefix: string|null, suffix: string|null"
)
def _join_within(
    runtime: Runtime, items: list[Any], delimiter: str | None, *around: str | None
) -> Any:
    prefix, suffix = around
    return runtime.sized((prefix or "") + _join(runtime, items, delimiter) + (suffix or ""))


@builtin("trim", "string: string")
def _trim(_runtime: Runtime, text: str) -> str:
    return text.strip()


@builtin("is blank", "string: string")
def _is_blank(_runtime: Runtime, text: str) -> bool:
    return not text.strip()


@builtin("uuid", "")
def _uuid(_runtime: Runtime) -> str:
    return str(uuid4())


@builtin("is empty", "list: any|null")
def _is_empty(_runtime: Runtime, value: Any) -> bool:
    if isinstance(value, list | str | Mapping):
        return not value
    raise Problem("『is empty』需要列表、上下文或字符串")
