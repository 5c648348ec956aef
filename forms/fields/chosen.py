"""Fields whose answers come from a list: written in the form, or of a named source."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Final

from engine.variables import Value
from forms import conditions, standards, text
from forms.errors import Invalid
from forms.fields.base import Field, Problem, Scope
from forms.lookups import ListSource, Option, Source

_MOST: Final = 200


@dataclass(frozen=True, kw_only=True)
class Choice(Field):
    """One of a list: `values` here, or `values_from` a source's name or an expression."""

    type: ClassVar[str] = "choice"
    widget: ClassVar[str] = "radios"
    options_known: ClassVar[frozenset[str]] = frozenset(
        {"values", "values_from", "widget", "none_text"}
    )
    source_name: ClassVar[str] = ""

    @property
    def control(self) -> str:
        few = self.options.get("values") and len(self.options["values"]) <= 5
        return str(self.options.get("widget") or (self.widget if few else "select"))

    def source(self, scope: Scope) -> Source | None:
        """Where the options come from; None if nobody provides it."""
        if "values" in self.options:
            return ListSource(written_options(self.options["values"]))
        name = self.options.get("values_from", self.source_name)
        if conditions.is_expression(name):
            found = conditions.value(name, scope.context)
            return ListSource(written_options(found if isinstance(found, list) else []))
        return scope.lookups.sources.get(name)

    def choices(self, scope: Scope) -> Sequence[Option]:
        """All there is to choose from, up to a bound."""
        source = self.source(scope)
        return source.search("", scope.context, limit=_MOST) if source else ()

    def parse(self, raw: Any) -> Value:
        return text.clean(_as_text(raw), max_length=200)

    def settle(self, value: Value, scope: Scope) -> Value:
        self.option(value, scope)
        return value

    def option(self, value: Value, scope: Scope) -> Option:
        """The option that an answer means.

        Raises:
            Invalid: it may not be chosen, or nobody knows what may.
        """
        source = self.source(scope)
        if source is None:
            raise Invalid("选项暂时无法读取，请稍后重试或联系管理员")
        found = source.find(str(value), scope.context)
        if found is None:
            raise Invalid("请从给出的选项中选择")
        return found

    def missing(self) -> str:
        return f"请选择{self.label}"

    def wanting(self, scope: Scope) -> str:
        return self.none_to_choose(scope) or self.missing()

    def none_to_choose(self, scope: Scope) -> str:
        """Why there is nothing to choose from and who can help; empty if there is something."""
        told = str(self.options.get("none_text") or "")
        return told if told and not self.choices(scope) else ""

    def text(self, value: Value, scope: Scope) -> str:
        if value is None:
            return ""
        source = self.source(scope)
        found = source.find(str(value), scope.context) if source else None
        return found.label if found else str(value)

    def mask(self, shown: str) -> str:
        return "*" * min(len(shown), 4)

    def json_schema(self) -> dict[str, Any]:
        if "values" not in self.options:
            return {"type": "string"}
        options = written_options(self.options["values"])
        return {"type": "string", "enum": [option.value for option in options]}

    def problems(self) -> Iterator[Problem]:
        if "values" in self.options and "values_from" in self.options:
            yield "values_from", "values 与 values_from 只能写一个"
        if "values" in self.options:
            yield from _value_problems(self.options["values"])
        elif not self.options.get("values_from", self.source_name):
            yield "type", "缺少选项：请写 values 或 values_from"
        if self.options.get("widget", "select") not in ("radios", "select", "search"):
            yield "widget", "只能是 radios、select 或 search"


@dataclass(frozen=True, kw_only=True)
class Choices(Choice):
    """Several of a list."""

    type: ClassVar[str] = "choices"
    widget: ClassVar[str] = "checkboxes"
    options_known: ClassVar[frozenset[str]] = Choice.options_known | {"min", "max"}

    @property
    def control(self) -> str:
        return "checkboxes"

    def parse(self, raw: Any) -> Value:
        items = raw if isinstance(raw, list) else [raw]
        if len(items) > _MOST:
            raise Invalid(f"最多选择 {_MOST} 项")
        chosen = [super(Choices, self).parse(item) for item in items if not text.is_blank(item)]
        return list(dict.fromkeys(chosen))

    def settle(self, value: Value, scope: Scope) -> Value:
        for item in value:
            self.option(item, scope)
        low, high = self.options.get("min", 0), self.options.get("max", _MOST)
        if value and len(value) < low:
            raise Invalid(f"至少选择 {low} 项")
        if len(value) > high:
            raise Invalid(f"最多选择 {high} 项")
        return value

    def is_empty(self, value: Value) -> bool:
        return not value

    def text(self, value: Value, scope: Scope) -> str:
        parts = [super(Choices, self).text(item, scope) for item in value or ()]
        return "、".join(parts)

    def json_schema(self) -> dict[str, Any]:
        return {"type": "array", "items": super().json_schema(), "uniqueItems": True}

    def problems(self) -> Iterator[Problem]:
        yield from super().problems()
        for key in ("min", "max"):
            if type(self.options.get(key, 0)) is not int:
                yield key, "应为整数"


@dataclass(frozen=True, kw_only=True)
class Lookup(Choice):
    """A record of a register, found by typing part of it."""

    type: ClassVar[str] = "lookup"
    widget: ClassVar[str] = "search"

    @property
    def control(self) -> str:
        return "search"

    def mask(self, shown: str) -> str:
        return standards.mask_number(shown)


@dataclass(frozen=True, kw_only=True)
class Org(Lookup):
    """An organisation, by its code; of the source `orgs` unless another is named."""

    type: ClassVar[str] = "org"
    source_name: ClassVar[str] = "orgs"

    @property
    def control(self) -> str:
        return str(self.options.get("widget", "select"))


def written_options(values: Sequence[Any]) -> list[Option]:
    """Options as form files and variables write them: contexts with value and label, or texts."""
    return [
        Option(str(item["value"]), str(item.get("label") or item["value"]))
        if isinstance(item, Mapping) and "value" in item
        else Option(str(item), str(item))
        for item in values
    ]


def _as_text(raw: Any) -> Any:
    # a JSON client may send a whole number or a boolean where the form file wrote one
    if isinstance(raw, bool):
        return "true" if raw else "false"
    return str(raw) if isinstance(raw, int) else raw


def _value_problems(values: Any) -> Iterator[Problem]:
    if not isinstance(values, list) or not values:
        yield "values", "应为至少一项的列表，每项有 value 和 label"
        return
    if len(values) > _MOST:
        yield "values", f"不能超过 {_MOST} 项，请改用 values_from"
    seen: set[str] = set()
    for item in values:
        if isinstance(item, Mapping):
            yield from _unknown_keys(item)
        value = item.get("value") if isinstance(item, Mapping) else item
        if value is None or isinstance(value, list | Mapping):
            yield "values", "有一项缺少 value"
        elif str(value) in seen:
            yield "values", f"选项『{value}』重复"
        seen.add(str(value))


def _unknown_keys(item: Mapping[str, Any]) -> Iterator[Problem]:
    for key in item:
        if key not in ("value", "label", "label_en"):
            yield "values", f"选项中有不认识的『{key}』，只能写 value、label、label_en"
