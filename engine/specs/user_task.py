"""The user task: who may do it, until when, with which form; decided once, when it is created.

A task without an assignment belongs to the role of its lane. A group without "@" gets the scope
that the process names (`candidateScope`): role@organisation.
"""

from datetime import date, datetime
from typing import Any, Final

from engine import clock, waiting
from engine.approval.board import PICKS, Mode
from engine.expressions import Expression, evaluate, failure, number, text, texts
from engine.specs import mapping, planning, waits
from engine.specs.deciding import Deciding
from engine.specs.token import Token, called_path
from engine.timers import Schedule, schedule
from engine.variables import Variables
from engine.waiting import Running, UserTaskWait

_LONGEST: Final = 200
"""Characters that the name of a task may have."""


class UserTask(Deciding):
    """A person works with a form."""

    candidate_scope: Expression | None = None

    def prepare(self, token: Token, local: Variables) -> dict[str, Any]:
        context = self.context(token, local)
        element = self.element
        data: dict[str, Any] = {"groups": self.candidate_groups(context)}
        data["name"] = self._titled(context)
        if "for" in token.internal_data:
            data["assignee"] = token.internal_data["for"]
        elif element.assignee is not None:
            data["assignee"] = _person(element.assignee, context)
        if element.candidate_users is not None:
            data["users"] = texts(element.candidate_users, context)
        data |= self._named(token, context)
        verdict = self.ask(token, data, context)
        if verdict is not None and verdict.outcome is not None:
            return {"passed": self.passed(verdict, context)}
        if verdict is not None:
            data |= self.given(verdict, data)
        self._refuse_nobody(data)
        data.update(self._until(context))
        if element.follow_up_date is not None:
            data["follow_up"] = waits.to_number(_instant(element.follow_up_date, context))
        if element.priority is not None:
            data["priority"] = number(element.priority, context)
        return {key: value for key, value in data.items() if value not in (None, "", ())}

    def _titled(self, context: Any) -> str:
        """The name with what the task is about; empty where the model says nothing of it."""
        about = self.about(context)
        return f"{self.element.name}（{about}）"[:_LONGEST] if about else ""

    def _named(self, token: Token, context: Any) -> dict[str, Any]:
        """Those whom somebody chose for this case, else those of `banli:approval people`."""
        approval = self.element.approval
        chosen = planning.of(token)
        if chosen and "for" not in token.internal_data:
            return self._chosen(chosen, context)
        if approval is None or approval.people is None:
            return {}
        if self.leaves_open and not evaluate(approval.people, context):
            return {"groups": (), "users": ()}
        rule, people = self.people(approval, context)
        if approval.mode in PICKS:  # the one who is picked comes from this list
            return {"groups": (), "users": tuple(user for user, _weight in people)}
        return {"people": (rule, people)}

    def _chosen(self, users: tuple[str, ...], context: Any) -> dict[str, Any]:
        """Whom somebody chose for this case: one gets the task, of several one takes it.

        Where the node is of several people, they decide together.
        """
        approval = self.element.approval
        if approval is not None and approval.mode not in (Mode.SINGLE, *PICKS):
            return {"people": (self.rule(approval, context), [(user, 1) for user in users])}
        if len(users) == 1:
            return {"assignee": users[0], "chosen": True}
        return {"assignee": None, "groups": (), "users": users}

    def _until(self, context: Any) -> dict[str, Any]:
        element = self.element
        if element.limit is not None:
            amount, now = number(element.limit.amount, context), clock.now()
            due = waiting.due(amount, element.limit.unit, now)
            return {"limit": [amount, waits.to_number(now)], "due": waits.to_number(due)}
        if element.due_date is not None:
            return {"due": waits.to_number(_instant(element.due_date, context))}
        return {}

    def _refuse_nobody(self, data: dict[str, Any]) -> None:
        """A task that says whose it is, and then is nobody's, would wait for ever."""
        element = self.element
        asked = element.assignee or element.candidate_groups or element.candidate_users
        approval = element.approval
        if not asked and approval is not None and "people" not in data:
            asked = approval.people
        if asked and not (data.get("assignee") or data.get("groups") or data.get("users")):
            raise failure(asked, "办理人、候选岗位和候选人都为空，无人能办")

    def candidate_groups(self, context: Any) -> tuple[str, ...]:
        """The groups of which anybody may claim the task."""
        element = self.element
        if element.candidate_groups is not None:
            groups = texts(element.candidate_groups, context)
        elif element.assignee is None and element.candidate_users is None and element.lane:
            groups = (element.lane,)
        else:
            return ()
        if self.candidate_scope is None or all("@" in group for group in groups):
            return groups
        scope = text(self.candidate_scope, context)
        return tuple(group if "@" in group else f"{group}@{scope}" for group in groups)

    def _pick(self, data: dict[str, Any]) -> str:
        """How one of the candidates is chosen, where nobody is named and one is to be picked."""
        approval = self.element.approval
        picks = approval is not None and approval.mode in PICKS and "assignee" not in data
        return approval.mode if approval is not None and picks else ""

    def _running(self, data: dict[str, Any]) -> Running | None:
        if "limit" not in data or self.element.limit is None:
            return None
        amount, since = data["limit"]
        return Running(amount, self.element.limit.unit, waits.to_instant(since))

    def begin(self, token: Token, prepared: dict[str, Any]) -> bool:
        if "passed" in prepared:
            self.conclude(token, prepared["passed"])
            return True
        several = prepared.pop("people", None)
        token.internal_data.update(prepared)
        if several is not None:
            self.open_board(token, *several)
            return False
        named = ("assignee", "groups", "users", "chosen")
        told = {key: prepared[key] for key in named if key in prepared}
        due_at = waits.to_instant(prepared["due"]) if "due" in prepared else None
        title = prepared.get("name", self.element.name)
        self.note(token, "task.created", name=title, due_at=due_at, **told)
        return False

    def wait(self, token: Token) -> UserTaskWait | None:
        if "board" not in token.internal_data:
            return self.own_wait(token)
        own = any(item.id == token.id for item in self.board(token).open)
        return self.item_wait(token, token.id) if own else None

    def own_wait(self, token: Token) -> UserTaskWait:
        element, data = self.element, token.internal_data
        return UserTaskWait(
            id=token.id,
            activity=element.id,
            name=data.get("name", element.name),
            scope_id=token.workflow.scope_id(token),
            assignee=data.get("assignee"),
            candidate_groups=tuple(data.get("groups", ())),
            candidate_users=tuple(data.get("users", ())),
            form_id=element.form_id,
            due_at=waits.to_instant(data["due"]) if "due" in data else None,
            follow_up_at=waits.to_instant(data["follow_up"]) if "follow_up" in data else None,
            priority=data.get("priority", 50),
            separation=element.separation,
            operations=element.operations,
            limit_title=element.limit.title if element.limit else "",
            limit=self._running(data) if "limit" in data else None,
            pick=self._pick(data) if element.approval is not None else "",
            process_key=self._wf_spec.process.id,
            definition_id=token.definition,
            lane=element.lane,
            called_path=called_path(token),
        )

    def work_done(self, token: Token, result: Variables) -> None:
        """The person is done."""
        if "board" in token.internal_data:
            self.item_done(token, token.id, result)
            return
        mapping.accept(token, result, local=bool(self.element.outputs))
        token.workflow.requeue(token, "leave")


def _person(expression: Expression, context: Any) -> str | None:
    value = evaluate(expression, context)
    if value is not None and not isinstance(value, str):
        raise failure(expression, "办理人应为文字")
    return value


def _instant(expression: Expression, context: Any) -> datetime:
    value = evaluate(expression, context)
    try:
        made: Schedule = schedule("date", value, clock.now())
    except (ValueError, OverflowError) as error:
        raise failure(expression, str(error)) from None
    if isinstance(value, date) and not isinstance(value, datetime):
        # a date as a limit means the whole of that day
        return made.due_at.replace(hour=23, minute=59, second=59)
    return made.due_at
