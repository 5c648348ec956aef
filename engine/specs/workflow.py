"""The workflow of one instance: the token tree, the queue of ready tokens, and the step's budget.

Invariant: every automatic token runs within the budget of one command; joins that depend on what
may still come are looked at only when nothing else can move.
"""

import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, Final, Protocol

from SpiffWorkflow.specs.WorkflowSpec import WorkflowSpec
from SpiffWorkflow.workflow import Workflow

from engine import limits
from engine.definition.elements import Binding
from engine.definition.regions import Places
from engine.errors import LimitExceeded
from engine.record import StepRecord
from engine.scopes import Scopes
from engine.specs.token import READY, WAITING, Token
from engine.variables import Variables


class ProcessSpec(WorkflowSpec):
    """The specs of one process, those of its sub-processes included; shared and never changed."""

    root: Any = None
    process: Any = None
    start: Any = None

    def __init__(self, name: str) -> None:
        super().__init__(name=name)
        self._places: dict[str, Places] = {}

    def places(self, scope: str) -> Places:
        """What runs beside what in the process or a sub-process of it; found once."""
        if scope not in self._places:
            self._places[scope] = Places(self.process, scope)
        return self._places[scope]


class Resolver(Protocol):
    """How the engine finds other definitions while it runs; the store hands it in."""

    def process(self, key: str) -> tuple[int, Any]:
        """Definition id and compiled process of the latest version."""
        ...

    def bound(self, key: str, *, caller: int, tag: str) -> tuple[int, Any]:
        """The version with a tag, or without one that of the caller's deployment."""
        ...

    def by_id(self, definition_id: int) -> Any:
        """The compiled process of a definition."""
        ...

    def decision(self, decision_id: str, binding: Binding, *, caller: int) -> tuple[int, Any]:
        """Version number and decision that a binding means to the caller's definition."""
        ...

    def last_known(self, instance_id: int, scopes: Sequence[int]) -> Mapping[int, Variables]:
        """The variables of scopes of an instance when each was closed, as far as stored."""
        ...


_STEP_SECONDS: Final = limits.STEP_WALL.total_seconds()


class Budget:
    """Steps and wall time that one command may use."""

    def __init__(self) -> None:
        self.steps = 0
        self.deadline = time.monotonic() + _STEP_SECONDS

    def spend(self) -> None:
        """Count one step.

        Raises:
            LimitExceeded: the command runs away; it is rolled back as a whole.
        """
        self.steps += 1
        if self.steps > limits.ENGINE_STEPS:
            raise LimitExceeded(f"一次操作中自动执行超过 {limits.ENGINE_STEPS} 步，疑为死循环")
        if time.monotonic() > self.deadline:
            raise LimitExceeded("一次操作的自动执行超时")


