"""A form as plain data for a page: what to show, what may be typed, what was wrong with it.

Invariant: no HTML, and nothing a viewer may not see: a sensitive value that is not editable leaves
here masked unless it is to be revealed. Typed answers come back exactly as typed.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from forms import conditions, text
from forms.definition import FormDefinition, Section
from forms.errors import Invalid
from forms.fields.base import Field, Scope
from forms.fields.chosen import Choice, Choices, Lookup
from forms.fields.composed import Auto, Rows
from forms.lookups import Lookups
from forms.validation import hidden_fields, is_required

_FEW: Final = 15


@dataclass(frozen=True, slots=True)
class Rights:
    """What the viewer may do: fill in at a node or only read; see sensitive values in clear."""

    node: str | None = None
    may_edit: bool = True
    reveal: bool = False


READ_ONLY = Rights(may_edit=False)


@dataclass(frozen=True, slots=True)
class OptionView:
    """One thing to choose."""

    value: str
    label: str
    selected: bool


@dataclass(frozen=True, slots=True)
class FieldView:
    """One field at this moment; `path` is the name of the input and the key of errors."""

    path: str
    name: str
    id: str
    label: str
    label_en: str
    help: str
    type: str
    widget: str
    value: Any
    text: str
    editable: bool
    required: bool
    visible: bool
    masked: bool = False
    errors: Sequence[str] = ()
    remarks: Sequence[str] = ()
    options: Sequence[OptionView] = ()
    attributes: Mapping[str, Any] = field(default_factory=dict)
    columns: Sequence["FieldView"] = ()
    rows: Sequence["RowView"] = ()
    may_add: bool = False
    by_sheet: bool = False  # the rows may be taken down as a spreadsheet and read in
    triggers: bool = False
    sourced: bool = False  # what may be picked may depend on other answers


@dataclass(frozen=True, slots=True)
class RowView:
    """One row of a table."""

    index: int
    cells: Sequence[FieldView]
    errors: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class SectionView:
    """A group of fields; not visible if none of its fields is."""

    title: str
    title_en: str
    help: str
    visible: bool
    fields: Sequence[FieldView]


@dataclass(frozen=True, slots=True)
class Mistake:
    """One line of the summary above a refused form; `id` is the input to go to."""

    path: str
    id: str
    label: str
    message: str


@dataclass(frozen=True, slots=True)
class _View:
    """One rendering."""

    form: FormDefinition
    values: Mapping[str, Any]
    errors: Mapping[str, Sequence[str]]
    scope: Scope
    rights: Rights
    hidden: frozenset[str]
    triggers: frozenset[str]


def layout(
    form: FormDefinition,
    values: Mapping[str, Any],
    errors: Mapping[str, Sequence[str]] | None = None,
    *,
    context: Mapping[str, Any] | None = None,
    rights: Rights = READ_ONLY,
    lookups: Lookups | None = None,
) -> list[SectionView]:
    """The sections of a form.

    Args:
        form: the form.
        values: what the inputs hold: answers as typed, else variables, else nothing (defaults).
        errors: path → messages of a refused validation.
        context: variables of the case; also what read-only fields show.
        rights: what the viewer may do.
        lookups: sources of options.
    """
    context, lookups = context or {}, lookups or Lookups()
    shown = _current(form, values, context, rights)
    scope = Scope({**context, **_read(form, shown)}, lookups)
    hidden, triggers = hidden_fields(form, scope.context), frozenset(_referred(form))
    view = _View(form, shown, errors or {}, scope, rights, hidden, triggers)
    return [_section(view, section) for section in form.sections]


def states(sections: Sequence[SectionView]) -> dict[str, dict[str, Any]]:
    """Path → what may change while one types: all of a field, of a cell what depends on its row.

    A cell is told by its row's place among those that were sent: one nobody wrote in is no row.
    """
    fields = [spec for section in sections for spec in section.fields]
    cells = (cell for spec in fields for row in spec.rows for cell in row.cells if cell.editable)
    told = {spec.path: _state(spec, cell=False) for spec in fields}
    return told | {one.path: _state(one, cell=True) for one in cells}


def _state(spec: FieldView, *, cell: bool) -> dict[str, Any]:
    told: dict[str, Any] = {"visible": spec.visible, "required": spec.required}
    told |= {} if cell else {"remarks": [*spec.remarks]}
    return told | (_offered(spec) if spec.sourced or not cell else {})


def _offered(spec: FieldView) -> dict[str, Any]:
    if spec.widget != "select" or not spec.visible:
        return {}
    return {"options": [[one.value, one.label] for one in spec.options]}


def mistakes(form: FormDefinition, errors: Mapping[str, Sequence[str]]) -> list[Mistake]:
    """The summary of a refused form, in the order of the page."""
    order = {spec.name: index for index, spec in enumerate(form.fields())}
    return [
        Mistake(path, input_id(path), _label(form, path), message)
        for path in sorted(errors, key=lambda path: _place(form, order, path))
        for message in errors[path]
    ]


def _place(form: FormDefinition, order: Mapping[str, int], path: str) -> tuple[int, int, int]:
    """Where a path stands on the page: its field, then row and column of a table."""
    name, row, column = [*path.split("."), "", ""][:3]
    columns = [one.name for one in spec.columns()] if (spec := form.field(name)) else []
    at = columns.index(column) if column in columns else -1
    return order.get(name, len(order)), int(row) if row.isdecimal() else -1, at


def input_id(path: str) -> str:
    """The id of an input."""
    return "f-" + path.replace(".", "-")


def _label(form: FormDefinition, path: str) -> str:
    name, row, column = [*path.split("."), "", ""][:3]
    if (spec := form.field(name)) is None:
        return form.title
    if not row.isdecimal():
        return spec.label
    found = next((c.label for c in spec.columns() if c.name == column), "")
    return f"{spec.label}第 {int(row) + 1} 行{found}"


def _current(
    form: FormDefinition, values: Mapping[str, Any], context: Mapping[str, Any], rights: Rights
) -> dict[str, Any]:
    """What each field holds: typed, else of the case, else its default while it can be typed.

    What is computed at each handing in is shown as it would be now: by this user, of what is typed.
    """
    current: dict[str, Any] = {}
    known = {**context, **(_answered(form, values) if rights.may_edit else {})}
    for spec in form.fields():
        if rights.may_edit and isinstance(spec, Auto) and "value" in spec.options:
            current[spec.name] = known[spec.name] = spec.computed(Scope(known))
        elif spec.name in values:
            current[spec.name] = values[spec.name]
        elif context.get(spec.name) is not None:
            current[spec.name] = context[spec.name]
        elif isinstance(spec, Auto) and "value" in spec.options:
            current[spec.name] = spec.computed(Scope(context))
        elif rights.may_edit and spec.editable(rights.node) and spec.default is not None:
            is_computed = conditions.is_expression(spec.default)
            current[spec.name] = (
                conditions.value(spec.default, context) if is_computed else spec.default
            )
    return current


def _answered(form: FormDefinition, values: Mapping[str, Any]) -> dict[str, Any]:
    return {
        spec.name: _value(spec, values[spec.name])
        for spec in form.fields()
        if spec.has_value and spec.name in values
    }


def _read(form: FormDefinition, shown: Mapping[str, Any]) -> dict[str, Any]:
    """The values that conditions see: typed ones read where they can be, else null."""
    return {
        spec.name: _value(spec, shown.get(spec.name)) for spec in form.fields() if spec.has_value
    }


def _value(spec: Field, raw: Any) -> Any:
    if isinstance(spec, Rows) or not spec.is_writable or raw is None:
        return raw
    if text.is_blank(raw):
        return None
    try:
        return spec.parse(spec.raw(raw))
    except Invalid:
        return None


def _section(view: _View, section: Section) -> SectionView:
    fields = [_field(view, spec) for spec in section.fields]
    visible = any(spec.visible for spec in fields)
    return SectionView(section.title, section.title_en, section.help, visible, fields)


def _field(view: _View, spec: Field) -> FieldView:
    raw = view.values.get(spec.name)
    hidden = spec.name in view.hidden
    more: dict[str, Any] = {"visible": not hidden and spec.options.get("hidden") is not True}
    if isinstance(spec, Rows):
        more |= _table(view, spec, raw)
    if hidden and spec.ruled_out(view.scope.context, {one.name for one in view.form.fields()}):
        more["options"] = ()  # who may not see the field does not find its choices in the page
    return _one(view, spec, (spec.name, raw), view.scope, more)


def _one(
    view: _View, spec: Field, at: tuple[str, Any], scope: Scope, more: Mapping[str, Any]
) -> FieldView:
    path, raw = at
    editable = view.rights.may_edit and spec.editable(view.rights.node)
    value = _value(spec, raw)
    plain = spec.text(value, scope) if value is not None else _typed(raw)
    hide = bool(spec.sensitive and not editable and not view.rights.reveal and plain)
    facts: dict[str, Any] = {
        "text": spec.mask(plain) if hide else plain,
        "value": spec.raw(raw) if editable else None,
        "remarks": _remarks(spec, scope, None if hide else value, editable=editable),
        "options": _options(spec, raw, scope) if editable else (),
        "attributes": spec.attributes(scope) if editable else {},
        **more,
    }
    return FieldView(
        path=path,
        name=spec.name,
        id=input_id(path),
        label=spec.label,
        label_en=spec.label_en,
        help=spec.help,
        type=spec.type,
        widget=_widget(spec, facts["options"], raw),
        editable=editable,
        required=is_required(spec, scope.context),
        masked=hide,
        errors=view.errors.get(path, ()),
        triggers=spec.name in view.triggers,
        sourced="values_from" in spec.options,
        **facts,
    )


def _widget(spec: Field, options: Sequence[OptionView], raw: Any) -> str:
    """How a field is entered; of few records one is picked, among many one is searched."""
    few = 0 < len(options) <= _FEW and (raw in (None, "") or any(one.selected for one in options))
    return "select" if spec.control == "search" and few else spec.control


def _remarks(spec: Field, scope: Scope, value: Any, *, editable: bool) -> list[str]:
    """Doubts about a value; and why there is nothing to choose from."""
    if editable and isinstance(spec, Choice) and (why := spec.none_to_choose(scope)):
        return [why]
    return [] if value is None else spec.doubts(value, scope.context)


def _typed(raw: Any) -> str:
    return raw if isinstance(raw, str) else ""


def _options(spec: Field, raw: Any, scope: Scope) -> list[OptionView]:
    if not isinstance(spec, Choice):
        return []
    if isinstance(spec, Choices):
        chosen = {str(item) for item in (raw if isinstance(raw, list) else [raw])}
    else:
        chosen = {str(raw)}
    offered = spec.choices(scope)
    if isinstance(spec, Lookup) and len(offered) == 1 and not raw:
        # the one record there is need not be picked where one has to be
        chosen = {offered[0].value} if is_required(spec, scope.context) else chosen
    return [OptionView(o.value, o.label, o.value in chosen) for o in offered]


def _table(view: _View, spec: Rows, raw: Any) -> dict[str, Any]:
    given = spec.given(view.scope)
    editable = view.rights.may_edit and spec.editable(view.rights.node)
    typed = (
        [row if isinstance(row, Mapping) else {} for row in raw] if isinstance(raw, list) else []
    )
    if given is not None and editable:
        typed += [_defaults(spec)] * (len(given) - len(typed))
        fixed = {c.name for c in spec.fields if not c.editable(view.rights.node)}
        typed = [
            {**start, **row, **{name: start[name] for name in start if name in fixed}}
            for row, start in zip(typed, given, strict=False)
        ]
    elif editable and not typed:
        typed = [{}] * spec.options.get("min", 0)
    elif given is not None and raw is None and spec.readonly:
        typed = [*given]  # shown, never typed: it is made of what the case knows
    blank = dict.fromkeys(("visible",), True)
    columns = spec.shown_in(view.scope.context, view.form.fields())
    return {
        "columns": [
            _one(view, c, (f"{spec.name}.__row__.{c.name}", None), view.scope, blank)
            for c in columns
        ],
        "rows": [_row(view, spec, (index, row), columns) for index, row in enumerate(typed)],
        "may_add": editable and given is None,
        "by_sheet": editable and (given is None or spec.by_sheet(len(typed))),
    }


def _defaults(spec: Rows) -> dict[str, Any]:
    """What a row that nobody has typed yet begins with; defaults in words, not expressions."""
    return {
        column.name: column.default
        for column in spec.fields
        if column.default is not None and not conditions.is_expression(column.default)
    }


def _row(
    view: _View, spec: Rows, at: tuple[int, Mapping[str, Any]], columns: Sequence[Field]
) -> RowView:
    index, row = at
    own = {column.name: _value(column, row.get(column.name)) for column in spec.fields}
    scope = Scope({**view.scope.context, **own}, view.scope.lookups)
    rights = view.rights if spec.editable(view.rights.node) else READ_ONLY
    inner = _View(view.form, row, view.errors, scope, rights, view.hidden, view.triggers)
    cells = [
        _one(
            inner,
            column,
            (f"{spec.name}.{index}.{column.name}", row.get(column.name)),
            scope,
            {"visible": conditions.holds(column.shown_if, scope.context)},
        )
        for column in columns
    ]
    return RowView(index, cells, view.errors.get(f"{spec.name}.{index}", ()))


def _referred(form: FormDefinition) -> set[str]:
    """Names that conditions of this form look at: a change there may show or hide others."""
    texts = [section.shown_if for section in form.sections if section.shown_if]
    for spec in form.fields():
        texts += [t for key, t in spec.expressions() if key in ("shown_if", "required_if")]
    return {name for written in texts for name in conditions.names(written)}
