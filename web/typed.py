"""What somebody typed into a form that could not be taken, to be shown again.

Invariant: it is called by the labels of the form, its choices by theirs; no name of a field and no
code of a button reaches a person.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from flask import g, request
from werkzeug.exceptions import HTTPException

from forms import inputs
from forms.definition import FormDefinition
from forms.errors import Invalid
from forms.fields.base import Field, Scope
from web.display import plain
from web.words import N_, _

Line = tuple[str, str]
EMPTY: Final[tuple[object, ...]] = (None, "", [])
_NOT_SHOWN: Final = frozenset({"csrf_token", "password", "kept", "expected_revision"})
_CODE: Final = re.compile(r"[a-z0-9_.:-]*[a-z_][a-z0-9_.:-]*|[0-9]{1,3}|[0-9]{17,20}")
"""What a button, a choice or an id sends: nobody typed it."""
_NAMED: Final = {
    "reason": N_("理由"),
    "note": N_("说明"),
    "opinion": N_("意见"),
    "text": N_("内容"),
    "title": N_("标题"),
    "name": N_("名称"),
    "phone": N_("电话"),
    "mail": N_("电子邮箱"),
    "reference": N_("工作单号"),
}


def posted() -> list[Line]:
    """What the browser sent in a form, to be shown again: by its labels, nothing in codes."""
    if request.method != "POST" or request.mimetype not in (
        "application/x-www-form-urlencoded",
        "multipart/form-data",
    ):
        return []
    try:
        pairs = [(n, v[:2000]) for n, v in request.form.items(multi=True) if v.strip()]
    except HTTPException:  # the body itself is what is wrong
        return []
    form: FormDefinition | None = g.get("posted_form")
    if form is not None:
        return lines(form, inputs.parse(form, pairs, node=None, ignore=_NOT_SHOWN))
    words = {code: _(word) for code, word in _NAMED.items()}
    return [
        (words.get(name, _("填写的内容")), value)
        for name, value in pairs
        if name not in _NOT_SHOWN and not name.startswith("_") and not _CODE.fullmatch(value)
    ]


def lines(form: FormDefinition, given: Mapping[str, Any]) -> list[Line]:
    """What was typed, with its labels: for a page that cannot take it any more."""
    return [
        (spec.label, _said(spec, given[spec.name]))
        for spec in form.fields()
        if given.get(spec.name) not in EMPTY
    ]


def _said(spec: Field, raw: Any) -> str:
    if columns := spec.columns():
        rows = [row for row in raw if isinstance(row, Mapping)] if isinstance(raw, list) else []
        return "；".join(_row(columns, row) for row in rows)
    if isinstance(raw, list):
        return "、".join(_said(spec, one) for one in raw)
    if not isinstance(raw, str):
        return plain(raw)
    try:
        return spec.text(spec.parse(spec.raw(raw)), Scope())
    except Invalid:
        return raw  # as it was typed: what is wrong with it is no matter here


def _row(columns: Sequence[Field], row: Mapping[str, Any]) -> str:
    held = [(one, row.get(one.name)) for one in columns]
    return "，".join(f"{one.label} {_said(one, raw)}" for one, raw in held if raw not in EMPTY)
