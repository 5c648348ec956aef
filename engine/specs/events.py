"""Events that wait: starts, intermediate catches, boundaries.

Invariant: an event that happened takes its payload to where its token stands, then leaves like any
other node; an interrupting one has by then removed all that it interrupts. A multiple event has a
token for each of its triggers below its own.
"""

from collections import ChainMap
from typing import Any

from engine.definition import events as ev
from engine.errors import ExpressionError
from engine.specs import mapping, waits
from engine.specs.node import Node
from engine.specs.token import WAITING, Token
from engine.variables import Variables, decode, encode


class EventNode(Node):
    """An event of the diagram."""

    def __init__(self, wf_spec: Any, name: str, element: Any) -> None:
        super().__init__(wf_spec, name, element)
        self.triggers: list[Trigger] = []
        self.definition: Any = element.definition
        """What the event waits for or throws."""

    def arm(self, token: Token, *inner: Variables) -> dict[str, Any] | None:
        """What a wait for this event keeps; the context is the token's."""
        context = self.context(token, *inner)
        return self._labelled(waits.arm(self.definition, context, context), context)

    def _labelled(self, armed: dict[str, Any] | None, context: Any) -> dict[str, Any] | None:
        return armed if armed is None else armed | self.subject_of(context)

    def wait(self, token: Token) -> Any:
        if token._state != WAITING:
            return None
        return waits.event_wait(token, self.definition, self.element.public)

    def finish(self, token: Token) -> None:
        outputs = mapping.mapped(self.element.outputs, token)
        # what an applicant sends is on record with him
        about = "" if self.element.public else self.about(self.context(token))
        mapping.put_out(token, outputs)
        self.note(token, "activity.completed")
        if about:
            self.note(token, "event.happened", name=self.element.name, about=about)

    def settle(self, token: Token, data: dict[str, Any]) -> None:
        """Let a token wait with what was armed for it."""
        several = data.pop("triggers", ())
        token.internal_data.update(self._once(data))
        for trigger, armed in zip(self.triggers, several, strict=bool(several)):
            if armed is not None:
                part = token._add_child(trigger, WAITING)
                part.internal_data.update(self._once(armed))
                if token.attached:
                    part.internal_data["attached"] = 1
                waits.begin(part)
        waits.begin(token)

    def _once(self, data: dict[str, Any]) -> dict[str, Any]:
        """A cycle happens once where its event ends the waiting: it has no next instant."""
        if not getattr(self.element, "interrupting", True):
            return data
        return {key: value for key, value in data.items() if key not in {"every", "left"}}

    def one_came(self, trigger: Token, payload: Variables) -> None:
        """One of several triggers came: enough, unless all are needed."""
        token = trigger.parent
        trigger.internal_data["came"] = encode(payload).decode()
        trigger.told = None
        # those that came stand behind the others, in the order in which they came
        token._children.remove(trigger.id)
        token._children.append(trigger.id)
        if self.definition.parallel:
            parts = [part.internal_data.get("came") for part in token.children]
            if None in parts:
                self.note(token, "event.partial", missing=parts.count(None))
                return
            payload = dict(ChainMap(*(decode(part) for part in reversed(parts))))
        self.trigger(token, payload)

    def trigger(self, token: Token, payload: Variables) -> None:
        """The event happened."""
        self.happen(token, payload)

    def look(self, token: Token) -> None:
        """See whether the condition has become true since it was last looked at."""
        data = token.internal_data
        try:
            holds = waits.holds(self.definition, self.context(token))
        except ExpressionError as error:
            self.get_stuck(token, error.code, error.message, error.details)
            token._set_state(WAITING)
            return
        before, data["held"] = data["held"], int(holds)
        if holds and not before and "came" not in data:
            self.note(token, "condition.met")
            self.trigger(token, {})

    def stays(self, token: Token) -> bool:
        """Whether a wait beside the flow goes on after it has happened."""
        if isinstance(self.definition, ev.MultipleEvent):
            return self._triggers_stay(token)
        return not isinstance(self.definition, ev.TimerEvent) or waits.rearm(token)

    def _triggers_stay(self, token: Token) -> bool:
        for part in token.children:
            if part.internal_data.pop("came", None) is None:
                continue
            part.told = None
            if isinstance(part.task_spec.definition, ev.TimerEvent) and not waits.rearm(part):
                token.workflow._remove_task(part.id)
                if self.definition.parallel:
                    return False
        return bool(token.children)

    def happen(self, token: Token, payload: Variables) -> None:
        """Take the payload and go on."""
        for part in token.children:
            token.workflow._remove_task(part.id)
        if token.internal_data.pop("held", None) is not None:
            token.workflow.conditions.discard(token.id)
        mapping.accept(token, payload, local=bool(self.element.outputs))
        token.workflow.requeue(token, "leave")


class Trigger(EventNode):
    """One of the triggers of a multiple event."""

    visible = False

    def __init__(self, wf_spec: Any, name: str, element: Any, definition: ev.SingleEvent) -> None:
        super().__init__(wf_spec, name, element)
        self.definition = definition

    def wait(self, token: Token) -> Any:
        return None if "came" in token.internal_data else super().wait(token)

    def trigger(self, token: Token, payload: Variables) -> None:
        token.parent.task_spec.one_came(token, payload)


class StartEvent(EventNode):
    """The start of a process or an embedded sub-process: a token passes through."""


class CatchEvent(EventNode):
    """An intermediate event on the path."""

    def enter(self, token: Token) -> bool:
        if isinstance(self.definition, ev.LinkEvent):
            return True
        data = self.arm(token)
        token._set_state(WAITING)
        self.note(token, "activity.started")
        self.settle(token, data or {})
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
            spec.settle(child, data or {})
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
        elif self.stays(token):
            self.happen(workflow.spawn(container, self), payload)
        else:
            workflow.move_under(token, container)
            self.happen(token, payload)

    def arm_beside(self, token: Token, local: Variables) -> dict[str, Any] | None:
        """Timers see the activity's own variables; keys are those of the scope around it."""
        outer = self.context(token)
        inner = self.context(token, local) if local else outer
        return self._labelled(waits.arm(self.definition, inner, outer), outer)


class EventSubStart(EventNode):
    """The start event of an event sub-process: waits beside the scope it belongs to."""

    sub_process: Any = None

    def trigger(self, token: Token, payload: Variables) -> None:
        """The event happened: run the event sub-process, in place of the scope or beside it."""
        workflow, scope = token.workflow, token.parent
        if self.element.interrupting:
            self.take_over(scope, payload)
            return
        stays = self.stays(token)
        self.run_in(scope, payload)
        if not stays:
            workflow._remove_task(token.id)

    def take_over(self, scope: Token, payload: Variables) -> None:
        """Interrupt a scope: everything in it goes, the event sub-process runs."""
        scope.workflow.clear(scope)
        self.run_in(scope, payload)

    def run_in(self, scope: Token, payload: Variables) -> None:
        """Run the event sub-process in a scope."""
        workflow = scope.workflow
        sub = workflow.spawn(scope, self.sub_process)
        sub.task_spec.begin_by_event(sub)
        start = workflow.spawn(sub, self)
        self.happen(start, payload)
