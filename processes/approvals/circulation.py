"""抄送, 传阅: a case for information, sent by hand, by a node, or at its end (case-operations A.2).

Invariant: never blocks the flow. A person has one copy of a case; what is sent again adds to it.
With the copy comes the right to read this case, and nothing else. Nobody gets one who must not see
the case from inside: its applicant, and the three administrators.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from engine import clock, ids, store
from engine.errors import BanliError, Conflict, Forbidden, NotFound
from engine.execution import Execution
from engine.model import UserTask
from engine.record import CopyMark, StepRecord
from processes.casefile import notices, opinions
from processes.casefile.notices import Notice
from processes.clock import calendar
from processes.identity import audit, identity
from processes.identity.identity import User
from processes.identity.roles import Action
from processes.model.cases import Case
from processes.model.circulation import CaseCopy
from processes.model.people import UserAccount
from processes.people import colleagues
from processes.people.colleagues import Person
from processes.rights import permissions

OPERATION: Final = "copy"
MOST: Final = 50
"""To how many a case goes at once."""
_TEXT: Final = 500
_CHASE_AFTER: Final = 2
"""Working days until a reader is reminded by the system, and between two reminders."""
_CHASES: Final = 3


class CopyRefused(BanliError):
    """A copy that may not be sent, or a reply that is none."""

    code = "copy_refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """To whom a case goes, with which words, and what is asked of them."""

    people: Sequence[int]
    text: str = ""
    must_read: bool = False
    reply: bool = False


@dataclass(frozen=True, slots=True)
class Received:
    """A copy as its reader sees it; `sender` is empty where the model sent it."""

    row: CaseCopy
    case: Case
    sender: str

    @property
    def open(self) -> bool:
        """Whether something is still asked of the reader."""
        return owes(self.row)


def register() -> None:
    """Have every step send the copies its nodes name; calling it again changes nothing."""
    if settle not in store.observers:
        store.observers.append(settle)


def settle(session: Session, execution: Execution, step: StepRecord) -> None:
    """Send the copies that the nodes of a step ask for; who cannot have one is left out."""
    for mark in step.copies:
        case = session.get_one(Case, execution.instance_id)
        wanted = Wanted(
            people=_receivers(session, mark),
            text=mark.title,
            must_read=mark.must_read,
            reply=mark.reply,
        )
        admitted = [one for one in wanted.people if _kept_out(session, case, one) is None]
        _put(session, case, admitted, wanted, sender=None, name=mark.name)


def may_send(session: Session, case: Case, *, by: User) -> bool:
    """Whether a user may send copies of a case: by role, and as its open nodes allow."""
    try:
        permissions.case(session, case.id, by=by, action=Action.COPY_CASE)
    except (Forbidden, NotFound):
        return False
    told = select(UserTask.operations).where(UserTask.instance_id == case.id)
    return all(OPERATION in (words.split() or [OPERATION]) for words in session.scalars(told))


def people(session: Session, case: Case, *, by: User) -> Sequence[Person]:
    """To whom a user could send a case: colleagues of the office."""
    found = colleagues.insiders(session, by.org_code, _applicant(case))
    return [one for one in found if one.id != by.id]


def send(session: Session, case_id: int, wanted: Wanted, *, by: User) -> int:
    """Send copies of a case; returns how many had none before.

    Raises:
        NotFound: no such case for the user. Forbidden: no right, or an open node does not allow it.
        CopyRefused: nobody, too many, or somebody who must not have one.
    """
    case = permissions.case(session, case_id, by=by, action=Action.COPY_CASE)
    if not may_send(session, case, by=by):
        raise Forbidden("本环节不允许抄送", case=case_id)
    chosen = list(dict.fromkeys(wanted.people))
    if not chosen or len(chosen) > MOST:
        raise CopyRefused(f"请选择抄送给谁，一次不超过 {MOST} 人", field="people")
    office = {one.id: one.name for one in colleagues.staff(session, by.org_code)}
    for one in chosen:
        if one not in office:
            raise CopyRefused("只能抄送给本单位在岗人员", field="people")
        if reason := _kept_out(session, case, one):
            raise CopyRefused(f"{office[one]}{reason}", field="people")
    made = _put(session, case, chosen, wanted, sender=by, name=case.step)
    asked = "、".join(filter(None, ("须阅" * wanted.must_read, "须回复" * wanted.reply)))
    named = "、".join(office[one] for one in chosen)
    opinions.record(
        session,
        case_id,
        by=by,
        activity="copy",
        activity_name="",
        decision=f"抄送{named}{f'（{asked}）' if asked else ''}",
        text=wanted.text[:_TEXT],
        action="copied",
    )
    audit.record(session, "case.copied", by=by, subject=("case", case_id), detail=str(chosen))
    return made


def read(session: Session, copy_id: int, *, by: User) -> CaseCopy:
    """Say that one has read a case; saying so again changes nothing.

    Raises:
        NotFound: no copy of this user's.
    """
    row = own(session, copy_id, by=by)
    if row.read_at is None:
        row.read_at = clock.now()
        audit.record(session, "copy.read", by=by, subject=("case", row.case_id))
    session.flush()
    return row


def reply(session: Session, copy_id: int, *, by: User, text: str) -> CaseCopy:
    """Answer the sender of a copy; stands in the timeline and decides nothing.

    Raises:
        NotFound: no copy of this user's. CopyRefused: nothing said, or said already.
    """
    row = own(session, copy_id, by=by)
    said = text.strip()[:_TEXT]
    if not said:
        raise CopyRefused("请填写回复内容", field="text")
    if row.replied_at is not None:
        raise CopyRefused("已经回复过", field="text")
    row.reply, row.replied_at = said, clock.now()
    row.read_at = row.read_at or row.replied_at
    opinions.record(
        session,
        row.case_id,
        by=by,
        activity="copy",
        activity_name="",
        text=said,
        action="copy_replied",
    )
    audit.record(session, "copy.replied", by=by, subject=("case", row.case_id))
    if row.sender is not None:
        title = f"{by.name}已回复您抄送的办件"
        link = f"/cases/{row.case_id}"
        told = Notice(kind="copy.replied", title=title, body=said, case_id=row.case_id, link=link)
        notices.send(session, [row.sender], told)
    return row


def box(
    session: Session, by: User, *, unread: bool = False, after: int | None = None, limit: int = 50
) -> Sequence[Received]:
    """The copies a user has, the latest first; `after` is the id of the last one seen."""
    query = (
        select(CaseCopy, Case, UserAccount.name)
        .join(Case, Case.id == CaseCopy.case_id)
        .outerjoin(UserAccount, UserAccount.id == CaseCopy.sender)
        .where(CaseCopy.user_id == by.id)
    )
    if unread:
        query = query.where(CaseCopy.read_at.is_(None))
    if after is not None:
        query = query.where(CaseCopy.id < after)
    found = session.execute(query.order_by(CaseCopy.id.desc()).limit(min(limit, 101))).tuples()
    return [Received(row, case, sender or "") for row, case, sender in found]


def unread(session: Session, by: User) -> int:
    """How many copies a user has not read."""
    query = select(func.count()).select_from(CaseCopy)
    query = query.where(CaseCopy.user_id == by.id, CaseCopy.read_at.is_(None))
    return session.scalar(query) or 0


def of_user(session: Session, case_id: int, *, by: User) -> CaseCopy | None:
    """The copy that a user has of a case."""
    query = select(CaseCopy).where(CaseCopy.case_id == case_id, CaseCopy.user_id == by.id)
    return session.scalar(query)


def of_case(session: Session, case_id: int) -> Sequence[tuple[CaseCopy, str]]:
    """Who has a copy of a case, with their names, in the order in which they got it."""
    query = (
        select(CaseCopy, UserAccount.name)
        .join(UserAccount, UserAccount.id == CaseCopy.user_id)
        .where(CaseCopy.case_id == case_id)
        .order_by(CaseCopy.id)
    )
    return [(row, name) for row, name in session.execute(query).tuples()]


def chase(session: Session, case_id: int, *, by: User) -> int:
    """Remind those who have not read what they must, or not replied; returns how many.

    Raises:
        Forbidden: no right to send copies. Conflict: nobody is late, or all were reminded today.
    """
    permissions.case(session, case_id, by=by, action=Action.COPY_CASE)
    today = clock.today()
    late = [
        row
        for row, _name in of_case(session, case_id)
        if owes(row) and (row.chased_at is None or _day(row.chased_at) < today)
    ]
    if not late:
        raise Conflict("没有须催阅的人，或今天已经催过", case=case_id)
    _remind(session, late)
    audit.record(session, "copy.chased", by=by, subject=("case", case_id), detail=str(len(late)))
    return len(late)


def remind(session: Session) -> None:
    """Remind late readers of themselves: after two working days, three times at most."""
    today = clock.today()
    query = select(CaseCopy).where(
        CaseCopy.must_read.is_(True), CaseCopy.read_at.is_(None), CaseCopy.chased < _CHASES
    )
    late = [
        row
        for row in session.scalars(query.order_by(CaseCopy.id).limit(500))
        if calendar.working_days_between(_day(row.chased_at or row.sent_at), today) >= _CHASE_AFTER
    ]
    _remind(session, late)


def _remind(session: Session, late: Iterable[CaseCopy]) -> None:
    for row in late:
        row.chased_at, row.chased = clock.now(), row.chased + 1
        case = session.get_one(Case, row.case_id)
        asked = "阅读" if row.read_at is None else "回复"
        told = Notice(
            kind="copy.chased",
            title=f"请{asked}抄送给您的办件：{case.title}",
            body=f"工作单 {case.reference}",
            case_id=case.id,
            link=f"/cases/{case.id}",
        )
        notices.send(session, [row.user_id], told)


def owes(row: CaseCopy) -> bool:
    """Whether a reader still has to read or to reply."""
    return (row.must_read and row.read_at is None) or (row.wants_reply and row.replied_at is None)


def _put(
    session: Session,
    case: Case,
    people: Collection[int],
    wanted: Wanted,
    *,
    sender: User | None,
    name: str,
) -> int:
    held = select(CaseCopy).where(CaseCopy.case_id == case.id, CaseCopy.user_id.in_(people))
    present = {row.user_id: row for row in session.scalars(held)}
    for one in people:
        if one in present:
            _add_to(present[one], wanted, sender)
            continue
        session.add(
            CaseCopy(
                id=ids.next_id(),
                case_id=case.id,
                user_id=one,
                sender=sender.id if sender else None,
                activity_name=name[:200],
                text=wanted.text[:_TEXT],
                must_read=wanted.must_read,
                wants_reply=wanted.reply,
            )
        )
    session.flush()
    title = f"{sender.name}抄送给您：{case.title}" if sender else f"抄送：{case.title}"
    fresh = people if sender else [one for one in people if one not in present]
    told = Notice(
        kind="case.copied", title=title, body=wanted.text, case_id=case.id, link=f"/cases/{case.id}"
    )
    notices.send(session, fresh, told)
    return len(people) - len(present)


def _add_to(row: CaseCopy, wanted: Wanted, sender: User | None) -> None:
    """What is asked adds up; what a person sends anew, or must be read now, is unread again."""
    if sender is not None or (wanted.must_read and not row.must_read):
        row.read_at = None
    if sender is not None:
        row.sender, row.text, row.sent_at = sender.id, wanted.text[:_TEXT], clock.now()
    if wanted.reply and sender is not None:
        row.reply, row.replied_at = "", None
    row.must_read |= wanted.must_read
    row.wants_reply |= wanted.reply
    row.chased, row.chased_at = 0, None


def _receivers(session: Session, mark: CopyMark) -> list[int]:
    groups = [one for one in mark.to if "@" in one]
    named = {int(one) for one in mark.to if one.isascii() and one.isdigit()}
    users = [user.id for user in identity.active(session, named)]
    return list(dict.fromkeys([*identity.users_in_groups(session, groups), *users]))


def _kept_out(session: Session, case: Case, user_id: int) -> str | None:
    """Why somebody must not read a case from inside."""
    return colleagues.kept_out(identity.user(session, user_id), _applicant(case))


def _applicant(case: Case) -> frozenset[str]:
    return frozenset(filter(None, [case.applicant_person_key]))


def own(session: Session, copy_id: int, *, by: User) -> CaseCopy:
    """A copy of this user's.

    Raises:
        NotFound: none such.
    """
    row = session.get(CaseCopy, copy_id, populate_existing=True)
    if row is None or row.user_id != by.id:
        raise NotFound("没有这份抄送", copy=copy_id)
    return row


def _day(at: datetime) -> date:
    return at.astimezone(clock.SHANGHAI).date()
