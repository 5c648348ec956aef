"""Trying a model out before its release: moves replayed in memory, nothing stored, no one told.

Invariant: a trial is a pure function of the files and the list of moves; its time is virtual and
begins at an instant in that list. Adapters and local operations are not called: whoever tries the
model says what they answer.
"""

import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any, Final, Literal, get_args

from sqlalchemy.orm import Session

from engine import clock, ids, limits
from engine.definition.elements import Binding
from engine.errors import BanliError, LimitExceeded, NotFound, TaskNotActive
from engine.execution import Execution
from engine.record import HistoryEvent
from engine.variables import Variables
from engine.waiting import ExternalTaskWait, MessageWait, TimerWait, UserTaskWait, Wait
from forms import definition as form_definition
from forms.definition import FormDefinition
from forms.lookups import Lookups
from processes.deployed import resources
from processes.domains import wording
from processes.modelling import trial_words
from processes.modelling.drafted import DraftResolver
from processes.modelling.trial_values import MoveRefused, read_context

Kind = Literal["start", "complete", "deliver", "fire", "fail", "retry", "begin"]
KINDS: Final[tuple[Kind, ...]] = get_args(Kind)
MAX_MOVES = 200
WALL = 2 * limits.STEP_WALL

_SAMPLE: Variables = {
    "work_order_no": "Y3700002026010100001X",
    "org": "370001",
    "channel": "counter",
}
_DONE = frozenset({"activity.completed", "activity.cancelled"})


@dataclass(frozen=True, slots=True)
class Move:
    """What was done: to the `ordinal`-th thing that waits at an activity, with these values.

    `values` are answers as typed into the form; `text` is a FEEL context where there is no form,
    or the error code of `fail`.
    """

    kind: Kind
    activity: str = ""
    ordinal: int = 0
    values: Mapping[str, Any] = field(default_factory=dict)
    text: str = ""


@dataclass(frozen=True, slots=True)
class Waiting:
    """One thing that waits, with what is needed to move it."""

    wait: Wait
    ordinal: int
    name: str
    form: FormDefinition | None
    context: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Beginning:
    """Where the model may be begun: an event or element, or `""` where none is drawn."""

    activity: str
    name: str
    form: FormDefinition | None
    plain: bool
    """Whether it begins without a trigger."""


@dataclass(frozen=True, slots=True)
class Offered:
    """An activity that may be begun in the `ordinal`-th open ad-hoc sub-process."""

    activity: str
    name: str
    within: str
    ordinal: int


@dataclass(frozen=True, slots=True)
class Stuck:
    """An incident: an expression or mapping that failed."""

    activity: str
    ordinal: int
    message: str


@dataclass(frozen=True, slots=True)
class Line:
    """One line of what happened, in words."""

    move: int
    words: str
    activity: str


