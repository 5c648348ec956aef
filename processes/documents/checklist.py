"""The material checklist of a case (材料清单): each item with its kind, grade, state and reason.

Invariant: a copy of what the process says. An item is entered whenever a step writes the variable
`materials`, in any scope of the case; nothing else writes it. The list of one called process does
not touch the items of another: they are told apart by `code`.
Source: case-operations B.1 (trust grades A-D, State Council guide 2016 no. 108), B.2 补正 and
电子证照免提交.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Final

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from engine import store
from engine.execution import Execution
from engine.record import StepRecord
from processes.model.cases import Material, MaterialItem

VARIABLE: Final = "materials"
STATES: Final[Mapping[str, str]] = {
    "ok": "符合",
    "exempt": "免提交",
    "submitted": "已提交待核",
    "deferred": "容缺后补",
    "missing": "缺少",
    "defective": "不符合要求",
    "withdrawn": "逾期未补",
}
OPEN: Final = frozenset({"missing", "defective", "deferred"})
"""States in which something has still to come."""
KINDS: Final[Mapping[str, str]] = {
    "original": "原件",
    "copy": "复印件",
    "electronic": "电子证照",
}
GRADES: Final[Mapping[str, str]] = {
    "A": "A 级：权威机关签发",
    "B": "B 级：窗口已核原件",
    "C": "C 级：申请人上传，待核原件",
    "D": "D 级：申请人自制，本人负责",
}
_CODE, _TITLE, _SOURCE = 128, 200, 300


def of_case(session: Session, case_id: int) -> Sequence[MaterialItem]:
    """The checklist of a case in the order of its items."""
    query = select(MaterialItem).where(MaterialItem.case_id == case_id)
    return session.scalars(query.order_by(MaterialItem.position, MaterialItem.code)).all()


def register() -> None:
    """Have every saved step enter its items, after the row of the case; again changes nothing."""
    if enter not in store.observers:
        store.observers.append(enter)


def enter(session: Session, execution: Execution, step: StepRecord) -> None:
    """Enter the items that a step wrote; called by the store before it commits."""
    for values in step.variable_deltas.values():
        rows = _items(values.get(VARIABLE))
        if rows:
            _enter(session, execution.instance_id, rows)


def _enter(session: Session, case_id: int, rows: Sequence[Mapping[str, Any]]) -> None:
    held = {one.code: one for one in of_case(session, case_id)}
    graded: dict[str, list[str]] = {}
    for position, row in enumerate(rows):
        values = _values(row, position)
        item = held.get(values["code"])
        if item is None:
            session.add(MaterialItem(case_id=case_id, **values))
        else:
            for name, value in values.items():
                setattr(item, name, value)
        if values["grade"]:
            graded.setdefault(values["grade"], []).append(values["file_code"])
    for grade, codes in graded.items():
        # what the clerk found out about the paper holds for the file of it
        of_these = Material.case_id == case_id, Material.code.in_(codes), Material.trust != grade
        session.execute(update(Material).where(*of_these).values(trust=grade))
    session.flush()


def _items(value: Any) -> list[Mapping[str, Any]]:
    """The rows of a list that is a checklist: contexts with code and state."""
    rows = value if isinstance(value, list) else []
    return [
        row
        for row in rows
        if isinstance(row, dict) and row.get("code") and row.get("state") in STATES
    ]


def _values(row: Mapping[str, Any], position: int) -> dict[str, Any]:
    due_on = row.get("due_on")
    return {
        "code": str(row["code"])[:_CODE],
        "position": position,
        "title": str(row.get("title") or row["code"])[:_TITLE],
        "kind": row["kind"] if row.get("kind") in KINDS else "",
        "state": row["state"],
        "grade": row["grade"] if row.get("grade") in GRADES else "",
        "reason": str(row.get("reason") or ""),
        "basis": str(row.get("basis") or ""),
        "source": str(row.get("source") or "")[:_SOURCE],
        "file_code": str(row.get("file_code") or row["code"])[:_CODE],
        "due_on": due_on if isinstance(due_on, date) else None,
    }