class CaseWorkflow(Workflow):
    """The tokens of one instance and of all it calls, in one tree."""

    tasks: Any
    task_tree: Any
    spec: Any

    def __init__(self, spec: ProcessSpec, resolver: Resolver) -> None:
        super().__init__(spec, deserializing=True)
        self.resolver = resolver
        self.actor = ""
        self.scopes = Scopes()
        self.ready: deque[int] = deque()
        self.joins: set[int] = set()
        # waits for a condition: all, and those to look at next
        self.conditions: set[int] = set()
        self.doubtful: set[int] = set()
        self.budget = Budget()

    @property
    def step(self) -> StepRecord:
        """What the present step did."""
        return self.scopes.step

    def spawn(self, container: Token, spec: Any, **data: Any) -> Any:
        """A new token in a container, ready to enter its node."""
        if len(self.tasks) >= limits.LIVE_TASKS and self._living() >= limits.LIVE_TASKS:
            raise LimitExceeded(f"同时进行的活动超过 {limits.LIVE_TASKS} 个")
        token = Token(self, spec, container)
        if data:
            token.internal_data.update(data)
        spec._update(token)
        return token

    def _living(self) -> int:
        """Tokens under way; what was completed and may be undone is bounded by the state's size."""
        return sum(1 for token in self.tasks.values() if not token.task_spec.past)

    def wait_beside(self, container: Token, spec: Any, data: dict[str, Any]) -> Any:
        """A token that waits beside the flow of its container."""
        token = Token(self, spec, container, WAITING)
        token.internal_data["attached"] = 1
        spec.settle(token, data)
        return token

    def watch(self, token: Token) -> None:
        """Look at a condition after the present node, and whenever what it reads changes."""
        self.conditions.add(token.id)
        self.doubtful.add(token.id)

    def move_under(self, token: Token, container: Token) -> None:
        """Give a token another container; a wait beside the flow thereby joins the flow."""
        token.parent._children.remove(token.id)
        token.internal_data.pop("attached", None)
        token._parent = container.id
        container._children.append(token.id)

    def requeue(self, token: Token, phase: str = "") -> None:
        """Have a token run again, to enter or (phase "leave") to finish."""
        token.internal_data.pop("phase", None)
        if phase:
            token.internal_data["phase"] = phase
        token._set_state(READY)
        self.ready.append(token.id)

    def leave(self, token: Token, targets: Iterable[Callable[[Token], None]]) -> None:
        """Take a finished token out; its container gets the next ones, or hears that it left."""
        container = self.tasks.get(token._parent)
        record = token.task_spec.compensable
        if record is None or container is None or not record.remember(token):
            self._remove_task(token.id)
        if container is None:
            self.completed = True
            return
        for target in targets:
            target(container)
        container.task_spec.child_left(container, token)

    def clear(self, container: Token) -> None:
        """Cancel what is under way in a container; what was completed stays to be compensated."""
        for child in container.children:
            if not child.task_spec.past:
                child.cancel()

    def drop_waits(self, container: Token) -> None:
        """End what only waited beside a flow that is over."""
        for child in container.children:
            if not child.task_spec.past:
                self._remove_task(child.id)

    def scope_id(self, token: Token) -> int:
        """The scope a token works in: its own, or the nearest one around it."""
        identity, scopes, tasks = token.id, self.scopes, self.tasks
        while identity not in scopes:
            identity = tasks[identity]._parent
        return int(identity)

    def ancestors(self, token: Token) -> Iterator[Token]:
        """The containers of a token, from the inside out."""
        tasks = self.tasks
        current = tasks.get(token._parent)
        while current is not None:
            yield current
            current = tasks.get(current._parent)

    def run_ready(self) -> None:
        """Run every automatic token until all wait."""
        self.budget = Budget()
        tasks, ready = self.tasks, self.ready
        while ready or self._look_at_conditions() or self._open_join():
            token = tasks.get(ready.popleft())
            if token is None or token._state != READY:
                continue
            # the instances of a multi-instance activity begin as one step, bounded by cardinality
            parent = tasks.get(token._parent)
            if parent is None or not parent.task_spec.free_children:
                self.budget.spend()
            token.run()
            if self.conditions or self.doubtful:
                self._look_at_conditions()
        self._see_whether_it_starves()

    def _look_at_conditions(self) -> bool:
        """Let those conditions happen that have become true; whether anything is ready then."""
        changed = self.scopes.changed
        if not self.conditions and not self.doubtful:
            changed.clear()
            return bool(self.ready)
        if changed:
            for identity in self.conditions:
                if not changed.isdisjoint(self.tasks[identity].task_spec.definition.names):
                    self.doubtful.add(identity)
            changed.clear()
        while self.doubtful:
            token = self.tasks.get(min(self.doubtful))
            self.doubtful.discard(min(self.doubtful))
            if token is not None and token.incident is None:
                token.task_spec.look(token)
        return bool(self.ready)

    def _see_whether_it_starves(self) -> None:
        """Nothing stops in silence: joins that nothing can reach any more become incidents."""
        waiting = [
            token
            for token in self.tasks.values()
            if token._state == WAITING and hasattr(token.task_spec, "starve")
        ]
        if not waiting or any(self._may_move(token) for token in self.tasks.values()):
            return
        for token in waiting:
            token.task_spec.starve(token)

    @staticmethod
    def _may_move(token: Token) -> bool:
        if token.incident is not None or token.task_spec.may_idle:
            return True
        return not token.attached and token.task_spec.wait(token) is not None

    def _open_join(self) -> bool:
        """Let one inclusive join fire that nothing can reach any more."""
        for identity in sorted(self.joins):
            token = self.tasks[identity]
            if token.task_spec.may_fire(token):
                self.requeue(token, "leave")
                return True
        return False

    def _remove_task(self, task_id: Any) -> None:
        tasks = self.tasks
        token = tasks[task_id]
        for child in [*token._children]:
            self._remove_task(child)
        parent = tasks.get(token._parent)
        if parent is not None:
            parent._children.remove(task_id)
            # the root's variables outlive its token: the case is read when it is over
            if task_id in self.scopes:
                self.scopes.close(task_id)
        del tasks[task_id]
        self.joins.discard(task_id)
        self.conditions.discard(task_id)
