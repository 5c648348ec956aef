"""What a printed approval form (审批单) is worth: whether its opinions are as they were given.

Invariant: tells of a case what its paper shows in numbers and hashes, and nothing personal; what
does not exist looks like what was mistyped.
Source: case-operations A.4 (content hash), A.5 (printable approval form).
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.errors import NotFound
from processes.casefile import opinions, sealing
from processes.model.cases import Case
from processes.model.documents import PrintedForm
from processes.model.people import Org


@dataclass(frozen=True, slots=True)
class Line:
    """An opinion as the paper has it: `digest` is printed beside it; `fault` says what is wrong."""

    activity: str
    at: datetime
    digest: str
    fault: str = ""


@dataclass(frozen=True, slots=True)
class Checked:
    """A printed form, and what its opinions are now; `later`: how many were given since."""

    code: str
    reference: str
    agency: str
    printed_at: datetime
    opinions: int
    head: str
    lines: Sequence[Line]
    faults: Sequence[str]
    later: int

    @property
    def whole(self) -> bool:
        """Whether every opinion on the paper is as it was given, none missing, none more."""
        return not self.faults


def by_code(session: Session, code: str) -> Checked:
    """The form of a verification code.

    Raises:
        NotFound: there is none.
    """
    found = session.get(PrintedForm, code.strip().upper().replace("-", ""))
    if found is None:
        raise NotFound("没有这个核验码对应的审批单", code=code[:32])
    return _checked(session, found)


def by_file(session: Session, content: bytes) -> Checked:
    """The form whose file has exactly these bytes.

    Raises:
        NotFound: no form was ever printed with these bytes.
    """
    digest = hashlib.sha256(content).hexdigest()
    found = session.scalar(select(PrintedForm).where(PrintedForm.sha256 == digest).limit(1))
    if found is None:
        raise NotFound("没有找到与此文件相同的审批单")
    return _checked(session, found)


def _checked(session: Session, form: PrintedForm) -> Checked:
    case = session.get_one(Case, form.case_id)
    said = sealing.in_order(opinions.of_case(session, case.id))
    found = sealing.examine(session, case, said)
    shown = said[: form.opinions]
    faults = list(found.faults)
    links = found.links[: form.opinions]
    if (links[-1] if links else "") != form.head:
        faults.append("意见与打印时不同")
    agency = session.get(Org, case.org_code) if case.org_code else None
    return Checked(
        code=form.code,
        reference=case.reference,
        agency=agency.name if agency else "",
        printed_at=form.printed_at,
        opinions=form.opinions,
        head=form.head,
        lines=[
            Line(one.activity_name or "提交申请", one.at, one.digest or "", _fault(one.id, found))
            for one in shown
        ],
        faults=faults,
        later=max(0, len(said) - form.opinions),
    )


def _fault(opinion_id: int, found: sealing.Examined) -> str:
    if opinion_id in found.altered:
        return "已被改动"
    return "此前有删除、插入或调换" if opinion_id in found.gaps else ""
