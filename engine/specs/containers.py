"""What contains tokens: the process, sub-processes, event sub-processes, called processes.

Invariant: a container is done when no token of the flow is left in it; what only waits beside the
flow goes with it.
"""

from collections.abc import Callable, Sequence
from typing import Any

from engine import limits
from engine.errors import ExpressionError, LimitExceeded
from engine.expressions import text
from engine.scopes import Scope, storable
from engine.specs import mapping, returning
from engine.specs.activities import Activity
from engine.specs.events import EventSubStart, StartEvent
from engine.specs.node import Node, Path
from engine.specs.token import STARTED, Token, called_path
from engine.variables import Variables

_INTO = ("at", "within")
"""What a token says of where its inside is begun."""


class Container(Node):
    """Mixed into every node that holds a flow of its own."""

    def __init__(self, wf_spec: Any, name: str, element: Any) -> None:
        super().__init__(wf_spec, name, element)
        self.starts: list[StartEvent] = []
        # what begins at once where no start event is drawn (BPMN 2.0.2, 10.5.2)
        self.implicit: list[Node] = []
        self.event_starts: list[EventSubStart] = []

    def prepare_events(
        self, token: Token, local: Variables
    ) -> list[tuple[EventSubStart, dict[str, Any]]]:
        """Compute the waits of the event sub-processes."""
        armed = ((start, start.arm(token, local)) for start in self.event_starts)
        return [(start, data) for start, data in armed if data is not None]

    def begin_events(self, token: Token, armed: list[tuple[EventSubStart, dict[str, Any]]]) -> None:
        """Let the event sub-processes wait."""
        for start, data in armed:
            token.workflow.wait_beside(token, start, data)

    def first(self, token: Token, *starts: Any) -> list[tuple[Any, dict[str, Any]]]:
        """Where the flow begins: at its start, or where a move leads into it.

        Raises:
            ExpressionError: there is no such node.
        """
        at = token.internal_data.get("at")
        if at is None:
            return [(start, {}) for start in starts]
        target = self._wf_spec.task_specs.get(at[0])
        if target is None or target.handles_event or (at[1:] and target.free_children):
            text = f"『{self.bpmn_name or self.activity}』中没有环节『{at[0]}』"
            raise ExpressionError(text, element=self.activity)
        specs = self._wf_spec.task_specs
        arrived = self._wf_spec.places(str(self.element.id)).arrived(at[0])
        met = [(specs[join], {"flow": flow}) for join, flow in arrived]
        data = returning.inward(token)
        if missing := [one[0] for one in data.get("back", ()) if one[0] not in specs]:
            text = f"『{self.bpmn_name or self.activity}』中没有要直达的环节『{missing[0]}』"
            raise ExpressionError(text, element=self.activity)
        return [*met, (target, data)]

    def begin_flow(self, token: Token, firsts: list[tuple[Any, dict[str, Any]]]) -> None:
        """Put the first tokens in place."""
        for first, data in firsts:
            token.workflow.spawn(token, first, **data)

    def child_left(self, container: Token, child: Token) -> None:
        tasks = container.workflow.tasks
        for other in container._children:
            if "attached" not in tasks[other].internal_data:
                return
        container.workflow.drop_waits(container)
        container.workflow.requeue(container, "leave")


class ProcessRoot(Container):
    """The process itself: the root of the tree, or the only child of a call activity."""

    visible = False
    is_root = True

    def __init__(self, wf_spec: Any, name: str, element: Any) -> None:
        super().__init__(wf_spec, name, element)
        # by element id: what a message begins, and what is awaited besides (parallel gateway)
        self.begins: dict[str, tuple[Node, tuple[Node, ...]]] = {}

    def enter(self, token: Token) -> bool:
        armed = self.prepare_events(token, {})
        if token.parent is None and "at" in token.internal_data:
            firsts = self.first(token)
            self.begin_events(token, armed)
            self.begin_flow(token, firsts)
            return False
        chosen = token.internal_data.get("start", next(iter(self.begins), None))
        if chosen in self.begins and not (self.starts and "start" not in token.internal_data):
            self._begin(token, chosen, armed)
            return False
        firsts = self.first(token, *(self.implicit or [self._start(token)]))
        self.begin_events(token, armed)
        self.begin_flow(token, firsts)
        return False

    def _begin(self, token: Token, chosen: str, armed: Any) -> None:
        """The message that begins the process has come: its element has done its work."""
        begun, others = self.begins[chosen]
        self.begin_events(token, armed)
        token.workflow.spawn(token, begun, phase="leave")
        for other in others:
            token.workflow.spawn(token, other)

    def _start(self, token: Token) -> StartEvent:
        chosen = token.internal_data.get("start")
        for start in self.starts:
            if start.activity == chosen or (chosen is None and start.definition is None):
                return start
        if token.parent is None and len(self.starts) == 1:
            return self.starts[0]
        text = f"流程『{self.activity}』没有空开始事件，不能这样启动"
        raise ExpressionError(text, element=self.activity)

    def finish(self, token: Token) -> None:
        """Give the caller what it wants of the variables, before their scope ends."""
        if token.parent is not None:
            token.parent.task_spec.receive(token.parent, token.workflow.scopes[token.id])

    def targets(self, token: Token) -> Sequence[Callable[[Token], Any]]:
        return ()


