"""Relations of points and ranges, and ranges from text. Source: DMN 1.5, 10.3.4.7 and table 79."""

import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any, Final

from engine.feel import moments
from engine.feel.errors import Problem
from engine.feel.interpreter import check_range
from engine.feel.kinds import Range, kind
from engine.feel.operators import ordered, within
from engine.feel.registry import Signature, add, builtin, parameters
from engine.feel.runtime import Runtime

_TEXT: Final = re.compile(r"\s*([\[(\]])\s*(.*?)\s*\.\.\s*(.*?)\s*([\])\[])\s*", re.DOTALL)
_CALL: Final = re.compile(r'(date|time|date and time|duration)\(\s*"([^"]*)"\s*\)')
_NUMBER: Final = re.compile(r"-?(?:[0-9]+(?:\.[0-9]+)?|\.[0-9]+)")


def _same(a: Any, b: Any) -> bool:
    return ordered("<=", a, b) and ordered(">=", a, b)


def _less(a: Any, b: Any) -> bool:
    return ordered("<", a, b)


def _both(*values: Range) -> None:
    if any(value.start is None or value.end is None for value in values):
        raise Problem("区间的两端都要有值")


def _before(a: Any, b: Any) -> bool:
    """Whether all of a lies before all of b; each may be a point or a range."""
    end, end_in = (a.end, a.end_included) if isinstance(a, Range) else (a, True)
    start, start_in = (b.start, b.start_included) if isinstance(b, Range) else (b, True)
    if end is None or start is None:
        return False
    return _less(end, start) or (not (end_in and start_in) and _same(end, start))


def _meets(a: Range, b: Range) -> bool:
    _both(a, b)
    return a.end_included and b.start_included and _same(a.end, b.start)


def _overlaps(a: Range, b: Range) -> bool:
    return not _before(a, b) and not _before(b, a)


def _starts_earlier(a: Range, b: Range) -> bool:
    if _same(a.start, b.start):
        return a.start_included and not b.start_included
    return _less(a.start, b.start)


def _ends_earlier(a: Range, b: Range) -> bool:
    if _same(a.end, b.end):
        return b.end_included and not a.end_included
    return _less(a.end, b.end)


def _overlaps_before(a: Range, b: Range) -> bool:
    _both(a, b)
    return _starts_earlier(a, b) and _overlaps(a, b) and not _ends_earlier(b, a)


def _finishes(a: Any, b: Range) -> bool:
    if b.end is None:
        return False
    if not isinstance(a, Range):
        return b.end_included and _same(a, b.end)
    _both(a, b)
    return a.end_included == b.end_included and _same(a.end, b.end) and not _starts_earlier(a, b)


def _starts(a: Any, b: Range) -> bool:
    if b.start is None:
        return False
    if not isinstance(a, Range):
        return b.start_included and _same(a, b.start)
    _both(a, b)
    same = a.start_included == b.start_included and _same(a.start, b.start)
    return same and not _ends_earlier(b, a)


def _includes(a: Range, b: Any) -> bool | None:
    if not isinstance(b, Range):
        return within(b, a)
    _both(a, b)
    return not _starts_earlier(b, a) and not _ends_earlier(a, b)


def _coincides(a: Any, b: Any) -> bool:
    if not isinstance(a, Range):
        return _same(a, b)
    _both(a, b)
    included = (a.start_included, a.end_included) == (b.start_included, b.end_included)
    return included and _same(a.start, b.start) and _same(a.end, b.end)


_Relation = Callable[[Any, Any], bool | None]


def _declare(name: str, relation: _Relation, *shapes: tuple[str, str]) -> None:
    """Declare a relation for pairs of `point` and `range` parameters."""

    def call(_runtime: Runtime, a: Any, b: Any) -> bool | None:
        return relation(a, b)

    for first, second in shapes:
        text = ", ".join(
            part + (": range" if part.startswith("range") else "") for part in (first, second)
        )
        add(name, Signature(parameters(text), _points(call, first, second)))


def _points(call: Callable[..., Any], first: str, second: str) -> Callable[..., Any]:
    def checked(runtime: Runtime, a: Any, b: Any) -> Any:
        for name, value in ((first, a), (second, b)):
            if name.startswith("point") and kind(value) in {"range", "null"}:
                raise Problem(f"参数『{name}』应为一个值")
        return call(runtime, a, b)

    return checked


def _swap(relation: _Relation) -> _Relation:
    return lambda a, b: relation(b, a)


_RANGES: Final = ("range1", "range2")
_ANY_SHAPE: Final = (_RANGES, ("point", "range"), ("range", "point"), ("point1", "point2"))
_POINT_IN: Final = (_RANGES, ("point", "range"))
_IN_POINT: Final = (_RANGES, ("range", "point"))

_declare("before", _before, *_ANY_SHAPE)
_declare("after", _swap(_before), *_ANY_SHAPE)
_declare("meets", _meets, _RANGES)
_declare("met by", _swap(_meets), _RANGES)
_declare("overlaps", _overlaps, _RANGES)
_declare("overlaps before", _overlaps_before, _RANGES)
_declare("overlaps after", _swap(_overlaps_before), _RANGES)
_declare("finishes", _finishes, *_POINT_IN)
_declare("finished by", _swap(_finishes), *_IN_POINT)
_declare("includes", _includes, *_IN_POINT)
_declare("during", _swap(_includes), *_POINT_IN)
_declare("starts", _starts, *_POINT_IN)
_declare("started by", _swap(_starts), *_IN_POINT)
_declare("coincides", _coincides, _RANGES, ("point1", "point2"))


@builtin("range", "from: string")
def _range(_runtime: Runtime, text: str) -> Range:
    found = _TEXT.fullmatch(text)
    if not found:
        raise Problem(f"『{text[:40]}』不是区间（如 [1..10)）")
    made = Range(_end(found[2]), _end(found[3]), found[1] == "[", found[4] == "]")
    if made.start is not None and made.end is not None and ordered(">", made.start, made.end):
        raise Problem("区间的起点大于终点")
    return check_range(made)


def _end(text: str) -> Any:
    if not text or text == "null":
        return None
    if _NUMBER.fullmatch(text):
        return Decimal(text)
    if text.startswith('@"') and text.endswith('"'):
        return moments.any_moment(text[2:-1])
    if text.startswith('"') and text.endswith('"') and len(text) > 1:
        return text[1:-1]
    found = _CALL.fullmatch(text)
    if not found:
        raise Problem(f"区间的端点『{text[:40]}』应为写明的值")
    return _READERS[found[1]](found[2])


_READERS: Final[dict[str, Callable[[str], Any]]] = {
    "date": moments.parse_date,
    "time": moments.parse_time,
    "date and time": moments.parse_date_time,
    "duration": moments.parse_duration,
}
