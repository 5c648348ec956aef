"""The tree of organisations.

Invariant: a path is the parent's path and the own code; moving an organisation moves its subtree;
an organisation is never deleted, and taken out of use only when nothing uses it.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, false, func, or_, select
from sqlalchemy.orm import Session

from engine.errors import BanliError, NotFound
from processes.domains import domains
from processes.identity import audit
from processes.identity.identity import User
from processes.model.cases import Case
from processes.model.people import AuthorityGrant, Org, UserAccount

_CODE: Final = re.compile(r"[0-9A-Z]{4,32}")
_REGION: Final = re.compile(r"[0-9]{6}")
_COUNTRY: Final = "000000"


def english(session: Session) -> dict[str, str]:
    """Chinese name → English one, of the organisations that have one."""
    named = select(Org.name, Org.name_en).where(Org.name_en != "")
    return {one.name: one.name_en for one in session.execute(named)}


class OrganisationRefused(BanliError):
    """An organisation cannot be added, changed or moved like this; `field` is what is wrong."""

    code = "organisation_refused"

    def __init__(self, message: str, *, field: str = "", **details: Any) -> None:
        super().__init__(message, field=field, **details)
        self.field = field


def create(  # noqa: PLR0913 - an organisation has that many plain fields
    session: Session,
    org_code: str,
    *,
    name: str,
    kind: str,
    parent_code: str | None = None,
    region_code: str = "",
    document_mark: str = "",
) -> Org:
    """Add an organisation below its parent.

    Raises:
        OrganisationRefused: the code is taken.
        NotFound: no such parent.
    """
    if session.get(Org, org_code):
        raise OrganisationRefused(f"机构代码『{org_code}』已存在", org=org_code)
    path = get(session, parent_code).path if parent_code else "/"
    org = Org(
        org_code=org_code,
        name=name,
        kind=kind,
        parent_code=parent_code,
        region_code=region_code,
        document_mark=document_mark,
        path=f"{path}{org_code}/",
    )
    session.add(org)
    session.flush()
    return org


def get(session: Session, org_code: str) -> Org:
    """An organisation.

    Raises:
        NotFound: there is none.
    """
    org = session.get(Org, org_code)
    if org is None:
        raise NotFound(f"没有机构『{org_code}』", org=org_code)
    return org


def region(session: Session, org_code: str) -> str:
    """The region of an organisation, 6 digits: its own, or that of the nearest above that has one.

    A unit opened by an applicant names none; numbers given for it are those of its authority.
    Where nobody above has one it is the whole country, 000000.

    Raises:
        NotFound: there is no such organisation.
    """
    codes = get(session, org_code).path.strip("/").split("/")
    query = select(Org.org_code, Org.region_code).where(Org.org_code.in_(codes))
    held = dict(session.execute(query).tuples().all())
    return next((held[code] for code in reversed(codes) if held.get(code)), _COUNTRY)


def first_of(session: Session, kind: str) -> str:
    """The code of the first active organisation of a kind, empty where there is none."""
    found = (
        select(Org.org_code).where(Org.kind == kind, Org.status == "active").order_by(Org.org_code)
    )
    return session.scalar(found.limit(1)) or ""


def below(paths: Iterable[str]) -> ColumnElement[bool]:
    """Whether an organisation is one of those with these paths or below one; nobody's is none."""
    return or_(false(), *(Org.path.startswith(one, autoescape=True) for one in paths if one))


def subtree(session: Session, org_code: str) -> list[Org]:
    """An organisation and all below it, parents first."""
    path = get(session, org_code).path
    return list(
        session.scalars(
            select(Org).where(Org.path.startswith(path, autoescape=True)).order_by(Org.path)
        )
    )


def move(session: Session, org_code: str, *, parent_code: str) -> None:
    """Put an organisation with all below it under another parent.

    Raises:
        OrganisationRefused: the new parent lies below it.
    """
    org, parent = get(session, org_code), get(session, parent_code)
    if parent.path.startswith(org.path):
        raise OrganisationRefused("不能把机构移动到自己的下级", org=org_code)
    before, after = org.path, f"{parent.path}{org_code}/"
    for one in subtree(session, org_code):
        one.path = after + one.path.removeprefix(before)
    org.parent_code = parent_code
    session.flush()


@dataclass(frozen=True, slots=True, kw_only=True)
class Details:
    """What an administrator says of an organisation."""

    name: str
    kind: str
    parent_code: str | None
    region_code: str = ""
    document_mark: str = ""
    address: str = ""
    phone: str = ""
    name_en: str = ""


def add(session: Session, org_code: str, details: Details, *, by: User | str) -> Org:
    """Add an organisation as an administrator does.

    Raises:
        OrganisationRefused: naming the `field` that cannot be.
        NotFound: no such parent.
    """
    if not _CODE.fullmatch(org_code):
        raise OrganisationRefused("机构代码为 4 到 32 位大写字母和数字", field="org_code")
    if session.get(Org, org_code):
        raise OrganisationRefused(f"机构代码『{org_code}』已存在", field="org_code")
    _check(session, org_code, details)
    made = create(
        session, org_code, name=details.name, kind=details.kind, parent_code=details.parent_code
    )
    _lay_down(made, details)
    audit.record(session, "org.created", by=by, subject=("org", org_code))
    session.flush()
    return made


