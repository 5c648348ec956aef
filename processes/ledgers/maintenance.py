"""Keeping a ledger by hand: the dictionaries of an agency, by those whose role it is.

Invariant: which ledgers, with which form and in which roles is data of the domains (`maintained`);
somebody keeps records of the own organisations and of those below them only. A record is never
deleted, only taken out of use. A ledger without a form is looked after: its records are seen, and
changed by the processes that can be begun there.
"""

from collections.abc import Mapping
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from engine import clock
from engine.errors import Forbidden, NotFound
from forms import definition as forms
from forms.definition import FormDefinition, FormInvalid
from processes import registers
from processes.casework import sources
from processes.deployed import offers
from processes.domains import domains
from processes.domains.keeping import Maintenance
from processes.identity import audit, organisations
from processes.identity.identity import User
from processes.ledgers import beginnings
from processes.ledgers.beginnings import Operation
from processes.model.records import RegisterRecord
from processes.registers import Record, RecordInvalid, Trace, reach
from processes.registers.definition import Definition

Answers = Mapping[str, Any]


def kept(register: str) -> Maintenance | None:
    """How a ledger is looked after; None if it is not."""
    return domains.current().maintained.get(register)


def may_keep(register: str, by: User) -> bool:
    """Whether one of the user's roles keeps this ledger by hand."""
    told = kept(register)
    return bool(told and told.form) and looks_after(register, by)


def looks_after(register: str, by: User) -> bool:
    """Whether one of the user's roles looks after this ledger, by hand or by processes."""
    return bool(organisations_of(register, by))


def area(register: str, by: User) -> list[str]:
    """Paths of the organisations whose records the user keeps."""
    return sorted({by.path(org) for org in organisations_of(register, by)})


def records(ledger: Definition, by: User) -> ColumnElement[bool]:
    """The records of a ledger that a user keeps; one without organisations is everybody's."""
    if not (ledger.org or ledger.named_in):
        return RegisterRecord.register == ledger.register
    return reach.within(ledger, area(ledger.register, by))


def record(session: Session, code: str, record_id: int, *, by: User) -> RegisterRecord:
    """A record of a ledger (`code`) among those that the user looks after, by its row.

    Raises:
        NotFound: there is none.
    """
    found: RegisterRecord | None = None
    if looks_after(code, by):
        mine = records(registers.definition(code), by)
        query = select(RegisterRecord).where(mine, RegisterRecord.id == record_id)
        found = session.scalar(query)
    if found is None:
        raise NotFound("没有这条记录", record=record_id)
    return found


def operations(session: Session, register: str, *, by: User) -> Mapping[str, Operation]:
    """What the user may begin from a ledger that he looks after, by code."""
    told = kept(register)
    if told is None or not looks_after(register, by):
        return {}
    found = _operations(register)
    return {code: one for code, one in found.items() if offers.may_start(session, one.apply, by=by)}


@cache
def _operations(register: str) -> Mapping[str, Operation]:
    told = kept(register)
    return beginnings.read(f"台账『{register}』", told.operations) if told else {}


def organisations_of(register: str, by: User) -> list[str]:
    """The organisations in which the user has a role that keeps a ledger."""
    told = kept(register)
    roles = told.roles if told else frozenset()
    return list(dict.fromkeys(org for role, org in by.roles if role in roles))


def offered(by: User) -> list[str]:
    """The ledgers a user keeps by hand."""
    return [register for register in domains.current().maintained if may_keep(register, by)]


def looked_after(by: User) -> list[str]:
    """The ledgers a user looks after, by hand or by processes."""
    return [register for register in domains.current().maintained if looks_after(register, by)]


def form(register: str) -> FormDefinition:
    """The form a ledger is kept with.

    Raises:
        NotFound: it is not kept by hand.
    """
    told = kept(register)
    if told is None or not told.form:
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
        Forbidden: not one of the ledgers that the user keeps by hand.
        NotFound: no such record among those the user keeps.
        TransitionRefused: the ledger declares no such way.
    """
    _require_keeper(register, by)
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


def _require_keeper(register: str, by: User) -> None:
    if not may_keep(register, by):
        raise Forbidden("您的岗位不维护这个台账", register=register)


def _values(
    session: Session, register: str, *, by: User, answers: Answers, node: str
) -> dict[str, Any]:
    _require_keeper(register, by)
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
