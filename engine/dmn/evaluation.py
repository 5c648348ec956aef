"""Evaluates decisions: what is required first, each once, within one budget.

Invariant: a decision sees its requirements and the context it was called with; a breach of the
table's own rules (two rules under UNIQUE, a value that is not allowed) is an error, never a value.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from engine import limits
from engine.dmn.model import Decision, DecisionResult, InputData, Match, Need, Table
from engine.errors import ExpressionError, LimitExceeded
from engine.feel import Budget, FeelType, FeelWarning, Runtime, Scope
from engine.feel.kinds import chinese, coerce

BUDGET: Final = Budget(steps=limits.EXPRESSION_STEPS * 10)


@dataclass(slots=True)
class Trace:
    """What a table did."""

    table: Table
    inputs: dict[str, Any] = field(default_factory=dict)
    matched: list[Match] = field(default_factory=list)
    outputs: list[Any] = field(default_factory=list)


class Evaluation(Runtime):
    """One call of a decision."""

    def __init__(self, types: Mapping[str, FeelType]) -> None:
        super().__init__(BUDGET, types)
        self.errors: list[str] = []
        self.traces: list[Trace] = []

    def error(self, message: str) -> None:
        """Remember what makes the whole result invalid."""
        self.errors.append(message)
        self.warnings.append(FeelWarning(1, 1, message, self.element))


@dataclass(slots=True)
class Frame:
    """Values given, and decisions made already."""

    context: Mapping[str, Any]
    made: dict[Any, Any] = field(default_factory=dict)
    results: dict[Decision, DecisionResult] = field(default_factory=dict)


def evaluate(decision: Decision, context: Mapping[str, Any]) -> DecisionResult:
    """The value of a decision and the way to it.

    Raises:
        ExpressionError: more rules apply than the hit policy permits, or a value is not allowed.
        LimitExceeded: the evaluation is over its budget.
    """
    result = attempt(decision, context)
    if result.errors:
        read = dict.fromkeys(name for name, _ in _inputs(result))
        raise ExpressionError(result.errors[0], element=decision.id, names="、".join(read))
    return result


def _inputs(result: DecisionResult) -> Iterator[tuple[str, Any]]:
    """The input columns of the tables evaluated, those of required decisions first."""
    for each in result.required:
        yield from _inputs(each)
    yield from result.inputs.items()


def attempt(decision: Decision, context: Mapping[str, Any]) -> DecisionResult:
    """As `evaluate`, but with the errors in the result instead of raised."""
    evaluation = Evaluation(decision.types)
    frame = Frame(context)
    try:
        decide(decision, frame, evaluation)
    except RecursionError as reason:
        raise LimitExceeded("决策嵌套过深", limit="decision_depth") from reason
    return frame.results[decision]


def decide(decision: Decision, frame: Frame, runtime: Runtime) -> Any:
    """The value of a decision in a frame."""
    if decision in frame.made:
        return frame.made[decision]
    scope = Scope(_provide(decision.needs, frame, runtime), _outside(frame, runtime), runtime)
    evaluation = runtime if isinstance(runtime, Evaluation) else Evaluation({})
    before = len(evaluation.warnings), len(evaluation.errors), len(evaluation.traces)
    element, runtime.element = runtime.element, f"决策『{decision.name}』"
    value = decision.run(scope)
    if decision.type is not None:
        value = _typed(value, decision, evaluation)
    if len(evaluation.errors) > before[1]:
        value = None
    runtime.element = element
    frame.made[decision] = value
    frame.results[decision] = _result(decision, value, frame, evaluation, before)
    return value


def _outside(frame: Frame, runtime: Runtime) -> Scope:
    return Scope(frame.context, None, runtime)


def _provide(needs: tuple[Need, ...], frame: Frame, runtime: Runtime) -> dict[str, Any]:
    variables: dict[str, Any] = {}
    for need in needs:
        if isinstance(need.source, InputData):
            if need.source.name not in frame.context:
                continue
            value = _input(need.source, frame, runtime)
        elif isinstance(need.source, Decision):
            value = decide(need.source, frame, runtime)
        else:
            value = need.source.make(runtime)
        home = variables.setdefault(need.prefix, {}) if need.prefix else variables
        home[need.name] = value
    return variables


def _input(source: InputData, frame: Frame, runtime: Runtime) -> Any:
    value = frame.context[source.name]
    if source.type is None:
        return value
    converted, good = coerce(value, source.type)
    if not good and isinstance(runtime, Evaluation):
        wanted = f"输入数据『{source.name}』应为{source.type}"
        runtime.error(f"{wanted}，实际是{chinese(value)}，或不在允许值之内")
    return converted


def _typed(value: Any, decision: Decision, evaluation: Evaluation) -> Any:
    converted, good = coerce(value, decision.type or FeelType("any"))
    if not good:
        wanted = f"决策『{decision.name}』的结果应为{decision.type}"
        evaluation.error(f"{wanted}，实际是{chinese(value)}，或不在允许值之内")
    return converted


def _result(
    decision: Decision, value: Any, frame: Frame, evaluation: Evaluation, before: tuple[int, ...]
) -> DecisionResult:
    traces = [t for t in evaluation.traces[before[2] :] if t.table is decision.table]
    trace = traces[-1] if traces else None
    return DecisionResult(
        decision=decision.id,
        name=decision.name,
        value=value,
        matched=tuple(trace.matched) if trace else (),
        inputs=trace.inputs if trace else {},
        outputs=tuple(trace.outputs) if trace else (value,),
        labels=trace.table.labels if trace else {},
        warnings=tuple(evaluation.warnings[before[0] :]),
        required=tuple(frame.results[each] for each in decision.required if each in frame.results),
        errors=tuple(evaluation.errors),
    )
