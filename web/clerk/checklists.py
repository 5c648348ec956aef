"""The material checklist as pages show it: per item its form, grade, state and why.

Invariant: nothing is judged here; an applicant sees the same list as the clerk in words of his own,
without the links to files that only staff may open.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from flask import url_for
from sqlalchemy.orm import Session

from processes.documents import checklist, materials
from processes.model.cases import Case, Material, MaterialItem
from web.files import Attached
from web.words import N_, _

_STATES: Final = {
    "ok": (N_("符合"), "green"),
    "exempt": (N_("免提交"), "green"),
    "submitted": (N_("已提交待核"), "blue"),
    "deferred": (N_("容缺后补"), "amber"),
    "missing": (N_("缺少"), "red"),
    "defective": (N_("不符合要求"), "red"),
    "withdrawn": (N_("逾期未补"), "red"),
}
_KINDS: Final = {"original": N_("原件"), "copy": N_("复印件"), "electronic": N_("电子证照")}
_GRADES: Final = {
    "A": N_("A 级：权威机关签发"),
    "B": N_("B 级：窗口已核原件"),
    "C": N_("C 级：申请人上传，待核原件"),
    "D": N_("D 级：申请人自制，本人负责"),
}

_TOLD_APPLICANTS: Final = {
    "A": N_("权威机关签发"),
    "B": N_("窗口已核原件"),
    "C": N_("您上传的，待核原件"),
    "D": N_("您自己制作的，由您负责"),
}
"""The grades as an applicant reads them, who knows nothing of letters."""


@dataclass(frozen=True, slots=True)
class Item:
    """One line of the checklist in words."""

    title: str
    kind: str
    grade: str
    grade_text: str
    state: str
    tone: str
    reason: str
    basis: str
    due_on: date | None
    open: bool
    files: Sequence[Attached]


@dataclass(frozen=True, slots=True)
class Checklist:
    """The items of a case, and the files that belong to none of them."""

    items: Sequence[Item]
    others: Sequence[Attached]

    @property
    def open(self) -> int:
        """How many have still to come."""
        return sum(item.open for item in self.items)


def of_case(session: Session, case: Case, *, staff: bool = True) -> Checklist:
    """The checklist of a case with its files; links to files only for staff."""
    items = checklist.of_case(session, case.id)
    grades = _GRADES if staff else _TOLD_APPLICANTS
    held = materials.of_case(session, case.id)
    named = {one.file_code for one in items}
    files: dict[str, list[Attached]] = {}
    for one in held:
        files.setdefault(one.code, []).append(_attached(case, one, staff=staff))
    return Checklist(
        [_item(one, files.get(one.file_code, []), grades) for one in items],
        [file for one in held if one.code not in named for file in files.pop(one.code, [])],
    )


def _item(one: MaterialItem, files: Sequence[Attached], grades: Mapping[str, str]) -> Item:
    state, tone = _STATES[one.state]
    return Item(
        title=one.title,
        kind=_(_KINDS[one.kind]) if one.kind else "",
        grade=one.grade,
        grade_text=_(grades[one.grade]) if one.grade else "",
        state=_(state),
        tone=tone,
        reason=one.reason or one.source,
        basis=one.basis,
        due_on=one.due_on,
        open=one.state in checklist.OPEN,
        files=files,
    )


def _attached(case: Case, one: Material, *, staff: bool) -> Attached:
    return Attached(
        name=one.file_name,
        href=url_for("cases.material", case_id=case.id, material_id=one.id) if staff else "",
        size=one.size,
        is_image=one.content_type.startswith("image/"),
        title=one.title,
    )
