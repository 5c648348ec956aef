"""Telling people: a notice in the box of the applicant, of a role at an organisation, of a user."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.clock import SHANGHAI
from engine.variables import Value, Variables
from processes.casefile import notices
from processes.identity import identity
from processes.identity.identity import users_in_groups
from processes.identity.roles import UNIT_ROLES
from processes.model.cases import Case, Notification
from processes.model.people import Org, PublicIdentity, UserAccount, UserRole
from processes.operations import Call, operation

_TITLE = 200
_PERSON = "person:"


@operation(
    "notify.send",
    "发送通知",
    inputs={
        "to": "applicant（申请人；窗口代录、别的平台转来的，为证件号码相同的公众账号）、"
        "角色@机构、person:证件号码（本人的申请人账号），或用户编号；也可以是它们的列表",
        "title": "标题",
        "text?": "正文",
        "channels?": "接收人没有选过通知方式时，站内消息之外用哪些（notice_channels 的代码）",
    },
    outputs={"notified": "送达人数"},
)
def send(session: Session, call: Call) -> Variables:
    """Put a notice into boxes, once for each run of the service task."""
    case = session.get(Case, call.instance_id)
    notice = notices.Notice(
        kind="process",
        title=call.text("title")[:_TITLE],
        body=str(call.variables.get("text") or ""),
        case_id=case.id if case else None,
        link=f"/cases/{case.id}" if case else "",
        dedupe_key=f"job:{call.key}",
        ways=_ways(call.variables.get("channels")),
    )
    to = call.value("to")
    found = [
        one
        for name in (to if isinstance(to, list) else [to])
        for one in _receivers(session, str(name), case)
    ]
    sent = notices.send(session, found, notice)
    return {"notified": len(sent)}


@operation(
    "notify.receipts",
    "查阅读情况",
    inputs={"title": "通知的标题"},
    outputs={
        "sent": "送达人数",
        "read": "已阅人数",
        "receipts": "每人一项：name、org_name、read_on（未阅为 null）",
    },
)
def receipts(session: Session, call: Call) -> Variables:
    """Who has read a notice that this case sent."""
    rows = session.execute(
        select(UserAccount.name, Org.name, Notification.read_at)
        .join(UserAccount, UserAccount.id == Notification.user_id)
        .outerjoin(Org, Org.org_code == UserAccount.org_code)
        .where(
            Notification.case_id == call.instance_id,
            Notification.title == call.text("title")[:_TITLE],
        )
        .order_by(Org.name, UserAccount.name)
    ).tuples()
    told: list[Value] = [
        {"name": name, "org_name": org or "", "read_on": at and at.astimezone(SHANGHAI).date()}
        for name, org, at in rows
    ]
    read = sum(1 for one in told if isinstance(one, dict) and one["read_on"] is not None)
    return {"sent": len(told), "read": read, "receipts": told}


def _ways(told: Value) -> list[str]:
    named = told if isinstance(told, list) else [told]
    return [str(one) for one in named if one]


def _receivers(session: Session, to: str, case: Case | None) -> list[int]:
    if to == "applicant":
        return _applicant(session, case)
    if to.startswith(_PERSON):
        return _accounts(session, to.removeprefix(_PERSON))
    if "@" in to:
        return users_in_groups(session, [to])
    return [identity.user(session, int(to)).id] if to.isascii() and to.isdigit() else []


def _accounts(session: Session, id_no: str) -> list[int]:
    """The accounts with which the person of an identity number applies."""
    found = select(UserAccount.id).where(
        UserAccount.person_key == identity.person_key(id_no),
        UserAccount.kind == "applicant",
        UserAccount.status == "active",
    )
    return list(session.scalars(found.order_by(UserAccount.id)))


def _citizens(session: Session, case: Case) -> Sequence[int]:
    """The accounts of the public of the person, or the unit, that a case is for."""
    key = case.applicant_person_key
    found = select(PublicIdentity.account_id).where(PublicIdentity.holder_key == key)
    return session.scalars(found.order_by(PublicIdentity.account_id)).all() if key else []


def _applicant(session: Session, case: Case | None) -> list[int]:
    """The account that filed; of a unit's filing, everyone who files for the unit.

    Filed for somebody at the counter or by another platform: the accounts that find it as theirs.
    """
    if case is None:
        return []
    found = [case.applicant_user] if case.applicant_user else [*_citizens(session, case)]
    if case.applicant_org:
        unit = select(UserRole.user_id).where(
            UserRole.org_code == case.applicant_org, UserRole.role.in_(UNIT_ROLES)
        )
        found.extend(session.scalars(unit))
    return list(dict.fromkeys(found))
