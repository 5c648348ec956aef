"""Fills in forms as their people would: what a habit says, what the person is, else what will pass.

Invariant: only fields that the form shows at this node and that are told, known or required get an
answer; whether it holds is for the form to say, not for this module.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any, Final

import yaml

from engine import clock, feel
from forms import conditions
from forms.definition import FormDefinition
from forms.errors import Invalid
from forms.fields.base import Field, Scope, bound
from forms.fields.chosen import Choice, Choices
from forms.fields.composed import Rows
from forms.lookups import Lookups
from forms.validation import hidden_fields, is_required
from processes.country.dice import Dice

Answers = dict[str, Any]
_ROUNDS: Final = 4
_WORDS: Final = Path(__file__).with_name("words.yaml")


@cache
def words() -> Mapping[str, Any]:
    """What people write into fields of these names."""
    found: dict[str, Any] = yaml.safe_load(_WORDS.read_text(encoding="utf-8"))
    return found


@dataclass(slots=True)
class Filling:
    """One form to fill in.

    `told` are hints by field: a value, `=` and a FEEL expression, `{pick: {value: weight}}`,
    `{between: [low, high]}`, `{each: {column: hint}}` for the given rows of a table, a list of
    `{column: hint}` for rows of one's own. `known` is what the person is, by field; `files` what
    is handed in, by kind of file.
    """

    form: FormDefinition
    node: str
    context: Mapping[str, Any]
    lookups: Lookups
    dice: Dice
    told: Mapping[str, Any] = field(default_factory=dict)
    known: Mapping[str, Any] = field(default_factory=dict)
    files: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    before: Mapping[str, Any] = field(default_factory=dict)
    """What the case holds already."""
    answers: Answers = field(default_factory=dict)

    def fill(self) -> Answers:
        """The answers."""
        for name, hint in self.told.items():
            if _plain(hint) and self.form.field(name) is not None:
                self.answers[name] = self._said(hint, self.context)
        for _round in range(_ROUNDS):
            before = dict(self.answers)
            self._pass()
            if self.answers == before:
                break
        return {name: value for name, value in self.answers.items() if value is not None}

    def _pass(self) -> None:
        hidden = hidden_fields(self.form, self._seen())
        for spec in self.form.fields():
            if spec.name in hidden:
                self.answers.pop(spec.name, None)
            elif spec.has_value and spec.editable(self.node) and spec.name not in self.answers:
                value = self._answer(spec, Scope(self._seen(), self.lookups), self.told)
                if value is not None:
                    self.answers[spec.name] = value
            elif not spec.editable(self.node):
                self.answers.pop(spec.name, None)

    def _seen(self) -> dict[str, Any]:
        own = {one.name: self.context.get(one.name) for one in self.form.fields() if one.has_value}
        return {**self.context, **own, **self._parsed()}

    def _parsed(self) -> Answers:
        """Answers as the form's conditions see them: dates as dates."""
        return {
            name: value
            if value is None or isinstance(value, list)
            else _parse(self.form, name, value)
            for name, value in self.answers.items()
        }

    def _answer(self, spec: Field, scope: Scope, told: Mapping[str, Any]) -> Any:
        if isinstance(spec, Rows):
            return self._rows(spec, scope, told.get(spec.name))
        if spec.name in told:
            return self._said(told[spec.name], scope.context)
        required = is_required(spec, scope.context)
        if self.known.get(spec.name) is not None and (required or self.dice.chance(0.8)):
            return _raw(self.known[spec.name])
        if required and _fits(spec, self.before.get(spec.name), scope):
            return _raw(self.before[spec.name])  # the page shows what was filled in before
        return self._made(spec, scope) if required else None

    def _rows(self, spec: Rows, scope: Scope, hint: Any) -> Any:
        given = spec.given(scope)
        if given is None and isinstance(hint, list):
            return [self._row(spec, scope, row, {}) for row in hint]
        if given is None and hint is not None:
            return self._said(hint, scope.context)
        if given is None and not is_required(spec, scope.context):
            return None
        before = self.before.get(spec.name)
        if given is None and isinstance(before, list) and before:
            return [self._row(spec, scope, row, {}) for row in before]
        columns = hint.get("each", {}) if isinstance(hint, Mapping) else {}
        rows = [{}] * max(1, int(spec.options.get("min", 1))) if given is None else given
        return [
            self._row(spec, scope, columns, {**row, "index": index})
            for index, row in enumerate(rows, 1)
        ] or None

    def _row(
        self, spec: Rows, scope: Scope, told: Mapping[str, Any], given: Mapping[str, Any]
    ) -> Answers:
        found: Answers = {}
        for column in spec.fields:
            inner = Scope(
                {**scope.context, **dict.fromkeys(c.name for c in spec.fields), **given, **found},
                scope.lookups,
            )
            if not column.has_value or not column.editable(self.node):
                continue
            if not conditions.holds(column.shown_if, inner.context):
                continue
            value = self._answer(column, inner, told)
            if value is not None:
                found[column.name] = value
        return found

    def _said(self, hint: Any, context: Mapping[str, Any]) -> Any:
        return said(hint, context, self.dice)

    def _made(self, spec: Field, scope: Scope) -> Any:
        if spec.default is not None:
            usual = spec.default
            if conditions.is_expression(usual):
                usual = conditions.value(usual, scope.context)
            if usual is not None:
                return _raw(usual)
        if isinstance(spec, Choices):
            options = spec.choices(scope)
            return [one.value for one in self.dice.some(options, self.dice.between(1, 2))] or None
        if isinstance(spec, Choice):
            options = spec.choices(scope)
            return self.dice.one(options).value if options else None
        maker = _MAKERS.get(spec.type)
        return maker(self, spec, scope) if maker else None

    def _text(self, spec: Field, _scope: Scope) -> str:
        offered = words()["fields"].get(spec.name) or words()["types"].get(spec.type)
        return str(self.dice.one(offered or words()["types"]["text"]))[
            : spec.options.get("max_length", 200)
        ]

    def _file(self, spec: Field, _scope: Scope) -> Any:
        kind = "scan" if spec.type in ("file", "files") else spec.type
        facts = dict(self.files[kind])
        if kind == "scan":
            facts["name"] = f"{spec.label[:40]}.pdf"
        return [facts] if spec.type == "files" else facts

    def _date(self, spec: Field, scope: Scope) -> str:
        today = clock.today()
        low, high = bound(spec, "min", scope), bound(spec, "max", scope)
        if isinstance(low, date) and low > today:
            today = low
        if isinstance(high, date) and high < today:
            today = high
        return today.isoformat()

    def _moment(self, _spec: Field, _scope: Scope) -> str:
        return _raw(clock.now().astimezone(clock.SHANGHAI))  # type: ignore[no-any-return]

    def _number(self, spec: Field, scope: Scope) -> str:
        low, high = bound(spec, "min", scope), bound(spec, "max", scope)
        least = int(low) if low is not None else 1
        most = int(high) if high is not None else least + 20
        return str(self.dice.between(least, max(least, most)))

    def _yes(self, _spec: Field, _scope: Scope) -> bool:
        return True


