"""Booking records of ledgers for a time, and giving them up."""

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from engine.clock import SHANGHAI
from engine.variables import Value, Variables
from processes.operations import Call, OperationRefused, operation
from processes.registers import bookings
from processes.registers.bookings import Conflict, Resource


@operation(
    "booking.reserve",
    "预约占用",
    inputs={
        "resources": "占用的台账记录列表，每项有 register、key",
        "from": "开始时间",
        "to": "结束时间",
        "holder": "由谁占用（如考试编号）；先前占用的随之放弃",
        "title?": "用途",
    },
    outputs={
        "conflicts": "时间冲突列表：kind、name、key、from、to、holder、title；没有冲突即已全部占用",
        "text": "冲突的一句话说明；没有冲突时为 null",
    },
)
def reserve(session: Session, call: Call) -> Variables:
    """Book all of the records, or none of them."""
    between = _moment(call, "from"), _moment(call, "to")
    found = bookings.reserve(
        session,
        _resources(call),
        between,
        holder=call.text("holder"),
        title=str(call.variables.get("title") or ""),
        case_id=call.instance_id,
    )
    told = "；".join(map(_said, found[:10]))
    return {"conflicts": [_told(one) for one in found], "text": told or None}


@operation(
    "booking.release",
    "放弃预约",
    inputs={"holder": "由谁占用"},
    outputs={"released": "放弃的条数"},
)
def release(session: Session, call: Call) -> Variables:
    """Give up what a holder has booked."""
    return {"released": bookings.release(session, call.text("holder"))}


def _moment(call: Call, name: str) -> datetime:
    value = call.value(name)
    if not isinstance(value, datetime):
        raise OperationRefused(f"『{call.activity}』的输入『{name}』应为日期时间", name=name)
    return value


def _resources(call: Call) -> list[Resource]:
    found: Any = call.value("resources")
    if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
        raise OperationRefused(
            f"『{call.activity}』的输入『resources』应为对象列表", name="resources"
        )
    return [Resource(str(one.get("register")), str(one.get("key"))) for one in found]


def _said(one: Conflict) -> str:
    first, last = one.starts_at.astimezone(SHANGHAI), one.ends_at.astimezone(SHANGHAI)
    span = f"{first:%Y-%m-%d %H:%M}至{last:%H:%M}"
    return f"{one.kind}“{one.name}”在{span}已用于{one.title or one.holder}"


def _told(one: Conflict) -> Value:
    return {
        "kind": one.kind,
        "name": one.name,
        "key": one.resource.key,
        "from": one.starts_at,
        "to": one.ends_at,
        "holder": one.holder,
        "title": one.title,
    }
