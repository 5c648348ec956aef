"""Answers of a form as the API takes and shows them.

Invariant: a file is believed only by the signed reference its upload was answered with; a value the
caller may not see in clear leaves here masked.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from forms import display
from forms.definition import Field, FormDefinition
from forms.display import FieldView, Rights, SectionView
from forms.fields.attached import File
from forms.lookups import Lookups
from web import references
from web.api import access


def with_files(form: FormDefinition | None, answers: Mapping[str, Any]) -> dict[str, Any]:
    """The answers, with each reference replaced by the file value it stands for."""
    given = dict(answers)
    if form is None:
        return given
    _believe(given, tuple(form.fields()))
    for spec in form.fields():
        if spec.columns() and isinstance(given.get(spec.name), list):
            rows = [dict(row) if isinstance(row, Mapping) else row for row in given[spec.name]]
            for row in rows:
                if isinstance(row, dict):
                    _believe(row, spec.columns())
            given[spec.name] = rows
    return given


def _believe(given: dict[str, Any], specs: Iterable[Field]) -> None:
    for spec in specs:
        raw = given.get(spec.name)
        if isinstance(spec, File) and raw is not None:
            many = isinstance(raw, list)
            values = [_value(item) for item in (raw if many else [raw])]
            given[spec.name] = values if many else values[0]


def _value(raw: Any) -> Any:
    me = access.user().id
    found = references.take(raw, "form", by=me) if isinstance(raw, str) else None
    return found or "?"  # the form says: upload it again


def shown(
    form: FormDefinition,
    values: Mapping[str, Any],
    *,
    context: Mapping[str, Any],
    rights: Rights,
    lookups: Lookups,
) -> list[dict[str, Any]]:
    """The sections of a form with their values, as far as they are visible."""
    sections = display.layout(form, values, context=context, rights=rights, lookups=lookups)
    return [_section(section) for section in sections if section.visible]


def _section(section: SectionView) -> dict[str, Any]:
    fields = [_field(field) for field in section.fields if field.visible]
    return {"title": section.title, "fields": fields}


def _field(field: FieldView) -> dict[str, Any]:
    found: dict[str, Any] = {
        "name": field.name,
        "label": field.label,
        "type": field.type,
        "editable": field.editable,
        "required": field.required,
        "text": field.text,
    }
    if field.editable and field.type != "rows":
        found["value"] = field.value
    if field.options:
        found["options"] = [{"value": o.value, "label": o.label} for o in field.options]
    if field.type == "rows":
        found["rows"] = [[_field(cell) for cell in row.cells if cell.visible] for row in field.rows]
    return found
