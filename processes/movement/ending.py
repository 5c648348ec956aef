"""Ends a case by order for good (作废), and takes up one that has ended (唤醒) (A.3).

Invariant: to void a case takes two persons; a case that has ended is never changed: it is taken up
as a new one, linked, from what was known at its end.
"""

from typing import Final

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from engine import clock, history, runtime
from engine.errors import Conflict, Forbidden
from engine.model import ProcessInstance
from engine.move_places import SEPARATOR
from engine.variables import Variables
from processes.casefile import opinions
from processes.casework import cases
from processes.identity import audit, numbers, organisations
from processes.identity.identity import User
from processes.identity.roles import Action
from processes.model.cases import Case, CaseLink, Opinion
from processes.model.documents import Document
from processes.movement import movement, recalling
from processes.rights import permissions
from processes.rights.duties import CONTINUES

ASKED: Final = "void_asked"
REFUSED: Final = "void_refused"
VOIDED: Final = "voided"
_LEFT: Final = frozenset({"case_status", "case_outcome", "due_on", "work_order_no"})
"""What a case that is taken up again does not take over."""


def pending(session: Session, case_id: int) -> Opinion | None:
    """The request to void a case that a second person has still to decide."""
    query = select(Opinion).where(
        Opinion.case_id == case_id, Opinion.action.in_((ASKED, REFUSED, VOIDED))
    )
    last = session.scalar(query.order_by(Opinion.id.desc()).limit(1))
    return last if last is not None and last.action == ASKED else None


def ask_to_void(session: Session, case_id: int, *, by: User, reason: str) -> None:
    """Ask to void a case (作废); nothing happens before a second person agrees.

    Raises:
        Forbidden: no permission. Conflict: no reason, asked already, or void already.
    """
    case = permissions.case(session, case_id, by=by, action=Action.VOID_CASE)
    movement.refuse_no_reason(reason, "作废须填写理由")
    if case.outcome == VOIDED:
        raise Conflict("办件已经作废", case=case_id)
    if pending(session, case_id) is not None:
        raise Conflict("已有作废申请等待复核", case=case_id)
    _note(session, case_id, by, ASKED, "申请作废", reason)


def void(session: Session, case_id: int, *, by: User, reason: str, agree: bool = True) -> None:
    """Decide on a request to void: end the case, and void its number and what was issued in it.

    Raises:
        Forbidden: no permission, or the same natural person asked. Conflict: nobody has asked.
    """
    case = permissions.case(session, case_id, by=by, action=Action.VOID_CASE)
    asked = pending(session, case_id)
    if asked is None:
        raise Conflict("没有等待复核的作废申请", case=case_id)
    keys = permissions.person_keys(session, {ASKED: {str(asked.by)}})
    if by.person_key in keys[ASKED] or asked.by == by.id:
        raise Forbidden("作废须由另一人复核", case=case_id)
    if not agree:
        movement.refuse_no_reason(reason, "不同意作废须填写理由")
        _note(session, case_id, by, REFUSED, "不同意作废", reason)
        return
    if case.ended_at is None:
        cases.terminate(session, case_id, by=by, reason=asked.text)
    session.execute(
        update(Case)
        .where(Case.id == case_id)
        .values(status="cancelled", outcome=VOIDED, step="", ended_at=case.ended_at or clock.now())
    )
    issued = update(Document).where(Document.case_id == case_id, Document.status == "issued")
    session.execute(issued.values(status="revoked"))
    _note(session, case_id, by, VOIDED, "作废", reason or asked.text)


def reopen(session: Session, case_id: int, *, by: User, at: str, basis: str, reason: str) -> Case:
    """Take up a case that has ended at one of its nodes (唤醒), as a new case that continues it.

    Raises:
        Forbidden: no permission. Conflict: it has not ended, is void, or basis or reason lack.
        MoveRefused: no such node to begin at.
    """
    case = permissions.case(session, case_id, by=by, action=Action.REOPEN_CASE)
    movement.refuse_no_reason(reason, "唤醒须填写理由")
    movement.refuse_no_reason(basis, "唤醒须写明法律依据")
    _refuse_reopening(session, case)
    instance = session.get_one(ProcessInstance, case_id)
    region = organisations.region(session, case.org_code or by.org_code)
    letter = case.reference[:1] if case.reference[:1] in numbers.LETTERS else "Y"
    number = numbers.work_order(session, letter, region, clock.today())
    known: Variables = {
        name: value
        for name, value in runtime.variables(session, case_id).items()
        if name not in _LEFT
    }
    path = at.split(SEPARATOR)
    made = runtime.restart(
        session,
        instance.definition_id,
        at=runtime.Midway(path, recalling.remembered(session, case_id, path)),
        by=str(by.id),
        variables={**known, "work_order_no": number, "continues": case.reference},
        business_key=number,
    )
    session.add(CaseLink(case_id=made.id, other_id=case_id, relation=CONTINUES))
    text = f"{reason}\n依据：{basis}"
    _note(session, made.id, by, "reopened", f"唤醒（原工作单 {case.reference}）", text)
    session.flush()
    return session.get_one(Case, made.id)


def _refuse_reopening(session: Session, case: Case) -> None:
    if case.ended_at is None:
        raise Conflict("办件尚未办结，不能唤醒", case=case.id)
    if case.outcome == VOIDED:
        raise Conflict("办件已经作废，不能唤醒", case=case.id)
    query = (
        select(Case.reference)
        .join(CaseLink, CaseLink.case_id == Case.id)
        .where(
            CaseLink.other_id == case.id,
            CaseLink.relation == CONTINUES,
            Case.ended_at.is_(None),
        )
    )
    if (running := session.scalar(query.limit(1))) is not None:
        raise Conflict(f"已在工作单 {running} 中继续办理", case=case.id)


def _note(session: Session, case_id: int, by: User, action: str, title: str, text: str) -> None:
    opinions.record(
        session, case_id, by=by, activity=action, activity_name=title, text=text, action=action
    )
    subject = ("case", case_id)
    audit.record(session, f"case.{action}", by=by, subject=subject, detail=text)
    history.append(session, case_id, f"case.{action}", by=str(by.id), reason=text)
