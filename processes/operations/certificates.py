"""Pulling a certificate from our own registers in place of a paper (电子证照免提交)."""

from typing import Final

from sqlalchemy.orm import Session

from engine.variables import Variables
from processes import registers
from processes.identity import audit
from processes.model.cases import Case
from processes.operations import Call, OperationRefused, operation

_ISSUED_BY_AUTHORITY: Final = "A"


@operation(
    "certificate.pull",
    "调取电子证照",
    inputs={
        "register": "证照所在台账",
        "filter": "按可检索字段比较，至少一项",
        "consent": "申请人同意调取，须为 true",
        "statuses?": "有效的状态列表，缺省 valid",
    },
    outputs={
        "found": "是否调取到",
        "number": "证照编号",
        "source": "台账名称与编号，写入材料清单",
        "grade": "可信等级，调取到的为 A",
    },
)
def pull(session: Session, call: Call) -> Variables:
    """Find one valid certificate; that somebody's certificate was looked at is on record.

    Raises:
        OperationRefused: the applicant has not agreed, or everybody's would be found.
    """
    if call.variables.get("consent") is not True:
        raise OperationRefused("未经申请人同意，不得调取电子证照", name="consent")
    register = call.text("register")
    where = {name: value for name, value in call.context("filter").items() if value is not None}
    if not where:
        raise OperationRefused(f"『{call.activity}』没有说明调取谁的证照", name="filter")
    statuses = call.variables.get("statuses") or ["valid"]
    found = registers.first(session, register, where=where, statuses=[str(one) for one in statuses])
    number = found.key if found else ""
    if session.get(Case, call.instance_id) is not None:
        subject = ("case", call.instance_id)
        audit.record(
            session,
            "certificate.pulled",
            by="system",
            subject=subject,
            detail=f"{register} {number or '未找到'}",
        )
    if found is None:
        return {"found": False, "number": None, "source": "", "grade": None}
    title = registers.definition(register).title
    source = f"{title} {number}"
    return {"found": True, "number": number, "source": source, "grade": _ISSUED_BY_AUTHORITY}
