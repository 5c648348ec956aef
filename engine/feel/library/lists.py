"""Lists. Source: DMN 1.5, 10.3.4.4, 10.3.4.8 and table 76."""

from collections.abc import Callable, Iterable
from decimal import Decimal
from functools import cmp_to_key, reduce
from typing import Any, Final

from engine.feel import operators
from engine.feel.errors import Problem
from engine.feel.kinds import DATE_TIME, DAYS, DECIMAL, MONTHS, Function, chinese, kind
from engine.feel.library.conversion import whole
from engine.feel.loops import at_index, call_function
from engine.feel.operators import equal, number, ordered
from engine.feel.registry import builtin
from engine.feel.runtime import Runtime


@builtin("list contains", "list: list, element")
def _contains(runtime: Runtime, items: list[Any], element: Any) -> bool:
    return any(_same(item, element, runtime) for item in items)


def _same(a: Any, b: Any, runtime: Runtime) -> bool:
    runtime.charge(1)
    return equal(a, b, runtime) is True


@builtin("count", "list: list")
def _count(_runtime: Runtime, items: list[Any]) -> int:
    return len(items)


def _extreme(items: list[Any], sign: str) -> Any:
    if not items:
        return None
    # one item alone must be of an ordered kind too
    ordered(sign, items[0], items[0])
    return reduce(lambda best, item: item if ordered(sign, item, best) else best, items)


@builtin("min", "list...")
def _min(runtime: Runtime, items: list[Any]) -> Any:
    runtime.charge(len(items))
    return _extreme(items, "<")


@builtin("max", "list...")
def _max(runtime: Runtime, items: list[Any]) -> Any:
    runtime.charge(len(items))
    return _extreme(items, ">")


def _numbers(items: Iterable[Any], runtime: Runtime) -> list[Decimal]:
    result = []
    for item in items:
        if kind(item) != "number":
            raise Problem(f"列表应只含数字，其中有{chinese(item)}")
        result.append(number(item))
    runtime.charge(len(result))
    return result


@builtin("sum", "list...")
def _sum(runtime: Runtime, items: list[Any]) -> Any:
    if items and kind(items[0]).endswith("duration"):
        return reduce(operators.add, items)
    return reduce(DECIMAL.add, _numbers(items, runtime)) if items else None


@builtin("product", "list...")
def _product(runtime: Runtime, items: list[Any]) -> Any:
    return reduce(DECIMAL.multiply, _numbers(items, runtime)) if items else None


@builtin("mean", "list...")
def _mean(runtime: Runtime, items: list[Any]) -> Any:
    return operators.divide(_sum(runtime, items), Decimal(len(items))) if items else None


@builtin("median", "list...")
def _median(runtime: Runtime, items: list[Any]) -> Any:
    values = sorted(_numbers(items, runtime))
    if not values:
        return None
    half = len(values) // 2
    if len(values) % 2:
        return values[half]
    return DECIMAL.divide(DECIMAL.add(values[half - 1], values[half]), Decimal(2))


@builtin("stddev", "list...")
def _stddev(runtime: Runtime, items: list[Any]) -> Any:
    values = _numbers(items, runtime)
    if len(values) < 2:
        raise Problem("标准差至少需要两个数字")
    mean = DECIMAL.divide(reduce(DECIMAL.add, values), Decimal(len(values)))
    squares = [DECIMAL.power(DECIMAL.subtract(value, mean), 2) for value in values]
    return DECIMAL.sqrt(DECIMAL.divide(reduce(DECIMAL.add, squares), Decimal(len(values) - 1)))


@builtin("mode", "list...")
def _mode(runtime: Runtime, items: list[Any]) -> list[Decimal]:
    counts: dict[Decimal, int] = {}
    for value in _numbers(items, runtime):
        counts[value] = counts.get(value, 0) + 1
    most = max(counts.values(), default=0)
    return sorted(value for value, count in counts.items() if count == most)


def _decide(items: list[Any], *, decisive: bool) -> bool | None:
    if any(item is decisive for item in items):
        return decisive
    return None if any(item is not (not decisive) for item in items) else not decisive


@builtin("all", "list...")
def _all(_runtime: Runtime, items: list[Any]) -> bool | None:
    return _decide(items, decisive=False)


@builtin("any", "list...")
def _any(_runtime: Runtime, items: list[Any]) -> bool | None:
    return _decide(items, decisive=True)


@builtin("sublist", "list: list, start position: number, length?: number")
def _sublist(_runtime: Runtime, items: list[Any], start: Any, length: Any = None) -> list[Any]:
    begin = _index(items, start)
    if length is None:
        return items[begin:]
    if not 0 <= length <= len(items) - begin:
        raise Problem(f"从第 {start} 项起没有 {length} 项")
    return items[begin : begin + whole(length)]