def change(session: Session, org_code: str, details: Details, *, by: User | str) -> Org:
    """Change what is kept of an organisation; another parent moves its subtree.

    Raises:
        OrganisationRefused: naming the `field` that cannot be.
        NotFound: no such organisation or parent.
    """
    org = get(session, org_code)
    _check(session, org_code, details)
    if details.kind != org.kind and _holds_grants(session, org_code):
        raise OrganisationRefused("该机构有有效授权，不能改变类别", field="kind")
    if details.parent_code and details.parent_code != org.parent_code:
        if _holds_grants(session, org_code):
            raise OrganisationRefused("该机构有有效授权，不能改变上级机构", field="parent_code")
        move(session, org_code, parent_code=details.parent_code)
    _lay_down(org, details)
    audit.record(session, "org.changed", by=by, subject=("org", org_code))
    session.flush()
    return org


def uses(session: Session, org_code: str, *, accounts: bool = True, besides: int = 0) -> list[str]:
    """Why an organisation cannot be deactivated, in words; empty if it is not used.

    `accounts` counts the accounts too; `besides` is a case that does not count.
    """
    active = Org.status == "active"
    running = Case.ended_at.is_(None)
    at_work = or_(Case.org_code == org_code, Case.applicant_org == org_code)
    counted = (
        ("%s 个在用的下级机构", select(Org.org_code).where(Org.parent_code == org_code, active)),
        (
            "%s 个在用的账号",
            select(UserAccount.id).where(
                UserAccount.org_code == org_code, UserAccount.status == "active"
            ),
        ),
        ("%s 项有效授权", _grants_of(org_code)),
        ("%s 件在办案件", select(Case.id).where(at_work, running, Case.id != besides)),
    )
    found = []
    for words, query in counted:
        if not accounts and "账号" in words:
            continue
        number = session.scalar(select(func.count()).select_from(query.subquery())) or 0
        if number:
            found.append(words % number)
    return found


def deactivate(session: Session, org_code: str, *, by: User | str, besides: int = 0) -> None:
    """Take an organisation that nothing uses out of all choices; what it did stays.

    The case `besides`, in which this is done, does not count as a use.

    Raises:
        OrganisationRefused: it is used, and by what.
    """
    org = get(session, org_code)
    if found := uses(session, org_code, besides=besides):
        raise OrganisationRefused(f"该机构还有{'、'.join(found)}，不能停用", org=org_code)
    org.status = "closed"
    audit.record(session, "org.closed", by=by, subject=("org", org_code))
    session.flush()


def reactivate(session: Session, org_code: str, *, by: User | str) -> None:
    """Take an organisation into use again.

    Raises:
        OrganisationRefused: the one above it is not in use.
    """
    org = get(session, org_code)
    if org.parent_code and get(session, org.parent_code).status != "active":
        raise OrganisationRefused("上级机构已停用，请先恢复上级机构", org=org_code)
    org.status = "active"
    audit.record(session, "org.reopened", by=by, subject=("org", org_code))
    session.flush()


def _lay_down(org: Org, details: Details) -> None:
    org.name, org.name_en, org.kind = details.name, details.name_en, details.kind
    org.region_code, org.document_mark = details.region_code, details.document_mark
    org.address, org.phone = details.address, details.phone


def _check(session: Session, org_code: str, details: Details) -> None:
    if not details.name:
        raise OrganisationRefused("请填写机构名称", field="name")
    if details.region_code and not _REGION.fullmatch(details.region_code):
        raise OrganisationRefused("行政区划代码为 6 位数字", field="region_code")
    _check_place(session, details)
    mark = details.document_mark
    if mark and session.scalar(
        select(Org.org_code).where(Org.document_mark == mark, Org.org_code != org_code)
    ):
        raise OrganisationRefused(f"发文代字『{mark}』已被其他机构使用", field="document_mark")


def _check_place(session: Session, details: Details) -> None:
    kinds = domains.current().org_kinds
    kind = kinds.get(details.kind)
    if kind is None:
        raise OrganisationRefused("请选择机构类别", field="kind")
    parent = get(session, details.parent_code) if details.parent_code else None
    if parent is not None and parent.status != "active":
        raise OrganisationRefused("上级机构已停用", field="parent_code")
    if kind.below is not None and (parent.kind if parent else "") != kind.below:
        below = f"的上级机构应为{kinds[kind.below].title}" if kind.below else "没有上级机构"
        raise OrganisationRefused(f"{kind.title}{below}", field="parent_code")


def _grants_of(org_code: str) -> Select[tuple[int]]:
    one = AuthorityGrant
    return select(one.id).where(
        or_(one.grantor == org_code, one.grantee == org_code), one.status == "active"
    )


def _holds_grants(session: Session, org_code: str) -> bool:
    return session.scalar(_grants_of(org_code).limit(1)) is not None


def above(path: str) -> str:
    """The path of the organisation above: `/A/B/` → `/A/`; the top stays the top."""
    upper = path.rstrip("/").rpartition("/")[0]
    return f"{upper}/" if upper else path
