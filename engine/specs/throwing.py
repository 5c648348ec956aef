"""Events that throw: messages, signals, links, escalations, errors, terminate; who catches what.

Invariant: from the inside out: the event sub-processes of a scope, then the boundary of its
activity, then the caller. An interrupting catcher takes the thrower with it.
"""

from collections.abc import Iterable, Iterator
from typing import Any

from engine import ids
from engine.definition import events as ev
from engine.expressions import text
from engine.record import ThrownMessage, ThrownSignal
from engine.scopes import storable
from engine.specs import mapping, waits
from engine.specs.events import (
    BoundaryEvent,
    CatchEvent,
    EventGateway,
    EventNode,
    EventSubStart,
)
from engine.specs.node import Node, Path
from engine.specs.token import READY, Token
from engine.specs.workflow import CaseWorkflow
from engine.variables import Variables


class ThrowEvent(EventNode):
    """An intermediate event that throws and goes on."""

    def enter(self, token: Token) -> bool:
        thrown = sorted(ev.singles(self.definition), key=_ends)
        names = [_name(self, token, one) for one in thrown]
        return all(self._throw(token, one, name) for one, name in zip(thrown, names, strict=True))

    def _throw(self, token: Token, thrown: ev.SingleEvent, name: str) -> bool:
        """Throw one; False if the token does not go on."""
        match thrown:
            case ev.MessageEvent(message):
                throw_message(self, token, message)
            case ev.SignalEvent():
                throw_signal(self, token, name)
            case ev.EscalationEvent(code):
                throw_escalation(self, token, code)
            case ev.ErrorEvent(code):
                self._throw_error(token, code)
                return False
            case ev.TerminateEvent():
                for sibling in token.parent.children:
                    if sibling.id != token.id:
                        sibling.cancel()
        return token.alive

    def _throw_error(self, token: Token, code: str) -> None:
        if not throw_error(token, code, mapping.mapped(self.element.inputs, token)):
            text = f"错误『{code}』没有被任何错误事件捕获"
            self.get_stuck(token, "error_uncaught", text, {"error": code})


class EndEvent(ThrowEvent):
    """An event at the end of a path."""

    def taken(self, token: Token) -> list[Path]:
        return []


def _ends(thrown: ev.SingleEvent) -> bool:
    """What ends the scope comes after what only tells of it."""
    return isinstance(thrown, ev.ErrorEvent | ev.TerminateEvent)


def _name(node: Node, token: Token, thrown: ev.SingleEvent) -> str:
    """The name of a signal, computed before anything is thrown."""
    return text(thrown.name, node.context(token)) if isinstance(thrown, ev.SignalEvent) else ""


def throw_message(node: Node, token: Token, message: ev.Message) -> None:
    """Hand a message to the outbox; its payload are the element's inputs and nothing else."""
    payload = mapping.mapped(node.element.inputs, token)
    key = None
    if message.correlation_key is not None:
        key = text(message.correlation_key, node.context(token, payload))
    thrown = ThrownMessage(message.name, key, payload, node.activity, token.id)
    token.workflow.step.messages.append(thrown)
    node.note(token, "message.thrown", name=message.name, key=key)


def throw_signal(node: Node, token: Token, name: str) -> None:
    """Broadcast a signal: at once to what waits for it in this instance, after the step to others.

    What waits around the thrower would be gone after the step if this was its last activity, and
    an interrupting catcher has to take the thrower with it (BPMN 2.0.2, 13.3.7 and 13.5.3).
    """
    workflow, payload = token.workflow, mapping.mapped(node.element.inputs, token)
    # the id is the moment of the throw: who begins to wait later has a greater one
    workflow.step.signals.append(ThrownSignal(ids.next_id(), name, payload, node.activity))
    node.note(token, "signal.thrown", name=name)
    _arm_ready(workflow)
    for waiting in [one for one in workflow.tasks.values() if waits.awaits_signal(one, name)]:
        # one that caught before may have interrupted it
        if waiting.alive and waits.awaits_signal(waiting, name):
            waiting.task_spec.note(waiting, "signal.received", name=name)
            waiting.task_spec.trigger(waiting, storable(payload))


def _arm_ready(workflow: CaseWorkflow) -> None:
    """Who stands at an event already waits for it, though its turn to run has not come."""
    for token in [one for one in workflow.tasks.values() if one.state == READY]:
        stands = isinstance(token.task_spec, CatchEvent | EventGateway)
        if stands and "phase" not in token.internal_data:
            token.run()


def throw_escalation(node: Node, token: Token, code: str) -> None:
    """Let the nearest escalation event catch; if there is none the token just goes on."""
    payload = mapping.mapped(node.element.inputs, token)
    node.note(token, "escalation.thrown", escalation=code)
    for current, catchers in _around(token):
        catcher = _catcher(catchers, ev.EscalationEvent, code)
        if catcher is None:
            continue
        catcher.note(token, "escalation.caught", escalation=code)
        if catcher.element.interrupting:
            _interrupt(catcher, current, payload)
        elif isinstance(catcher, EventSubStart):
            catcher.run_in(current, payload)
        else:
            catcher.happen(current.workflow.spawn(current.parent, catcher), payload)
        return
    node.note(token, "escalation.uncaught", escalation=code)


def throw_error(origin: Token, code: str, payload: Variables) -> bool:
    """Let the nearest error event catch; False if there is none."""
    for current, catchers in _around(origin):
        catcher = _catcher(catchers, ev.ErrorEvent, code)
        if catcher is not None:
            catcher.note(origin, "error.caught", error=code)
            _interrupt(catcher, current, payload)
            return True
    return False


def _around(origin: Token) -> Iterator[tuple[Token, Iterable[Any]]]:
    """What may catch, from the inside out: the token that is caught at, and its events."""
    came_from: Token | None = None
    for current in (origin, *origin.workflow.ancestors(origin)):
        # a handler does not handle its own errors
        if came_from is not None and not came_from.task_spec.handles_event:
            yield current, getattr(current.task_spec, "event_starts", ())
        yield current, getattr(current.task_spec, "boundaries", ())
        came_from = current


def _catcher(candidates: Iterable[Any], kind: type[Any], code: str) -> Any:
    """The first with the code, else the first without one."""
    found = [
        (one, definition.code)
        for one in candidates
        for definition in ev.singles(one.definition)
        if isinstance(definition, kind)
    ]
    exact = [one for one, wanted in found if wanted == code]
    return next(iter(exact + [one for one, wanted in found if not wanted]), None)


def _interrupt(catcher: EventSubStart | BoundaryEvent, at: Token, payload: Variables) -> None:
    """Take away what is caught at, the thrower in it too, and go on at the catcher."""
    if isinstance(catcher, EventSubStart):
        catcher.take_over(at, payload)
        return
    container, workflow = at.parent, at.workflow
    at.cancel()
    catcher.happen(workflow.spawn(container, catcher), payload)
