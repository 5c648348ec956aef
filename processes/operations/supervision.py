"""Telling the supervisors of something out of the ordinary in a case; that it has been urged."""

from sqlalchemy import update
from sqlalchemy.orm import Session

from engine import clock
from engine.variables import Variables
from processes.casefile import supervision
from processes.model.cases import Case
from processes.operations import Call, OperationRefused, operation


@operation(
    "supervision.report",
    "列入监督报告",
    inputs={
        "kind": "second_notice 再次告知、deemed_accepted 视为受理、overdue 超期、"
        "benefit_withdrawn 容缺或承诺未兑现、refused 不予受理、other 其他",
        "reason?": "情况说明",
    },
    outputs={"reported": "true"},
)
def report(session: Session, call: Call) -> Variables:
    """Enter it once for each run of the service task."""
    kind = call.text("kind")
    if kind not in supervision.KINDS:
        raise OperationRefused(f"『{call.activity}』的监督事项『{kind}』没有定义", kind=kind)
    if session.get(Case, call.instance_id) is not None:
        reason = str(call.variables.get("reason") or "")
        supervision.report(
            session,
            call.instance_id,
            kind=kind,
            reason=reason,
            activity=call.activity,
            key=call.key,
        )
    return {"reported": True}


@operation(
    "case.urged",
    "登记催办",
    inputs={},
    outputs={"urged_at": "催办的时间；办理人的待办据此列入“被催办”"},
)
def urged(session: Session, call: Call) -> Variables:
    """The case has been urged now, once more."""
    at = clock.now()
    counted = {"urged_at": at, "urge_count": Case.urge_count + 1}
    session.execute(update(Case).where(Case.id == call.instance_id).values(counted))
    return {"urged_at": at}
