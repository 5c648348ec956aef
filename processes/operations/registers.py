"""Operations on the ledgers (台账)."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy.orm import Session

from engine.errors import NotFound
from engine.variables import Variables
from processes import registers
from processes.operations import Call, operation
from processes.registers import Trace, giving_back

_REGISTER = {"register": "台账标识"}
_RECORD = {"record": "记录：各字段，另有 key 与 status"}


def _moved_on(session: Session, call: Call, register: str, key: str) -> Variables | None:
    """What a step says of a record in another status than those it is `from`; None if it is not."""
    only = call.variables.get("from")
    if only is None:
        return None
    held = registers.get(session, register, key)
    return None if held.status in list(only) else {"record": held.context(), "changed": False}


def trace(call: Call) -> Trace:
    """Who changes the ledger, for the log: the process, in the name of the case."""
    reason = call.variables.get("reason")
    return Trace(
        by=f"process:{call.activity}",
        reference=call.business_key,
        reason=reason if isinstance(reason, str) else "",
    )


@operation(
    "register.create",
    "登记新记录",
    inputs={
        **_REGISTER,
        "data": "各字段",
        "key?": "主键（台账自动编号时不填）",
        "status?": "初始状态",
    },
    outputs=_RECORD,
    joins=True,
)
def create(session: Session, call: Call) -> Variables:
    """Add a record; with `key` it goes into the key field."""
    register = call.text("register")
    data = call.context("data")
    if call.variables.get("key"):
        data = {**data, registers.definition(register).key: call.text("key")}
    status = call.variables.get("status") or ""
    made = registers.create(session, register, data, trace=trace(call), status=str(status))
    return {"record": made.context()}


@operation(
    "register.update",
    "修改记录",
    inputs={
        **_REGISTER,
        "key": "主键",
        "data": "要改的字段",
        "from?": "只在这些状态时修改；已是其他状态的不改，不算出错",
        "reason?": "原因",
    },
    outputs={**_RECORD, "changed": "是否修改了"},
    joins=True,
)
def update(session: Session, call: Call) -> Variables:
    """Change fields of a record; with `from` one that somebody moved meanwhile is left."""
    register, key = call.text("register"), call.text("key")
    if left := _moved_on(session, call, register, key):
        return left
    changed = registers.update(session, register, key, call.context("data"), trace=trace(call))
    return {"record": changed.context(), "changed": True}


@operation(
    "register.transition",
    "变更记录状态",
    inputs={
        **_REGISTER,
        "key": "主键",
        "to": "新状态",
        "from?": "只在这些状态时变更；已是其他状态的不变，不算出错",
        "data?": "同时修改的字段",
        "reason?": "原因",
    },
    outputs={**_RECORD, "changed": "是否变更了"},
    joins=True,
)
def transition(session: Session, call: Call) -> Variables:
    """Move a record to another status; with `from` one that somebody moved meanwhile is left."""
    register, key, to = call.text("register"), call.text("key"), call.text("to")
    if left := _moved_on(session, call, register, key):
        return left
    moved = registers.transition(
        session, register, key, to, trace=trace(call), changes=call.context("data")
    )
    return {"record": moved.context(), "changed": True}


@operation(
    "register.find",
    "查找记录",
    inputs={
        **_REGISTER,
        "filter?": "按可检索字段比较；值为列表的，符合其中之一",
        "statuses?": "状态列表",
        "limit?": "最多条数",
        "after?": "只要主键排在此之后的，用于逐批读取",
    },
    outputs={"records": "记录列表"},
    joins=True,
)
def find(session: Session, call: Call) -> Variables:
    """Records that fit, by key."""
    where = dict(call.context("filter"))
    statuses = call.variables.get("statuses") or where.pop("status", None) or ()
    found = registers.find(
        session,
        call.text("register"),
        where=_present(where),
        statuses=[statuses] if isinstance(statuses, str) else list(statuses),
        limit=int(call.variables.get("limit") or 100),
        after=str(call.variables.get("after") or ""),
    )
    return {"records": [one.context() for one in found]}


@operation(
    "register.count",
    "统计记录数",
    inputs={
        **_REGISTER,
        "filter?": "按可检索字段比较；值为列表的，符合其中之一",
        "statuses?": "状态列表，缺省为全部",
    },
    outputs={"count": "条数"},
    joins=True,
)
def count(session: Session, call: Call) -> Variables:
    """How many records fit."""
    where = _present(dict(call.context("filter")))
    found = registers.counts(session, call.text("register"), where=where)
    wanted = call.variables.get("statuses") or list(found)
    return {"count": sum(found.get(str(one), 0) for one in wanted)}


@operation(
    "register.get",
    "读取记录",
    inputs={**_REGISTER, "key": "主键"},
    outputs={"record": "记录；没有时为 null"},
    joins=True,
)
def get(session: Session, call: Call) -> Variables:
    """One record, or null."""
    try:
        found = registers.get(session, call.text("register"), call.text("key"))
    except NotFound:
        return {"record": None}
    return {"record": found.context()}


@operation(
    "stock.receive",
    "号段入库",
    inputs={
        **_REGISTER,
        "serial_from": "起号",
        "serial_to": "止号",
        "except?": "不入库的号（短少、破损）",
        "data?": "每件的字段",
    },
    outputs={"count": "入库件数"},
)
def receive(session: Session, call: Call) -> Variables:
    """Take a range of serials into stock, less those named."""
    missing = set(call.variables.get("except") or [])
    every = registers.serials(call.text("serial_from"), call.text("serial_to"))
    wanted = [serial for serial in every if serial not in missing]
    count = registers.receive(
        session, call.text("register"), wanted, values=call.context("data"), trace=trace(call)
    )
    return {"count": count}


@operation(
    "stock.allot",
    "分配库存",
    inputs={
        **_REGISTER,
        "filter": "按可检索字段限定（如种类）",
        "data": "分配时写入的字段（如用于哪张单）",
        "to?": "分配后的状态，缺省 allotted",
        "instead?": "为 true 时，办件原先在这本台账占用的（held），取到新的即放回；没有取到的保留",
    },
    outputs={
        "serial": "最小可用号；没有库存时为 null",
        "available": "余量",
        "record": "取出的记录；没有时为 null",
    },
)
def allot(session: Session, call: Call) -> Variables:
    """Take the lowest record of the initial status that fits."""
    register, where = call.text("register"), call.context("filter")
    taken = registers.allot(
        session,
        register,
        where=where,
        to=str(call.variables.get("to") or "allotted"),
        trace=trace(call),
        changes=call.context("data"),
    )
    if taken and call.variables.get("instead") is True:
        ledger = registers.definition(register)
        giving_back.give_back_former(session, ledger, taken, trace=trace(call))
    return {
        "serial": taken.key if taken else None,
        "available": registers.available(session, register, where=where),
        "record": taken.context() if taken else None,
    }


def _present(where: Mapping[str, Any]) -> dict[str, Any]:
    # a field compared with nothing means: not asked for
    return {name: value for name, value in where.items() if value is not None}
