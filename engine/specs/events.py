"""Events: starts, intermediate catches and throws, boundaries, ends.

Invariant: an event that happened takes its payload to where its token stands, then leaves like any
other node; an interrupting one has by then removed all that it interrupts.
"""

from typing import Any

from engine.definition import events as ev
from engine.expressions import text
from engine.record import ThrownMessage
from engine.specs import mapping, waits
from engine.specs.node import Node, Path
from engine.specs.token import WAITING, Token
from engine.variables import Variables


class EventNode(Node):
    """An event of the diagram."""

    @property
    def definition(self) -> Any:
        """What the event waits for or throws."""
        return self.element.definition

    def arm(self, token: Token, *inner: Variables) -> dict[str, Any] | None:
        """What a wait for this event keeps; the context is the token's."""
        context = self.context(token, *inner)
        return waits.arm(self.definition, context, context)

    def wait(self, token: Token) -> Any:
        if token.state != WAITING:
            return None
        return waits.event_wait(token, self.definition, self.element.public)

    def finish(self, token: Token) -> None:
        outputs = mapping.mapped(self.element.outputs, token)
        mapping.put_out(token, outputs)
        self.note(token, "activity.completed")

    def happen(self, token: Token, payload: Variables) -> None:
        """Take the payload and go on."""
        mapping.accept(token, payload, local=bool(self.element.outputs))
        token.workflow.requeue(token, "leave")


class StartEvent(EventNode):
    """The start of a process or an embedded sub-process: a token passes through."""


class CatchEvent(EventNode):
    """An intermediate event on the path."""

    def enter(self, token: Token) -> bool:
        if self.definition is None:
            return True
        data = self.arm(token)
        token.internal_data.update(data or {})
        token._set_state(WAITING)
        self.note(token, "activity.started")
        waits.note_armed(token)
        return False

    def trigger(self, token: Token, payload: Variables) -> None:
        """The event happened."""
        leave_gateway(token)
        self.happen(token, payload)


def leave_gateway(token: Token) -> None:
    """End an event-based gateway: the event that came first goes on, the others are gone."""
    gateway = token.parent
    if not isinstance(gateway.task_spec, EventGateway):
        return
    workflow = token.workflow
    workflow.move_under(token, gateway.parent)
    gateway.task_spec.note(gateway, "activity.completed", event=token.task_spec.activity)
    workflow._remove_task(gateway.id)


class EventGateway(Node):
    """Waits for the first of several events; each is a token of its own in the gateway."""

    def enter(self, token: Token) -> bool:
        armed = [(path.target, path.target.arm(token)) for path in self.paths]
        for spec, data in armed:
            child = token._add_child(spec, WAITING)
            child.internal_data.update(data or {})
            waits.note_armed(child)
        token._set_state(WAITING)
        return False


class BoundaryEvent(EventNode):
    """Waits beside its activity."""

    def trigger(self, token: Token, payload: Variables) -> None:
        """The event happened: interrupt the activity, or start another path beside it."""
        workflow, host = token.workflow, token.parent
        container = host.parent
        if self.element.interrupting:
            workflow.move_under(token, container)
            host.cancel()
            self.happen(token, payload)
        elif self._stays(token):
            self.happen(workflow.spawn(container, self), payload)
        else:
            workflow.move_under(token, container)
            self.happen(token, payload)

    def _stays(self, token: Token) -> bool:
        """Whether the wait goes on beside the path that it starts now."""
        if isinstance(self.definition, ev.TimerEvent):
            again = waits.rearm(token)
            if again:
                waits.note_armed(token)
            return again
        return True

    def arm_beside(self, token: Token, local: Variables) -> dict[str, Any] | None:
        """Timers see the activity's own variables; keys are those of the scope around it."""
        return waits.arm(self.definition, self.context(token, local), self.context(token))


class EventSubStart(EventNode):
    """The start event of an event sub-process: waits beside the scope it belongs to."""

    sub_process: Any = None

    def trigger(self, token: Token, payload: Variables) -> None:
        """The event happened: run the event sub-process, in place of the scope or beside it."""
        workflow, scope = token.workflow, token.parent
        if self.element.interrupting:
            self.take_over(scope, payload)
            return
        stays = not isinstance(self.definition, ev.TimerEvent) or waits.rearm(token)
        self._run_in(scope, payload)
        if not stays:
            workflow._remove_task(token.id)

    def take_over(self, scope: Token, payload: Variables) -> None:
        """Interrupt a scope: everything in it goes, the event sub-process runs."""
        for child in scope.children:
            child.cancel()
        self._run_in(scope, payload)

    def _run_in(self, scope: Token, payload: Variables) -> None:
        workflow = scope.workflow
        sub = workflow.spawn(scope, self.sub_process)
        sub.task_spec.begin_by_event(sub)
        start = workflow.spawn(sub, self)
        self.happen(start, payload)


class ThrowEvent(EventNode):
    """An intermediate none or message throw."""

    def enter(self, token: Token) -> bool:
        if isinstance(self.definition, ev.MessageEvent):
            throw_message(self, token, self.definition.message)
        return True


def throw_message(node: Node, token: Token, message: ev.Message) -> None:
    """Hand a message to the outbox; its payload are the element's inputs and nothing else."""
    payload = mapping.mapped(node.element.inputs, token)
    key = None
    if message.correlation_key is not None:
        key = text(message.correlation_key, node.context(token, payload))
    thrown = ThrownMessage(message.name, key, payload, node.activity, token.id)
    token.workflow.step.messages.append(thrown)
    node.note(token, "message.thrown", name=message.name, key=key)


class EndEvent(ThrowEvent):
    """An end event: none, message, error, terminate."""

    def enter(self, token: Token) -> bool:
        if isinstance(self.definition, ev.ErrorEvent):
            return self._throw_error(token)
        if isinstance(self.definition, ev.TerminateEvent):
            for sibling in token.parent.children:
                if sibling.id != token.id:
                    sibling.cancel()
            return True
        return super().enter(token)

    def _throw_error(self, token: Token) -> bool:
        payload = mapping.mapped(self.element.inputs, token)
        code = self.definition.code
        if throw_error(token, code, payload):
            return False
        self.get_stuck(
            token, "error_uncaught", f"错误『{code}』没有被任何错误事件捕获", {"error": code}
        )
        return False

    def taken(self, token: Token) -> list[Path]:
        return []


def throw_error(origin: Token, code: str, payload: Variables) -> bool:
    """Let the nearest error event catch; False if there is none.

    From the inside out: the event sub-processes of a scope, then the boundary of its activity.
    """
    came_from: Token | None = None
    for current in (origin, *origin.workflow.ancestors(origin)):
        # a handler does not handle its own errors
        if came_from is not None and not came_from.task_spec.handles_event:
            starts = getattr(current.task_spec, "error_starts", ())
            start = _catcher(starts, code)
            if start is not None:
                start.note(origin, "error.caught", error=code)
                start.take_over(current, payload)
                return True
        boundary = _catcher(getattr(current.task_spec, "boundaries", ()), code)
        if boundary is not None:
            container, workflow = current.parent, current.workflow
            boundary.note(origin, "error.caught", error=code)
            current.cancel()
            boundary.happen(workflow.spawn(container, boundary), payload)
            return True
        came_from = current
    return False


def _catcher(candidates: Any, code: str) -> Any:
    errors = [c for c in candidates if isinstance(c.definition, ev.ErrorEvent)]
    exact = [c for c in errors if c.definition.code == code]
    return next(iter(exact + [c for c in errors if not c.definition.code]), None)
