"""Common phrases (常用语) for opinions: one's own, and those that an office shares (A.4).

Invariant: a phrase is its owner's, or an organisation's for all below it; who assigns work in an
organisation keeps those that it shares.
"""

from collections.abc import Sequence
from typing import Final

from sqlalchemy import delete, func, or_, select
from sqlalchemy.orm import Session

from engine.errors import Conflict, Forbidden, NotFound
from processes.identity import audit
from processes.identity.identity import User
from processes.identity.roles import Action
from processes.model.people import Org, Phrase
from processes.rights import permissions

MOST: Final = 30
_LENGTH: Final = 200


def of(session: Session, *, by: User) -> Sequence[Phrase]:
    """The phrases that a user may choose from: the own ones first, then those shared."""
    org = session.get(Org, by.org_code) if by.org_code else None
    above = [one for one in (org.path if org is not None else "").split("/") if one]
    query = select(Phrase).where(or_(Phrase.owner == by.id, Phrase.org_code.in_(above)))
    return session.scalars(query.order_by(Phrase.owner.is_(None), Phrase.id)).all()


def may_share(by: User) -> bool:
    """Whether a user keeps the phrases that the own office shares."""
    return bool(by.org_code) and permissions.allowed(by, Action.ASSIGN_TASK)


def keep(session: Session, text: str, *, by: User, shared: bool = False) -> Phrase:
    """Keep a phrase, for oneself or for the own office; one that is kept already stays one.

    Raises:
        Conflict: no text, too long, or too many. Forbidden: not this user's to share.
    """
    said = text.strip()
    if not said or len(said) > _LENGTH:
        raise Conflict(f"常用语应为 1 至 {_LENGTH} 个字", field="text")
    if shared and not may_share(by):
        raise Forbidden("您没有权限设置本单位共用的常用语")
    whose = Phrase.org_code == by.org_code if shared else Phrase.owner == by.id
    found = session.scalar(select(Phrase).where(whose, Phrase.text == said))
    if found is not None:
        return found
    if (session.scalar(select(func.count()).select_from(Phrase).where(whose)) or 0) >= MOST:
        raise Conflict(f"最多保存 {MOST} 条常用语，请先删除不用的")
    made = Phrase(
        text=said, owner=None if shared else by.id, org_code=by.org_code if shared else None
    )
    session.add(made)
    session.flush()
    if shared:
        audit.record(session, "phrase.shared", by=by, subject=("org", by.org_code))
    return made


def drop(session: Session, phrase_id: int, *, by: User) -> None:
    """Forget a phrase.

    Raises:
        NotFound: none of this user's. Forbidden: the office's, and not this user's to change.
    """
    found = session.get(Phrase, phrase_id)
    if found is None or found.owner not in (None, by.id):
        raise NotFound("没有这条常用语", phrase=phrase_id)
    if found.owner is None:
        if found.org_code != by.org_code:
            raise NotFound("没有这条常用语", phrase=phrase_id)
        if not permissions.allowed(by, Action.ASSIGN_TASK):
            raise Forbidden("您没有权限设置本单位共用的常用语")
    session.execute(delete(Phrase).where(Phrase.id == phrase_id))