def said(hint: Any, context: Mapping[str, Any], dice: Dice) -> Any:
    """What a hint comes to; see `Filling`."""
    if isinstance(hint, str) and hint.startswith("="):
        return _raw(feel.evaluate(hint[1:], context).value)
    if isinstance(hint, list):
        return [said(one, context, dice) for one in hint]
    if isinstance(hint, Mapping) and "each" not in hint:
        for way, drawn in _DRAWN.items():
            if way in hint:
                return drawn(hint, context, dice)
        return {key: said(one, context, dice) for key, one in hint.items()}
    return _raw(hint)


def _some(hint: Mapping[str, Any], context: Mapping[str, Any], dice: Dice) -> list[Any]:
    return dice.some(said(hint["some"], context, dice) or [], dice.between(*hint["number"]))


_DRAWN: Final[Mapping[str, Callable[[Mapping[str, Any], Mapping[str, Any], Dice], Any]]] = {
    "pick": lambda hint, context, dice: said(dice.weighed(hint["pick"]), context, dice),
    "any": lambda hint, context, dice: said(dice.one(hint["any"]), context, dice),
    "between": lambda hint, _context, dice: dice.between(*hint["between"]),
    "some": _some,
}


def _fits(spec: Field, value: Any, scope: Scope) -> bool:
    """Whether a value of the case could stand in a field of its name."""
    try:
        return value is not None and spec.settle(spec.parse(_raw(value)), scope) is not None
    except Invalid:
        return False


def _plain(hint: Any) -> bool:
    """Whether a hint says something without looking at other answers."""
    if isinstance(hint, str):
        return not hint.startswith("=")
    if isinstance(hint, Mapping):
        return "pick" in hint or "any" in hint or "between" in hint
    return not isinstance(hint, list)


def _parse(form: FormDefinition, name: str, value: Any) -> Any:
    spec = form.field(name)
    if spec is None or spec.type not in (
        "date",
        "datetime",
        "number",
        "integer",
        "money",
        "boolean",
    ):
        return value
    return spec.parse(value)


def _raw(value: Any) -> Any:
    """A value as it is typed."""
    if isinstance(value, datetime):
        return value.astimezone(clock.SHANGHAI).strftime("%Y-%m-%dT%H:%M")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {name: _raw(one) for name, one in value.items()}
    return [_raw(one) for one in value] if isinstance(value, list) else value


_MAKERS: Final[Mapping[str, Callable[[Filling, Field, Scope], Any]]] = {
    **dict.fromkeys(("text", "textarea", "phone", "postcode", "cn_id", "uscc"), Filling._text),
    **dict.fromkeys(("file", "files", "image", "signature"), Filling._file),
    **dict.fromkeys(("number", "integer", "money"), Filling._number),
    "date": Filling._date,
    "datetime": Filling._moment,
    "boolean": Filling._yes,
}
