"""Reading the audit trail: whose chains an auditor sees, and the rows that are asked for.

Invariant: an auditor sees the chains of the own organisations and of those below; the chain of
nobody's organisation (the system, people of the public) is seen from the top of a tree alone. Rows
come in the order in which they were written, the last first.
"""

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from sqlalchemy import ColumnElement, Select, and_, exists, func, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from engine import clock
from engine.errors import NotFound
from forms.standards import mask_name, mask_number
from processes import registers
from processes.domains import domains
from processes.identity import audit, organisations
from processes.identity.audit import SYSTEM, Broken
from processes.identity.identity import User
from processes.identity.roles import Action
from processes.model.cases import Case, Opinion
from processes.model.people import AuditEvent, AuditHead, Org, UserAccount
from processes.rights import permissions

CHAIN: Final = "audit_chain"
"""The kind of the subject of a verification; its id is the agency of the chain."""
OTHERS: Final = frozenset(
    {"user", "org", "case", "task", "definition", "process_definition", "model_draft", "token"}
    | {"authority_grant", "substitution", "incident", "inquiry", "calendar_version", "adapter"}
    | {"job", CHAIN}
)
"""What rows are about besides records of ledgers."""
MOST_COUNTED: Final = 10_000
"""Counting stops here: a page never waits for the count of millions."""
_LONG: Final = re.compile(r"(?<![0-9A-Za-z])\d{7,}[\dXx]?(?![0-9A-Za-z])")


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What an auditor asks for; `agency` empty: every chain in his area.

    `who`: part of a name, or a login name. `what`: an action. `of`: the number of a case, a login
    name, or the id of anything else. `after`: the place of the last row of the page before.
    """

    agency: str = ""
    who: str = ""
    what: str = ""
    of: str = ""
    since: date | None = None
    until: date | None = None
    after: int | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """A row with the names of whom and what it tells, as far as an auditor may read them."""

    row: AuditEvent
    actor: str
    unit: str
    principal: str
    subject: str


@dataclass(frozen=True, slots=True)
class Chain:
    """The chain of one organisation; `name` is empty for nobody's."""

    agency: str
    name: str
    length: int


def chains(session: Session, by: User) -> list[Chain]:
    """The chains an auditor sees, in the order of the tree."""
    query = (
        select(AuditHead.agency, func.coalesce(Org.name, ""), AuditHead.sequence)
        .outerjoin(Org, Org.org_code == AuditHead.agency)
        .where(seen(AuditHead.agency, by))
        .order_by(Org.path.is_(None), Org.path, AuditHead.agency)
    )
    return [Chain(*one) for one in session.execute(query).tuples()]


def seen(agency: InstrumentedAttribute[str], by: User) -> ColumnElement[bool]:
    """The chains in an auditor's area, by the column that holds their agency."""
    paths = [one for one in permissions.allowed_orgs(by, Action.READ_AUDIT) if one]
    tops = [code for code, kind in domains.current().org_kinds.items() if kind.grants]
    top = exists().where(Org.path.in_(paths), Org.parent_code.is_(None), Org.kind.in_(tops))
    below = select(Org.org_code).where(organisations.below(paths))
    return or_(agency.in_(below), and_(agency == SYSTEM, top))


def rows(session: Session, asked: Asked, *, by: User, limit: int) -> list[Line]:
    """The rows asked for, from `asked.after` on."""
    at = place(asked)
    query = _wanted(session, asked, by)
    if asked.after is not None:
        query = query.where(at < asked.after)
    return _told(session, session.scalars(query.order_by(at.desc()).limit(limit)).all())


def place(asked: Asked) -> InstrumentedAttribute[int]:
    """What gives rows their order: the place in the one chain, or over several the id."""
    return AuditEvent.sequence if asked.agency else AuditEvent.id


def count(session: Session, asked: Asked, *, by: User) -> int:
    """How many rows there are, up to one more than `MOST_COUNTED`."""
    found = _wanted(session, asked, by).with_only_columns(AuditEvent.id).limit(MOST_COUNTED + 1)
    return session.scalar(select(func.count()).select_from(found.subquery())) or 0


def row(session: Session, event_id: int, *, by: User) -> Line:
    """One row in the auditor's sight.

    Raises:
        NotFound: there is none.
    """
    found = session.scalar(
        select(AuditEvent).where(AuditEvent.id == event_id, seen(AuditEvent.agency, by))
    )
    if found is None:
        raise NotFound("没有这条审计记录", event=event_id)
    return _told(session, [found])[0]


def verified(session: Session, agency: str, *, by: User) -> Broken | None:
    """Read a whole chain again and put on record what came of it.

    Raises:
        NotFound: it is not in the auditor's sight.
    """
    chain = next((one for one in chains(session, by) if one.agency == agency), None)
    if chain is None:
        raise NotFound("没有这个机构的审计记录", org=agency)
    broken = audit.verify(session, agency)
    result = "done" if broken is None else "failed"
    told = f"第 {broken.sequence} 条：{broken.reason}" if broken else f"{chain.length} 条"
    subject = (CHAIN, agency)
    audit.record(session, "audit.verified", by=by, subject=subject, detail=told, result=result)
    return broken


