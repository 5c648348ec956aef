"""Fields that hold text: free, by pattern, or with a standard behind them."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, ClassVar, Final

from engine import limits
from forms import patterns, standards, text
from forms.errors import Invalid
from forms.fields.base import Field, Problem, Scope

_NAME_LENGTH: Final = 200


@dataclass(frozen=True, kw_only=True)
class Text(Field):
    """One line of text; `mask: name|phone|number` tells how it is hidden when sensitive."""

    type: ClassVar[str] = "text"
    options_known: ClassVar[frozenset[str]] = frozenset(
        {"max_length", "min_length", "pattern", "pattern_message", "mask", "placeholder"}
    )
    longest: ClassVar[int] = _NAME_LENGTH
    multiline: ClassVar[bool] = False

    @property
    def max_length(self) -> int:
        return int(self.options.get("max_length", self.longest))

    def parse(self, raw: Any) -> str:
        value = text.clean(raw, max_length=self.max_length, multiline=self.multiline)
        if len(value) < self.options.get("min_length", 0):
            raise Invalid(f"至少填写 {self.options['min_length']} 个字")
        pattern = self.options.get("pattern")
        if pattern and not _compiled(pattern).fullmatch(value):
            raise Invalid(self.options.get("pattern_message") or f"{self.label}的格式不正确")
        return value

    def mask(self, shown: str) -> str:
        return _MASKS.get(self.options.get("mask", ""), standards.mask_text)(shown)

    def attributes(self, _scope: Scope) -> dict[str, Any]:
        found = {"maxlength": self.max_length, "placeholder": self.options.get("placeholder")}
        return {key: value for key, value in found.items() if value}

    def json_schema(self) -> dict[str, Any]:
        schema: dict[str, Any] = {"type": "string", "maxLength": self.max_length}
        if self.options.get("pattern"):
            schema["pattern"] = f"^(?:{self.options['pattern']})$"
        return schema

    def problems(self) -> Iterator[Problem]:
        for key in ("max_length", "min_length"):
            value = self.options.get(key, 1)
            if type(value) is not int or not 1 <= value <= limits.TEXT_CHARACTERS:
                yield key, f"应为 1 至 {limits.TEXT_CHARACTERS} 的整数"
        if "pattern" in self.options:
            yield from (("pattern", why) for why in patterns.problems(self.options["pattern"]))
        if self.options.get("mask", "name") not in _MASKS:
            yield "mask", f"只能是 {'、'.join(_MASKS)}"


@dataclass(frozen=True, kw_only=True)
class TextArea(Text):
    """Several lines of text."""

    type: ClassVar[str] = "textarea"
    widget: ClassVar[str] = "textarea"
    longest: ClassVar[int] = 4_000
    multiline: ClassVar[bool] = True

    def attributes(self, scope: Scope) -> dict[str, Any]:
        return {**super().attributes(scope), "rows": self.options.get("rows", 4)}

    options_known: ClassVar[frozenset[str]] = Text.options_known | {"rows"}


@dataclass(frozen=True, kw_only=True)
class Number(Field):
    """A number with a standard: subclasses say which."""

    length: ClassVar[int]
    group: ClassVar[str] = ""
    input_mode: ClassVar[str] = "text"

    def canonical(self, typed: str) -> str:
        """The number in its stored form.

        Raises:
            Invalid: it is none.
        """
        raise NotImplementedError

    def parse(self, raw: Any) -> str:
        return self.canonical(text.clean(raw, max_length=60))

    def mask(self, shown: str) -> str:
        return standards.mask_number(shown)

    def attributes(self, _scope: Scope) -> dict[str, Any]:
        found = {"maxlength": 60, "inputmode": self.input_mode, "data-group": self.group}
        return {key: value for key, value in found.items() if value}

    def json_schema(self) -> dict[str, Any]:
        return {"type": "string", "maxLength": 60}


@dataclass(frozen=True, kw_only=True)
class ResidentNumber(Number):
    """居民身份证号码; with `type_from` the kind of document chosen there decides the rule."""

    type: ClassVar[str] = "cn_id"
    group: ClassVar[str] = "6-8-4"
    options_known: ClassVar[frozenset[str]] = frozenset({"type_from", "resident"})

    def parse(self, raw: Any) -> str:
        typed = text.clean(raw, max_length=60)
        if "type_from" in self.options:  # conditions see it without the page's spaces already
            return standards.compact(typed)
        return self.canonical(typed)

    def canonical(self, typed: str) -> str:
        return standards.resident_number(typed)

    def settle(self, value: Any, scope: Scope) -> str:
        # the kind of document is another answer, so its rule can only be applied here
        kind = scope.context.get(self.options.get("type_from", ""))
        if kind is None or kind in self.options.get("resident", ("resident_id", "id_card")):
            return self.canonical(value)
        return standards.document_number(str(kind), value)

    def remarks(self, value: Any) -> list[str]:
        is_resident = isinstance(value, str) and re.fullmatch(r"[0-9]{17}[0-9X]", value)
        return standards.resident_remarks(value) if is_resident else []


@dataclass(frozen=True, kw_only=True)
class CreditCode(Number):
    """统一社会信用代码."""

    type: ClassVar[str] = "uscc"
    group: ClassVar[str] = "2-6-9-1"

    def canonical(self, typed: str) -> str:
        return standards.credit_code(typed)


@dataclass(frozen=True, kw_only=True)
class Phone(Number):
    """A mobile or landline number."""

    type: ClassVar[str] = "phone"
    input_mode: ClassVar[str] = "tel"

    def canonical(self, typed: str) -> str:
        return standards.phone(typed)

    def mask(self, shown: str) -> str:
        return standards.mask_phone(shown)


@dataclass(frozen=True, kw_only=True)
class Postcode(Number):
    """邮政编码."""

    type: ClassVar[str] = "postcode"
    input_mode: ClassVar[str] = "numeric"

    def canonical(self, typed: str) -> str:
        return standards.postcode(typed)


_MASKS: Final = {
    "name": standards.mask_name,
    "phone": standards.mask_phone,
    "number": standards.mask_number,
    "text": standards.mask_text,
}


@lru_cache(maxsize=1024)
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.ASCII)  # `\d` must not let full-width digits through
