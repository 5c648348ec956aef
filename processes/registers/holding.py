"""How a case holds a record of a ledger: declared in the ledger as `held`.

Invariant: what is read here names declared fields, statuses and a way between them.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from engine import feel
from engine.feel import Expression, FeelSyntaxError

_KEYS: Final = {"by", "from", "to", "if", "with", "undone"}
_ALONG: Final = {"register", "by", "from", "to"}


@dataclass(frozen=True, slots=True)
class Along:
    """The record of another ledger that moves along, if it is in status `source`."""

    register: str
    by: str
    source: str
    target: str


@dataclass(frozen=True, slots=True)
class HoldRule:
    """Records in `source` whose field `by` bears the number of a case go to `target` at its end.

    `only_if` sees the fields of the record and, under the name of its ledger, the one along.
    `undone`: they go there too when the step that took them is taken back.
    """

    by: str
    source: str
    target: str
    only_if: Expression | None = None
    along: Along | None = None
    undone: bool = False


def read(raw: Mapping[str, Any]) -> HoldRule:
    """The rule of a ledger that has no problems."""
    along = raw.get("with")
    return HoldRule(
        raw["by"],
        raw["from"],
        raw["to"],
        feel.parse(raw["if"]) if "if" in raw else None,
        Along(along["register"], along["by"], along["from"], along["to"]) if along else None,
        undone=bool(raw.get("undone")),
    )


def problems(ledger: Mapping[str, Any]) -> Iterator[str]:
    """What is wrong with `held` of a ledger, in words."""
    raw = ledger["held"]
    if not isinstance(raw, dict) or not {"by", "from", "to"} <= raw.keys() <= _KEYS:
        yield "『held』须有 by、from、to，可有 if、with、undone"
        return
    if type(raw.get("undone", False)) is not bool:
        yield "『held』的『undone』应为 true 或 false"
    if raw["by"] not in ledger.get("search", []):
        yield f"『held』的字段『{raw['by']}』应可检索"
    ways = [(one.get("from"), one.get("to")) for one in ledger.get("transitions", [])]
    if (raw["from"], raw["to"]) not in ways:
        yield f"『held』没有声明由『{raw['from']}』到『{raw['to']}』的状态转换"
    yield from _along_problems(raw.get("with"), ledger["fields"])
    try:
        feel.parse(str(raw.get("if", "true")))
    except FeelSyntaxError as error:
        yield f"『held』的『if』不是有效的 FEEL：{error}"


def _along_problems(along: Any, fields: Mapping[str, Any]) -> Iterator[str]:
    if along is None:
        return
    if not isinstance(along, dict) or along.keys() != _ALONG:
        yield "『held』的『with』须有且只有 register、by、from、to"
    elif along["by"] not in fields:
        yield f"引用了不存在的字段『{along['by']}』"
