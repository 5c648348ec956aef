"""Tables of rows, and what is only read: computed values and explanations."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Final

import marshmallow

from engine import limits
from engine.variables import Value
from forms import conditions, text
from forms.errors import Invalid
from forms.fields.base import Field, Problem, Scope

_SHORT_LIST: Final = 8


@dataclass(frozen=True, kw_only=True)
class Rows(Field):
    """A table people fill in row by row, or whose rows are given by `rows_from`.

    With `rows_from` (a list, or an expression for one) the number of rows is fixed and their
    read-only columns come from there; a text there fills the first read-only column, and a list
    may have its English beside it, `rows_from_en`. No two rows
    may have the same in all columns of `unique`. With `sheet` the rows may be taken down as a
    spreadsheet and read in however few they are.
    """

    type: ClassVar[str] = "rows"
    widget: ClassVar[str] = "rows"
    options_known: ClassVar[frozenset[str]] = frozenset(
        {"fields", "min", "max", "rows_from", "rows_from_en", "unique", "sheet"}
    )

    fields: tuple[Field, ...] = field(default=())

    def columns(self) -> Sequence[Field]:
        return self.fields

    def shown(self) -> Sequence[Field]:
        """The columns that people see."""
        return [column for column in self.fields if not column.options.get("hidden")]

    def shown_in(self, context: Mapping[str, Any], answered: Iterable[Field]) -> list[Field]:
        """The same without those that the case rules out for every row.

        What is `answered` in the form is not known yet: a column that asks for it stays.
        """
        typed = {one.name for one in (*answered, *self.fields)}
        return [column for column in self.shown() if not column.ruled_out(context, typed)]

    def by_sheet(self, rows: int) -> bool:
        """So many given rows are worth a spreadsheet; a short list is quicker typed."""
        return rows > _SHORT_LIST or self.options.get("sheet") is True

    @property
    def most(self) -> int:
        return int(self.options.get("max", limits.TABLE_ROWS))

    def to_marshmallow(self) -> marshmallow.fields.Field[Any]:
        return Table(self)

    def parse(self, raw: Any) -> Value:
        return Table(self).deserialize(raw)

    def given(self, scope: Scope) -> list[dict[str, Any]] | None:
        """The rows there are from the start; None where people add their own."""
        rows = self.options.get("rows_from")
        if rows is None:
            return None
        if conditions.is_expression(rows):
            rows = conditions.value(rows, scope.context)
        first = next((c.name for c in self.fields if not c.editable(None)), self.fields[0].name)
        return [
            {c.name: row[c.name] for c in self.fields if c.name in row}
            if isinstance(row, Mapping)
            else {first: row}
            for row in (rows if isinstance(rows, list) else [])[: limits.TABLE_ROWS]
        ]

    def count(self, rows: Sequence[Any]) -> None:
        """Compare the number of rows with the limits.

        Raises:
            Invalid: there are too few or too many.
        """
        if len(rows) < self.options.get("min", 0):
            raise Invalid(f"至少填写 {self.options['min']} 行")
        if len(rows) > self.most:
            raise Invalid(f"最多填写 {self.most} 行")

    def repeated(self, rows: Sequence[Mapping[str, Any]]) -> Iterator[tuple[int, int]]:
        """Each row that says in all columns of `unique` what one before it says, and that one."""
        names = self.options.get("unique", [])
        first: dict[tuple[Any, ...], int] = {}
        for index, row in enumerate(rows):
            key = tuple(row.get(name) for name in names)
            if key and None not in key and first.setdefault(key, index) < index:
                yield index, first[key]

    def is_empty(self, value: Value) -> bool:
        return not value

    def missing(self) -> str:
        return f"请至少填写一行{self.label}"

    def text(self, value: Value, scope: Scope) -> str:
        return "；".join(
            "，".join(column.text(row.get(column.name), scope) for column in self.shown())
            for row in value or ()
            if isinstance(row, Mapping)
        )

    def json_schema(self) -> dict[str, Any]:
        writable = [column for column in self.fields if column.is_writable and column.has_value]
        row = {
            "type": "object",
            "properties": {column.name: column.described() for column in writable},
            "additionalProperties": False,
        }
        return {"type": "array", "items": row, "maxItems": self.most}

    def problems(self) -> Iterator[Problem]:
        if not self.fields:
            yield "fields", "表格至少要有一列"
        for key in ("min", "max"):
            value = self.options.get(key, 0)
            if type(value) is not int or not 0 <= value <= limits.TABLE_ROWS:
                yield key, f"应为 0 至 {limits.TABLE_ROWS} 的整数"
        rows = self.options.get("rows_from", [])
        if not isinstance(rows, list) and not conditions.is_expression(rows):
            yield "rows_from", "应为列表，或以 = 开头的表达式"
        english = self.options.get("rows_from_en")
        if english is not None and not _beside(english, rows):
            yield "rows_from_en", "应为列表，与 rows_from 的各行一一对应"
        unique, names = self.options.get("unique", []), {column.name for column in self.fields}
        if not isinstance(unique, list) or not names.issuperset(map(str, unique)):
            yield "unique", "应为本表各列名称的列表"


def _beside(english: Any, rows: Any) -> bool:
    """Whether one list has a word for each of the other."""
    return isinstance(english, list) and isinstance(rows, list) and len(english) == len(rows)


class Table(marshmallow.fields.Field[Any]):
    """Marshmallow's view of a table: each row by a schema of its columns."""

    def __init__(self, spec: Rows) -> None:
        super().__init__(allow_none=True, required=False)
        self.spec = spec
        self.row = schema_of(spec.fields)

    def deserialize(
        self, value: Any, attr: str | None = None, data: Any = None, **_more: Any
    ) -> Any:
        if value is marshmallow.missing or text.is_blank(value):
            return value if value is marshmallow.missing else None
        if not isinstance(value, list):
            raise marshmallow.ValidationError(["请按行填写"])
        if len(value) > limits.TABLE_ROWS:
            raise marshmallow.ValidationError(
                [f"最多填写 {min(self.spec.most, limits.TABLE_ROWS)} 行"]
            )
        rows, errors = [], {}
        for index, raw in enumerate(value):
            try:
                rows.append(self.row().load(raw))
            except marshmallow.ValidationError as error:
                errors[index] = normalized(error)
                rows.append(error.valid_data if isinstance(error.valid_data, dict) else {})
        if errors:
            raise marshmallow.ValidationError(errors, valid_data=rows)
        return rows


