"""Moves tokens: the only way in which an instance changes.

Invariant: a command changes the instance in memory only; whoever gave it calls `advance` and then
stores the step as a whole, or throws the object away after any exception.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from engine import asking, sealing
from engine import state as codec
from engine.approval.board import Board
from engine.compiler import CompiledProcess
from engine.definition import elements as el
from engine.errors import NotFound, TaskNotActive
from engine.record import Incident, StepRecord
from engine.scopes import Scope, storable
from engine.specs import approving, planning, waits
from engine.specs.throwing import throw_error
from engine.specs.token import READY, STARTED, WAITING, Token
from engine.specs.workflow import CaseWorkflow, Resolver
from engine.variables import Variables
from engine.waiting import Wait

_AT_WORK: Final = frozenset({STARTED, WAITING})


class Execution:
    """One process instance, its workflow and scopes in memory, at one revision."""

    def __init__(self, compiled: CompiledProcess, instance_id: int, workflow: CaseWorkflow) -> None:
        self.compiled = compiled
        self.instance_id = instance_id
        self.workflow = workflow
        self.revision = 0
        self.actor = ""
        self.sequence = 0
        self.definition_id = 0
        self.dirty = False
        self.guards: dict[int, Any] = {}
        self.chain = sealing.START
        self.weight = 0
        self.snapshot = (0, 0)  # its revision and size
        self.warned = False
        self.stored: Mapping[int, Wait] = {}
        self.stored_incidents: frozenset[int] = frozenset()
        self._waits: Mapping[int, Wait] | None = None

    @classmethod
    def start(
        cls,
        compiled: CompiledProcess,
        *,
        instance_id: int,
        variables: Variables,
        resolver: Resolver,
        start_event: str | None = None,
        definition_id: int = 0,
    ) -> "Execution":
        """A new instance, not advanced yet; the root scope has the instance's id.

        Raises:
            NotFound: the process has no such start event.
        """
        if start_event and start_event not in compiled.begins_at:
            raise NotFound(f"流程『{compiled.name}』没有开始事件『{start_event}』")
        workflow = CaseWorkflow(compiled.spec, resolver)
        root = Token(workflow, compiled.spec.root, None, READY, instance_id)
        root.internal_data["definition"] = definition_id
        if start_event:
            root.internal_data["start"] = start_event
        workflow.task_tree = root
        workflow.ready.append(root.id)
        workflow.scopes.open(
            Scope(instance_id, None, instance_id, storable(variables), isolated=True)
        )
        execution = cls(compiled, instance_id, workflow)
        execution.definition_id = definition_id
        return execution

    def begin_at(self, path: Sequence[str]) -> None:
        """Have a new instance begin at an activity, named by its path, not at its start event."""
        self.workflow.task_tree.internal_data["at"] = list(path)

    @classmethod
    def load(
        cls,
        compiled: CompiledProcess,
        *,
        instance_id: int,
        state: bytes,
        scopes: Mapping[int, Variables],
        resolver: Resolver,
    ) -> "Execution":
        """The instance of a stored state; `scopes` are the variables of each scope id."""
        workflow = CaseWorkflow(compiled.spec, resolver)
        codec.load(workflow, compiled.digest, state, scopes)
        if instance_id not in workflow.scopes:
            values = dict(scopes.get(instance_id, {}))
            root = Scope(instance_id, None, instance_id, values, isolated=True)
            workflow.scopes[instance_id] = root
        return cls(compiled, instance_id, workflow)

    def begin_step(self) -> StepRecord:
        """Start a new record; the cache calls it when it hands a live object out again."""
        self.workflow.scopes.step = step = StepRecord()
        self.dirty = True
        self.guards = {}
        return step

    def remember(self, incidents: Iterable[int]) -> None:
        """Keep what is stored now: the next step writes the difference to it."""
        self.stored = self.waits  # a step finds its waits anew and leaves these as they are
        self.stored_incidents = frozenset(incidents)

    # -- commands -------------------------------------------------------------------------

    def complete(self, activity_id: int, variables: Variables) -> None:
        """A user task or an external task is done.

        Raises:
            TaskNotActive: it is not under way.
        """
        token = self._active(activity_id, "work_done")
        token.task_spec.work_done(token, storable(variables))

    def deliver(self, activity_id: int, payload: Variables) -> None:
        """The message or signal that an activity instance waits for has come.

        Raises:
            TaskNotActive: it waits for neither.
        """
        token = self._active(activity_id, "trigger")
        if "came" in token.internal_data or not {"key", "signal"} & token.internal_data.keys():
            raise self._gone(activity_id)
        token.task_spec.trigger(token, storable(payload))

    def fire(self, activity_id: int) -> None:
        """The timer that an activity instance waits for is due.

        Raises:
            TaskNotActive: it does not wait for a timer.
        """
        token = self._active(activity_id, "trigger")
        if "due" not in token.internal_data or "came" in token.internal_data:
            raise self._gone(activity_id)
        token.task_spec.note(token, "timer.fired")
        token.task_spec.trigger(token, {})

    def throw(
        self, activity_id: int, code: str, message: str = "", variables: Variables | None = None
    ) -> None:
        """The work of an activity ended with a business error; without a catcher: an incident.

        Raises:
            TaskNotActive: the activity is not under way.
        """
        token = self._active(activity_id, "work_done")
        if throw_error(token, code, storable(variables or {})):
            return
        text = message or f"错误『{code}』没有被任何错误事件捕获"
        token.task_spec.get_stuck(token, "error_uncaught", text, {"error": code})
        token.internal_data["incident"]["resume"] = "wait"

    def catches(self, activity_id: int, code: str, variables: Variables) -> bool:
        """Let an error event take a business error; without one nothing happens.

        Raises:
            TaskNotActive: the activity is not under way.
        """
        return throw_error(self._active(activity_id, "work_done"), code, storable(variables))

    def begin(self, activity_id: int, element: str) -> None:
        """Begin an element of an ad-hoc sub-process that is open.

        Raises:
            TaskNotActive: the sub-process is over. NotFound: it has no such element to begin.
            Conflict: nothing may be begun now.
        """
        token = self._active(activity_id, "startable")
        token.task_spec.start(token, element)
        self.step.note("activity.begun", element, activity_id)

    def rearrange(
        self, activity_id: int, make: Callable[[Board], Board], *, holder: str = ""
    ) -> None:
        """Change who works on a user task; `holder` has it if it is one person's.

        Raises:
            TaskNotActive: it is not under way. ApprovalRefused: the change is not allowed.
        """
        approving.rearrange(self._active(activity_id, "work_done"), make, holder=holder)

    def plan(self, path: str, users: Sequence[str]) -> None:
        """Choose who does a task when it comes; nobody: the model decides again."""
        planning.put(self.workflow, path, users)
        activity = path.rsplit(planning.SEPARATOR, 1)[-1]
        self.step.note("task.planned", activity, self.instance_id, path=path, users=list(users))

    def retime(self, activity_id: int, due_at: datetime | None) -> None:
        """Give a task or a timer another due instant; None: none for the time being.

        Raises:
            TaskNotActive: nothing of that kind waits there.
        """
        token = self.workflow.tasks.get(activity_id)
        if token is None or token.told is None:
            raise self._gone(activity_id)
        data = token.internal_data
        if due_at is None and "limit" in data:
            data.pop("due", None)
        else:
            data["due"] = waits.to_number(due_at or waits.NEVER)
        token.told = None
        self._waits = None

    def retry(self, activity_id: int) -> None:
        """Run an activity with an incident again, from the phase in which it got stuck.

        Raises:
            TaskNotActive: there is no incident.
        """
        token = self.workflow.tasks.get(activity_id)
        if token is None or token.incident is None:
            raise self._gone(activity_id)
        incident = token.internal_data.pop("incident")
        token.told = None
        if "held" in token.internal_data:
            token._set_state(WAITING)
            self.workflow.watch(token)
        elif incident.get("resume") != "wait":
            token._set_state(READY)
            self.workflow.ready.append(token.id)

    def terminate(self, reason: str) -> None:
        """End the instance with everything in it."""
        root = self.workflow.task_tree
        if self.completed or root is None:
            raise self._gone(self.instance_id)
        for child in root.children:
            child.cancel()
        self.workflow._remove_task(root.id)
        self.workflow.completed = True
        self.step.note("instance.terminated", self.compiled.key, self.instance_id, reason=reason)

    def advance(self) -> None:
        """Run every automatic step, then see anew what the instance waits for.

        Raises:
            LimitExceeded: the step breaks a bound; throw the object away.
        """
        self._waits = None
        self.workflow.actor = self.actor
        before = asking.give(self.workflow.resolver)
        try:
            self.workflow.run_ready()
        finally:
            asking.take_back(before)

    def dump(self) -> bytes:
        """The compact state, without variables; its size does not depend on the past."""
        return codec.dump(self.workflow, self.compiled.digest)

    # -- what is -------------------------------------------------------------------------

    @property
    def waits(self) -> Mapping[int, Wait]:
        """What the instance waits for, by activity instance."""
        if self._waits is None:
            self._waits = self._find_waits()
        return self._waits

    @property
    def startable(self) -> Mapping[int, list[el.Element]]:
        """What may be begun in each ad-hoc sub-process that is open, by its activity instance."""
        return {
            token.id: [token.task_spec.entries[name].element for name in names]
            for token in self.workflow.tasks.values()
            if token.task_spec.may_idle and (names := token.task_spec.startable(token))
        }

    @property
    def incidents(self) -> Mapping[int, Incident]:
        """The activity instances that are stuck."""
        return {
            token.id: Incident(token.task_spec.activity, token.id, **_told(token.incident))
            for token in self.workflow.tasks.values()
            if "incident" in token.internal_data
        }

    @property
    def step(self) -> StepRecord:
        """What happened since the step began."""
        return self.workflow.scopes.step

    @property
    def completed(self) -> bool:
        """Whether nothing is left to do."""
        return bool(self.workflow.completed)

    @property
    def scopes(self) -> Mapping[int, Scope]:
        """The living scopes; the one with the instance's id is the root."""
        return self.workflow.scopes

    def definition_at(self, activity_id: int) -> int:
        """The definition whose model has the activity: the instance's own or a called one's."""
        token = self.workflow.tasks.get(activity_id)
        return (token.definition if token is not None else 0) or self.definition_id

    @property
    def variables(self) -> Variables:
        """The variables of the root scope."""
        return self.workflow.scopes[self.instance_id].variables

    def _find_waits(self) -> dict[int, Wait]:
        found: dict[int, Wait] = {}
        for token in self.workflow.tasks.values():
            told = token.told
            if told is None and token._state in _AT_WORK:
                stuck = "incident" in token.internal_data
                told = token.told = (None if stuck else token.task_spec.wait(token),)
            if told is not None and (wait := told[0]) is not None:
                found[wait.id] = wait
        return found

    def _active(self, activity_id: int, ability: str) -> Token:
        token = self.workflow.tasks.get(activity_id)
        if (
            token is None
            or "incident" in token.internal_data
            or token._state not in _AT_WORK
            or not hasattr(token.task_spec, ability)
        ):
            raise self._gone(activity_id)
        found: Token = token
        return found

    def _gone(self, activity_id: int) -> TaskNotActive:
        return TaskNotActive("这项工作已经办结或被撤销", activity_id=str(activity_id))


def _told(incident: dict[str, Any] | None) -> dict[str, Any]:
    found = incident or {}
    return {key: found[key] for key in ("code", "message", "details")}
