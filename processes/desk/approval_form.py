"""The printed approval form of a case (审批单): what was applied for, who decided what, on paper.

Invariant: it says what the case file says at the moment it is printed, personal values masked; the
hashes on it are those of the opinions as they are kept, and each printing is kept under the code on
it, so a paper can be held against the file (`processes.desk.printed_forms`); an opinion that is not
as it was given, or is missing, is told.
Source: case-operations A.4, A.5 (printable approval form).
"""

import hashlib
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine import clock
from forms import printing
from processes.casefile import opinions, sealing
from processes.casework import overview, sources
from processes.desk import backentry
from processes.documents import documents, files
from processes.identity import audit
from processes.identity.identity import User
from processes.identity.roles import Action
from processes.model.cases import Case, Opinion
from processes.model.documents import PrintedForm
from processes.model.people import Org
from processes.rights import permissions

ALTERED: Final = "已被改动"
_TEMPLATE: Final = Path(__file__).parents[1] / "letters" / "approval_form.yaml"


def pdf(session: Session, case_id: int, *, by: User) -> tuple[str, bytes]:
    """File name and bytes of the form of a case; printing it is on record.

    Raises:
        NotFound: not in the user's scope. Forbidden: no right to print.
    """
    case = permissions.case(session, case_id, by=by, action=Action.PRINT_DOCUMENT)
    said = sealing.in_order(opinions.of_case(session, case_id))
    examined = sealing.examine(session, case, said)
    code = documents.new_code()
    template = documents.read(_TEMPLATE.read_bytes(), _TEMPLATE.name)
    values = {
        "facts": _facts(session, case),
        "lines": _lines(session, case, by),
        "opinions": [_line(one, altered=one.id in examined.altered) for one in said],
        "checked": _checked(said, examined),
        "printed_at": _moment(clock.now()),
        "digest": examined.links[-1] if said else "",
        "verification_code": code,
        "verification_url": documents.verification_url(code),
    }
    audit.record(session, "case.printed", by=by, subject=("case", case_id), detail="审批单")
    printed = documents.render(template, values, images=lambda digest: files.read(session, digest))
    session.add(
        PrintedForm(
            code=code,
            case_id=case_id,
            opinions=len(said),
            head=values["digest"],
            sha256=hashlib.sha256(printed).hexdigest(),
            printed_by=by.id,
        )
    )
    return f"审批单_{case.reference}.pdf", printed


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
    blocks = printing.blocks(form, variables, lookups=sources.lookups(session, by, as_filed=True))
    told = [{"label": label, "text": text} for one in blocks for label, text in one.lines]
    for table in (table for one in blocks for table in one.tables):
        rows = "；".join("，".join(filter(None, row)) for row in table.rows)
        told.append({"label": table.label, "text": rows or "—"})
    return told


def _line(one: Opinion, *, altered: bool) -> dict[str, str | None]:
    acting = f"{one.by_name} 代 {one.acting_for_name}" if one.acting_for else one.by_name
    person = f"{acting}（{one.by_org}）" if one.by_org else acting
    late = f"实际：\n{_moment(one.true_at)}\n补录：\n{_moment(one.at)}" if one.true_at else ""
    decision, text = one.decision, one.text
    if one.action == backentry.ENTERED:  # names person and time: too long for its column
        decision, text = "补录", f"{decision}：{text}"
    return {
        "activity": one.activity_name,
        "decision": decision or "—",
        "text": f"【{ALTERED}】{text}" if altered else text or "—",
        "person": person,
        "signature": one.signature,
        "digest": _halves(one.digest or ""),
        "at": late or _moment(one.at),
    }


def _checked(said: Sequence[Opinion], examined: sealing.Examined) -> str:
    """What looking at every hash and at the chain found."""
    if not examined.whole:
        return f"经核验，{'，'.join(examined.faults)}。"
    return f"经核验，{len(said)} 条意见与签署时一致，无增无减。" if said else ""


def _halves(digest: str) -> str:
    """A hash in two lines, as a narrow column takes it."""
    return f"{digest[:32]}\n{digest[32:]}" if digest else ""


def _moment(at: datetime) -> str:
    return at.astimezone(clock.SHANGHAI).strftime("%Y-%m-%d %H:%M")
