"""Expressions of a form: shown-if, required-if, defaults, bounds. FEEL, with or without `=`.

Invariant: a condition holds only if it is true; null, as of a field not yet filled in, does not.
"""

from collections.abc import Mapping
from typing import Any

from engine import feel


def is_expression(value: Any) -> bool:
    """Whether a value of a form file is to be evaluated: text beginning with `=`."""
    return isinstance(value, str) and value.startswith("=")


def source(text: str) -> str:
    """The expression without the sign in front."""
    return text.removeprefix("=").strip()


def holds(text: str, context: Mapping[str, Any]) -> bool:
    """Whether a condition is true; an empty condition always is."""
    return not text or value(text, context) is True


def value(text: str, context: Mapping[str, Any]) -> Any:
    """The value of an expression; null where it has none."""
    return feel.evaluate(source(text), context).value


def names(text: str) -> frozenset[str]:
    """The variables an expression looks at."""
    return feel.names(feel.parse(source(text)))
