"""The tree of organisations.

Invariant: a path is the parent's path and the own code; moving an organisation moves its subtree.
"""

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.errors import BanliError, NotFound
from processes.model.people import Org


class OrganisationRefused(BanliError):
    """An organisation cannot be added or moved like this."""

    code = "organisation_refused"


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
