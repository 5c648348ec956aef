"""What all nodes have in common: entering, finishing, going on, and getting stuck.

Invariant: a node first computes everything that can fail and then changes everything at once, so
that a failure leaves the token where it was, with an incident and nothing half done.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from SpiffWorkflow.bpmn.specs.bpmn_task_spec import BpmnTaskSpec

from engine.definition.elements import Clock, Copy
from engine.errors import BanliError, LimitExceeded
from engine.expressions import Expression, condition, evaluate
from engine.record import HistoryEvent, Incident
from engine.specs import clocks, copies, returning
from engine.specs.token import READY, STARTED, WAITING, Token

_LONGEST: Final = 100
"""Characters of what a node is about."""


@dataclass(frozen=True, slots=True)
class Path:
    """An outgoing flow as the scheduler needs it."""

    flow: str
    target: Any
    condition: Expression | None = None
    default: bool = False


def _follow(target: Any, flow: str, container: Token) -> None:
    if target.gathers:
        container.workflow.spawn(container, target, flow=flow)
    else:
        container.workflow.spawn(container, target)


class Node(BpmnTaskSpec):
    """A node of the diagram, or one that the builder put in."""

    element: Any
    free_children = False  # entering a child costs no step (multi-instance)
    visible = True  # appears in history when cancelled
    handles_event = False  # an event sub-process
    gathers = False  # remembers by which flow a token came
    past = False  # the record of a completed activity (compensation)
    is_root = False  # the process itself: its scope sees nothing around it
    calls = False  # runs another process
    may_idle = False  # waits for somebody to begin something in it
    collector: Any = None  # takes the outputs of its instances (multi-instance)
    compensable: Any = None  # what becomes of the token when it has completed
    subject: Expression | None = None  # what this one is about, beside others of its name
    offered: Expression | None = None  # whether the applicant is offered what it waits for

    def __init__(self, wf_spec: Any, name: str, element: Any) -> None:
        super().__init__(wf_spec, name, lane=getattr(element, "lane", "") or None)
        self.element = element
        self.activity = str(element.id)
        """The BPMN id."""
        self.bpmn_id = element.id
        self.bpmn_name = element.name
        self.paths: list[Path] = []
        # a process has none of its own
        self.clocks: tuple[Clock, ...] = getattr(element, "clocks", ())
        self.copies: tuple[Copy, ...] = getattr(element, "copies", ())
        properties = getattr(element, "properties", {})
        if said := properties.get("taskSubject"):
            self.subject = Expression(said, element.id, "任务对象", element.line)
        if asked := properties.get("offeredWhen"):
            self.offered = Expression(asked, element.id, "提供条件", element.line)

    def about(self, context: Any) -> str:
        """What this one is about where several of one name wait at once (`taskSubject`), or empty.

        Raises:
            ExpressionError: the expression fails.
        """
        said = evaluate(self.subject, context) if self.subject is not None else None
        return "" if said is None else str(said)[:_LONGEST]

    def subject_of(self, context: Any) -> dict[str, Any]:
        """The same, as the token of a wait keeps it, and whether the wait is kept from applicants.

        `offeredWhen` is decided when the waiting begins; the message is awaited all the same.

        Raises:
            ExpressionError: an expression fails, or `offeredWhen` is neither true nor false.
        """
        about = self.about(context)
        kept: dict[str, Any] = {"about": about} if about else {}
        if self.offered is not None and not condition(self.offered, context):
            kept["withheld"] = 1
        return kept

    # -- the scheduler's life cycle -------------------------------------------------------

    def _predict(self, my_task: Any, *_args: Any, **_kwargs: Any) -> None:
        """No guesses about the future: children come when a flow is taken."""

    def _update(self, my_task: Any) -> None:
        my_task._set_state(READY)
        my_task.workflow.ready.append(my_task.id)

    def _run(self, my_task: Any) -> bool | None:
        token: Token = my_task
        try:
            return self._run_hook(token)
        except LimitExceeded:
            raise
        except BanliError as error:
            self.get_stuck(token, error.code, error.message, error.details)
            return None

    def _run_hook(self, my_task: Any) -> bool | None:
        if my_task.internal_data.get("phase") != "leave":
            if not self.enter(my_task):
                if my_task._state == READY:
                    my_task._set_state(STARTED)
                return None
            my_task.internal_data["phase"] = "leave"
        if self.clocks or self.copies:
            # computed first: an expression that fails leaves nothing half done
            marks = [clocks.mark(clock, self, my_task) for clock in self.clocks]
            sent = [copies.mark(copy, self, my_task) for copy in self.copies]
            self.finish(my_task)
            my_task.workflow.step.clocks += [mark for mark in marks if mark is not None]
            my_task.workflow.step.copies += [mark for mark in sent if mark is not None]
        else:
            self.finish(my_task)
        return True

    def _on_complete(self, my_task: Any) -> None:
        my_task.workflow.leave(my_task, self.targets(my_task))

    def _on_cancel(self, my_task: Any) -> None:
        entered = my_task.state in {STARTED, WAITING} or "incident" in my_task.internal_data
        if self.visible and entered and not my_task.attached:
            my_task.workflow.step.note("activity.cancelled", self.activity, my_task.id)

    # -- what the kinds of nodes say ------------------------------------------------------

    def enter(self, token: Token) -> bool:
        """Do the node's work; False when something has to happen first."""
        return True

    def finish(self, token: Token) -> None:
        """Write the outputs; the token leaves right after."""
        self.note(token, "activity.completed")

    def taken(self, token: Token) -> list[Path]:
        """The flows to go on by."""
        return self.paths

    def targets(self, token: Token) -> Sequence[Callable[[Token], Any]]:
        """What to start in the container once the token has left it."""
        held = returning.held(token)
        back = [partial(returning.begin, one=one) for one in held] if held else []
        if held and not returning.goes_on(token):
            return back
        return back + [partial(_follow, path.target, path.flow) for path in self.taken(token)]

    def child_left(self, container: Token, child: Token) -> None:
        """A token in this container has ended."""

    def wait(self, token: Token) -> Any:
        """What the token waits for, as the store wants it."""
        return None

    def serialize(self, serializer: Any, **_options: Any) -> Any:
        """Specs are never stored: they are built from the definition's files."""
        raise NotImplementedError(self.name)

    # -- tools ----------------------------------------------------------------------------

    def get_stuck(self, token: Token, code: str, message: str, details: dict[str, Any]) -> None:
        """Leave the token here with an incident."""
        kept = {key: value for key, value in details.items() if isinstance(value, str | int)}
        token.internal_data["incident"] = {"code": code, "message": message, "details": kept}
        token._set_state(STARTED)
        step = token.workflow.step
        step.incidents.append(Incident(self.activity, token.id, code, message, kept))
        step.note("incident.raised", self.activity, token.id, code=code, message=message, **kept)

    def note(self, token: Token, kind: str, **data: Any) -> None:
        """Add to the history; `within` is the activity instance around this one, if any."""
        workflow = token.workflow
        around = workflow.tasks.get(token._parent)
        if around is not None and around.task_spec.is_root:
            around = workflow.tasks.get(around._parent)
        if around is not None:
            data["within"] = str(around.id)
        workflow.scopes.step.events.append(HistoryEvent(kind, self.activity, token.id, data))

    def context(self, token: Token, *inner: dict[str, Any]) -> Any:
        """What an expression at this token sees."""
        workflow = token.workflow
        return workflow.scopes.context(workflow.scope_id(token), *inner)
