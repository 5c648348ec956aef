"""One evaluation: its budget, its warnings, and the scopes names are looked up in.

Invariant: whatever loops, recurses or grows charges the runtime first; what it cannot pay for
raises LimitExceeded, so that no expression runs or grows without bound.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from engine import limits
from engine.errors import LimitExceeded
from engine.feel.errors import FeelWarning, Position

RESULT_ITEMS: Final = 10_000
RESULT_CHARACTERS: Final = 200_000
CALL_DEPTH: Final = 40
WARNINGS: Final = 50


@dataclass(frozen=True, slots=True)
class Budget:
    """How much one evaluation may cost."""

    steps: int = limits.EXPRESSION_STEPS
    calls: int = CALL_DEPTH
    items: int = RESULT_ITEMS
    characters: int = RESULT_CHARACTERS


DEFAULT: Final = Budget()


class Runtime:
    """What one evaluation has left, and what it has to say."""

    # defaults live on the class: most evaluations are short and never change them
    budget = DEFAULT
    steps = DEFAULT.steps
    calls = 0
    element = ""
    types: Mapping[str, Any] | None = None

    def __init__(self, budget: Budget = DEFAULT, types: Mapping[str, Any] | None = None) -> None:
        self.warnings: list[FeelWarning] = []
        if budget is not DEFAULT:
            self.budget = budget
            self.steps = budget.steps
        if types is not None:
            self.types = types

    def charge(self, steps: int) -> None:
        """Pay for work about to be done."""
        self.steps -= steps
        if self.steps < 0:
            raise LimitExceeded(f"表达式求值超过 {self.budget.steps} 步", limit="expression_steps")

    def enter(self) -> None:
        """Go into a function of the author; `calls` is taken back by who called."""
        self.calls += 1
        if self.calls > self.budget.calls:
            raise LimitExceeded(
                f"函数调用嵌套超过 {self.budget.calls} 层", limit="expression_calls"
            )

    def sized(self, value: Any) -> Any:
        """A text or list just made, if it is not too large; making it is paid for."""
        size = len(value)
        if isinstance(value, str):
            self.fits(size)
            self.charge(size >> 10)
            return value
        if size > self.budget.items:
            raise LimitExceeded(f"列表结果超过 {self.budget.items} 项", limit="expression_items")
        self.charge(size >> 3)
        return value

    def fits(self, size: int) -> None:
        """Refuse a text of this size before it is made."""
        if size > self.budget.characters:
            limit = self.budget.characters
            raise LimitExceeded(f"文字结果超过 {limit} 个字符", limit="expression_characters")

    def warn(self, at: Position, reason: str) -> None:
        """Remember why something became null (the first ones are those that matter)."""
        if len(self.warnings) < WARNINGS:
            self.warnings.append(FeelWarning(at[0], at[1], reason, self.element))


class Scope:
    """Names and their values at one place of an expression, with the places around it."""

    __slots__ = ("parent", "runtime", "variables")

    def __init__(
        self, variables: Mapping[str, Any], parent: "Scope | None", runtime: Runtime
    ) -> None:
        self.variables = variables
        self.parent = parent
        self.runtime = runtime


Run = Callable[[Scope], Any]
"""A node made executable."""

MISSING: Final[Any] = object()


def lookup(scope: Scope | None, name: str) -> Any:
    """The nearest value of a name, or MISSING."""
    while scope is not None:
        value = scope.variables.get(name, MISSING)
        if value is not MISSING:
            return value
        scope = scope.parent
    return MISSING