@dataclass(frozen=True, kw_only=True)
class Auto(Field):
    """A value nobody types: of the expression `value`, then also stored; else only shown.

    With `hidden: true` it is carried along, a column with its row, and not shown.
    """

    type: ClassVar[str] = "auto"
    widget: ClassVar[str] = "auto"
    is_writable: ClassVar[bool] = False
    options_known: ClassVar[frozenset[str]] = frozenset({"value", "mask", "hidden"})

    def parse(self, raw: Any) -> Value:
        raise Invalid(f"当前环节无权填写『{self.label}』")

    def text(self, value: Value, _scope: Scope) -> str:
        return text.shown(value)

    def computed(self, scope: Scope) -> Value:
        """The value at this moment; None without an expression."""
        expression = self.options.get("value")
        return conditions.value(expression, scope.context) if expression else None

    def problems(self) -> Iterator[Problem]:
        value = self.options.get("value")
        if value is not None and not conditions.is_expression(value):
            yield "value", "应为以 = 开头的表达式"
        if type(self.options.get("hidden", False)) is not bool:
            yield "hidden", "应为 true 或 false"


@dataclass(frozen=True, kw_only=True)
class Info(Field):
    """A text to read; the label is its title, `help` its text."""

    type: ClassVar[str] = "info"
    widget: ClassVar[str] = "info"
    has_value: ClassVar[bool] = False
    is_writable: ClassVar[bool] = False

    def parse(self, raw: Any) -> Value:
        raise Invalid(f"当前环节无权填写『{self.label}』")


UNKNOWN = "unknown"


def normalized(error: marshmallow.ValidationError) -> Any:
    """Messages by field; those of the whole under `_schema`."""
    messages: Any = error.normalized_messages()  # type: ignore[no-untyped-call]
    return messages


class _Answers(marshmallow.Schema):
    """Base of the generated schemas."""

    error_messages = {"unknown": UNKNOWN, "type": "请按表单填写"}

    class Meta:
        """Unknown keys are errors."""

        unknown = marshmallow.RAISE


def schema_of(fields: Sequence[Field]) -> type[marshmallow.Schema]:
    """The marshmallow class that reads answers to these fields and refuses any other."""
    return type("Answers", (_Answers,), {f.name: f.to_marshmallow() for f in fields if f.has_value})
