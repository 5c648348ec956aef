"""What a process may ask about cases: its own number, and other cases of the same person."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine import clock
from engine.variables import Variables
from processes import keys
from processes.identity import numbers, organisations
from processes.model.cases import Case
from processes.operations import Call, operation

_MOST = 50


@operation(
    "case.number",
    "编工作单号",
    inputs={"letter": "业务领域字母（Y、V、E、M、P）", "org": "办件机构"},
    outputs={"number": "21 位工作单号"},
)
def number(session: Session, call: Call) -> Variables:
    """A work-order number for a case that a message began."""
    region = organisations.region(session, call.text("org"))
    taken = numbers.work_order(session, call.text("letter"), region, clock.today())
    return {"number": taken}


@operation(
    "case.running",
    "查在办业务",
    inputs={"process": "流程标识", "id_no": "证件号码"},
    outputs={"records": "同一人其他未办结的业务：reference、title、kind、status"},
)
def running(session: Session, call: Call) -> Variables:
    """Other cases of a person and process that have not ended."""
    hashed = keys.keyed_hash(call.text("id_no"), purpose="identity")
    found = session.scalars(
        select(Case)
        .where(
            Case.process_key == call.text("process"),
            Case.id_no_hash == hashed,
            Case.ended_at.is_(None),
            Case.id != call.instance_id,
        )
        .order_by(Case.id)
        .limit(_MOST)
    )
    return {
        "records": [
            {"reference": one.reference, "title": one.title, "kind": one.kind, "status": one.status}
            for one in found
        ]
    }
