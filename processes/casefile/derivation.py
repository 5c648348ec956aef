"""Keeps the case row in step with its process instance, inside the step's own transaction.

Invariant: status, outcome, organisation, due date and current step of a case are what its process
says in the variables below; no other code sets them. Variables read from the root scope, the
status also from a process called at the moment (supplement_pending within `common_acceptance`):
`case_title`, `case_kind`, `case_status`, `case_outcome`, `case_amount` (yuan), `org`, `channel`,
`applicant` (context: user, name, org, id_no), `accepted_on`, `due_on`, `case_reason` (why it ended
as it did, kept as the step of a case that is over); and `case_step`, what the case stands at while
nobody has a task in it, and `materials`, the checklist, from any scope.
"""

import math
import secrets
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any, Final

from sqlalchemy import case, insert, literal, select, update
from sqlalchemy.orm import Session

from engine import clock, store
from engine.execution import Execution
from engine.model import ProcessInstance
from engine.record import DELETED, StepRecord
from engine.variables import Variables
from engine.waiting import MessageWait, SignalWait, UserTaskWait, Wait
from processes import keys
from processes.casefile import backfill, facets, searching
from processes.identity import identity
from processes.model.cases import Case, Opinion

READ: Final[frozenset[str]] = frozenset(
    {
        "case_title",
        "case_kind",
        "case_status",
        "case_outcome",
        "case_amount",
        "case_reason",
        "org",
        "channel",
        "applicant",
        "accepted_on",
        "due_on",
    }
)
UNDER_WAY: Final = (
    *("submitted", "accepted", "supplement_pending", "in_progress", "waiting_external"),
    "suspended",
)
"""Statuses in which nothing has ended yet."""
CALLED: Final = frozenset({"case_status", "case_outcome", "accepted_on", "due_on"})
_SOUGHT: Final = frozenset({"reference", "title", "applicant_name", "id_no_tail"})
_QUERY_ALPHABET: Final = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
_STEP_LENGTH: Final = 200
_ASKING: Final = "supplement_pending"


def register() -> None:
    """Have every saved step derive its case row; calling it again changes nothing."""
    if derive not in store.observers:
        store.observers.append(derive)


def derive(session: Session, execution: Execution, step: StepRecord) -> None:
    """Insert or update the row of the case; called by the store before it commits."""
    root = execution.scopes[execution.instance_id]
    if execution.revision == 1:
        said = {**root.variables, **_called(execution, step)}
        values = _new(session, execution, said)
        session.execute(insert(Case).values(**values))
        names = (values["applicant_name"], values["title"])
        called = values["reference"]
        numbers = (called, _first_with(session, execution, beside=called))
        found = searching.words_of(numbers, names, values["id_no_tail"])
        searching.lay_down(session, execution.instance_id, found)
        _list(session, execution, root.variables, new=True)
        return
    written = step.variable_deltas.get(root.id, {}).keys()
    changed = READ & written
    said = {name: root.variables.get(name) for name in changed}
    values = _derived(execution, {**said, **_called(execution, step)})
    if execution.completed:
        values["status"] = _at_the_end(values.get("status", Case.status))
    if "work_order_no" in written:
        values.update(
            _numbered(session, execution.instance_id, root.variables.get("work_order_no"))
        )
    session.execute(update(Case).where(Case.id == execution.instance_id).values(**values))
    if _SOUGHT & values.keys() or "work_order_no" in written:
        searching.rewrite(session, execution.instance_id, own=_first_with(session, execution))
    _list(session, execution, {name: root.variables.get(name) for name in written}, new=False)


def _list(session: Session, execution: Execution, said: Variables, *, new: bool) -> None:
    """Keep what was said of the fields by which the model lets lists be filtered."""
    key = execution.compiled.key
    listed = {*facets.named(execution.compiled.process), *backfill.names(session, key)}
    wanted = {name: said[name] for name in listed if name in said}
    facets.lay_down(session, execution.instance_id, wanted, new=new)


