"""Opening accounts and giving roles, as steps of a process (开户、授权)."""

from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.errors import NotFound
from engine.variables import Value, Variables
from processes.identity import audit
from processes.identity.authority import GrantRefused
from processes.identity.roles import EXCLUSIVE, ROLES
from processes.model.people import UserAccount, UserRole
from processes.operations import Call, OperationRefused, operation
from processes.people import accounts
from processes.people.accounts import AccountRefused

_REFUSED = "不能办理的理由；办成的为 null"


@operation(
    "account.open",
    "开立账号",
    inputs={
        "login": "用户名",
        "name": "姓名",
        "org": "所属机构",
        "id_no": "证件号码",
        "roles": "角色代码列表",
        "kind?": "staff 工作人员（缺省）、applicant 申请人",
        "valid_to?": "角色有效期至",
    },
    outputs={"user": "用户编号", "refused": _REFUSED},
)
def open_account(session: Session, call: Call) -> Variables:
    """An account with its roles; it has no password until an administrator hands one out."""
    login = call.text("login")
    try:
        with session.begin_nested():
            account = accounts.create_user(
                session,
                login,
                name=call.text("name"),
                org_code=call.text("org"),
                id_no=call.text("id_no"),
                kind=str(call.variables.get("kind") or "staff"),
            )
            _give(session, call, account)
    except (AccountRefused, GrantRefused, NotFound) as refused:
        return {"user": None, "refused": refused.message}
    audit.record(
        session, "user.created", by=f"process:{call.activity}", subject=("user", account.id)
    )
    return {"user": str(account.id), "refused": None}


@operation(
    "account.assign",
    "分配角色",
    inputs={"login": "用户名", "org": "任职机构", "roles": "角色代码列表", "valid_to?": "有效期至"},
    outputs={"refused": _REFUSED},
)
def assign(session: Session, call: Call) -> Variables:
    """Roles for an account that there is; the agency must hold their business first."""
    login = call.text("login").strip().lower()
    account = session.scalar(select(UserAccount).where(UserAccount.login == login))
    if account is None:
        return {"refused": f"没有用户『{login}』"}
    try:
        with session.begin_nested():
            _give(session, call, account)
    except (AccountRefused, GrantRefused, NotFound) as refused:
        return {"refused": refused.message}
    return {"refused": None}


@operation(
    "account.exchange_role",
    "换角色",
    inputs={"org": "机构代码", "from": "原角色", "to": "新角色"},
    outputs={"changed": "换了角色的账号数"},
)
def exchange_role(session: Session, call: Call) -> Variables:
    """Everybody who holds a role at an organisation holds another one instead."""
    org, old, new = call.text("org"), call.text("from"), call.text("to")
    if new not in ROLES or new in EXCLUSIVE:
        raise OperationRefused(f"『{call.activity}』不能授予角色『{new}』", role=new)
    held = select(UserRole.user_id).where(UserRole.role == old, UserRole.org_code == org)
    found = session.scalars(select(UserAccount).where(UserAccount.id.in_(held))).all()
    for one in found:
        accounts.withdraw_role(session, one, old, org_code=org, by=f"process:{call.activity}")
        accounts.assign_role(session, one, new, org_code=org)
    return {"changed": len(found)}


def _give(session: Session, call: Call, account: UserAccount) -> None:
    valid_to = call.variables.get("valid_to")
    for role in _roles(call):
        accounts.grant_role(
            session,
            account,
            role,
            org_code=call.text("org"),
            valid_to=valid_to if isinstance(valid_to, date) else None,
        )
        audit.record(
            session,
            "role.assigned",
            by=f"process:{call.activity}",
            subject=("user", account.id),
            detail=f"{role}@{call.text('org')}",
        )


def _roles(call: Call) -> list[str]:
    value: Value = call.value("roles")
    if not isinstance(value, list):
        raise OperationRefused(f"『{call.activity}』的输入『roles』应为列表", name="roles")
    return [str(one) for one in value]
