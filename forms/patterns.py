"""Regular expressions of form files: vetted, so that no text can keep the server busy.

Invariant: a pattern without problems runs in time that grows gently with the (bounded) text.
"""

import re
from collections.abc import Iterator
from re import _constants as constants  # type: ignore[attr-defined]
from re import _parser as parser  # type: ignore[attr-defined]
from typing import Any, Final

_LONGEST: Final = 200
_MANY: Final = 20
_REPEATS: Final = frozenset(
    {constants.MAX_REPEAT, constants.MIN_REPEAT, constants.POSSESSIVE_REPEAT}
)
_REFUSED: Final = frozenset(
    {constants.GROUPREF, constants.GROUPREF_EXISTS, constants.ASSERT, constants.ASSERT_NOT}
)


def problems(pattern: Any) -> Iterator[str]:
    """Why a pattern may not be used."""
    if not isinstance(pattern, str) or not pattern or len(pattern) > _LONGEST:
        yield f"应为不超过 {_LONGEST} 个字符的正则表达式"
        return
    try:
        tree = parser.parse(pattern, re.ASCII)
    except (re.error, RecursionError, OverflowError):
        yield "不是有效的正则表达式"
        return
    found = list(_walk(tree))
    if any(op in _REFUSED for op, _depth in found):
        yield "不支持反向引用和环视"
    if any(depth > 1 for op, depth in found if op in _REPEATS):
        yield "重复之中不能再有不定次数的重复（可能耗时过长）"
    if sum(op in _REPEATS for op, _depth in found) > 4:
        yield "不定次数的重复不能超过 4 处"


def _walk(items: Any, depth: int = 0) -> Iterator[tuple[Any, int]]:
    """Each operation with the number of wide repeats around it, itself included."""
    for op, argument in items:
        inner = depth
        if op in _REPEATS:
            low, high, _body = argument
            if high - low <= _MANY and (high <= 1 or depth == 0):
                yield from _walk(argument[2], depth + (high > 1))
                continue
            inner += 1
        yield op, inner
        for body in _bodies(op, argument):
            yield from _walk(body, inner)


def _bodies(op: Any, argument: Any) -> list[Any]:
    if op is constants.SUBPATTERN or op in _REPEATS:
        return [argument[-1]]
    if op is constants.BRANCH:
        return list(argument[1])
    if op is constants.ATOMIC_GROUP:
        return [argument]
    return []
