"""What may stand in the file of a statistic.

Invariant: nothing that `problems` lets pass can fail when the statistic is counted.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from engine.errors import NotFound
from processes import registers
from processes.identity.roles import ROLES
from processes.registers.definition import Definition
from processes.statistics.narrowing import COLUMNS

CASE_DIMENSIONS: Final = {
    "process": "业务",
    "kind": "种类",
    "org": "机构",
    "status": "状态",
    "outcome": "结果",
    "step": "环节",
    "channel": "申报方式",
    "month": "月份",
    "overdue": "时限",
}
INSTANTS: Final = {"submitted": "提交", "accepted": "受理", "ended": "办结"}
MEASURES: Final = {
    "count": "件数",
    "mean": "平均工作日",
    "median": "中位工作日",
    "most": "最长工作日",
    "in_time": "按期件数",
    "overdue": "超期件数",
}
CHARTS: Final = ("bar", "stack", "none")
COLOURS: Final = ("blue", "green", "amber", "red", "violet", "teal", "brown", "grey")
"""What a column may be drawn in; without a word for it the columns take them in this order."""
_SOURCES: Final = ("register", "cases", "tasks")
_KEYS: Final = {
    "statistic", "title", "title_en", "note", "note_en", "roles", *_SOURCES, "where", "except",
    "statuses", "own", "year", "period", "ended", "rows", "columns", "measures", "list", "totals",
    "chart", "labels", "colours", "accepted", "spans", "rests",
    "filters",
}  # fmt: skip


_ONLY_OF_CASES: Final = ("measures", "period", "ended", "accepted", "spans", "rests", "filters")
_ONLY_OF_LEDGERS: Final = ("where", "except", "statuses", "own", "year", "list", "totals")


def problems(raw: Mapping[str, Any]) -> Iterator[str]:
    """Everything that is wrong with a definition, in words."""
    for key in sorted(set(raw) - _KEYS):
        yield f"未知的键『{key}』"
    for key in ("statistic", "title", "roles"):
        if not raw.get(key):
            yield f"缺少『{key}』"
    yield from _named(raw)
    if bool(raw.get("rows")) == bool(raw.get("list")):
        yield "『rows』『list』须写且只能写一个"
    if sum(bool(raw.get(one)) for one in _SOURCES) != 1:
        yield "『register』『cases』『tasks』须写且只能写一个"
    elif raw.get("register"):
        yield from _of_register(raw)
    else:
        yield from _of_cases(raw)


def _named(raw: Mapping[str, Any]) -> Iterator[str]:
    for role in raw.get("roles") or ():
        if role not in ROLES:
            yield f"没有角色『{role}』"
    if raw.get("chart", "bar") not in CHARTS:
        yield f"图『{raw['chart']}』未知"
    for colour in (raw.get("colours") or {}).values():
        if colour not in COLOURS:
            yield f"颜色『{colour}』未知，可用：{'、'.join(COLOURS)}"


def _of_register(raw: Mapping[str, Any]) -> Iterator[str]:
    yield from (f"『{key}』只用于 cases" for key in _ONLY_OF_CASES if key in raw)
    try:
        ledger = registers.definition(str(raw["register"]))
    except NotFound as missing:
        yield missing.message
    else:
        yield from _of_ledger(ledger, raw)


def _of_ledger(ledger: Definition, raw: Mapping[str, Any]) -> Iterator[str]:
    for name in sorted({*_searched(raw)} - {*ledger.search, "status"}):
        yield f"台账『{ledger.title}』不能按『{name}』统计，须为可检索字段或 status"
    shown = {*_fields(raw.get("list", ())), *raw.get("totals", ())}
    for name in sorted(shown - {*ledger.fields, "status"}):
        yield f"台账『{ledger.title}』没有字段『{name}』"
    for status in sorted({*raw.get("statuses", ())} - {*ledger.statuses}):
        yield f"台账『{ledger.title}』没有状态『{status}』"


def _searched(raw: Mapping[str, Any]) -> Sequence[str]:
    single = [raw[key] for key in ("columns", "year") if raw.get(key)]
    compared = [*raw.get("where", {}), *raw.get("except", {})]
    return [*raw.get("rows", ()), *single, *compared, *raw.get("own", ())]


def _fields(lines: Sequence[str | Mapping[str, str]]) -> Iterator[str]:
    for one in lines:
        yield from [one] if isinstance(one, str) else [one.get("part", ""), one.get("whole", "")]


def _of_cases(raw: Mapping[str, Any]) -> Iterator[str]:
    yield from (f"『{key}』只用于 register" for key in _ONLY_OF_LEDGERS if key in raw)
    named = {*raw.get("rows", ()), *([raw["columns"]] if raw.get("columns") else [])}
    yield from (f"办件不能按『{name}』统计" for name in sorted(named - {*CASE_DIMENSIONS}))
    yield from (
        f"办件不能按『{name}』筛选，可用：{'、'.join(COLUMNS)}"
        for name in raw.get("filters", ())
        if name not in COLUMNS
    )
    if raw.get("filters") and raw.get("tasks"):
        yield "『filters』只用于 cases"
    measures = raw.get("measures", ["count"])
    yield from (f"没有统计值『{name}』" for name in measures if name not in MEASURES)
    if raw.get("period") and raw["period"] not in INSTANTS:
        yield f"期间『{raw['period']}』未知，应为 {'、'.join(INSTANTS)}"
    if [*measures] == ["count"]:
        yield from (
            f"『{key}』须有件数以外的『measures』" for key in ("spans", "rests") if key in raw
        )
    if raw.get("columns") and len(measures) > 1:
        yield "有『columns』时只能统计件数"
