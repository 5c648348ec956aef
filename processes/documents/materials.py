"""The files handed in for a case; a later file in the same place replaces the earlier one.

Invariant: nothing is removed; a replaced file stays readable in the case's history.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from engine import ids, limits
from engine.errors import LimitExceeded
from engine.variables import Value
from forms.definition import Field, FormDefinition
from processes.model.cases import Material

_CODE: Final = 128
_TITLE: Final = 200


def of_case(session: Session, case_id: int, *, replaced: bool = False) -> Sequence[Material]:
    """The materials of a case, oldest first; with `replaced` those too that gave way."""
    query = select(Material).where(Material.case_id == case_id).order_by(Material.id)
    if not replaced:
        query = query.where(Material.replaced_by.is_(None))
    return session.scalars(query).all()


def record(
    session: Session,
    case_id: int,
    *,
    form: FormDefinition,
    values: Mapping[str, Value],
    by: int | None,
) -> Sequence[str]:
    """Enter every file among the values of a form as a material of the case; return their SHA-256.

    Raises:
        LimitExceeded: the case would have more files than it may.
    """
    found = [one for field in form.fields() for one in _placed(field, values.get(field.name))]
    if not found:
        return ()
    held = session.scalar(select(func.count()).where(Material.case_id == case_id)) or 0
    if held + len(found) > limits.FILES_PER_CASE:
        raise LimitExceeded(f"一件业务最多 {limits.FILES_PER_CASE} 个文件")
    fresh: dict[str, list[Material]] = {}
    for name, title, file in found:
        material = Material(
            id=ids.next_id(),
            case_id=case_id,
            code=name,
            title=title,
            sha256=file["file"],
            file_name=file.get("name", ""),
            size=file.get("size", 0),
            content_type=file.get("type", ""),
            uploaded_by=by,
        )
        session.add(material)
        fresh.setdefault(name, []).append(material)
    for name, rows in fresh.items():
        session.execute(
            update(Material)
            .where(
                Material.case_id == case_id,
                Material.code == name,
                Material.replaced_by.is_(None),
                Material.id.not_in([row.id for row in rows]),
            )
            .values(replaced_by=rows[0].id)
        )
    return [str(file["file"]) for _name, _title, file in found]


def _placed(field: Field, value: Value) -> Iterator[tuple[str, str, dict[str, Value]]]:
    """Code, title and facts of each file of a field.

    A row of a table says by `file_code` or `code` which material its files are, and its title.
    """
    if not field.columns():
        yield from ((field.name, field.label, file) for file in _files(value))
        return
    for row in value if isinstance(value, list) else []:
        code = str(row.get("file_code") or row.get("code") or field.name)[:_CODE]
        title = str(row.get("title") or row.get("item") or field.label)[:_TITLE]
        for column in field.columns():
            yield from ((code, title, file) for file in _files(row.get(column.name)))


def _files(value: Value) -> Iterator[dict[str, Value]]:
    if isinstance(value, dict) and isinstance(value.get("file"), str):
        yield value
    elif isinstance(value, list):
        for item in value:
            yield from _files(item)
