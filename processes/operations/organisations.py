"""What a process may ask and change of the tree of organisations.

Invariant: the rules of the tree (`processes.organisations`) hold here as for an administrator; what
is refused there stops the service task.
"""

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine import limits
from engine.errors import NotFound
from engine.variables import Value, Variables
from processes.identity import organisations
from processes.identity.organisations import Details, OrganisationRefused
from processes.model.people import Org, UserAccount
from processes.operations import Call, OperationRefused, operation
from processes.people import accounts

_FOUND = {
    "org": (
        "机构：code、name、kind、region、parent、credit_code、path（自上而下的代码）；没有时为 null"
    )
}


@operation("org.get", "读取机构", inputs={"code": "机构代码"}, outputs=_FOUND, joins=True)
def get(session: Session, call: Call) -> Variables:
    """One organisation, or null."""
    try:
        return {"org": _told(organisations.get(session, call.text("code")))}
    except NotFound:
        return {"org": None}


@operation(
    "org.find",
    "查找机构",
    inputs={
        "kinds": "机构类别列表",
        "within?": "只查此机构及其下级",
        "region?": "行政区划代码的开头",
    },
    outputs={"orgs": "在用的机构列表，按代码排列（至多 500 个）"},
    joins=True,
)
def find(session: Session, call: Call) -> Variables:
    """Active organisations of some kinds."""
    kinds = call.value("kinds")
    if not isinstance(kinds, list):
        raise OperationRefused(f"『{call.activity}』的输入『kinds』应为列表", name="kinds")
    query = select(Org).where(Org.status == "active", Org.kind.in_([str(one) for one in kinds]))
    if call.variables.get("within"):
        path = organisations.get(session, call.text("within")).path
        query = query.where(Org.path.startswith(path, autoescape=True))
    if call.variables.get("region"):
        query = query.where(Org.region_code.startswith(call.text("region"), autoescape=True))
    rows = session.scalars(query.order_by(Org.org_code).limit(limits.TABLE_ROWS))
    return {"orgs": [_told(one) for one in rows]}


@operation(
    "org.create",
    "登记机构",
    inputs={
        "code": "机构代码",
        "name": "名称",
        "kind": "机构类别",
        "parent": "上级机构代码",
        "region?": "行政区划代码",
    },
    outputs={"org": "登记的机构", "refused": "不能登记的理由；登记了的为 null"},
)
def create(session: Session, call: Call) -> Variables:
    """Add an organisation; a fault of what was asked is an answer, not an incident."""
    details = Details(
        name=call.text("name"),
        kind=call.text("kind"),
        parent_code=call.text("parent"),
        region_code=str(call.variables.get("region") or ""),
    )
    try:
        made = organisations.add(session, call.text("code"), details, by=_by(call))
    except (OrganisationRefused, NotFound) as refused:
        return {"org": None, "refused": refused.message}
    return {"org": _told(made), "refused": None}


@operation(
    "org.change",
    "变更机构",
    inputs={
        "code": "机构代码",
        "name?": "新名称",
        "kind?": "新类别",
        "parent?": "新上级机构",
    },
    outputs={"org": "变更后的机构", "refused": "不能变更的理由；变更了的为 null"},
)
def change(session: Session, call: Call) -> Variables:
    """Rename, convert or move an organisation; its subtree moves with it."""
    code = call.text("code")
    try:
        held = organisations.get(session, code)
        details = Details(
            name=str(call.variables.get("name") or held.name),
            kind=str(call.variables.get("kind") or held.kind),
            parent_code=str(call.variables.get("parent") or held.parent_code or "") or None,
            region_code=held.region_code,
            document_mark=held.document_mark,
            address=held.address,
            phone=held.phone,
            name_en=held.name_en if call.variables.get("name") in (None, "", held.name) else "",
        )
        changed = organisations.change(session, code, details, by=_by(call))
    except (OrganisationRefused, NotFound) as refused:
        return {"org": None, "refused": refused.message}
    return {"org": _told(changed), "refused": None}


@operation(
    "org.close",
    "停用机构",
    inputs={"code": "机构代码"},
    outputs={"refused": "不能停用的理由；停用了的为 null"},
)
def close(session: Session, call: Call) -> Variables:
    """Take an organisation with its accounts out of use, unless something else uses it."""
    code = call.text("code")
    uses = organisations.uses(session, code, accounts=False, besides=call.instance_id)
    if uses:
        return {"refused": f"该机构还有{'、'.join(uses)}"}
    held = select(UserAccount).where(UserAccount.org_code == code, UserAccount.status == "active")
    for account in session.scalars(held).all():
        accounts.close_account(session, account, by=_by(call))
    organisations.deactivate(session, code, by=_by(call), besides=call.instance_id)
    return {"refused": None}


def _by(call: Call) -> str:
    return f"process:{call.activity}"


def _told(org: Org) -> Value:
    return {
        "code": org.org_code,
        "name": org.name,
        "kind": org.kind,
        "region": org.region_code,
        "parent": org.parent_code,
        "credit_code": org.uscc or None,
        "path": [one for one in org.path.split("/") if one],
    }
