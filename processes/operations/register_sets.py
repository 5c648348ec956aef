"""Several records of ledgers in one step: all of the changes, or none."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from sqlalchemy.orm import Session

from engine.variables import Variables
from processes import registers
from processes.operations import Call, OperationRefused, operation
from processes.operations.registers import trace
from processes.registers import Record, Trace

Change = Mapping[str, Any]


@operation(
    "register.apply",
    "一次完成多项台账变更",
    inputs={
        "changes": (
            "变更列表，依次执行，全部完成或全部不变；每项有 do（create、update、transition）、"
            "register、key、data、to（新状态）、status（登记时的状态）"
        ),
        "reason?": "原因",
    },
    outputs={"records": "变更后的记录，次序相同", "count": "项数"},
    joins=True,
)
def apply(session: Session, call: Call) -> Variables:
    """Carry out changes in the order of the list, in the transaction of the step."""
    told = trace(call)
    made = [_act(call, one)(session, one, told).context() for one in _list(call, "changes")]
    return {"records": made, "count": len(made)}


@operation(
    "register.ensure",
    "查找或登记",
    inputs={
        "register": "台账标识",
        "rows": "列表，每项有 match（按可检索字段查找）和 data（没有时登记的各字段）",
        "statuses?": "查找的状态列表",
    },
    outputs={"records": "记录列表，次序相同", "created": "新登记的条数"},
    joins=True,
)
def ensure(session: Session, call: Call) -> Variables:
    """For each row the record that fits, or a new one."""
    register, statuses = call.text("register"), call.variables.get("statuses") or ()
    found, created = [], 0
    for one in _list(call, "rows"):
        held = registers.first(session, register, where=one["match"], statuses=list(statuses))
        if held is None:
            held = registers.create(session, register, one["data"], trace=trace(call))
            created += 1
        found.append(held.context())
    return {"records": found, "created": created}


def _list(call: Call, name: str) -> list[Change]:
    value: Any = call.variables.get(name) or []
    if not isinstance(value, list) or not all(isinstance(one, dict) for one in value):
        raise OperationRefused(f"『{call.activity}』的输入『{name}』应为对象列表", name=name)
    return value


def _create(session: Session, one: Change, told: Trace) -> Record:
    status = str(one.get("status") or "")
    return registers.create(session, one["register"], one["data"], trace=told, status=status)


def _update(session: Session, one: Change, told: Trace) -> Record:
    return registers.update(session, one["register"], str(one["key"]), one["data"], trace=told)


def _transition(session: Session, one: Change, told: Trace) -> Record:
    return registers.transition(
        session,
        one["register"],
        str(one["key"]),
        str(one["to"]),
        trace=told,
        changes=one.get("data") or {},
    )


_ACTS: Final[Mapping[str, Callable[[Session, Change, Trace], Record]]] = {
    "create": _create,
    "update": _update,
    "transition": _transition,
}


def _act(call: Call, one: Change) -> Callable[[Session, Change, Trace], Record]:
    found = _ACTS.get(str(one.get("do")))
    if found is None:
        raise OperationRefused(
            f"『{call.activity}』的变更『{one.get('do')}』应为 create、update 或 transition"
        )
    return found
