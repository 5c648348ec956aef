"""Fields that hold numbers, dates and yes or no."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, ClassVar, Final

from engine import clock
from engine.variables import Value
from forms import conditions, text
from forms.errors import Invalid
from forms.fields.base import Field, Problem, Scope, bound

_DECIMAL: Final = re.compile(r"-?[0-9]{1,15}(?:\.[0-9]{1,10})?")
_WHOLE: Final = re.compile(r"-?[0-9]{1,15}")
_MONEY: Final = re.compile(r"-?[0-9]{1,13}(?:\.[0-9]{1,2})?")
_DATE: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_DATETIME: Final = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2})[T ]([0-9]{2}:[0-9]{2})(:[0-9]{2})?(Z|[+-][0-9]{2}:[0-9]{2})?"
)
_BOOLEANS: Final[dict[Any, bool]] = {"true": True, "on": True, "false": False}


def yuan(amount: Decimal) -> str:
    """An amount as pages, letters and messages write it: 83,200.00 元."""
    return f"{amount:,.2f} 元"


@dataclass(frozen=True, kw_only=True)
class Bounded(Field):
    """A value with an order: `min` and `max` are written down or expressions."""

    options_known: ClassVar[frozenset[str]] = frozenset({"min", "max", "unit"})
    too_low: ClassVar[str] = "不能小于 {}"
    too_high: ClassVar[str] = "不能大于 {}"

    def settle(self, value: Value, scope: Scope) -> Value:
        low, high = bound(self, "min", scope), bound(self, "max", scope)
        if low is not None and _comparable(value, low) and value < low:
            raise Invalid(self.too_low.format(self.text(low, scope)))
        if high is not None and _comparable(value, high) and value > high:
            raise Invalid(self.too_high.format(self.text(high, scope)))
        return value

    def attributes(self, scope: Scope) -> dict[str, Any]:
        found = {key: bound(self, key, scope) for key in ("min", "max")}
        limits = {key: self.raw(value) for key, value in found.items() if value is not None}
        return {**limits, **({"unit": self.options["unit"]} if "unit" in self.options else {})}

    def problems(self) -> Iterator[Problem]:
        for key in ("min", "max"):
            limit = self.options.get(key)
            if limit is None or conditions.is_expression(limit):
                continue
            try:
                self.parse(limit if isinstance(limit, str) else str(limit))
            except Invalid as error:
                yield key, error.messages[0]


@dataclass(frozen=True, kw_only=True)
class Decimals(Bounded):
    """A decimal number; JSON numbers are taken, text must be written with ASCII digits."""

    type: ClassVar[str] = "number"
    pattern: ClassVar[re.Pattern[str]] = _DECIMAL
    complaint: ClassVar[str] = "请填写数字，小数点用半角（如 12.5）"

    def parse(self, raw: Any) -> Value:
        typed = self.typed(raw)
        text.refuse_full_width(typed)
        if not self.pattern.fullmatch(typed):
            raise Invalid(self.complaint)
        return Decimal(typed)

    def typed(self, raw: Any) -> str:
        """The number as text."""
        if isinstance(raw, int | Decimal) and not isinstance(raw, bool):
            return format(raw, "f") if isinstance(raw, Decimal) else str(raw)
        if not isinstance(raw, str):
            raise Invalid(self.complaint)
        return text.clean(raw, max_length=40)

    def raw(self, value: Value) -> Any:
        return format(value, "f") if isinstance(value, Decimal) else value

    def text(self, value: Value, _scope: Scope) -> str:
        if value is None:
            return ""
        shown = format(value, "f") if isinstance(value, Decimal) else str(value)
        return f"{shown} {self.options['unit']}" if "unit" in self.options else shown

    def attributes(self, scope: Scope) -> dict[str, Any]:
        return {"inputmode": "decimal", **super().attributes(scope)}

    def json_schema(self) -> dict[str, Any]:
        return {"type": ["number", "string"], "pattern": f"^{self.pattern.pattern}$"}


@dataclass(frozen=True, kw_only=True)
class Integer(Decimals):
    """A whole number."""

    type: ClassVar[str] = "integer"
    pattern: ClassVar[re.Pattern[str]] = _WHOLE
    complaint: ClassVar[str] = "请填写整数"

    def parse(self, raw: Any) -> Value:
        return int(super().parse(raw))

    def attributes(self, scope: Scope) -> dict[str, Any]:
        return {**super().attributes(scope), "inputmode": "numeric"}

    def json_schema(self) -> dict[str, Any]:
        return {"type": ["integer", "string"], "pattern": f"^{self.pattern.pattern}$"}


@dataclass(frozen=True, kw_only=True)
class Money(Decimals):
    """An amount in yuan with at most two places; on the wire a decimal string, never a float."""

    type: ClassVar[str] = "money"
    pattern: ClassVar[re.Pattern[str]] = _MONEY
    complaint: ClassVar[str] = "请填写金额，最多两位小数（如 1200.50），不加逗号"

    def parse(self, raw: Any) -> Value:
        if not isinstance(raw, str):
            raise Invalid('金额应以文本形式填写（如 "1200.50"）')
        value: Decimal = super().parse(raw)
        return value.quantize(Decimal("0.01"))

    def text(self, value: Value, _scope: Scope) -> str:
        return "" if value is None else yuan(value)

    def json_schema(self) -> dict[str, Any]:
        return {"type": "string", "pattern": f"^{self.pattern.pattern}$"}


@dataclass(frozen=True, kw_only=True)
class Date(Bounded):
    """A legal date."""

    type: ClassVar[str] = "date"
    widget: ClassVar[str] = "date"
    too_low: ClassVar[str] = "不能早于 {}"
    too_high: ClassVar[str] = "不能晚于 {}"

    def parse(self, raw: Any) -> Value:
        typed = text.clean(raw, max_length=30)
        text.refuse_full_width(typed)
        if not _DATE.fullmatch(typed):
            raise Invalid("日期应写成 2026-11-22 的形式（年-月-日）")
        try:
            value = date.fromisoformat(typed)
        except ValueError as error:
            raise Invalid("没有这一天，请核对年、月、日") from error
        if value.year < 1900:
            raise Invalid("年份应在 1900 年以后")
        return value

    def raw(self, value: Value) -> Any:
        return value.isoformat() if isinstance(value, date) else value

    def text(self, value: Value, _scope: Scope) -> str:
        return value.isoformat() if isinstance(value, date) else str(value or "")

    def json_schema(self) -> dict[str, Any]:
        return {"type": "string", "format": "date"}


@dataclass(frozen=True, kw_only=True)
class Moment(Bounded):
    """A date and time; without a zone it is Beijing time."""

    type: ClassVar[str] = "datetime"
    widget: ClassVar[str] = "datetime-local"
    too_low: ClassVar[str] = "不能早于 {}"
    too_high: ClassVar[str] = "不能晚于 {}"

    def parse(self, raw: Any) -> Value:
        typed = text.clean(raw, max_length=40)
        text.refuse_full_width(typed)
        if not _DATETIME.fullmatch(typed):
            raise Invalid("时间应写成 2026-11-22 14:05 的形式")
        try:
            value = datetime.fromisoformat(typed)
        except ValueError as error:
            raise Invalid("没有这个时间，请核对") from error
        return value if value.tzinfo else value.replace(tzinfo=clock.SHANGHAI)

    def raw(self, value: Value) -> Any:
        if isinstance(value, datetime):
            return value.astimezone(clock.SHANGHAI).strftime("%Y-%m-%dT%H:%M")
        return value

    def text(self, value: Value, _scope: Scope) -> str:
        if isinstance(value, datetime):
            return value.astimezone(clock.SHANGHAI).strftime("%Y-%m-%d %H:%M")
        return str(value or "")

    def json_schema(self) -> dict[str, Any]:
        return {"type": "string", "format": "date-time"}


@dataclass(frozen=True, kw_only=True)
class Boolean(Field):
    """Yes or no; with `must_accept` a declaration that has to be ticked."""

    type: ClassVar[str] = "boolean"
    options_known: ClassVar[frozenset[str]] = frozenset(
        {"must_accept", "true_label", "false_label"}
    )

    @property
    def control(self) -> str:
        return "checkbox" if self.must_accept else "radios"

    @property
    def must_accept(self) -> bool:
        return bool(self.options.get("must_accept"))

    def parse(self, raw: Any) -> Value:
        value = raw if isinstance(raw, bool) else _BOOLEANS.get(raw if isinstance(raw, str) else "")
        if value is None:
            raise Invalid("请选择“是”或“否”")
        if self.must_accept and not value:
            raise Invalid(self.missing())
        return value

    def missing(self) -> str:
        return f"请勾选“{self.label}”" if self.must_accept else f"请选择{self.label}"

    def raw(self, value: Value) -> Any:
        return (
            {True: "true", False: "false"}.get(value, "") if not isinstance(value, str) else value
        )

    def text(self, value: Value, _scope: Scope) -> str:
        if value is None:
            return ""
        labels = self.options.get("true_label", "是"), self.options.get("false_label", "否")
        return str(labels[0] if value else labels[1])

    def attributes(self, _scope: Scope) -> dict[str, Any]:
        labels = ("true_label", "false_label")
        return {name: self.options[name] for name in labels if name in self.options}

    def json_schema(self) -> dict[str, Any]:
        return {"type": "boolean", **({"const": True} if self.must_accept else {})}


def _comparable(value: Value, limit: Value) -> bool:
    if isinstance(value, datetime) or isinstance(limit, datetime):
        return isinstance(value, datetime) and isinstance(limit, datetime) and bool(limit.tzinfo)
    if isinstance(value, date):
        return isinstance(limit, date)
    return isinstance(limit, int | Decimal)
