"""Asking for, giving and revoking the authority of agencies (机构权限)."""

from datetime import date

from sqlalchemy.orm import Session

from engine import clock
from engine.errors import NotFound
from engine.variables import Variables
from processes.identity import authority
from processes.identity.authority import GrantRefused, Wanted
from processes.operations import Call, OperationRefused, operation


@operation(
    "authority.holds",
    "查业务授权",
    inputs={"org": "机构", "business": "业务代码", "scope?": "范围代码", "on?": "日期，缺省为当天"},
    outputs={"holds": "是否有有效授权"},
)
def holds(session: Session, call: Call) -> Variables:
    """Whether an agency may do a business now."""
    scope = call.variables.get("scope")
    on = call.variables.get("on")
    return {
        "holds": authority.has_grant(
            session,
            call.text("org"),
            call.text("business"),
            str(scope) if scope else None,
            on if isinstance(on, date) else None,
        )
    }


@operation(
    "authority.facts",
    "查授权关系",
    inputs={
        "grantor": "授权机构",
        "grantee": "被授权机构",
        "scope": "范围代码",
        "business": "业务代码列表",
    },
    outputs={
        "facts": (
            "grantor_kind、grantee_kind 机构类别，grantee_name 被授权机构名称，"
            "own_branch 是否所属分支，parent_delegates 授权机构可下授的有效授权是否含这些业务"
        )
    },
)
def facts(session: Session, call: Call) -> Variables:
    """What the delegation table asks of two organisations."""
    found = authority.facts(
        session,
        grantor=call.text("grantor"),
        grantee=call.text("grantee"),
        scope=call.text("scope"),
        business=_businesses(call),
        on=clock.today(),
    )
    return {"facts": {**found}}


@operation(
    "authority.grant",
    "授予业务授权",
    inputs={
        "grantor": "授权机构",
        "grantee": "被授权机构",
        "scope": "范围代码",
        "business": "业务代码列表",
        "may_delegate": "是否下授",
        "valid_from?": "生效日期，缺省为当天",
        "valid_to?": "有效期至",
        "basis?": "依据",
    },
    outputs={"grant_id": "授权编号", "refused": "不能授予的理由；已授予的为 null"},
)
def grant(session: Session, call: Call) -> Variables:
    """Make a grant; what the delegation table refuses is an answer, not an incident."""
    valid_from, valid_to = call.variables.get("valid_from"), call.variables.get("valid_to")
    wanted = Wanted(
        grantor=call.text("grantor"),
        grantee=call.text("grantee"),
        scope=call.text("scope"),
        business=_businesses(call),
        may_delegate=bool(call.variables.get("may_delegate")),
        valid_from=valid_from if isinstance(valid_from, date) else clock.today(),
        valid_to=valid_to if isinstance(valid_to, date) else None,
        basis=str(call.variables.get("basis") or ""),
    )
    try:
        made = authority.grant(session, wanted, by=f"process:{call.activity}")
    except (GrantRefused, NotFound) as refused:
        return {"grant_id": None, "refused": refused.message}
    return {"grant_id": str(made.id), "refused": None}


@operation(
    "authority.revoke",
    "收回业务授权",
    inputs={"grant_id": "授权编号", "reason": "原因"},
    outputs={"revoked": "收回的授权数，含随同收回的下级授权"},
)
def revoke(session: Session, call: Call) -> Variables:
    """Revoke a grant with those that rest on it."""
    number = call.text("grant_id")
    if not (number.isascii() and number.isdigit()):
        raise OperationRefused(
            f"『{call.activity}』的输入『grant_id』应为授权编号", name="grant_id"
        )
    by = f"process:{call.activity}"
    return {
        "revoked": len(authority.revoke(session, int(number), by=by, reason=call.text("reason")))
    }


def _businesses(call: Call) -> frozenset[str]:
    value = call.value("business")
    if not isinstance(value, list):
        raise OperationRefused(f"『{call.activity}』的输入『business』应为列表", name="business")
    return frozenset(str(one) for one in value)
