"""Compensation: what is remembered of completed activities, and how it is undone.

Source: BPMN 2.0.2, 10.7 and 13.5.5.
Invariant: a completed activity that can be compensated stays in its container as a token beside the
flow, turned into a record in the order of completion; its scope, if it had one, is the snapshot of
its data. The record goes with its container, unless that is remembered itself. Whoever triggers
compensation undoes the records one by one, the latest first.
"""

from typing import Any, Final

from engine.specs.events import EventSubStart
from engine.specs.node import Node, Path
from engine.specs.token import WAITING, Token

_BY: Final = "by"


class Completed(Node):
    """The record of a completed activity, and the container of its compensation.

    What is run: the event sub-process of the activity, else the activity behind its boundary event,
    else the compensation of what was completed in it.
    """

    visible = False
    past = True

    def __init__(self, wf_spec: Any, completed: Node) -> None:
        super().__init__(wf_spec, f"{completed.name}#done", completed.element)
        self.is_root = completed.is_root
        self.calls = completed.calls
        self.start: EventSubStart | None = None
        self.handler: Any = None

    def remember(self, token: Token) -> bool:
        """Turn a completed activity into its record; False if there is nothing to undo."""
        own = self.start is not None or self.handler is not None
        if not own and not any(child.task_spec.past for child in token.children):
            return False
        for child in token.children:
            if not child.task_spec.past:
                token.workflow._remove_task(child.id)
        kept = {key: token.internal_data[key] for key in ("definition",) if self.is_root}
        token.task_spec = self
        token.internal_data = {**kept, "attached": 1}
        token._set_state(WAITING)
        siblings = token.parent._children
        siblings.remove(token.id)
        siblings.append(token.id)
        return True

    def compensate(self, token: Token) -> None:
        """Undo the activity of a record."""
        if self.start is not None:
            self.start.run_in(token, {})
        elif self.handler is not None:
            token.workflow.spawn(token, self.handler)
        else:
            mark(token, [child for child in token.children if child.task_spec.past])
            self.compensated(token)

    def compensated(self, token: Token) -> None:
        """Something in it is undone: go on with what was completed before, or be done."""
        if not undo_next(token, [token]):
            self._done(token)

    def child_left(self, container: Token, child: Token) -> None:
        if all(other.attached for other in container.children):
            self._done(container)

    def _done(self, token: Token) -> None:
        workflow = token.workflow
        trigger = workflow.tasks.get(token.internal_data[_BY])
        workflow.step.note("activity.compensated", self.activity, token.id)
        workflow._remove_task(token.id)
        if trigger is not None:
            trigger.task_spec.compensated(trigger)


def mark(trigger: Token, records: list[Token]) -> None:
    """Let records be undone by a trigger, and by no other."""
    for record in records:
        record.internal_data[_BY] = trigger.id


def undo_next(trigger: Token, containers: list[Token]) -> bool:
    """Undo the latest record that a trigger still has in containers; False if there is none."""
    marked = [
        child
        for container in containers
        for child in container.children
        if child.task_spec.past and child.internal_data.get(_BY) == trigger.id
    ]
    if marked:
        marked[-1].task_spec.compensate(marked[-1])
    return bool(marked)


class CompensationThrow(Node):
    """A throw or end event that compensates: one activity, or all that the scope completed."""

    background: "Background"

    def enter(self, token: Token) -> bool:
        wanted = self.element.definition.activity
        found = [
            child
            for container in self._containers(token)
            for child in container.children
            if child.task_spec.past
            and _BY not in child.internal_data
            and wanted in ("", child.task_spec.activity)
        ]
        names = [record.task_spec.activity for record in reversed(found)]
        self.note(token, "compensation.thrown", activities=names)
        if not found:
            return True
        waits = self.element.definition.wait
        trigger = token if waits else token.workflow.spawn(token.parent, self.background)
        mark(trigger, found)
        undo_next(trigger, self._containers(trigger))
        return not waits

    @staticmethod
    def _containers(token: Token) -> list[Token]:
        """The scope, and around an event sub-process the scope that it handles."""
        inner = token.parent
        return [inner.parent, inner] if inner.task_spec.handles_event else [inner]

    def compensated(self, token: Token) -> None:
        """One record is undone: the next one, or go on."""
        if not undo_next(token, self._containers(token)):
            token.workflow.requeue(token, "leave")

    def _on_cancel(self, my_task: Any) -> None:
        super()._on_cancel(my_task)
        for container in self._containers(my_task):
            for child in container.children:
                if child.internal_data.get(_BY) == my_task.id:
                    child.cancel()


class CompensationEnd(CompensationThrow):
    """The same at the end of a path."""

    def taken(self, token: Token) -> list[Path]:
        return []


class Background(CompensationThrow):
    """Undoes what an event triggered that did not wait for it; keeps the scope from ending."""

    visible = False

    def enter(self, token: Token) -> bool:
        return False

    def finish(self, token: Token) -> None:
        """The history knows the event, not what runs behind it."""

    def taken(self, token: Token) -> list[Path]:
        return []
