"""Between the browser and a form: posted names to answers, a form's plain data to a page.

Invariant: a file is believed only by its signed reference; names with `_` in front are the page's.
"""

import json
import re
import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from flask import g, request

from forms import display, inputs
from forms.definition import FormDefinition, FormInvalid
from forms.display import READ_ONLY, FieldView, Mistake, Rights, SectionView
from forms.fields.attached import File
from forms.fields.base import Field
from forms.lookups import Lookups
from processes.documents.files import FileRefused
from web import references
from web.auth import current
from web.files import Attached, attached, keep
from web.wording import worded

_OF_PAGE: Final = ("csrf_token", "expected_revision")
_PAGE_TOKEN: Final = re.compile(r"[A-Za-z0-9_-]{20,64}")

Layout = list[SectionView]

__all__ = ["READ_ONLY", "FieldView", "Layout", "Rights", "answers", "layout", "mistakes", "states"]


def answers(form: FormDefinition, *, node: str | None) -> dict[str, Any]:
    """The answers in the posted form; file references become the values they stand for.

    Raises:
        FormInvalid: a file sent with the form itself was refused.
    """
    g.posted_form = form  # an error page calls what was typed by its labels
    sent, refused = _sent(form)
    pairs = [*request.form.items(multi=True), *sent]
    given = inputs.parse(form, pairs, node=node, ignore=_OF_PAGE)
    for spec in form.fields():
        if spec.columns():
            for row in given.get(spec.name) or ():
                _believe(row, spec.columns())
    _believe(given, tuple(form.fields()))
    if refused:
        raise FormInvalid(refused, answers=given)
    return given


def reshaped(form: FormDefinition | None, given: Mapping[str, Any]) -> dict[str, Any] | None:
    """The answers with a line more (`_row`), or a file or line less (`_drop`), without script.

    None if nothing of the kind was asked.
    """
    added, dropped = request.form.get("_row", ""), request.form.get("_drop", "")
    if form is None or not (added or dropped):
        return None
    if added:
        grows = any(spec.name == added and spec.columns() for spec in form.fields())
        return {**given, added: [*(given.get(added) or ()), {}]} if grows else dict(given)
    name, _colon, place = dropped.partition(":")
    held = given.get(name)
    if isinstance(held, Mapping):
        return {**given, name: None}
    if isinstance(held, list) and place.isascii() and place.isdigit() and len(place) < 4:
        return {**given, name: [one for at, one in enumerate(held) if at != int(place)]}
    return dict(given)


def page_token() -> str:
    """What the page of a posted form is known by, so that it is done once; empty: it has none."""
    token = request.form.get("_page", "")
    return token if _PAGE_TOKEN.fullmatch(token) else ""


def new_page_token() -> str:
    """The token of a page that has not been sent yet."""
    return secrets.token_urlsafe(18)


def _believe(given: dict[str, Any], specs: Iterable[Field]) -> None:
    """Replace references by the file values they were given out for; drop any other."""
    for spec in specs:
        if not isinstance(spec, File) or not given.get(spec.name):
            continue
        raw, me = given[spec.name], current().id
        found = (references.take(str(text), "form", by=me) for text in _listed(raw))
        values = [value for value in found if value]
        given[spec.name] = values if isinstance(raw, list) else (values[-1] if values else None)


def _listed(raw: Any) -> Sequence[Any]:
    return raw if isinstance(raw, list) else [raw]


def _sent(form: FormDefinition) -> tuple[list[tuple[str, str]], dict[str, list[str]]]:
    """Files that a browser without our script sends with the form itself, a table's too.

    They are kept, and named by references as if they had come before; with what was refused.
    """
    pairs: list[tuple[str, str]] = []
    refused: dict[str, list[str]] = {}
    for path, storage in request.files.items(multi=True):
        if not storage.filename or not isinstance(_field(form, path), File):
            continue
        me = current().id
        try:
            pairs.append((path, references.give(keep(storage, by=me), "form", to=me)))
        except FileRefused as error:
            refused[path] = [error.message]
    return pairs, refused


def _field(form: FormDefinition, path: str) -> Field | None:
    """The field of an input; the column, of one in a table (`table.row.column`)."""
    name, _dot, rest = path.partition(".")
    spec = form.field(name)
    if spec is None or not rest:
        return spec
    column = rest.partition(".")[2]
    return next((one for one in spec.columns() if one.name == column), None)


def layout(
    form: FormDefinition,
    values: Mapping[str, Any],
    errors: Mapping[str, Sequence[str]] | None = None,
    *,
    context: Mapping[str, Any],
    rights: Rights,
    lookups: Lookups | None = None,
) -> Layout:
    """The sections of a form for the templates, with files as links the viewer may follow."""
    sections = display.layout(form, values, errors, context=context, rights=rights, lookups=lookups)
    held = {name: value for name, value in {**context, **values}.items() if value is not None}
    return [
        replace(
            section,
            fields=[_linked(field, held.get(field.name, field.value)) for field in section.fields],
        )
        for section in sections
    ]


def _linked(field: FieldView, raw: Any) -> FieldView:
    """The view of a field with its files, and those of its rows, as links."""
    if field.rows:
        rows = [
            replace(
                row, cells=[_linked(cell, _cell(raw, row.index, cell.name)) for cell in row.cells]
            )
            for row in field.rows
        ]
        return replace(field, rows=rows)
    if field.type in ("file", "files", "image", "signature"):
        return replace(field, value=files_in(raw))
    return field


def _cell(raw: Any, index: int, name: str) -> Any:
    rows = raw if isinstance(raw, list) else []
    return rows[index].get(name) if index < len(rows) and isinstance(rows[index], Mapping) else None


def files_in(raw: Any) -> list[Attached]:
    """The files of a value, typed or stored."""
    found = []
    for item in _listed(raw):
        value = _facts(item)
        if value is not None:
            found.append(attached(value))
    return found


def _facts(item: Any) -> Mapping[str, Any] | None:
    if isinstance(item, str) and item.startswith("{"):
        try:
            item = json.loads(item)
        except ValueError:
            return None
    return item if isinstance(item, Mapping) and "file" in item else None


def states(sections: Layout) -> dict[str, dict[str, Any]]:
    """Which fields show, which are required and what may be picked, while one types."""
    found = display.states(sections)
    for state in found.values():
        if "options" in state:
            state["options"] = [[value, worded(label)] for value, label in state["options"]]
        if "remarks" in state:
            state["remarks"] = [worded(remark) for remark in state["remarks"]]
    return found


def mistakes(form: FormDefinition, errors: Mapping[str, Sequence[str]]) -> list[Mistake]:
    """The summary of errors, in the order of the page."""
    return display.mistakes(form, errors)
