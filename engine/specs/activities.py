"""Activities: input mappings, boundary events, the work itself, output mappings.

Invariant: the boundary events of an activity wait exactly as long as it is under way.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from engine import dmn, limits
from engine.errors import ExpressionError, LimitExceeded, VariablesInvalid
from engine.expressions import evaluate, number, text
from engine.scopes import storable
from engine.specs import mapping, waits
from engine.specs.events import BoundaryEvent, leave_gateway
from engine.specs.node import Node
from engine.specs.throwing import throw_message
from engine.specs.token import WAITING, Token
from engine.variables import Variables
from engine.waiting import ExternalTaskWait


class Activity(Node):
    """An activity of the diagram, or one instance of a multi-instance activity."""

    rests = True  # has a wait state, so that boundary events have time to happen
    sends = False  # its inputs are the payload of a message, not local variables

    def __init__(self, wf_spec: Any, name: str, element: Any) -> None:
        super().__init__(wf_spec, name, element)
        self.boundaries: list[BoundaryEvent] = []

    def enter(self, token: Token) -> bool:
        maps = self.element.inputs and not self.sends
        local = mapping.mapped(self.element.inputs, token) if maps else {}
        prepared = self.prepare(token, local)
        armed = self._arm_boundaries(token, local)
        if maps:
            mapping.open_local(token, local)
        self.note(token, "activity.started", **self.started_data(token))
        for boundary, data in armed:
            token.workflow.wait_beside(token, boundary, data)
        return self.begin(token, prepared)

    def _arm_boundaries(
        self, token: Token, local: Variables
    ) -> list[tuple[BoundaryEvent, dict[str, Any]]]:
        if not self.rests:
            return []
        return [
            (boundary, data)
            for boundary in self.boundaries
            if (data := boundary.arm_beside(token, local)) is not None
        ]

    def started_data(self, token: Token) -> dict[str, Any]:
        """What the history says of the beginning."""
        index = token.internal_data.get("index")
        return {} if index is None else {"loop": index + 1}

    def prepare(self, token: Token, local: Variables) -> Any:
        """Compute all that can fail; changes nothing."""
        return None

    def begin(self, token: Token, prepared: Any) -> bool:
        """Begin the work; True when it is done at once."""
        return True

    def finish(self, token: Token) -> None:
        outputs = mapping.mapped(self.element.outputs, token) if self.element.outputs else {}
        collect = self._collector(token, outputs)
        mapping.put_out(token, outputs)
        if collect is not None:
            collect()
            if not token.alive:
                return
        self.note(token, "activity.completed", **self.started_data(token))

    def _collector(self, token: Token, outputs: Variables) -> Any:
        around = token.workflow.tasks.get(token._parent)
        collect = around.task_spec.collector if around is not None else None
        return collect(token, outputs) if collect else None


class PlainTask(Activity):
    """A manual or abstract task."""

    rests = False


class ScriptTask(Activity):
    """Evaluates an expression into a variable."""

    rests = False

    def prepare(self, token: Token, local: Variables) -> Variables:
        element = self.element
        value = evaluate(element.script, self.context(token, local))
        return storable({element.result_variable: value})

    def begin(self, token: Token, prepared: Variables) -> bool:
        mapping.accept(token, prepared, local=bool(self.element.outputs))
        return True


class BusinessRuleTask(Activity):
    """Evaluates a decision into a variable; inputs, rules and outputs go to the history."""

    rests = False

    def prepare(self, token: Token, local: Variables) -> tuple[str, int, Any, Variables]:
        context = self.context(token, local)
        name = text(self.element.decision, context)
        version, decision = token.workflow.resolver.decision(
            name, self.element.binding, caller=token.definition
        )
        try:
            result = dmn.evaluate(decision, context)
        except LimitExceeded as error:
            raise ExpressionError(error.message, element=self.activity, expression=name) from None
        return name, version, result, storable({self.element.result_variable: result.value})

    def begin(self, token: Token, prepared: tuple[str, int, Any, Variables]) -> bool:
        name, version, result, value = prepared
        self.note(
            token,
            "decision.evaluated",
            version=version,
            **{**_told(result), "decision": name},
            warnings=[str(warning) for warning in result.warnings],
            required=[*_asked_first(result)],
        )
        mapping.accept(token, value, local=bool(self.element.outputs))
        return True


def _asked_first(result: dmn.DecisionResult) -> Iterator[dict[str, Any]]:
    """The decisions that a decision rests on, those asked first at the beginning."""
    for each in result.required:
        yield from _asked_first(each)
        yield _told(each)


def _told(result: dmn.DecisionResult) -> dict[str, Any]:
    """How a decision came about, as the history keeps it."""
    told = {
        "decision": result.decision,
        "name": result.name,
        "inputs": _recorded(result.inputs),
        "matched": [{"index": rule.index, "id": rule.id} for rule in result.matched],
        "outputs": _recorded(result.outputs),
    }
    return {**told, "labels": dict(result.labels)} if result.labels else told


def _recorded(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _recorded(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_recorded(item) for item in value]
    try:
        return storable({"value": value})["value"]
    except VariablesInvalid:
        # a range or a function in a decision: its text will do
        return str(value)


class ServiceTask(Activity):
    """Work of a topic: the worker gets the local variables and gives back a result."""

    def prepare(self, token: Token, local: Variables) -> dict[str, Any]:
        context = self.context(token, local)
        data: dict[str, Any] = {"topic": text(self.element.topic, context)}
        if self.element.retries is not None:
            data["retries"] = number(self.element.retries, context)
        return data

    def begin(self, token: Token, prepared: dict[str, Any]) -> bool:
        token.internal_data.update(prepared)
        return False

    def wait(self, token: Token) -> ExternalTaskWait:
        own = token.workflow.scopes.get(token.id)
        return ExternalTaskWait(
            id=token.id,
            activity=self.activity,
            topic=token.internal_data["topic"],
            variables=dict(own.variables) if own else {},
            retries=token.internal_data.get("retries", limits.RETRIES),
        )

    def work_done(self, token: Token, result: Variables) -> None:
        """The worker answered."""
        mapping.accept(token, result, local=bool(self.element.outputs))
        token.workflow.requeue(token, "leave")


class SendTask(Activity):
    """Sends a message."""

    rests = False
    sends = True

    def begin(self, token: Token, prepared: Any) -> bool:
        return True

    def prepare(self, token: Token, local: Variables) -> None:
        # the outbox row exists only if the step commits, so throwing here changes nothing outside
        throw_message(self, token, self.element.message)


class ReceiveTask(Activity):
    """Waits for a message."""

    def prepare(self, token: Token, local: Variables) -> dict[str, Any]:
        return self._armed(self.context(token, local))

    def begin(self, token: Token, prepared: dict[str, Any]) -> bool:
        token.internal_data.update(prepared)
        token._set_state(WAITING)
        return False

    def arm(self, token: Token) -> dict[str, Any]:
        """What a wait in an event-based gateway keeps."""
        return self._armed(self.context(token))

    def _armed(self, context: Any) -> dict[str, Any]:
        return waits.arm_message(self.element.message, context) | self.subject_of(context)

    def wait(self, token: Token) -> Any:
        if token.state != WAITING:
            return None
        return waits.message_wait(token, self.element.message, self.element.public)

    def settle(self, token: Token, data: dict[str, Any]) -> None:
        """Let a token wait in an event-based gateway."""
        token.internal_data.update(data)

    def trigger(self, token: Token, payload: Variables) -> None:
        """The message came."""
        leave_gateway(token)
        mapping.accept(token, payload, local=bool(self.element.outputs))
        token.workflow.requeue(token, "leave")
