"""Contexts. Source: DMN 1.5, 10.3.4.10 and table 82."""

from collections.abc import Mapping
from typing import Any

from engine.feel.errors import Problem
from engine.feel.registry import builtin
from engine.feel.runtime import Runtime


@builtin("get value", "m: context, key: string")
def _get_value(_runtime: Runtime, context: Mapping[str, Any], key: str) -> Any:
    return context.get(key)


@builtin("get value", "context: context, keys: list<string>")
def _get_deep(_runtime: Runtime, context: Mapping[str, Any], keys: list[str]) -> Any:
    found: Any = context
    for key in keys:
        if not isinstance(found, Mapping):
            return None
        found = found.get(key)
    return found if keys else None


@builtin("get entries", "m: context")
def _get_entries(runtime: Runtime, context: Mapping[str, Any]) -> Any:
    return runtime.sized([{"key": key, "value": value} for key, value in context.items()])


@builtin("context", "entries: list")
def _context(_runtime: Runtime, entries: list[Any]) -> dict[str, Any]:
    built: dict[str, Any] = {}
    for entry in entries:
        if not isinstance(entry, Mapping) or not {"key", "value"} <= entry.keys():
            raise Problem("『context』的每一项都要有 key 与 value")
        if not isinstance(entry["key"], str):
            raise Problem("『context』的 key 应为字符串")
        if entry["key"] in built:
            raise Problem(f"『context』的 key『{entry['key']}』重复")
        built[entry["key"]] = entry["value"]
    return built


@builtin("context put", "context: context, key: string, value")
def _put(runtime: Runtime, context: Mapping[str, Any], key: str, value: Any) -> dict[str, Any]:
    runtime.charge(1 + len(context) // 8)
    return {**context, key: value}


@builtin("context put", "context: context, keys: list<string>, value")
def _put_deep(
    runtime: Runtime, context: Mapping[str, Any], keys: list[str], value: Any
) -> dict[str, Any]:
    if not keys:
        raise Problem("『context put』的 keys 不能为空列表")
    first, *rest = keys
    if rest:
        inner = context.get(first)
        if inner is not None and not isinstance(inner, Mapping):
            raise Problem(f"『{first}』不是上下文")
        if len(rest) > 20:
            raise Problem("『context put』的 keys 嵌套过深")
        value = _put_deep(runtime, inner or {}, rest, value)
    put: dict[str, Any] = _put(runtime, context, first, value)
    return put


@builtin("context merge", "contexts: list")
def _merge(runtime: Runtime, contexts: list[Any]) -> dict[str, Any]:
    merged: dict[str, Any] = {}
    for context in contexts:
        if not isinstance(context, Mapping):
            raise Problem("『context merge』的每一项都应为上下文")
        runtime.charge(1 + len(context) // 8)
        merged.update(context)
    return merged


@builtin("get or else", "value, default")
def _get_or_else(_runtime: Runtime, value: Any, default: Any) -> Any:
    return default if value is None else value


@builtin("not", "negand")
def _not(_runtime: Runtime, value: Any) -> bool | None:
    return not value if isinstance(value, bool) else None
