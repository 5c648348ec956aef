"""Answers to variables: rights first, then each answer, then conditions, then what is missing.

Invariant: what is not shown is neither checked nor kept; conditions see only what is shown; the
answers given by the caller are never changed.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

import marshmallow

from engine.variables import Value, Variables
from forms import conditions
from forms.errors import FormInvalid, Invalid
from forms.fields.base import Field, Scope
from forms.fields.composed import UNKNOWN, Auto, Rows, normalized
from forms.lookups import Lookups
from forms.reading import Section

_ROUNDS: Final = 10
_KEYS: Final = 1_000

Errors = dict[str, list[str]]


class Form(Protocol):
    """What is asked of a form to read its answers."""

    @property
    def sections(self) -> tuple[Section, ...]:
        """Its parts, in the order of the page."""
        ...

    def fields(self) -> Iterator[Field]:
        """All its fields."""
        ...

    def field(self, name: str) -> Field | None:
        """The field with a name."""
        ...

    def schema(self) -> marshmallow.Schema:
        """What reads the answers one by one."""
        ...


@dataclass(slots=True)
class _Pass:
    """One validation: what was given, what came of it so far."""

    form: Form
    answers: Mapping[str, Any]
    context: Mapping[str, Any]
    node: str | None
    partial: bool
    lookups: Lookups
    values: dict[str, Any] = field(default_factory=dict)
    errors: Errors = field(default_factory=dict)

    def fail(self, path: str, *messages: str) -> None:
        self.errors.setdefault(path, []).extend(messages)


def validate(
    form: Form,
    answers: Mapping[str, Any],
    *,
    context: Mapping[str, Any],
    node: str | None,
    partial: bool,
    lookups: Lookups,
) -> Variables:
    """See `FormDefinition.validate`."""
    run = _Pass(form, answers, context, node, partial, lookups)
    allowed = _permitted(run)
    _parse(run, allowed)
    hidden = hidden_fields(form, {**context, **_own(form, context, run.values)})
    visible = {name: value for name, value in run.values.items() if name not in hidden}
    scope = Scope({**context, **_own(form, context, visible, hidden)}, lookups)
    result: Variables = {}
    for spec in form.fields():
        if spec.name in hidden:
            _drop(run, spec, result)
        elif isinstance(spec, Auto):
            _compute(spec, scope, result)
        elif spec.editable(node):
            _settle(run, spec, scope, result)
    if run.errors:
        raise FormInvalid(run.errors, answers=answers)
    return result


def hidden_fields(form: Form, context: Mapping[str, Any]) -> frozenset[str]:
    """Names of the fields whose condition, or whose section's, does not hold.

    A hidden field counts as null for the conditions of others, so this looks until nothing changes.
    """
    hidden: frozenset[str] = frozenset()
    for _round in range(_ROUNDS):
        seen = {**context, **dict.fromkeys(hidden)}
        found = frozenset(
            spec.name
            for section in form.sections
            for spec in section.fields
            if not conditions.holds(section.shown_if, seen)
            or not conditions.holds(spec.shown_if, seen)
        )
        if found == hidden:
            break
        hidden = found
    return hidden


def is_required(spec: Field, context: Mapping[str, Any]) -> bool:
    """Whether a shown field must be filled in."""
    if spec.required:
        return True
    return bool(spec.required_if) and conditions.holds(spec.required_if, context)


def _own(
    form: Form,
    context: Mapping[str, Any],
    values: Mapping[str, Any],
    hidden: frozenset[str] = frozenset(),
) -> dict[str, Any]:
    """The form's own names as conditions see them: answers, else the case's, null when hidden."""
    return {
        spec.name: None if spec.name in hidden else values.get(spec.name, context.get(spec.name))
        for spec in form.fields()
        if spec.has_value
    }


def _permitted(run: _Pass) -> dict[str, Any]:
    """The answers this node may give; the others are errors by name."""
    allowed: dict[str, Any] = {}
    for index, (name, raw) in enumerate(run.answers.items()):
        spec = run.form.field(name) if isinstance(name, str) else None
        if index >= _KEYS:
            run.fail("", "填写的项目过多")
            break
        if spec is None or not spec.has_value:
            run.fail(_shown(name), f"表单中没有『{_shown(name)}』这一项")
        elif not spec.editable(run.node):
            run.fail(name, f"当前环节无权填写『{spec.label}』")
        else:
            allowed[name] = raw
    return allowed


def _shown(name: Any) -> str:
    return "".join(c for c in str(name)[:60] if c.isprintable())


def _parse(run: _Pass, allowed: Mapping[str, Any]) -> None:
    try:
        run.values = dict(run.form.schema().load(allowed))
    except marshmallow.ValidationError as error:
        messages = normalized(error)
        flatten(run.errors, "", messages, run.form)
        valid = error.valid_data if isinstance(error.valid_data, dict) else {}
        run.values = {**dict.fromkeys(messages), **valid}


def flatten(errors: Errors, path: str, messages: Any, form: Form) -> None:
    """Marshmallow's nested messages as path → messages."""
    if isinstance(messages, Mapping):
        for key, inner in messages.items():
            flatten(errors, f"{path}.{key}" if path else str(key), inner, form)
        return
    path = path.removesuffix("._schema")
    last = _shown(path.rsplit(".", 1)[-1])
    words = [f"表单中没有『{last}』这一项" if m == UNKNOWN else str(m) for m in messages]
    errors.setdefault(path, []).extend(words)


