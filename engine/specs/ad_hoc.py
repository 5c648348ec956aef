"""Ad-hoc sub-processes: activities that are begun as needed, in any order, any number of times.

Source: BPMN 2.0.2, 10.3.5 and 13.3.5. Which activities begin by themselves says
`zeebe:adHoc activeElementsCollection`; others are begun by people while the sub-process is open.
Invariant: the completion condition is asked each time an activity in it has completed; once it
holds nothing more is begun. Without a condition the sub-process ends when nothing in it is under
way any more and something has been.
"""

from collections.abc import Callable
from typing import Any

from engine.errors import Conflict, NotFound
from engine.expressions import condition, failure, texts
from engine.specs.activities import Activity
from engine.specs.containers import SubProcess
from engine.specs.token import Token
from engine.variables import Variables


class AdHocSubProcess(SubProcess):
    """An ad-hoc sub-process; `entries` are the elements that may be begun, by id."""

    may_idle = True

    def __init__(self, wf_spec: Any, name: str, element: Any) -> None:
        super().__init__(wf_spec, name, element)
        self.entries: dict[str, Any] = {}

    def prepare(self, token: Token, local: Variables) -> Any:
        names: tuple[str, ...] = ()
        if self.element.active is not None:
            names = texts(self.element.active, self.context(token, local))
        unknown = [name for name in names if name not in self.entries]
        if unknown:
            reason = f"没有可以启动的活动『{'、'.join(unknown)}』"
            raise failure(self.element.active, reason)
        return super().prepare(token, local), names

    def begin(self, token: Token, prepared: Any) -> bool:
        events, names = prepared
        if not names and self.element.active is not None and self.element.completion is None:
            return True
        self.begin_events(token, events)
        now = names[:1] if self.element.sequential else names
        if len(now) < len(names):
            token.internal_data["queue"] = list(names[1:])
        for name in now:
            token.workflow.spawn(token, self.entries[name])
        return False

    def startable(self, token: Token) -> list[str]:
        """The elements that may be begun now."""
        busy = any(not child.attached for child in token.children)
        if "enough" in token.internal_data or (self.element.sequential and busy):
            return []
        return [] if token.internal_data.get("phase") else list(self.entries)

    def start(self, token: Token, name: str) -> None:
        """Begin an element.

        Raises:
            NotFound: the sub-process has no such element to begin.
            Conflict: nothing may be begun now.
        """
        if name not in self.entries:
            raise NotFound(f"{self.element.label}没有可以启动的活动『{name}』", activity=name)
        if name not in self.startable(token):
            raise Conflict(f"{self.element.label}现在不能启动其他活动", activity=name)
        token.workflow.spawn(token, self.entries[name])

    def collector(self, token: Token, outputs: Variables) -> Callable[[], None] | None:
        """Ask now whether this completion is enough; the function returned remembers the answer."""
        if not isinstance(token.task_spec, Activity):
            return None
        body, wanted = token.parent, self.element.completion
        enough = False
        if wanted is not None:
            enough = condition(wanted, self.context(body, outputs))

        def write() -> None:
            body.internal_data["begun"] = 1
            if enough:
                body.internal_data["enough"] = 1

        return write

    def child_left(self, container: Token, child: Token) -> None:
        data, workflow = container.internal_data, container.workflow
        if "enough" in data and self.element.cancel_remaining:
            workflow.clear(container)
        if any(not other.attached for other in container.children):
            return
        if "enough" not in data and data.get("queue"):
            workflow.spawn(container, self.entries[data["queue"].pop(0)])
            return
        if "enough" in data or (self.element.completion is None and "begun" in data):
            workflow.drop_waits(container)
            workflow.requeue(container, "leave")
