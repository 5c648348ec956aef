"""Keeping a ledger by hand: the dictionaries of an agency, by those whose role it is.

Invariant: which ledgers, with which form and in which roles is data of the domains (`maintained`);
somebody keeps records of the own organisations and of those below them only. A record is never
deleted, only taken out of use.
"""

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from sqlalchemy import ColumnElement, and_, select
from sqlalchemy.orm import Session

from engine import clock
from engine.errors import Forbidden, NotFound
from forms import definition as forms
from forms.definition import FormDefinition, FormInvalid
from processes import registers
from processes.casework import sources
from processes.domains import domains
from processes.domains.domains import Maintenance
from processes.identity import audit, organisations
from processes.identity.identity import User
from processes.model.people import Org
from processes.model.records import RegisterRecord
from processes.registers import Record, RecordInvalid, Trace
from processes.registers.definition import Definition

Answers = Mapping[str, Any]


def kept(register: str) -> Maintenance | None:
    """How a ledger is kept by hand; None if it is not."""
    return domains.current().maintained.get(register)


def may_keep(register: str, by: User) -> bool:
    """Whether one of the user's roles keeps this ledger."""
    told = kept(register)
    return told is not None and any(role in told.roles for role, _org in by.roles)


def area(register: str, by: User) -> list[str]:
    """Paths of the organisations whose records the user keeps."""
    return sorted({by.path(org) for org in organisations_of(register, by)})


def records(ledger: Definition, by: User) -> ColumnElement[bool]:
    """The records of a ledger that a user keeps; one without organisations is everybody's."""
    mine = RegisterRecord.register == ledger.register
    if not ledger.org:
        return mine
    within = select(Org.org_code).where(organisations.below(area(ledger.register, by)))
    return and_(mine, RegisterRecord.org_code.in_(within))


def organisations_of(register: str, by: User) -> list[str]:
    """The organisations in which the user has a role that keeps a ledger."""
    told = kept(register)
    roles = told.roles if told else frozenset()
    return list(dict.fromkeys(org for role, org in by.roles if role in roles))


def offered(by: User) -> list[str]:
    """The ledgers a user keeps."""
    return [register for register in domains.current().maintained if may_keep(register, by)]


def form(register: str) -> FormDefinition:
    """The form a ledger is kept with.

    Raises:
        NotFound: it is not kept by hand.
    """
    told = kept(register)
    if told is None:
        raise NotFound("这个台账不在页面上维护", register=register)
    return _form(Path(told.folder) / "registers" / "forms" / f"{told.form}.yaml")


@lru_cache(maxsize=128)
def _form(path: Path) -> FormDefinition:
    return forms.read(path.read_bytes(), path.name)


def add(session: Session, register: str, *, by: User, answers: Answers, reason: str = "") -> Record:
    """Add a record.

    Raises:
        Forbidden: not one of the user's ledgers, or not the user's organisation.
        FormInvalid: the answers break a rule of the form or of the ledger; nothing changed.
    """
    values = _values(session, register, by=by, answers=answers, node="add")
    ledger = registers.definition(register)
    if ledger.org and not values.get(ledger.org):
        values[ledger.org] = _own_org(register, by)
    _require_own(session, register, values, by)
    trace = Trace(by=str(by.id), reason=reason)
    try:
        made = registers.create(session, register, values, trace=trace)
    except (RecordInvalid, registers.Duplicate) as refused:
        raise _refusal(register, refused, answers) from refused
    audit.record(session, "record.added", by=by, subject=(register, made.key))
    return made


def change(session: Session, register: str, key: str, *, by: User, answers: Answers) -> Record:
    """Change a record.

    Raises:
        NotFound: no such record among those the user keeps.
        FormInvalid: the answers break a rule of the form or of the ledger; nothing changed.
    """
    held = _held(session, register, key, by)
    known = {**held.values, **answers}
    values = _values(session, register, by=by, answers=answers, node="change")
    _require_own(session, register, {**held.values, **values}, by)
    try:
        made = registers.update(session, register, key, values, trace=Trace(by=str(by.id)))
    except (RecordInvalid, registers.Duplicate) as refused:
        raise _refusal(register, refused, known) from refused
    audit.record(session, "record.changed", by=by, subject=(register, key))
    return made


def switch(session: Session, register: str, key: str, *, by: User, reason: str) -> Record:
    """Take a record out of use, or back into it.

    Raises:
        NotFound: no such record among those the user keeps.
        TransitionRefused: the ledger declares no such way.
    """
    told, held = kept(register), _held(session, register, key, by)
    ledger = registers.definition(register)
    off = told.retired if told else ""
    to = ledger.initial if held.status == off else off
    trace = Trace(by=str(by.id), reason=reason)
    moved = registers.transition(session, register, key, to, trace=trace)
    audit.record(session, "record.switched", by=by, subject=(register, key))
    return moved


def _held(session: Session, register: str, key: str, by: User) -> Record:
    found = registers.get(session, register, key)
    _require_own(session, register, found.values, by)
    return found


def _values(
    session: Session, register: str, *, by: User, answers: Answers, node: str
) -> dict[str, Any]:
    if not may_keep(register, by):
        raise Forbidden("您的岗位不维护这个台账", register=register)
    context = {"user": by.told, "today": clock.today()}
    lookups = sources.lookups(session, by)
    found = form(register).validate(answers, context=context, node=node, lookups=lookups)
    known = registers.definition(register).fields
    return {name: value for name, value in found.items() if name in known}


def _own_org(register: str, by: User) -> str:
    return organisations_of(register, by)[0]


def _require_own(session: Session, register: str, values: Answers, by: User) -> None:
    """Refuse a record of an organisation that the user does not look after."""
    org = registers.definition(register).org
    if not org:
        return
    path = organisations.get(session, str(values.get(org))).path
    if not any(path.startswith(mine) for mine in area(register, by)):
        raise NotFound("没有这条记录", register=register)


def _refusal(
    register: str, refused: RecordInvalid | registers.Duplicate, answers: Answers
) -> FormInvalid:
    """A refusal of the ledger, laid at the field that it speaks of."""
    ledger = registers.definition(register)
    shown = [spec.name for spec in form(register).fields()]
    field = refused.field if isinstance(refused, RecordInvalid) else ledger.key
    if isinstance(refused, registers.Duplicate):
        rule = next((r for r in ledger.unique if r.message == refused.message), None)
        field = rule.fields[-1] if rule else ledger.key
    at = field if field in shown else shown[0]
    return FormInvalid({at: [refused.message]}, answers=answers)
