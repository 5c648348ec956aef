"""What a DMN file defines, ready to evaluate; immutable and shared.

Invariant: requirements are resolved and free of cycles; every expression is parsed.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from engine.errors import Finding
from engine.feel import Expression, FeelType, FeelWarning, Runtime
from engine.feel.runtime import Run


@dataclass(frozen=True, slots=True)
class InputColumn:
    """One condition column of a table."""

    label: str
    run: Run
    type: FeelType | None
    allowed: Expression | None
    expression: Expression | None = None


@dataclass(frozen=True, slots=True)
class OutputColumn:
    """One conclusion column; `priorities` are its output values in their order."""

    name: str
    type: FeelType | None
    allowed: Expression | None
    priorities: tuple[Run, ...]
    default: Run | None


@dataclass(frozen=True, slots=True)
class Rule:
    """One row, counted from 1; an entry None is `-`, a conclusion None an empty cell."""

    index: int
    id: str
    tests: tuple[Expression | None, ...]
    outputs: tuple[Run, ...]
    line: int | None
    conclusions: tuple[Expression | None, ...] = ()


@dataclass(frozen=True, slots=True)
class Table:
    """A decision table; where a match is `required`, an input without a rule is an error."""

    id: str
    label: str
    policy: str
    aggregation: str
    inputs: tuple[InputColumn, ...]
    outputs: tuple[OutputColumn, ...]
    rules: tuple[Rule, ...]
    required: bool = False
    labels: Mapping[str, str] = field(default_factory=dict)
    """What people call the outputs, by name."""


@dataclass(frozen=True, slots=True)
class Need:
    """A name a decision uses, with what provides its value; `prefix` is an import's name."""

    prefix: str
    name: str
    source: "Decision | InputData | Provider"


@dataclass(frozen=True, slots=True)
class InputData:
    """A value from outside."""

    id: str
    name: str
    type: FeelType | None


@dataclass(frozen=True, slots=True)
class Provider:
    """Knowledge: makes a function value (business knowledge model, decision service)."""

    id: str
    name: str
    make: Callable[[Runtime], Any]


@dataclass(frozen=True, slots=True, eq=False)
class Decision:
    """One decision with everything it requires."""

    id: str
    name: str
    variable: str
    type: FeelType | None
    run: Run
    table: Table | None
    needs: tuple[Need, ...]
    line: int | None = None
    filename: str = ""
    types: Mapping[str, FeelType] = field(default_factory=dict)
    version_tag: str = ""

    @property
    def required(self) -> "tuple[Decision, ...]":
        """The decisions this one asks first."""
        return tuple(n.source for n in self.needs if isinstance(n.source, Decision))


@dataclass(frozen=True, slots=True, eq=False)
class Decisions:
    """All of one file."""

    filename: str
    namespace: str
    name: str
    decisions: Mapping[str, Decision]
    services: Mapping[str, Provider]
    inputs: Mapping[str, InputData]
    knowledge: Mapping[str, Provider]
    types: Mapping[str, FeelType]
    findings: tuple[Finding, ...] = ()
    tables: tuple[Table, ...] = ()

    def find(self, wanted: str) -> Decision | None:
        """The decision with this id, or else this name."""
        by_name = (each for each in self.decisions.values() if each.name == wanted)
        return self.decisions.get(wanted) or next(by_name, None)


@dataclass(frozen=True, slots=True)
class Match:
    """A rule that applied."""

    index: int
    id: str


@dataclass(frozen=True, slots=True)
class DecisionResult:
    """A decision's value and how it came about, for the history."""

    decision: str
    name: str
    value: Any
    matched: tuple[Match, ...] = ()
    inputs: Mapping[str, Any] = field(default_factory=dict)
    outputs: tuple[Any, ...] = ()
    labels: Mapping[str, str] = field(default_factory=dict)
    warnings: tuple[FeelWarning, ...] = ()
    required: "tuple[DecisionResult, ...]" = ()
    errors: tuple[str, ...] = ()