def said(execution: Execution, step: StepRecord) -> Variables:
    """What a step wrote into the case's own variables, and what called processes say of it."""
    written = step.variable_deltas.get(execution.instance_id, {})
    found = {name: value for name, value in written.items() if value is not DELETED}
    return {**found, **_called(execution, step)}


def told_by(execution: Execution, step: StepRecord) -> Variables:
    """The variables of the called processes that said something of the case in a step."""
    found: Variables = {}
    for scope in execution.scopes.values():
        said = CALLED & scope.written & step.variable_deltas.get(scope.id, {}).keys()
        if said and scope.isolated and scope.parent_id is not None:
            found.update(scope.variables)
    return found


def _called(execution: Execution, step: StepRecord) -> Variables:
    """What a called process under way says of the case: it cannot write into the root scope.

    Names that it merely inherited do not count, so two called at once do not take turns. Where two
    wait for the applicant, the case is asked for a supplement until the last of them has it.
    """
    said: Variables = {}
    asking = False
    for scope in execution.scopes.values():
        if scope.isolated and scope.parent_id is not None:
            names = CALLED & scope.written & step.variable_deltas.get(scope.id, {}).keys()
            said.update({name: scope.variables.get(name) for name in names})
            own = scope.variables.get("case_status") if "case_status" in scope.written else None
            asking = asking or own == _ASKING
    return {**said, "case_status": _ASKING} if asking and "case_status" in said else said


def _new(session: Session, execution: Execution, variables: Variables) -> dict[str, Any]:
    process = execution.compiled
    values = {
        "id": execution.instance_id,
        "reference": _reference(session, execution.instance_id, variables.get("work_order_no")),
        "query_code": "".join(secrets.choice(_QUERY_ALPHABET) for _ in range(8)),
        "process_key": process.key,
        "title": process.name or process.key,
        "kind": "",
        "channel": "",
        "applicant_name": "",
        "id_no_tail": "",
        "outcome": "",
        "status": "submitted",
        "submitted_at": clock.now(),
        "urge_count": 0,
        **_derived(execution, variables),
    }
    if execution.completed:
        values["status"] = _at_the_end(literal(values["status"]))
    return values


def _at_the_end(status: Any) -> Any:
    """The status of a case that ended: what its process says, if that is how something can end."""
    said = literal(status) if isinstance(status, str) else status
    return case((said.in_(UNDER_WAY), "completed"), else_=said)


def _reference(session: Session, instance_id: int, work_order_no: Any) -> str:
    """The business key; a second case that a message starts with the same one has its own number.

    That is the work-order number it was given, if no other case bears it, or the key and its id
    until it is given one.
    """
    taken = select(Case.id).where(Case.reference == ProcessInstance.business_key).exists()
    found = session.execute(
        select(ProcessInstance.business_key, taken).where(ProcessInstance.id == instance_id)
    ).one()
    if not found.business_key:
        return str(instance_id)
    if not found[1]:
        return str(found.business_key)
    return _own(session, work_order_no) or told_apart(found.business_key, instance_id)


def _own(session: Session, work_order_no: Any) -> str:
    """The work-order number a case was given, if no other case bears it; else empty."""
    own = str(work_order_no or "")[:64]
    taken = bool(own) and session.scalar(select(Case.id).where(Case.reference == own)) is not None
    return "" if taken else own


def _numbered(session: Session, instance_id: int, work_order_no: Any) -> dict[str, Any]:
    """The number of a case that was told apart from another until it was given its own.

    What was said in it is sealed with its number, so that one that has opinions keeps it.
    """
    said = select(Opinion.id).where(Opinion.case_id == Case.id).exists()
    reference, key, sealed = session.execute(
        select(Case.reference, ProcessInstance.business_key, said)
        .join(ProcessInstance, ProcessInstance.id == Case.id)
        .where(Case.id == instance_id)
    ).one()
    if sealed or not key or reference != told_apart(key, instance_id):
        return {}
    own = _own(session, work_order_no)
    return {"reference": own} if own else {}