class SubProcess(Container, Activity):
    """An embedded sub-process."""

    def prepare(self, token: Token, local: Variables) -> Any:
        return self.prepare_events(token, local)

    def begin(self, token: Token, prepared: Any) -> bool:
        firsts = self.first(token, *(self.starts[:1] or self.implicit))
        self.begin_events(token, prepared)
        self.begin_flow(token, firsts)
        return False


class EventSubProcess(Container):
    """An event sub-process under way; its start event began it."""

    handles_event = True

    def _update(self, my_task: Any) -> None:
        """It has no step of its own to begin with."""

    def begin_by_event(self, token: Token) -> None:
        """Called by the start event that happened."""
        token._set_state(STARTED)
        self.note(token, "activity.started")

    def taken(self, token: Token) -> list[Path]:
        return []


class CallActivity(Activity):
    """Runs a process definition within this instance, at the version that it is bound to."""

    calls = True

    def prepare(self, token: Token, local: Variables) -> tuple[int, Any, Variables]:
        workflow = token.workflow
        depth = sum(1 for t in workflow.ancestors(token) if t.task_spec.is_root)
        if depth > limits.CALL_DEPTH:
            raise LimitExceeded(f"流程调用超过 {limits.CALL_DEPTH} 层")
        context = self.context(token, local)
        definition_id, compiled = self._called(token, text(self.element.process, context))
        values = dict(context) if self.element.propagate_parent else self._own(token, local)
        values.pop(mapping.ITEMS, None)
        return definition_id, compiled, values

    def _called(self, token: Token, key: str) -> tuple[int, Any]:
        binding, resolver = self.element.binding, token.workflow.resolver
        found: tuple[int, Any]
        if binding.kind == "latest":
            found = resolver.process(key)
        else:
            found = resolver.bound(key, caller=token.definition, tag=binding.tag)
        return found

    def _own(self, token: Token, local: Variables) -> Variables:
        own = token.workflow.scopes.get(token.id)
        return {**(own.variables if own else {}), **local}

    def begin(self, token: Token, prepared: tuple[int, Any, Variables]) -> bool:
        definition_id, compiled, values = prepared
        workflow = token.workflow
        around = workflow.scope_id(token)
        data = {name: token.internal_data[name] for name in _INTO if name in token.internal_data}
        prepared_then = self._recalled(token) if data else {}
        root = workflow.spawn(token, compiled.spec.root, definition=definition_id, **data)
        known = storable({**prepared_then, **values})
        written = {*prepared_then} - {*values}  # its caller is to have that at its end
        scope = Scope(root.id, around, root.id, known, isolated=True, written=written)
        workflow.scopes.open(scope)
        called = {"process": compiled.key, "definition": definition_id, "scope": root.id}
        self.note(token, "process.called", **called)
        return False

    @staticmethod
    def _recalled(token: Token) -> Variables:
        """What its beginning had prepared, where it is begun in its middle."""
        around = (*called_path(token), token.task_spec.activity)
        found: Variables = token.workflow.step.recalled.get(around, {})
        return found

    def receive(self, token: Token, called: Scope) -> None:
        """Take the variables of the called process.

        Only what it wrote comes back: what it merely inherited may meanwhile be stale.
        """
        if self.element.outputs:
            mapping.open_local(token, called.variables)
        elif self.element.propagate_child:
            returned = {name: called.variables[name] for name in sorted(called.written)}
            token.workflow.scopes.propagate(token.workflow.scope_id(token), returned)

    def child_left(self, container: Token, child: Token) -> None:
        """The called process has ended."""
        container.workflow.drop_waits(container)
        container.workflow.requeue(container, "leave")
