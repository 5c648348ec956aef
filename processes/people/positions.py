"""Who stands where in the office: heads of units, n-th superiors, posts, a region's authority.

Invariant: every answer is that of one day; whoever has left, or whose account is closed, is nobody.
A unit without a head of its own is under the head of the nearest unit above it.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import Session

from engine import clock
from engine.errors import BanliError, NotFound
from processes.identity import audit, organisations
from processes.identity.identity import User
from processes.identity.roles import Action
from processes.model.people import Org, Position, UserAccount
from processes.rights import permissions

HEAD: Final = "head"
DEPUTY: Final = "deputy"
POSTS: Final = {HEAD: "负责人", DEPUTY: "副职"}
"""Posts that the product knows; others are named by the house."""
_CODES: Final = {title: code for code, title in POSTS.items()}
LEVELS: Final = 10
_POST: Final = 64


class PositionRefused(BanliError):
    """A post cannot be given like this; `field` is what is wrong."""

    code = "position_refused"


@dataclass(frozen=True, slots=True)
class Holding:
    """A post that somebody holds, with the names."""

    id: int
    org_code: str
    org_name: str
    post: str
    user_id: int
    user_name: str
    valid_from: date | None
    valid_to: date | None

    @property
    def title(self) -> str:
        """The post in words."""
        return POSTS.get(self.post, self.post)


def holders(session: Session, post: str, org_code: str, *, on: date | None = None) -> list[int]:
    """Who holds a post in a unit on a day, by account id; the longest in it first."""
    query = (
        select(Position.user_id)
        .join(UserAccount, UserAccount.id == Position.user_id)
        .where(Position.post == post, Position.org_code == org_code, *_holds(on))
        .order_by(Position.valid_from, Position.id)
    )
    return list(dict.fromkeys(session.scalars(query)))


def head(session: Session, org_code: str, *, on: date | None = None) -> int | None:
    """The head of a unit on a day; of the nearest above it, where it has none of its own."""
    return next(_heads(session, org_code, on), None)


def superiors(
    session: Session, user_id: int, *, levels: int = LEVELS, on: date | None = None
) -> list[int]:
    """The superiors of somebody, the nearest first, at most so many levels up.

    The head of a unit stands under the head of the unit above; nobody is their own superior.
    """
    account = session.get(UserAccount, user_id)
    if account is None or not account.org_code or levels < 1:
        return []
    found: list[int] = []
    for one in _heads(session, account.org_code, on):
        if one == user_id:
            found = []  # what is below their own unit is not above them
        elif one not in found:
            found.append(one)
    return found[:levels]


def superior(
    session: Session, user_id: int, *, level: int = 1, on: date | None = None
) -> int | None:
    """The n-th superior of somebody on a day; None above the top."""
    found = superiors(session, user_id, levels=level, on=on)
    return found[level - 1] if 0 < level <= len(found) else None


def authority(session: Session, region_code: str, *, kind: str = "") -> str | None:
    """The organisation in charge of a region, else of the region around it (GB/T 2260)."""
    regions = dict.fromkeys([region_code, region_code[:4] + "00", region_code[:2] + "0000"])
    for region in regions:
        query = select(Org.org_code).where(Org.region_code == region, Org.status == "active")
        if kind:
            query = query.where(Org.kind == kind)
        found = session.scalar(query.order_by(Org.path, Org.org_code).limit(1))
        if found is not None:
            return str(found)
    return None


def of_org(session: Session, org_code: str, *, by: User) -> Sequence[Holding]:
    """Who holds which post in a unit, those of the past too, the newest first.

    Raises:
        NotFound: no such unit in the administrator's tree.
    """
    org = organisations.get(session, org_code)
    permissions.require(by, Action.MANAGE_ORGS, org)
    query = (
        select(Position, UserAccount.name)
        .join(UserAccount, UserAccount.id == Position.user_id)
        .where(Position.org_code == org_code)
        .order_by(Position.id.desc())
    )
    return [
        Holding(
            row.id, org_code, org.name, row.post, row.user_id, name, row.valid_from, row.valid_to
        )
        for row, name in session.execute(query).tuples()
    ]


def staff(session: Session, org_code: str) -> Sequence[UserAccount]:
    """Those who work in a unit or above it: whom it may have in a post, its own first."""
    org = session.get(Org, org_code)
    codes = [one for one in (org.path if org is not None else "").split("/") if one]
    query = select(UserAccount).where(
        UserAccount.org_code.in_(codes),
        UserAccount.kind == "staff",
        UserAccount.status == "active",
    )
    found = session.scalars(query.order_by(UserAccount.name, UserAccount.id)).all()
    return sorted(found, key=lambda one: one.org_code != org_code)


def appoint(  # noqa: PLR0913 - a post with its days, all by name
    session: Session,
    org_code: str,
    *,
    post: str,
    user_id: int,
    by: User,
    valid_from: date | None = None,
    valid_to: date | None = None,
) -> int:
    """Give somebody a post in a unit.

    Raises:
        NotFound: no such unit in the administrator's tree. PositionRefused: no post or no person
            named, days the wrong way round, or held already.
    """
    org = organisations.get(session, org_code)
    permissions.require(by, Action.MANAGE_ORGS, org)
    name = _CODES.get(post.strip(), post.strip())
    if not name or len(name) > _POST:
        raise PositionRefused("请填写岗位名称", field="post")
    account = session.get(UserAccount, user_id)
    if account is None or account.kind != "staff" or account.status != "active":
        raise PositionRefused("请选择在岗的工作人员", field="user")
    if valid_from is not None and valid_to is not None and valid_to < valid_from:
        raise PositionRefused("任职止日不能早于起日", field="valid_to")
    if user_id in holders(session, name, org_code, on=valid_from):
        raise PositionRefused(f"{account.name}已任此岗位", field="user")
    made = Position(
        org_code=org_code, post=name, user_id=user_id, valid_from=valid_from, valid_to=valid_to
    )
    session.add(made)
    session.flush()
    _record(session, "position.given", made, by=by)
    return made.id


def dismiss(session: Session, position_id: int, *, by: User, on: date | None = None) -> None:
    """End a post with a day, the day itself included; what was before stays on record.

    Raises:
        NotFound: no such post in the administrator's tree.
    """
    found = session.get(Position, position_id)
    if found is None:
        raise NotFound("没有这条任职记录", position=position_id)
    permissions.require(by, Action.MANAGE_ORGS, organisations.get(session, found.org_code))
    found.valid_to = on or clock.today()
    session.flush()
    _record(session, "position.ended", found, by=by)


def _heads(session: Session, org_code: str, on: date | None) -> Iterator[int]:
    """The heads of a unit and of those above it, from the bottom up."""
    org = session.get(Org, org_code)
    while org is not None:
        yield from holders(session, HEAD, org.org_code, on=on)[:1]
        org = session.get(Org, org.parent_code) if org.parent_code else None


def _holds(on: date | None) -> tuple[ColumnElement[bool], ...]:
    day = on or clock.today()
    return (
        or_(Position.valid_from.is_(None), Position.valid_from <= day),
        or_(Position.valid_to.is_(None), Position.valid_to >= day),
        UserAccount.status == "active",
        or_(UserAccount.valid_to.is_(None), UserAccount.valid_to >= day),
    )


def _record(session: Session, action: str, position: Position, *, by: User) -> None:
    audit.record(
        session,
        action,
        by=by,
        subject=("org", position.org_code),
        detail=f"{position.post} {position.user_id}",
    )
