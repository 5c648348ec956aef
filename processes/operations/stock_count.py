"""Comparing a stock with its ledger (盘点): what is missing, what is there without a record."""

from collections.abc import Iterator, Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine import limits
from engine.variables import Variables
from processes import registers
from processes.model.records import RegisterRecord
from processes.operations import Call, OperationRefused, operation
from processes.registers.search import conditions_of


@operation(
    "stock.compare",
    "账实比对",
    inputs={
        "register": "台账标识",
        "ranges": "实存号段列表，每段有 serial_from、serial_to",
        "statuses": "应当在库的状态列表",
        "filter?": "按可检索字段限定账面",
    },
    outputs={
        "missing": "账有实无的号（至多 500 个）",
        "surplus": "实有账无的号（至多 500 个）",
        "missing_text": "账有实无的号，连号的写成号段",
        "surplus_text": "实有账无的号，连号的写成号段",
        "counted": "实存件数",
        "expected": "账面件数",
    },
)
def compare(session: Session, call: Call) -> Variables:
    """The serials found against those that the ledger says are there."""
    ledger = registers.definition(call.text("register"))
    statuses = call.value("statuses")
    if not isinstance(statuses, list):
        raise OperationRefused(f"『{call.activity}』的输入『statuses』应为列表", name="statuses")
    wanted = conditions_of(ledger, call.context("filter"), {str(one) for one in statuses})
    expected = set(session.scalars(select(RegisterRecord.key).where(*wanted)))
    found = set(_serials(call))
    missing, surplus = sorted(expected - found), sorted(found - expected)
    return {
        "missing": missing[: limits.TABLE_ROWS],
        "surplus": surplus[: limits.TABLE_ROWS],
        "missing_text": _told(missing),
        "surplus_text": _told(surplus),
        "counted": len(found),
        "expected": len(expected),
    }


def _told(serials: Sequence[str]) -> str:
    """Serials in words, range by range."""
    return "、".join(_range(one) for one in registers.ranges(serials)) or "无"


def _range(serials: Sequence[str]) -> str:
    if len(serials) == 1:
        return serials[0]
    return f"{serials[0]} 至 {serials[-1]}（{len(serials)} 个）"


def _serials(call: Call) -> Iterator[str]:
    ranges = call.variables.get("ranges") or []
    if not isinstance(ranges, list):
        raise OperationRefused(f"『{call.activity}』的输入『ranges』应为列表", name="ranges")
    for one in ranges:
        if not isinstance(one, dict):
            raise OperationRefused(f"『{call.activity}』的号段应有起号和止号", name="ranges")
        yield from registers.serials(str(one.get("serial_from")), str(one.get("serial_to")))