def _index(items: list[Any], position: Any) -> int:
    """A position from 1 (or from the end if negative) as an index from 0."""
    at_index(items, position)
    place = int(position)
    return place - 1 if place > 0 else len(items) + place


@builtin("append", "list: list, item*")
def _append(runtime: Runtime, items: list[Any], added: list[Any]) -> Any:
    return runtime.sized([*items, *added])


@builtin("concatenate", "list*: list")
def _concatenate(runtime: Runtime, lists: list[list[Any]]) -> Any:
    runtime.charge(sum(map(len, lists)))
    return runtime.sized([item for items in lists for item in items])


@builtin("insert before", "list: list, position: number, newItem")
def _insert(runtime: Runtime, items: list[Any], position: Any, item: Any) -> Any:
    index = _index(items, position)
    return runtime.sized([*items[:index], item, *items[index:]])


@builtin("remove", "list: list, position: number")
def _remove(_runtime: Runtime, items: list[Any], position: Any) -> list[Any]:
    index = _index(items, position)
    return items[:index] + items[index + 1 :]


@builtin("list replace", "list: list, position: number, newItem")
def _replace(_runtime: Runtime, items: list[Any], position: Any, item: Any) -> list[Any]:
    index = _index(items, position)
    return [*items[:index], item, *items[index + 1 :]]


@builtin("list replace", "list: list, match: function, newItem")
def _replace_matching(runtime: Runtime, items: list[Any], match: Function, new: Any) -> list[Any]:
    replaced = []
    for item in items:
        held = call_function(match, [item, new], runtime)
        if not isinstance(held, bool):
            raise Problem(f"『list replace』的比较函数应得到布尔值，实际是{chinese(held)}")
        replaced.append(new if held else item)
    return replaced


@builtin("reverse", "list: list")
def _reverse(runtime: Runtime, items: list[Any]) -> Any:
    return runtime.sized(items[::-1])


@builtin("index of", "list: list, match")
def _index_of(runtime: Runtime, items: list[Any], match: Any) -> list[Decimal]:
    return [Decimal(i) for i, item in enumerate(items, 1) if _same(item, match, runtime)]


_SCALARS: Final = frozenset(
    {"number", "string", "boolean", "date", DATE_TIME, DAYS, MONTHS, "null"}
)


def _tally(items: Iterable[Any], runtime: Runtime) -> list[tuple[Any, int]]:
    """Each different item with how often it occurs, in the order of the first occurrence."""
    simple: dict[Any, list[Any]] = {}
    found: list[list[Any]] = []
    for item in items:
        runtime.charge(1)
        key = (kind(item), item) if kind(item) in _SCALARS else None
        # only what cannot be hashed is compared with all the others
        entry = simple.get(key) if key else _equal_entry(found, item, runtime)
        if entry is None:
            entry = [item, 0]
            found.append(entry)
            if key:
                simple[key] = entry
        entry[1] += 1
    return [(item, count) for item, count in found]


def _equal_entry(found: list[list[Any]], item: Any, runtime: Runtime) -> list[Any] | None:
    return next((entry for entry in found if _same(entry[0], item, runtime)), None)


@builtin("distinct values", "list: list")
def _distinct_values(runtime: Runtime, items: list[Any]) -> list[Any]:
    return [item for item, _ in _tally(items, runtime)]


@builtin("duplicate values", "list: list")
def _duplicates(runtime: Runtime, items: list[Any]) -> list[Any]:
    return [item for item, count in _tally(items, runtime) if count > 1]


@builtin("union", "list*: list")
def _union(runtime: Runtime, lists: list[list[Any]]) -> list[Any]:
    return [item for item, _ in _tally((i for items in lists for i in items), runtime)]


@builtin("flatten", "list: list")
def _flatten(runtime: Runtime, items: list[Any]) -> Any:
    flat: list[Any] = []
    waiting = items[::-1]
    while waiting:
        runtime.charge(1)
        item = waiting.pop()
        if isinstance(item, list):
            waiting.extend(item[::-1])
        else:
            flat.append(item)
    return runtime.sized(flat)


@builtin("sort", "list: list, precedes?: function")
def _sort(runtime: Runtime, items: list[Any], precedes: Function | None = None) -> list[Any]:
    before = _before(precedes, runtime)

    def compare(a: Any, b: Any) -> int:
        runtime.charge(1)
        return -1 if before(a, b) else int(before(b, a))

    return sorted(items, key=cmp_to_key(compare))


def _before(precedes: Function | None, runtime: Runtime) -> Callable[[Any, Any], bool]:
    if precedes is None:
        return lambda a, b: ordered("<", a, b)

    def before(a: Any, b: Any) -> bool:
        held = call_function(precedes, [a, b], runtime)
        if not isinstance(held, bool):
            raise Problem(f"排序的比较函数应得到布尔值，实际是{chinese(held)}")
        return held

    return before
