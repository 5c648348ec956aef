"""Comparing a stock with its ledger (盘点): what is missing, what is there without a record."""

from collections.abc import Iterator

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
    return {
        "missing": sorted(expected - found)[: limits.TABLE_ROWS],
        "surplus": sorted(found - expected)[: limits.TABLE_ROWS],
        "counted": len(found),
        "expected": len(expected),
    }


def _serials(call: Call) -> Iterator[str]:
    ranges = call.variables.get("ranges") or []
    if not isinstance(ranges, list):
        raise OperationRefused(f"『{call.activity}』的输入『ranges』应为列表", name="ranges")
    for one in ranges:
        if not isinstance(one, dict):
            raise OperationRefused(f"『{call.activity}』的号段应有起号和止号", name="ranges")
        yield from registers.serials(str(one.get("serial_from")), str(one.get("serial_to")))
