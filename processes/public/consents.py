"""免提交: what we hold about an applicant is filled in for him, after he has agreed to each item.

Invariant: nothing is fetched without a consent on record; only records that name the applicant's
own number, as the unified identity gave it, are offered or taken.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy.orm import Session

from engine import clock, feel
from engine.errors import Forbidden, NotFound
from forms import text
from processes import registers
from processes.casefile import drafts
from processes.identity import audit
from processes.identity.identity import Citizen, User
from processes.public.guides import Guide, Held, Offered
from processes.registers import Record, Trace

LEDGER: Final = "data_consent"
_IDENTITY: Final = "统一身份认证"
_MOST: Final = 50


@dataclass(frozen=True, slots=True)
class _Use:
    """Whose data is used for which application, by which channel he agreed."""

    session: Session
    offered: Offered
    by: User
    channel: str


@dataclass(frozen=True, slots=True)
class Choice:
    """A record about the applicant that may be used, in words."""

    key: str
    title: str


def choices(session: Session, held: Held, *, by: User) -> list[Choice]:
    """The applicant's own records of a kind."""
    found = registers.find(
        session,
        held.register,
        where={held.own: _holder(by).number},
        statuses=held.statuses,
        limit=_MOST,
    )
    return [Choice(one.key, _said(held, one)) for one in found]


def give(
    session: Session,
    offered: Offered,
    *,
    by: User,
    identity: bool,
    chosen: Mapping[str, str],
    channel: str,
) -> dict[str, Any]:
    """Record what the applicant agrees to, and keep what we hold in the draft of the application.

    `identity`: the data of the unified identity; `chosen`: kind of record → key of the record.
    Returns the answers filled in. They take the place of what was typed in those fields, since
    that is what the applicant has just asked for; every other field stays as it was.

    Raises:
        NotFound: a record is not his.
    """
    holder = _holder(by)
    guide = offered.guide
    known = {"holder": _told(holder)}
    use = _Use(session, offered, by, channel)
    filled: dict[str, Any] = {}
    if identity and guide.own:
        own = _own_fields(guide, chosen)
        _log(use, _IDENTITY, own)
        filled |= _filled(own, known)
    for code, key in chosen.items():
        held = guide.held.get(code)
        if held is None or not key:
            continue
        record = _own_record(session, held, key, by=by)
        _log(use, registers.definition(held.register).title, held.fills, record=key)
        filled |= _filled(held.fills, {**known, "record": dict(record.values)})
    if filled:
        subject = f"apply:{guide.key}"
        before = drafts.find(session, subject, by=by)
        typed = {name: value for name, value in before.answers.items() if value} if before else {}
        drafts.keep(
            session, subject, by=by, answers={**typed, **filled}, title=offered.service.title
        )
    return filled


def of_citizen(session: Session, by: User) -> Sequence[Record]:
    """What somebody has agreed to, the latest first."""
    number = _holder(by).number
    found = registers.find(session, LEDGER, where={"subject_no": number}, limit=200)
    return sorted(found, key=lambda one: one.key, reverse=True)


def withdraw(session: Session, key: str, *, by: User) -> None:
    """Take a consent back; what was done with it before stands (《个人信息保护法》第十五条).

    Raises:
        NotFound: it is not his.
    """
    record = registers.get(session, LEDGER, key)
    if record.values.get("subject_no") != _holder(by).number:
        raise NotFound("没有这项授权", key=key)
    if record.status == "given":
        registers.transition(session, LEDGER, key, "withdrawn", trace=Trace(by=str(by.id)))
    audit.record(session, "consent.withdrawn", by=by, subject=("data_consent", key))


def _own_fields(guide: Guide, chosen: Mapping[str, str]) -> Mapping[str, str]:
    """Where in the form the applicant himself stands, by the records of his that are used."""
    used = (guide.held[code].identity for code, key in chosen.items() if key and code in guide.held)
    return next((told for told in used if told), guide.own)


def _holder(by: User) -> Citizen:
    if by.citizen is None:
        raise Forbidden("须以统一身份认证登录")
    return by.citizen


def _told(holder: Citizen) -> dict[str, Any]:
    return {
        "kind": holder.kind,
        "name": holder.name,
        "id_no": holder.number,
        "phone": holder.phone,
        "handler": holder.handler,
    }


def _filled(fills: Mapping[str, str], known: Mapping[str, Any]) -> dict[str, Any]:
    found = {
        name: feel.evaluate(said.removeprefix("="), known).value for name, said in fills.items()
    }
    return {name: value for name, value in found.items() if value is not None}


def _own_record(session: Session, held: Held, key: str, *, by: User) -> Record:
    record = registers.get(session, held.register, key)
    own = record.values.get(held.own) == _holder(by).number
    if not own or (held.statuses and record.status not in held.statuses):
        raise NotFound("没有这条记录", key=key)
    return record


def _said(held: Held, record: Record) -> str:
    shown = (text.shown(record.values.get(name)) for name in held.label)
    return " · ".join(one for one in shown if one)


def _log(use: _Use, source: str, fields: Mapping[str, str], *, record: str = "") -> None:
    """One line of the ledger: who agreed to what, for what, when, by which channel."""
    holder, offered = _holder(use.by), use.offered
    form = offered.service.form
    labels = {spec.name: spec.label for spec in form.fields()} if form else {}
    made = registers.create(
        use.session,
        LEDGER,
        {
            "subject_name": holder.name,
            "subject_no": holder.number,
            "handler": holder.handler or None,
            "process": offered.guide.key,
            "purpose": f"办理{offered.guide.title.title}，预填申请、代替应交材料",
            "source": source,
            "items": "、".join(labels.get(name, name) for name in fields),
            "record": record or None,
            "channel": use.channel,
            "given_at": clock.now(),
            "recorded_by": str(use.by.id),
        },
        trace=Trace(by=str(use.by.id), reason="申请人同意"),
    )
    subject = (LEDGER, made.key)
    audit.record(use.session, "consent.given", by=use.by, subject=subject)