def _drop(run: _Pass, spec: Field, result: Variables) -> None:
    for path in [p for p in run.errors if p == spec.name or p.startswith(f"{spec.name}.")]:
        if "无权" not in run.errors[path][0]:
            del run.errors[path]
    if spec.editable(run.node) and run.context.get(spec.name) is not None:
        result[spec.name] = None  # what an earlier round left behind would contradict the answers


def _compute(spec: Auto, scope: Scope, result: Variables) -> None:
    if "value" in spec.options:
        result[spec.name] = spec.computed(scope)


def _settle(run: _Pass, spec: Field, scope: Scope, result: Variables) -> None:
    if any(p == spec.name or p.startswith(f"{spec.name}.") for p in run.errors):
        if isinstance(spec, Rows) and isinstance(run.values.get(spec.name), list):
            _rows(run, spec, run.values[spec.name], scope)  # say all that is wrong at once
        return
    value = run.values.get(spec.name)
    if isinstance(spec, Rows) and (value or spec.given(scope)):
        value = _rows(run, spec, value or [], scope)
    if spec.is_empty(value):
        if not run.partial and is_required(spec, scope.context):
            run.fail(spec.name, spec.wanting(scope))
        elif spec.name in run.values:
            result[spec.name] = value
        return
    try:
        settled = value if isinstance(spec, Rows) else spec.settle(value, scope)
        result[spec.name] = _checked(run, spec, settled, {**scope.context, **result})
    except Invalid as error:
        run.fail(spec.name, *error.messages)


def _checked(run: _Pass, spec: Field, value: Value, context: Mapping[str, Any]) -> Value:
    """A value that fulfils the rule the form has for it; a draft need not yet."""
    if not run.partial:
        spec.check(value, context)
    return value


def _rows(run: _Pass, spec: Rows, rows: Sequence[dict[str, Any]], scope: Scope) -> list[Any]:
    given = spec.given(scope)
    if given is not None:
        if len(rows) > len(given):
            run.fail(spec.name, f"本表固定 {len(given)} 行，不能增加")
        rows = [*rows, *({} for _missing in range(len(given) - len(rows)))][: len(given)]
    elif not run.partial:
        try:
            spec.count(rows)
        except Invalid as error:
            run.fail(spec.name, *error.messages)
    read = [
        _row(run, spec, f"{spec.name}.{index}", (row, given[index] if given else {}), scope)
        for index, row in enumerate(rows)
    ]
    for index, first in spec.repeated(read):
        run.fail(f"{spec.name}.{index}.{spec.options['unique'][-1]}", f"与第 {first + 1} 行重复")
    return read


def _row(
    run: _Pass,
    spec: Rows,
    path: str,
    parts: tuple[Mapping[str, Any], Mapping[str, Any]],
    scope: Scope,
) -> dict[str, Value]:
    typed, given = parts
    for column in spec.fields:
        if column.name in typed and not column.editable(run.node):
            run.errors[f"{path}.{column.name}"] = [f"当前环节无权填写『{column.label}』"]
    own = {c.name: typed.get(c.name, given.get(c.name)) for c in spec.fields}
    inner = Scope({**scope.context, **own}, scope.lookups)
    row: dict[str, Value] = {}
    for column in spec.fields:
        if not column.has_value:
            continue
        row[column.name] = _cell(run, column, f"{path}.{column.name}", own[column.name], inner)
    return row


def _cell(run: _Pass, column: Field, path: str, value: Value, scope: Scope) -> Value:
    if path in run.errors or not conditions.holds(column.shown_if, scope.context):
        return None
    if not column.editable(run.node):
        if isinstance(column, Auto) and "value" in column.options:
            return column.computed(scope)
        return value
    if column.is_empty(value):
        if not run.partial and is_required(column, scope.context):
            run.fail(path, column.missing())
        return value
    try:
        return _checked(run, column, column.settle(value, scope), scope.context)
    except Invalid as error:
        run.fail(path, *error.messages)
        return None
