"""What every field is and can do.

Invariant: `parse` needs the answer alone and never reaches outside; `settle` compares it with the
case and with lookups. Both raise `Invalid` with words for the person who typed.
"""

from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field
from typing import Any, ClassVar

import marshmallow

from engine.variables import Value
from forms import conditions, standards, text
from forms.errors import Invalid
from forms.lookups import Lookups


@dataclass(frozen=True, slots=True)
class Scope:
    """What an answer is compared with: variables of the case with the answers, and lookups."""

    context: Mapping[str, Any] = field(default_factory=dict)
    lookups: Lookups = field(default_factory=Lookups)


Problem = tuple[str, str]
"""The option of a form file that is wrong, and why."""


@dataclass(frozen=True, kw_only=True)
class Field:
    """One thing to fill in or to read; subclasses are the types."""

    type: ClassVar[str]
    widget: ClassVar[str] = "input"
    options_known: ClassVar[frozenset[str]] = frozenset()
    has_value: ClassVar[bool] = True
    is_writable: ClassVar[bool] = True

    name: str
    label: str
    label_en: str = ""
    help: str = ""
    required: bool = False
    required_if: str = ""
    shown_if: str = ""
    valid_if: str = ""
    """What an answer must fulfil together with those before it."""
    valid_message: str = ""
    doubt_if: str = ""
    """What makes a valid answer doubtful: it is taken, and whoever types or decides is told."""
    doubt_message: str = ""
    editable_in: tuple[str, ...] = ()
    readonly: bool = False
    sensitive: bool = False
    default: Any = None
    options: Mapping[str, Any] = field(default_factory=dict)
    line: int = 0
    lines: Mapping[str, int] = field(default_factory=dict)

    def editable(self, node: str | None) -> bool:
        """Whether this field may be filled in at a node; no node is the application (`apply`)."""
        if self.readonly or not self.is_writable:
            return False
        return not self.editable_in or (node or "apply") in self.editable_in

    def ruled_out(self, context: Mapping[str, Any], answered: Set[str]) -> bool:
        """Whether it stays hidden whatever is `answered` in the form: it asks for none of that."""
        if conditions.holds(self.shown_if, context):
            return False
        return conditions.names(self.shown_if).isdisjoint(answered)

    def parse(self, raw: Any) -> Value:
        """The value of an answer.

        Raises:
            Invalid: it breaks a rule of this field.
        """
        raise NotImplementedError

    def settle(self, value: Value, _scope: Scope) -> Value:
        """The value as it is stored, after comparing it with the case.

        Raises:
            Invalid: it does not fit there.
        """
        return value

    @property
    def control(self) -> str:
        """The kind of input that shows this field."""
        return self.widget

    def check(self, value: Value, context: Mapping[str, Any]) -> None:
        """Compare an answer with the rule that the form has for it.

        Raises:
            Invalid: it breaks the rule.
        """
        if self.valid_if and not conditions.holds(self.valid_if, {**context, self.name: value}):
            raise Invalid(self.valid_message or f"{self.label}与已填内容不符")

    def is_empty(self, value: Value) -> bool:
        """Whether a value counts as not filled in."""
        return value is None

    def missing(self) -> str:
        """What to say when nothing was filled in though it must be."""
        return f"请填写{self.label}"

    def wanting(self, _scope: Scope) -> str:
        """What to say of an empty answer as things stand."""
        return self.missing()

    def raw(self, value: Value) -> Any:
        """A stored value as it stands in the input."""
        return value

    def text(self, value: Value, _scope: Scope) -> str:
        """A stored value as people read it."""
        return "" if value is None else str(value)

    def mask(self, shown: str) -> str:
        """The text with its middle hidden."""
        return standards.mask_text(shown)

    def remarks(self, _value: Value) -> list[str]:
        """Doubts about a valid value, for the person who decides."""
        return []

    def doubts(self, value: Value, context: Mapping[str, Any]) -> list[str]:
        """The same, and what the form doubts of it beside the other answers."""
        found = list(self.remarks(value))
        if self.doubt_if and conditions.holds(self.doubt_if, {**context, self.name: value}):
            found.append(self.doubt_message or f"{self.label}与其他内容不一致，请核对")
        return found

    def attributes(self, _scope: Scope) -> dict[str, Any]:
        """What the input says to the browser."""
        return {}

    def to_marshmallow(self) -> marshmallow.fields.Field[Any]:
        """The field of the schema that reads an answer."""
        return Answer(self)

    def json_schema(self) -> dict[str, Any]:
        """The JSON schema of an answer."""
        return {"type": "string"}

    def described(self) -> dict[str, Any]:
        """The JSON schema with what people need to know about it."""
        schema = {"title": self.label, **self.json_schema()}
        if self.help:
            schema["description"] = self.help
        if self.readonly or not self.is_writable:
            schema["readOnly"] = True
        return schema

    def expressions(self) -> Iterator[tuple[str, str]]:
        """Option and text of each expression."""
        for key in ("shown_if", "required_if", "valid_if", "doubt_if"):
            if getattr(self, key):
                yield key, getattr(self, key)
        if conditions.is_expression(self.default):
            yield "default", self.default
        for key in ("min", "max", "value", "rows_from", "values_from"):
            if conditions.is_expression(self.options.get(key)):
                yield key, self.options[key]

    def problems(self) -> Iterator[Problem]:
        """What is wrong with the options of this field beside expressions."""
        yield from ()

    def columns(self) -> Sequence["Field"]:
        """The fields of each row; none but tables have any."""
        return ()


class Answer(marshmallow.fields.Field[Any]):
    """Marshmallow's view of a field: nothing typed is None, the rest is the field's to read."""

    def __init__(self, spec: Field) -> None:
        super().__init__(allow_none=True, required=False)
        self.spec = spec

    def deserialize(
        self, value: Any, attr: str | None = None, data: Any = None, **_more: Any
    ) -> Any:
        if value is marshmallow.missing or text.is_blank(value):
            return value if value is marshmallow.missing else None
        try:
            return self.spec.parse(value)
        except Invalid as error:
            raise marshmallow.ValidationError(error.messages) from error


def bound(spec: Field, key: str, scope: Scope) -> Value:
    """The value of `min` or `max`: written down, or of an expression; None if there is none."""
    limit = spec.options.get(key)
    if conditions.is_expression(limit):
        return conditions.value(str(limit), scope.context)
    return None if limit is None else spec.parse(limit if isinstance(limit, str) else str(limit))
