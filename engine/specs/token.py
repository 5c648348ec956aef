"""A token: SpiffWorkflow's task with an integer id and without its prediction and logging.

Invariant: the tree holds what is alive and nothing else. A token's parent is what contains it (a
process, a sub-process, a multi-instance body, the activity of a boundary event); when it moves on
it leaves the tree. So the tree is as large as the present, whatever the past was.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from SpiffWorkflow.task import Task
from SpiffWorkflow.util.task import TaskState

from engine.ids import next_id

FUTURE = TaskState.FUTURE
WAITING = TaskState.WAITING
READY = TaskState.READY
STARTED = TaskState.STARTED


class Token(Task):
    """One activity instance; `internal_data` is all that is stored of it besides place and state.

    `phase`: "leave" when the work is done and the outputs are not; `incident`: why it is stuck;
    `attached`: a wait beside the flow (boundary event, start of an event sub-process).
    """

    # the library's own annotations know UUIDs and specs of its own only
    id: Any
    workflow: Any
    task_spec: Any
    _parent: Any
    _children: list[Any]
    internal_data: dict[str, Any]

    # what the library keeps for each of its tasks and ours never have
    triggered = False
    thread_id = 0
    last_state_change = 0.0
    data: Mapping[str, Any] = MappingProxyType({})  # type: ignore[assignment]

    def __init__(
        self,
        workflow: Any,
        task_spec: Any,
        parent: Any = None,
        state: int = FUTURE,
        identity: int | None = None,
    ) -> None:
        # what it waits for, once it was asked; forgotten when its state changes
        self.told: Any = None
        self.id = identity = identity or next_id()
        self.workflow = workflow
        self.task_spec = task_spec
        self._state = state
        self._children = []
        self.internal_data = {}
        workflow.tasks[identity] = self
        if parent is None:
            self._parent = None
        else:
            self._parent = parent.id
            parent._children.append(identity)

    @property  # type: ignore[misc]
    def parent(self) -> Any:
        """What contains it; None for the root."""
        return self.workflow.tasks.get(self._parent)

    @property  # type: ignore[misc]
    def children(self) -> list[Any]:
        """The tokens in it, oldest first."""
        tasks = self.workflow.tasks
        return [tasks[identity] for identity in self._children]

    @property
    def definition(self) -> int:
        """The definition it belongs to; 0 is the instance's own."""
        tasks, one = self.workflow.tasks, self
        while one is not None:
            if one.task_spec.is_root:
                return int(one.internal_data.get("definition", 0))
            one = tasks.get(one._parent)
        return 0

    @property
    def attached(self) -> bool:
        """Whether it only waits beside the flow."""
        return "attached" in self.internal_data

    @property
    def incident(self) -> dict[str, Any] | None:
        """Why it is stuck."""
        found: dict[str, Any] | None = self.internal_data.get("incident")
        return found

    @property
    def alive(self) -> bool:
        """Whether it is still in the tree."""
        return bool(self.id in self.workflow.tasks)

    def _set_state(self, value: int) -> None:
        # without the library's log record for each transition: a third of the cost of a step
        self._state = value
        self.told = None

    def _add_child(self, task_spec: Any, state: int = FUTURE) -> Any:
        return Token(self.workflow, task_spec, self, state)

    def run(self) -> bool | None:
        """Run it; a token that was stopped or removed by its own work keeps its state."""
        spec = self.task_spec
        result: bool | None = spec._run(self)
        if result is None or self.id not in self.workflow.tasks:
            return None
        self._state = TaskState.COMPLETED
        spec._on_complete(self)
        return True

    def cancel(self) -> None:
        """Take it out of the tree with everything in it."""
        for child in self.children:
            child.cancel()
        if self.alive:
            self.task_spec._on_cancel(self)
            self._set_state(TaskState.CANCELLED)
            self.workflow._remove_task(self.id)


def called_path(token: Token) -> tuple[str, ...]:
    """The call activities around a token, from the outside in."""
    tasks, current = token.workflow.tasks, token
    found: tuple[str, ...] = ()
    while (current := tasks.get(current._parent)) is not None:
        if current.task_spec.calls:
            found = (current.task_spec.activity, *found)
    return found
