"""Expressions of models: FEEL behind a `=`, else a literal; the one door to the interpreter.

Invariant: model text reaches `engine.feel` only; a failing expression always becomes an
`ExpressionError` that names element, place and reason.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from functools import lru_cache
from typing import Any

from engine import feel
from engine.errors import ExpressionError, LimitExceeded
from engine.feel.kinds import chinese
from engine.variables import Value


@dataclass(frozen=True, slots=True)
class Expression:
    """One expression as it stands in a model, with its place there."""

    text: str
    element: str = ""
    place: str = ""
    line: int | None = None
    always_feel: bool = False
    is_feel: bool = field(init=False, repr=False, compare=False)
    """Whether the interpreter evaluates it; a literal stands for itself."""
    source: str = field(init=False, repr=False, compare=False)
    """FEEL without the leading sign."""

    def __post_init__(self) -> None:
        is_feel = self.always_feel or self.text.startswith("=")
        object.__setattr__(self, "is_feel", is_feel)
        source = self.text.removeprefix("=").strip() if is_feel else self.text
        object.__setattr__(self, "source", source)

    def problem(self) -> feel.FeelSyntaxError | None:
        """Why the text is no FEEL."""
        if not self.is_feel:
            return None
        try:
            feel.parse(self.source)
        except feel.FeelSyntaxError as error:
            return error
        return None

    def names(self) -> frozenset[str]:
        """The free variable names; empty for a literal or a broken text."""
        if not self.is_feel:
            return frozenset()
        try:
            return feel.names(feel.parse(self.source))
        except feel.FeelSyntaxError:
            return frozenset()


def evaluate(expression: Expression, context: Mapping[str, Any]) -> Value:
    """The value; null is a value here, see `required`.

    Raises:
        ExpressionError: the text is no FEEL or broke its budget.
    """
    if not expression.is_feel:
        return expression.text
    try:
        result = feel.evaluate(feel.parse(expression.source), context)
    except feel.FeelSyntaxError as error:
        raise failure(expression, str(error)) from None
    except LimitExceeded as error:
        raise failure(expression, error.message) from None
    return result.value


def required(expression: Expression, context: Mapping[str, Any]) -> Value:
    """A value that may not be null.

    Raises:
        ExpressionError: it is null; the interpreter's warnings say why.
    """
    if not expression.is_feel:
        return expression.text
    value = evaluate(expression, context)
    if value is None:
        warnings = feel.evaluate(feel.parse(expression.source), context).warnings
        reasons = "；".join(dict.fromkeys(str(warning) for warning in warnings))
        raise failure(expression, reasons or "结果为空")
    return value


def condition(expression: Expression, context: Mapping[str, Any]) -> bool:
    """A real truth value; anything else is an error, never taken as false."""
    value = required(expression, context)
    if not isinstance(value, bool):
        raise failure(expression, f"结果应为 true 或 false，实为{chinese(value)}")
    return value


def text(expression: Expression, context: Mapping[str, Any]) -> str:
    """A text that is not empty; numbers are written as text (correlation keys)."""
    value = required(expression, context)
    if isinstance(value, Decimal):
        value = format(value.normalize(), "f")
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    if not isinstance(value, str) or not value:
        raise failure(expression, f"结果应为非空文字，实为{chinese(value)}")
    return value


def texts(expression: Expression, context: Mapping[str, Any]) -> tuple[str, ...]:
    """A list of texts; a literal is separated by commas, null is the empty list."""
    if not expression.is_feel:
        return _parts(expression.text)
    value = evaluate(expression, context)
    if isinstance(value, str):
        return _parts(value)
    if value is None:
        return ()
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return tuple(value)
    raise failure(expression, "结果应为文字列表")


@lru_cache(maxsize=1024)
def _parts(listed: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in listed.split(",") if part.strip())


def number(expression: Expression, context: Mapping[str, Any]) -> int:
    """A whole number."""
    value = required(expression, context)
    try:
        number = Decimal(value) if not isinstance(value, bool) else None
    except (ArithmeticError, TypeError, ValueError):
        number = None
    if number is None or number != number.to_integral_value():
        raise failure(expression, "结果应为整数")
    return int(number)


def failure(expression: Expression, reason: str) -> ExpressionError:
    """The error of an expression, in words for the person who repairs the model or the data.

    The variables it reads are named; their values stay inside the case.
    """
    return ExpressionError(
        f"元素（{expression.element}）的{expression.place}『{expression.source}』求值失败：{reason}",
        element=expression.element,
        expression=expression.source,
        place=expression.place,
        reason=reason,
        line=expression.line,
        names="、".join(sorted(expression.names())),
    )