def _first_with(session: Session, execution: Execution, *, beside: str = "") -> str:
    """The work-order number a case says of itself; empty if `beside`, or an earlier case bears it.

    A case from elsewhere is called by the number it came with and has one of ours beside it.
    """
    number = str(execution.scopes[execution.instance_id].variables.get("work_order_no") or "")[:64]
    if number in ("", beside):
        return ""
    others = Case.reference == number, Case.id < execution.instance_id
    return "" if session.scalar(select(Case.id).where(*others)) else number


def told_apart(reference: str, instance_id: int) -> str:
    """The reference of a case whose own another bears: that one and the instance's id."""
    return f"{reference[:44]}-{instance_id}"


def _derived(execution: Execution, variables: Mapping[str, Any]) -> dict[str, Any]:
    values: dict[str, Any] = {"step": _step(execution)}
    for name, column in (
        ("case_title", "title"),
        ("case_kind", "kind"),
        ("case_status", "status"),
        ("case_outcome", "outcome"),
        ("channel", "channel"),
    ):
        if variables.get(name):
            values[column] = str(variables[name])
    if "case_amount" in variables:
        values["amount"] = _fen(variables["case_amount"])
    if "org" in variables:
        values["org_code"] = variables["org"] or None
    values.update(_dates(variables))
    if isinstance(variables.get("applicant"), dict):
        values.update(_applicant(variables["applicant"]))
    if execution.completed:
        values["ended_at"] = clock.now()
    return values


def _dates(variables: Mapping[str, Any]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    if isinstance(variables.get("due_on"), date):
        values["due_on"] = variables["due_on"]
    if isinstance(variables.get("accepted_on"), date):
        values["accepted_at"] = clock.midnight(variables["accepted_on"])
    return values


def _fen(amount: Any) -> int | None:
    """An amount of yuan in fen, a broken fen rounded up; None where it is no amount."""
    if isinstance(amount, bool) or not isinstance(amount, int | Decimal) or amount < 0:
        return None
    return math.ceil(amount * 100)


def _applicant(applicant: Mapping[str, Any]) -> dict[str, Any]:
    id_no = applicant.get("id_no")
    values: dict[str, Any] = {
        "applicant_name": str(applicant.get("name") or ""),
        "applicant_org": applicant.get("org") or None,
    }
    if applicant.get("user"):
        values["applicant_user"] = int(applicant["user"])
    if isinstance(id_no, str) and id_no:
        values["id_no_hash"] = keys.keyed_hash(id_no, purpose="identity")
        values["id_no_tail"] = id_no[-4:]
        values["applicant_person_key"] = identity.person_key(id_no)
    return values


def _step(execution: Execution) -> str:
    """What the case waits for, in the words of the model; messages that only may come left out."""
    waits = execution.waits.values()
    names = [wait.name or wait.activity for wait in waits if isinstance(wait, UserTaskWait)]
    names += [
        wait.public_title for wait in waits if isinstance(wait, MessageWait) and not wait.beside
    ]
    said = "、".join(dict.fromkeys(name for name in names if name))[:_STEP_LENGTH]
    if execution.completed:
        return _why(execution)
    if any(isinstance(wait, UserTaskWait) for wait in waits):
        return said
    waiting = any(_awaited(wait) for wait in waits)
    return _told(execution) or said or ("等待对方答复" if waiting else "系统办理中")


def _told(execution: Execution) -> str:
    """What the innermost process under way says the case stands at (`case_step`), if any does."""
    telling = [one for one in execution.scopes.values() if "case_step" in one.written]
    said = telling[-1].variables.get("case_step") if telling else None
    return str(said or "")[:_STEP_LENGTH]


def _why(execution: Execution) -> str:
    """Why the case ended as it did (`case_reason`), where its process says so."""
    said = execution.scopes[execution.instance_id].variables.get("case_reason")
    return str(said or "")[:_STEP_LENGTH]


def _awaited(wait: Wait) -> bool:
    return isinstance(wait, MessageWait | SignalWait) and not wait.beside