def last_verification(session: Session, agency: str) -> AuditEvent | None:
    """The row of the last time that a chain was read as a whole."""
    query = select(AuditEvent).where(
        AuditEvent.subject_kind == CHAIN, AuditEvent.subject_id == agency
    )
    return session.scalar(query.order_by(AuditEvent.id.desc()).limit(1))


def masked(text: str) -> str:
    """A text without the middle of its long numbers: identity numbers, telephones, accounts."""
    return _LONG.sub(lambda found: mask_number(found[0]), text)


def _wanted(session: Session, asked: Asked, by: User) -> Select[tuple[AuditEvent]]:
    where = [seen(AuditEvent.agency, by)]
    if asked.agency:
        where.append(AuditEvent.agency == asked.agency)
    if asked.who:
        where.append(AuditEvent.actor.in_(_people(session, asked.who)))
    if asked.what:
        where.append(AuditEvent.action == asked.what)
    if asked.of:
        where.append(_about(session, asked.of))
    if asked.since is not None:
        where.append(AuditEvent.at >= clock.midnight(asked.since))
    if asked.until is not None:
        where.append(AuditEvent.at < clock.midnight(asked.until + timedelta(days=1)))
    return select(AuditEvent).where(*where)


_MOST_PEOPLE: Final = 200


def _people(session: Session, who: str) -> list[str]:
    """The actors meant by a name: people, or a part of the system by its own name."""
    named = or_(UserAccount.login == who.lower(), UserAccount.name.contains(who, autoescape=True))
    found = session.scalars(select(UserAccount.id).where(named).limit(_MOST_PEOPLE))
    return [who, *(str(one) for one in found)]


def _about(session: Session, of: str) -> ColumnElement[bool]:
    """The rows about a case and its tasks, a person, or whatever has this id."""
    cases = session.scalars(select(Case.id).where(Case.reference == of)).all()
    tasks = session.scalars(
        select(Opinion.task_id).where(Opinion.case_id.in_(cases), Opinion.task_id.is_not(None))
    )
    users = session.scalars(select(UserAccount.id).where(UserAccount.login == of.lower()))
    meant: Mapping[str, Iterable[object]] = {"case": cases, "task": tasks, "user": users}
    kinds = [*OTHERS, *registers.definitions()]
    alternatives = [and_(AuditEvent.subject_kind.in_(kinds), AuditEvent.subject_id == of)]
    alternatives += [
        and_(AuditEvent.subject_kind == kind, AuditEvent.subject_id.in_([*map(str, ids)]))
        for kind, ids in meant.items()
    ]
    return or_(*alternatives)


def _told(session: Session, found: Sequence[AuditEvent]) -> list[Line]:
    people = _accounts(session, found)
    units = _names(session, {one.agency for one in found} | _ids(found, "org"))
    names = {"user": people, "org": units, CHAIN: units}
    names |= {"case": _cases(session, found), "task": _tasks(session, found)}
    return [
        Line(
            row=one,
            actor=people.get(one.actor, one.actor),
            unit=units.get(one.agency, ""),
            principal=people.get(one.on_behalf_of, one.on_behalf_of),
            subject=names.get(one.subject_kind, {}).get(one.subject_id) or masked(one.subject_id),
        )
        for one in found
    ]


def _ids(found: Iterable[AuditEvent], kind: str) -> set[str]:
    return {one.subject_id for one in found if one.subject_kind == kind}


def _numbers(ids: Iterable[str]) -> set[int]:
    return {int(one) for one in ids if one.isdigit()}


def _cases(session: Session, found: Collection[AuditEvent]) -> dict[str, str]:
    ids = _numbers(_ids(found, "case"))
    known = select(Case.id, Case.reference).where(Case.id.in_(ids))
    return {str(id_): reference for id_, reference in session.execute(known).tuples()}


def _tasks(session: Session, found: Collection[AuditEvent]) -> dict[str, str]:
    """The number of the case and the name of the step, for tasks that somebody did."""
    ids = _numbers(_ids(found, "task"))
    known = (
        select(Opinion.task_id, Case.reference, Opinion.activity_name)
        .join(Case, Case.id == Opinion.case_id)
        .where(Opinion.task_id.in_(ids))
    )
    return {str(id_): f"{number} {step}" for id_, number, step in session.execute(known).tuples()}


def _accounts(session: Session, found: Collection[AuditEvent]) -> dict[str, str]:
    """The names of accounts by id; those of the public are masked."""
    named = {one.actor for one in found} | {one.on_behalf_of for one in found}
    ids = _numbers(named | _ids(found, "user"))
    known = select(UserAccount.id, UserAccount.name, UserAccount.kind)
    return {
        str(id_): name if kind == "staff" else mask_name(name)
        for id_, name, kind in session.execute(known.where(UserAccount.id.in_(ids))).tuples()
    }


def _names(session: Session, codes: Collection[str]) -> dict[str, str]:
    known = select(Org.org_code, Org.name).where(Org.org_code.in_(codes))
    return dict(session.execute(known).tuples().all())
