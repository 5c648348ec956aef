"""The printed approval form of a case (审批单): what was applied for, who decided what, on paper.

Invariant: it says what the case file says at the moment it is printed, personal values masked; the
hash on it is that of the opinions as they are kept, so a paper can be held against the file.
Source: case-operations A.4, A.5 (printable approval form).
"""

import hashlib
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Final

import orjson
from sqlalchemy import select
from sqlalchemy.orm import Session

from engine import clock
from forms import printing
from processes import audit, documents, opinions, overview, permissions, sources
from processes.identity import User
from processes.model.cases import Case, Opinion
from processes.model.people import Org
from processes.roles import Action

_TEMPLATE: Final = Path(__file__).with_name("letters") / "approval_form.yaml"


def pdf(session: Session, case_id: int, *, by: User) -> tuple[str, bytes]:
    """File name and bytes of the form of a case; printing it is on record.

    Raises:
        NotFound: not in the user's scope. Forbidden: no right to print.
    """
    case = permissions.case(session, case_id, by=by, action=Action.PRINT_DOCUMENT)
    said = opinions.of_case(session, case_id)
    template = documents.read(_TEMPLATE.read_bytes(), _TEMPLATE.name)
    values = {
        "facts": _facts(session, case),
        "lines": _lines(session, case, by),
        "opinions": [_line(one) for one in said],
        "printed_at": _moment(clock.now()),
        "digest": digest(said),
    }
    audit.record(session, "case.printed", by=by, subject=("case", case_id), detail="审批单")
    return f"审批单_{case.reference}.pdf", documents.render(template, values)


def digest(said: Sequence[Opinion]) -> str:
    """SHA-256 (hex) of opinions in order: ids, authors, decisions, texts, instants.

    Where an agent acted, the principal too.
    """
    told = [
        [one.id, one.by, one.activity, one.decision, one.text, one.at]
        + ([one.acting_for] if one.acting_for else [])
        for one in said
    ]
    return hashlib.sha256(orjson.dumps(told)).hexdigest()


def _facts(session: Session, case: Case) -> list[dict[str, str]]:
    name = session.scalar(select(Org.name).where(Org.org_code == case.org_code)) or ""
    told = {
        "工作单号": case.reference,
        "事项": case.title,
        "申请人": case.applicant_name,
        "办理机关": name,
        "提交时间": _moment(case.submitted_at),
        "受理日期": _moment(case.accepted_at)[:10] if case.accepted_at else "",
        "办结时间": _moment(case.ended_at) if case.ended_at else "",
    }
    return [{"label": label, "text": text} for label, text in told.items() if text]


def _lines(session: Session, case: Case, by: User) -> list[dict[str, str]]:
    found = overview.application(session, case.id)
    if found is None:
        return []
    form, variables = found
    blocks = printing.blocks(form, variables, lookups=sources.lookups(session, by))
    told = [{"label": label, "text": text} for one in blocks for label, text in one.lines]
    for table in (table for one in blocks for table in one.tables):
        rows = "；".join("，".join(filter(None, row)) for row in table.rows)
        told.append({"label": table.label, "text": rows or "—"})
    return told


def _line(one: Opinion) -> dict[str, str]:
    acting = f"{one.by_name} 代 {one.acting_for_name}" if one.acting_for else one.by_name
    person = f"{acting}（{one.by_org}）" if one.by_org else acting
    return {
        "activity": one.activity_name,
        "decision": one.decision or "—",
        "text": one.text or "—",
        "person": person,
        "at": _moment(one.at),
    }


def _moment(at: datetime) -> str:
    return at.astimezone(clock.SHANGHAI).strftime("%Y-%m-%d %H:%M")
