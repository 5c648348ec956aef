"""Fields of a process by which its cases are filtered, and what each case says of them.

Invariant: the model names them (process property `listed`); they are plain fields of its forms that
are not sensitive. What is kept is derived from the root variables in the step that writes them, and
read by condition of a query alone; variables themselves stay sealed.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from sqlalchemy import ColumnElement, delete, exists, insert, select
from sqlalchemy.orm import Session

from engine.compiler import CompiledProcess
from engine.definition.process import Process
from engine.errors import Finding
from forms.definition import FormDefinition
from forms.fields.base import Field
from processes.model.cases import Case
from processes.model.desk import VALUE_LENGTH, CaseValue

PROPERTY: Final = "listed"
KINDS: Final[Mapping[str, str]] = {
    "choice": "choice", "lookup": "choice", "org": "choice", "boolean": "boolean", "date": "date",
    "number": "number", "integer": "number", "money": "number", "text": "text",
}  # fmt: skip
"""Type of a field → how it is asked for: numbers and days by a range, the others by equality."""


_CONDITION: Final = re.compile(r"([A-Za-z_][A-Za-z0-9_]*)\s*(=|>=|<=)(.{1,100})")


@dataclass(frozen=True, slots=True)
class Asked:
    """What a case must say of one field: exactly a text, or something within bounds (included)."""

    name: str
    text: str = ""
    since: date | Decimal | None = None
    until: date | Decimal | None = None

    def condition(self) -> ColumnElement[bool]:
        """The condition on `Case`."""
        found = [CaseValue.case_id == Case.id, CaseValue.name == self.name]
        if self.text:
            found.append(CaseValue.text == self.text[:VALUE_LENGTH])
        if self.since is not None:
            column, bound = _compared(self.since)
            found.append(column >= bound)
        if self.until is not None:
            column, bound = _compared(self.until)
            found.append(column <= bound)
        return exists(select(CaseValue.case_id).where(*found))


def read(text: str) -> Asked | None:
    """A condition as a program writes it: `name=text`, `name>=bound`, `name<=bound`; else None.

    Bounds are days (`2026-01-31`) or numbers.
    """
    found = _CONDITION.fullmatch(text.strip())
    if found is None:
        return None
    name, relation, value = found[1], found[2], found[3].strip()
    if relation == "=":
        return Asked(name, value)
    bound = bound_of(value)
    if bound is None:
        return None
    return Asked(name, since=bound) if relation == ">=" else Asked(name, until=bound)


def bound_of(text: str) -> date | Decimal | None:
    """The end of a range: a day or a number; None for anything else."""
    with suppress(ValueError):
        return date.fromisoformat(text)
    try:
        number = Decimal(text)
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


def _compared(bound: date | Decimal) -> tuple[Any, Any]:
    if isinstance(bound, date):
        return CaseValue.text, bound.isoformat()
    return CaseValue.number, float(bound)


def named(process: Process) -> Sequence[str]:
    """The fields that a process lists."""
    return process.properties.get(PROPERTY, "").split()


def fits(field: Field) -> bool:
    """Whether a field may be one of them."""
    return field.type in KINDS and not field.sensitive


def lay_down(session: Session, case_id: int, said: Mapping[str, Any], *, new: bool) -> None:
    """Keep what a step says of listed fields in place of what was kept of them."""
    if not said:
        return
    if not new:
        own = (CaseValue.case_id == case_id, CaseValue.name.in_([*said]))
        session.execute(delete(CaseValue).where(*own))
    if found := [*_rows(case_id, said)]:
        session.execute(insert(CaseValue), found)


def _rows(case_id: int, said: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    for name, value in said.items():
        number = None
        if isinstance(value, bool):
            text = "true" if value else "false"
        elif isinstance(value, int | Decimal):
            text, number = str(value), float(value)
        elif isinstance(value, date) and not isinstance(value, datetime):
            text = value.isoformat()
        elif isinstance(value, str) and value:
            text = value
        else:
            continue
        yield {"case_id": case_id, "name": name, "text": text[:VALUE_LENGTH], "number": number}


def findings(compiled: CompiledProcess, forms: Iterable[FormDefinition]) -> Iterator[Finding]:
    """What is wrong with the list of a process: a field of no form, of another kind, sensitive."""
    known: dict[str, list[Field]] = {}
    for form in forms:
        for field in form.fields():
            known.setdefault(field.name, []).append(field)
    for name in named(compiled.process):
        problem = _problem(known.get(name, []))
        if problem:
            text = f"流程属性 listed 中的『{name}』{problem}"
            element = compiled.process.id
            yield Finding("error", "listed_field", text, file=compiled.file, element=element)


def _problem(fields: Sequence[Field]) -> str:
    if not fields:
        return "不是本流程任何表单的字段"
    if any(one.sensitive for one in fields):
        return "是敏感字段，不能用来筛选"
    if not any(one.type in KINDS for one in fields):
        return "不能用来筛选：只能是单选、是否、日期、数字、金额或单行文本"
    return ""
