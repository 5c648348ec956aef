"""A user task that may be decided by itself: policies of assignment, and of time that is over.

Invariant: whoever is asked is asked before anything changes; a task concluded by itself has no
performer, and its history says why. A return goes to a person, never to a policy.
Source: case-operations A.4.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from engine import clock, policies, waiting
from engine.approval.board import Decision
from engine.definition.policies import Policies
from engine.errors import BanliError, ExpressionError
from engine.expressions import evaluate, failure, number
from engine.policies import Asked, Verdict
from engine.scopes import storable
from engine.specs import mapping, waits
from engine.specs.approving import Approving
from engine.specs.node import Node
from engine.specs.token import WAITING, Token
from engine.variables import Variables
from engine.waiting import TimerWait

_NODE = "node"


@dataclass(frozen=True, slots=True)
class Passed:
    """A conclusion by itself: what was decided, why, by whom it counts as approved, the answers."""

    outcome: Decision
    reason: str
    user: str
    answers: Variables


class Mover(Protocol):
    """Moves the point of control: `engine.moves`, which stands above the specs."""

    def __call__(self, token: Token, to: str) -> None:
        """Put the point of control of a token on another node."""
        ...


movers: list[Mover] = []


class Deciding(Approving):
    """What policies add to a user task."""

    timeout: "Overdue | None" = None

    @property
    def leaves_open(self) -> bool:
        """Whether the model says what becomes of a task that nobody has."""
        found = self.element.policies
        return found is not None and bool(found.empty)

    def ask(self, token: Token, data: dict[str, Any], context: Any) -> Verdict | None:
        """What the policies make of a task with these people."""
        found = self.element.policies
        if found is None or "for" in token.internal_data:
            return None
        verdict = policies.begin(token.workflow.resolver, self._asked(token, data, context, found))
        if verdict is not None and verdict.problem:
            raise ExpressionError(verdict.problem, element=self.activity)
        return verdict

    def _asked(
        self, token: Token, data: dict[str, Any], context: Any, found: Policies | None
    ) -> Asked:
        workflow = token.workflow
        people = data.get("people")
        person = evaluate(found.person, context) if found is not None and found.person else None
        return Asked(
            instance_id=workflow.task_tree.id,
            task_id=token.id,
            process_key=self._wf_spec.process.id,
            element=self.element,
            variables=workflow.scopes[workflow.task_tree.id].variables,
            actor=workflow.actor,
            events=workflow.step.events,
            leads=self._leads,
            person=person if isinstance(person, str) else None,
            assignee=data.get("assignee"),
            groups=tuple(data.get("groups", ())),
            users=tuple(data.get("users", ())),
            people=tuple(user for user, _weight in people[1]) if people else None,
        )

    def _leads(self, activity: str) -> bool:
        """Whether the flow of this scope leads here from an activity; of others it is not known."""
        process, scope = self._wf_spec.process, self.element.scope
        other = process.elements.get(activity)
        if other is None or other.scope != scope:
            return True
        return bool(self._wf_spec.places(scope).leads(activity, self.element.id))

    @staticmethod
    def given(verdict: Verdict, data: dict[str, Any]) -> dict[str, Any]:
        """Whose a task is by a verdict."""
        if verdict.people and "people" in data:
            rule, people = data["people"]
            return {"people": (rule, [one for one in people if one[0] in verdict.people])}
        if verdict.assignee:
            data.pop("people", None)
            return {"assignee": verdict.assignee, "groups": (), "users": ()}
        if verdict.users:
            data.pop("people", None)
            return {"assignee": None, "groups": (), "users": verdict.users}
        return {}

    def passed(self, verdict: Verdict, context: Any) -> Passed:
        """A conclusion by a verdict, with the answers that the model gives for it."""
        assert verdict.outcome is not None  # noqa: S101 - looked at before
        return Passed(
            verdict.outcome, verdict.reason, verdict.user, self.answers(verdict.outcome, context)
        )

    def answers(self, outcome: Decision, context: Any) -> Variables:
        """What is answered where nobody does.

        Raises:
            ExpressionError: the answers of the model are no context.
        """
        found, made = self.element.policies, {}
        expression = getattr(found, outcome.value, None) if found is not None else None
        if expression is not None:
            made = evaluate(expression, context)
            if not isinstance(made, dict):
                raise failure(expression, '自动答复应为字段与值，例如 {decision: "approve"}')
        approval = self.element.approval
        if approval is not None and approval.result:
            made = {**made, approval.result: outcome.value}
        if approval is not None and approval.opinions:
            made = {**made, approval.opinions: []}
        return storable(made)

    def conclude(self, token: Token, passed: Passed) -> None:
        """Decide a task by itself; the caller lets it leave."""
        self.note(
            token,
            "task.passed",
            name=self.element.name,
            outcome=passed.outcome.value,
            reason=passed.reason,
            user=passed.user,
        )
        mapping.accept(token, passed.answers, local=bool(self.element.outputs))

    def _arm_boundaries(self, token: Token, local: Variables) -> list[tuple[Any, dict[str, Any]]]:
        armed: list[tuple[Any, dict[str, Any]]] = [*super()._arm_boundaries(token, local)]
        if self.timeout is not None and self.element.limit is not None:
            amount = number(self.element.limit.amount, self.context(token, local))
            due = waiting.due(amount, self.element.limit.unit, clock.now())
            armed.append((self.timeout, {"due": waits.to_number(due), "told": 0}))
        return armed


class Overdue(Node):
    """Waits beside a task for the end of its limit: reminds, then acts."""

    visible = False

    def settle(self, token: Token, data: dict[str, Any]) -> None:
        """Begin to wait."""
        token.internal_data.update(data)

    def wait(self, token: Token) -> TimerWait | None:
        """The timer: as often as somebody was reminded after the limit of the task."""
        if token.state != WAITING:
            return None
        data = token.internal_data
        return TimerWait(
            id=token.id,
            activity=self.activity,
            due_at=waits.to_instant(data["due"]),
            limit=_NODE,
            before=-data["told"] * self.element.timeout.every,
            host=token.parent.id,
        )

    def trigger(self, token: Token, _payload: Variables) -> None:
        """It is time: remind once more, or act."""
        found, data, host = self.element.timeout, token.internal_data, token.parent
        if data["told"] >= found.remind:
            self._act(token)
            return
        data["told"] += 1
        self.note(host, "task.overdue", times=data["told"])
        if data["told"] == found.remind and not found.then:
            token.workflow._remove_task(token.id)
            return
        unit, last = self.element.limit.unit, waits.to_instant(data["due"])
        data["due"] = waits.to_number(self._after(last, found.every, unit))
        token.told = None

    @staticmethod
    def _after(last: datetime, every: int, unit: str) -> datetime:
        return waiting.due(every, unit, max(last, clock.now()))

    def _act(self, token: Token) -> None:
        host, then = token.parent, self.element.timeout.then
        if then == "jump":
            movers[0](host, self.element.timeout.to)
            return
        token.workflow._remove_task(token.id)
        if then == "superior":
            self._raise(host)
            return
        spec: Deciding = host.task_spec
        outcome = Decision(then)
        try:
            answers = spec.answers(outcome, spec.context(host))
        except BanliError as error:
            spec.get_stuck(host, error.code, error.message, error.details)
            return
        for child in host.children:
            child.cancel()
        spec.conclude(host, Passed(outcome, "超过办理期限", "", answers))
        host.workflow.requeue(host, "leave")

    def _raise(self, host: Token) -> None:
        """Give a task to whoever stands above its holder."""
        spec, data = host.task_spec, host.internal_data
        asked = spec._asked(host, data, spec.context(host), None)
        above = policies.above(host.workflow.resolver, asked)
        if above is None:
            self.note(host, "task.overdue", times=self.element.timeout.remind + 1)
            return
        data.update({"assignee": above, "groups": (), "users": ()})
        host.told = None
        self.note(host, "task.escalated", assignee=above, reason="超过办理期限")