class Trial:
    """A model played up to some move."""

    def __init__(
        self,
        session: Session,
        files: Mapping[str, bytes],
        key: str,
        *,
        lookups: Lookups | None = None,
    ) -> None:
        self._resolver = DraftResolver(session, files)
        self._files = files
        self._session = session
        self._lookups = lookups or Lookups()
        self.compiled = self._resolver.process(key)[1]
        self._execution: Execution | None = None
        self._active: dict[int, str] = {}
        self.done: list[str] = []
        self.lines: list[Line] = []
        self.moves = 0
        self.now: datetime | None = None

    def play(
        self, moves: Sequence[Move], started_at: datetime, *, within: timedelta = WALL
    ) -> None:
        """Make the moves one after the other, at virtual times from `started_at` on.

        A model that runs away is stopped: each move by the engine's own bounds on steps, tokens
        and time (`engine.limits`), all of them together by `within`.

        Raises:
            MoveRefused, FormInvalid, LimitExceeded: of the first move that does not go; what was
            played before it stands.
        """
        self.now = started_at
        until = time.monotonic() + within.total_seconds()
        for move in moves:
            if time.monotonic() >= until:
                raise LimitExceeded("试运行用时过长，请减少步数或检查模型")
            self.now = max(self.now, self._due(move) or self.now)
            with clock.travel(self.now):
                self._make(move)

    @property
    def started(self) -> bool:
        """Whether the instance was started."""
        return self._execution is not None

    @property
    def completed(self) -> bool:
        """Whether the instance has ended."""
        return self._execution is not None and self._execution.completed

    @property
    def variables(self) -> Variables:
        """The variables of the instance."""
        return dict(self._execution.variables) if self._execution else {}

    def beginnings(self) -> list[Beginning]:
        """Where the model may be begun, those without a trigger first."""
        events = sorted(self.compiled.start_events, key=lambda one: one.definition is not None)
        found = [
            Beginning(
                one.id, one.name or one.id, self._form(0, one.form_id), one.definition is None
            )
            for one in events
        ]
        for identity in self.compiled.begun_by_message:
            found.append(Beginning(identity, self.name_of(identity), None, plain=False))
        return found or [Beginning("", self.compiled.name or self.compiled.key, None, plain=True)]

    def offered(self) -> list[Offered]:
        """What may be begun in the ad-hoc sub-processes that are open."""
        if self._execution is None:
            return []
        tasks = self._execution.workflow.tasks
        return [
            Offered(
                one.id, one.name or one.id, self.name_of(tasks[ad_hoc].task_spec.activity), ordinal
            )
            for ordinal, (ad_hoc, elements) in enumerate(self._execution.startable.items())
            for one in elements
        ]

    def waiting(self) -> list[Waiting]:
        """What can be moved now, in the order it began to wait."""
        found: list[Waiting] = []
        seen: dict[str, int] = {}
        for wait in self._waits():
            ordinal = seen.get(wait.activity, 0)
            seen[wait.activity] = ordinal + 1
            found.append(self._waiting(wait, ordinal))
        return found

    def stuck(self) -> list[Stuck]:
        """The incidents, as the case would have them."""
        if self._execution is None:
            return []
        seen: dict[str, int] = {}
        found = []
        for incident in self._execution.incidents.values():
            ordinal = seen.get(incident.activity, 0)
            seen[incident.activity] = ordinal + 1
            found.append(Stuck(incident.activity, ordinal, incident.message))
        return found

    def active(self) -> dict[str, int]:
        """Activity → number of tokens there, for the diagram."""
        beside = [wait for wait in self._waits() if wait.id not in self._active]
        return Counter([*self._active.values(), *(wait.activity for wait in beside)])

    # -- one move ------------------------------------------------------------------------------

    def _make(self, move: Move) -> None:
        if move.kind == "start":
            self._start(move)
        else:
            self._move(move)
        execution = self._running()
        execution.advance()
        self.moves += 1
        self._tell(execution)

    def _start(self, move: Move) -> None:
        if self._execution is not None:
            raise MoveRefused("流程已经开始")
        chosen = next((one for one in self.beginnings() if one.activity == move.activity), None)
        if chosen is None:
            raise MoveRefused("流程图中没有这个开始事件")
        values = self._values(move, chosen.form, {}, node="apply")
        known = {**_SAMPLE, "submitted_on": clock.today(), "submitted_at": clock.now()}
        self._execution = Execution.start(
            self.compiled,
            instance_id=ids.next_id(),
            variables={**known, "applicant": {"name": values.get("name") or ""}, **values},
            start_event=None if chosen.plain else chosen.activity,
            resolver=self._resolver,
            definition_id=self._resolver.process(self.compiled.key)[0],
        )

    def _move(self, move: Move) -> None:
        execution = self._running()
        execution.begin_step()
        if move.kind == "retry":
            execution.retry(self._incident(move))
            return
        if move.kind == "begin":
            self._begin(execution, move)
            return
        target = next(
            (
                one
                for one in self.waiting()
                if (one.wait.activity, one.ordinal) == (move.activity, move.ordinal)
            ),
            None,
        )
        if target is None:
            raise MoveRefused(f"环节『{move.activity}』现在不在等待")
        try:
            self._give(execution, move, target)
        except TaskNotActive as error:
            raise MoveRefused(error.message) from error

    def _begin(self, execution: Execution, move: Move) -> None:
        opened = [*execution.startable]
        if move.ordinal >= len(opened):
            raise MoveRefused(f"环节『{move.activity}』现在不能启动")
        try:
            execution.begin(opened[move.ordinal], move.activity)
        except BanliError as error:
            raise MoveRefused(error.message) from error

    def _give(self, execution: Execution, move: Move, target: Waiting) -> None:
        wait = target.wait
        if move.kind == "fire":
            execution.fire(wait.id)
        elif move.kind == "fail":
            execution.throw(wait.id, move.text.strip())
        else:
            values = self._values(move, target.form, target.context, node=wait.activity)
            act = execution.deliver if move.kind == "deliver" else execution.complete
            act(wait.id, values)

    def _values(
        self, move: Move, form: FormDefinition | None, context: Mapping[str, Any], *, node: str
    ) -> Variables:
        if form is not None:
            return form.validate(move.values, context=context, node=node, lookups=self._lookups)
        return read_context(move.text, context)

    def _incident(self, move: Move) -> int:
        found = [i for i, one in self._running().incidents.items() if one.activity == move.activity]
        if move.ordinal >= len(found):
            raise MoveRefused(f"环节『{move.activity}』现在没有异常")
        return found[move.ordinal]

    def _running(self) -> Execution:
        if self._execution is None:
            raise MoveRefused("流程还没有开始")
        return self._execution

    def _due(self, move: Move) -> datetime | None:
        if move.kind != "fire":
            return None
        waits = [one.wait for one in self.waiting() if one.wait.activity == move.activity]
        wait = waits[move.ordinal] if move.ordinal < len(waits) else None
        return wait.due_at if isinstance(wait, TimerWait) else None

    # -- what is ---------------------------------------------------------------------------------

    def _waits(self) -> list[Wait]:
        """What somebody has to do before what only may happen beside it."""
        found = self._execution.waits.values() if self._execution else ()
        return sorted(
            found,
            key=lambda wait: (
                not isinstance(wait, UserTaskWait | ExternalTaskWait),
                getattr(wait, "beside", isinstance(wait, TimerWait)),
                wait.id,
            ),
        )

    def _waiting(self, wait: Wait, ordinal: int) -> Waiting:
        execution = self._running()
        definition_id = execution.definition_at(wait.id)
        form_id, binding = "", resources.DEPLOYED
        if isinstance(wait, UserTaskWait):
            form_id = wait.form_id
            elements = self._resolver.by_id(definition_id).elements if definition_id > 0 else {}
            binding = getattr(elements.get(wait.activity), "form_binding", binding)
        elif isinstance(wait, MessageWait):
            form_id = wait.public_form_id
        return Waiting(
            wait=wait,
            ordinal=ordinal,
            name=self.name_of(wait.activity, definition_id),
            form=self._form(definition_id, form_id, binding),
            context=self._context(wait),
        )

    def _context(self, wait: Wait) -> Mapping[str, Any]:
        execution = self._running()
        scope = wait.scope_id if isinstance(wait, UserTaskWait) else execution.instance_id
        if scope not in execution.scopes:
            scope = execution.instance_id
        return dict(execution.workflow.scopes.context(scope))

    def _form(
        self, definition_id: int, form_id: str, binding: Binding = resources.DEPLOYED
    ) -> FormDefinition | None:
        if not form_id:
            return None
        if definition_id > 0:
            return resources.form(self._session, definition_id, form_id, binding)
        path = f"forms/{form_id}.yaml"
        if path not in self._files:
            raise NotFound(f"草稿中没有表单『{form_id}』", name=form_id)
        return form_definition.read(self._files[path], path)

    def name_of(self, activity: str, definition_id: int = 0) -> str:
        """The Chinese name of an activity of the draft or of a called process."""
        process = self.compiled if definition_id <= 0 else self._resolver.by_id(definition_id)
        for made in (process, *self._resolver.drafted()):
            if activity in made.elements:
                return made.elements[activity].name or activity
        return activity

    def _tell(self, execution: Execution) -> None:
        step = execution.step
        for event in step.events:
            self._count(event)
            if words := trial_words.of_event(event, self.name_of, lambda: self._coded):
                self.lines.append(Line(self.moves, words, event.activity))
        for message in step.messages:
            self.lines.append(Line(self.moves, trial_words.of_message(message), message.activity))

    @cached_property
    def _coded(self) -> Mapping[str, wording.Coded]:
        return {**wording.coded(self._session), **wording.of_files(self._files).coded}

    def _count(self, event: HistoryEvent) -> None:
        if event.type == "activity.started":
            self._active[event.activity_id] = event.activity
        elif event.type in _DONE:
            self._active.pop(event.activity_id, None)
            if event.type == "activity.completed":
                self.done.append(event.activity)
