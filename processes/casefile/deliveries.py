"""The ways of a notice beside the box: telephone, mail, the channels of the public.

Which ways there are is data (`notice_channels` of the domains), which of them somebody wants is his
own choice. One is tried at a time, as a job of its own; one that refuses, or is down for long,
gives way to the next.

Invariant: a notice goes once by a way; nothing of a case goes out but its title and number, and
the text is a template's. What fails here never holds up a case: the notice is in the box.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine import clock, feel, ids, jobs
from engine.jobs import JobWork
from engine.model import Dispatch
from processes import registers, settings
from processes.domains import domains
from processes.domains.channels import NoticeChannel
from processes.model.cases import Case, NoticeChoice, NoticeDelivery, Notification
from processes.model.people import PublicIdentity, UserAccount

TEMPLATES: Final = "notice_template"
TRIES: Final = 4
PATIENCE: Final = timedelta(minutes=10)
"""How long a way that is down is waited for before the next is taken."""
_open: set[str] = set()


def reach(topics: Collection[str]) -> None:
    """Say which services this installation reaches; replaces what was said before."""
    _open.clear()
    _open.update(topics)


def known() -> Mapping[str, NoticeChannel]:
    """Every way by its code, open here or not."""
    return domains.current().notice_channels


def offered() -> list[NoticeChannel]:
    """The ways that are open here."""
    return [one for one in known().values() if one.topic in _open]


@dataclass(frozen=True, slots=True)
class Choice:
    """What somebody chose, and where he can be reached at all."""

    channels: tuple[str, ...]
    mail: str
    reachable: Mapping[str, str]
    """Kind of address → the address, where it is known."""


def choice(session: Session, user_id: int) -> Choice:
    """By which ways a user wants his notices, the first first; none until he chooses."""
    kept = session.get(NoticeChoice, user_id)
    mail = (kept.mail or "") if kept else ""
    known = _addresses(session, user_id, mail)
    return Choice(tuple(kept.channels.split()) if kept else (), mail, known)


def choose(session: Session, user_id: int, *, channels: Sequence[str], mail: str) -> None:
    """Keep what a user chose; ways that are not offered are left out."""
    open_here = {one.code for one in offered()}
    wanted = [one for one in dict.fromkeys(channels) if one in open_here]
    made = NoticeChoice(
        user_id=user_id, channels=" ".join(wanted), mail=mail or None, changed_at=clock.now()
    )
    session.merge(made)
    session.flush()


def begin(session: Session, notice: Notification, *, usual: Sequence[str] = ()) -> None:
    """Send a new notice on its way; `usual` is taken by whoever has made no choice of his own."""
    if not _open:
        return
    kept = session.get(NoticeChoice, notice.user_id)
    wanted = tuple(kept.channels.split()) if kept else tuple(usual)
    if wanted:
        _next(session, notice, wanted)


def of_notices(
    session: Session, notices: Sequence[Notification]
) -> Mapping[int, Sequence[NoticeDelivery]]:
    """How far each of these notices has come, way by way."""
    found: dict[int, list[NoticeDelivery]] = {}
    if notices:
        named = [one.id for one in notices]
        query = select(NoticeDelivery).where(NoticeDelivery.notice_id.in_(named))
        for row in session.scalars(query.order_by(NoticeDelivery.id)):
            found.setdefault(row.notice_id, []).append(row)
    return found


def may_wait(work: JobWork) -> bool:
    """Whether a way that cannot be used just now is tried again, or given up for the next."""
    until = work.variables.get("give_up_at")
    return work.retries > 1 and bool(until is None or clock.now() < until)


def pause(work: JobWork) -> timedelta:
    """How long until a way that failed is tried again."""
    return jobs.backoff(TRIES - work.retries + 1)


def sent(session: Session, work: JobWork, receipt: str) -> None:
    """The notice has gone; ends the job in the same transaction."""
    jobs.finish(session, work)
    row = session.get_one(NoticeDelivery, _delivery(work))
    row.state, row.receipt, row.ended_at = "sent", receipt[:200], clock.now()


def refused(session: Session, work: JobWork, reason: str) -> None:
    """This way is closed: take the next one, if the receiver has another."""
    jobs.finish(session, work)
    row = session.get_one(NoticeDelivery, _delivery(work))
    row.state, row.reason, row.ended_at = "refused", reason[:500], clock.now()
    session.flush()
    _next(session, session.get_one(Notification, row.notice_id), _ways(work))


def _delivery(work: JobWork) -> int:
    return int(str(work.variables["delivery"]))


def _ways(work: JobWork) -> tuple[str, ...]:
    return tuple(str(work.variables.get("ways") or "").split())


def _next(session: Session, notice: Notification, wanted: Sequence[str]) -> None:
    """Give the first way that is open and leads to the receiver its job."""
    reachable = choice(session, notice.user_id).reachable
    open_here = {one.code: one for one in offered()}
    for position, code in enumerate(wanted):
        way = open_here.get(code)
        if way is None or not reachable.get(way.address):
            continue
        row = NoticeDelivery(notice_id=notice.id, channel=code)
        session.add(row)
        session.flush()
        session.add(_job(session, notice, way, row, reachable[way.address], wanted[position + 1 :]))
        session.flush()
        return


def _job(
    session: Session,
    notice: Notification,
    way: NoticeChannel,
    row: NoticeDelivery,
    address: str,
    after: Sequence[str],
) -> Dispatch:
    case = session.get(Case, notice.case_id) if notice.case_id else None
    number = case.reference if case else ""
    told = _told(session, notice, way, number)
    body = {name: feel.evaluate(one, {**told, "address": address}).value
            for name, one in way.body.items()}  # fmt: skip
    return Dispatch(
        id=ids.next_id(),
        instance_id=None,
        definition_id=0,
        activity="",
        topic=way.topic,
        correlation_key=number or str(notice.id),
        payload={
            **body,
            "delivery": str(row.id),
            "ways": " ".join(after),
            "give_up_at": clock.now() + PATIENCE,
        },
        retries=TRIES,
    )


def _told(
    session: Session, notice: Notification, way: NoticeChannel, number: str
) -> dict[str, Any]:
    """Title, text by its template, number and link; the link leads to the box, never to a case."""
    public = session.scalar(
        select(PublicIdentity.id).where(PublicIdentity.account_id == notice.user_id)
    )
    link = settings.current().public_url.rstrip("/") + (
        "/public/messages" if public else "/notices"
    )
    kept = registers.first(session, TEMPLATES, where={"channel": way.code}, statuses=["active"])
    text = str(kept.values["text"]) if kept else way.text
    places = {
        "{标题}": notice.title,
        "{单号}": f"（工作单号 {number}）" if number else "",
        "{网址}": link,
    }
    for place, value in places.items():
        text = text.replace(place, value)
    return {"title": notice.title, "text": text, "number": number, "link": link}


def _addresses(session: Session, user_id: int, mail: str) -> dict[str, str]:
    """Where somebody can be reached, as far as it is known."""
    account = session.get(UserAccount, user_id)
    identity = session.scalar(select(PublicIdentity).where(PublicIdentity.account_id == user_id))
    found = {
        "mail": mail or (account.email if account else ""),
        "phone": (account.phone if account else "") or "",
        "number": (identity.number if identity else account.id_no if account else "") or "",
    }
    return {kind: address for kind, address in found.items() if address}
