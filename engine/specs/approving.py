"""A user task of several people: its board, and a token for each work item that is open.

Invariant: the open items of the board and the tokens below the task are the same; a task that is
one person's is its own item. Answers of helpers are opinions and change no variable.
Source: case-operations A.1, A.2.
"""

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any

from engine.approval import codec, operations
from engine.approval.board import (
    COUNTS,
    PICKS,
    ApprovalRefused,
    Board,
    Decision,
    Item,
    Kind,
    Mode,
    Rule,
    Stage,
)
from engine.definition.elements import Approval
from engine.expressions import Expression, evaluate, failure, number
from engine.ids import next_id
from engine.specs import mapping
from engine.specs.activities import Activity
from engine.specs.node import Node
from engine.specs.token import STARTED, Token
from engine.variables import Variables
from engine.waiting import UserTaskWait

_BOARD = "board"


class WorkItem(Node):
    """One person's part of a user task."""

    visible = False

    def _on_cancel(self, my_task: Any) -> None:
        """A move took the task away with everybody's part in it."""
        self.note(my_task, "task.withdrawn", reason="moved")

    def wait(self, token: Token) -> Any:
        return token.parent.task_spec.item_wait(token.parent, token.id)

    def work_done(self, token: Token, result: Variables) -> None:
        """This person is done."""
        token.parent.task_spec.item_done(token.parent, token.id, result)


class Approving(Activity):
    """What a user task adds to an activity when several people work on it."""

    item: WorkItem

    def own_wait(self, token: Token) -> UserTaskWait:
        """The wait of the task as one person's."""
        raise NotImplementedError

    def people(self, approval: Approval, context: Any) -> tuple[Rule, list[tuple[str, int]]]:
        """The rule of a node and who decides there, each with a weight."""
        assert approval.people is not None  # noqa: S101 - the parser wants it for these modes
        found = evaluate(approval.people, context)
        if not isinstance(found, list) or not found:
            raise failure(approval.people, "审批人应为不空的名单")
        return _rule(approval, context), [_person(one, approval.people) for one in found]

    def rule(self, approval: Approval, context: Any) -> Rule:
        """The rule of a node."""
        return _rule(approval, context)

    def open_board(self, token: Token, rule: Rule, people: list[tuple[str, int]]) -> None:
        """Give everybody named a work item."""
        line = [(next_id(), user, weight) for user, weight in people]
        self._lay(token, operations.board(rule, line))

    def board(self, token: Token, holder: str = "") -> Board:
        """The board of a task; that of one person's task is made for its holder."""
        stored = token.internal_data.get(_BOARD)
        if stored is not None:
            return codec.load(stored)
        if not holder:
            raise ApprovalRefused("请先签收，再加签或委派")
        return operations.board(self._rule(token), [(token.id, holder, 1)])

    def change(self, token: Token, board: Board) -> None:
        """Put a changed board in force."""
        self._lay(token, board)
        self._see_outcome(token, board)

    def item_done(self, token: Token, item_id: int, result: Variables) -> None:
        """Somebody has decided."""
        before = self.board(token)
        item = before.item(item_id)
        decision = self._decision(token, item, result)
        after = operations.decide(before, item_id, decision)
        if after.outcome is Decision.REJECT and item.kind is Kind.AFTER and self._inconclusive():
            after = operations.reopen(after)  # else the rejection would come to nothing
        acting = token.workflow.tasks[item_id]
        self.note(acting, "task.decided", user=item.user, part=item.kind, decision=decision)
        if item.kind in COUNTS:
            self._take(token, item, decision, result)
        self._lay(token, after)
        self._see_outcome(token, after)

    def item_wait(self, token: Token, item_id: int) -> UserTaskWait | None:
        """What a work item waits for: its person, nobody else."""
        item = self.board(token).item(item_id)
        if item.stage is not Stage.OPEN:
            return None
        own = self.own_wait(token)
        return own._replace(
            id=item_id,
            assignee=item.user,
            candidate_groups=(),
            candidate_users=(),
            form_id=own.form_id if item.kind in COUNTS else "",
            kind=self._kind(token, item),
        )

    def _kind(self, token: Token, item: Item) -> str:
        alone = item.kind is Kind.MAIN and self.board(token).rule.mode is Mode.SINGLE
        return "owner" if alone else item.kind.value

    def _lay(self, token: Token, board: Board) -> None:
        token.internal_data[_BOARD] = codec.dump(board)
        token.told = None
        present = {child.id: child for child in token.children if child.task_spec is self.item}
        for item in board.items:
            if item.id == token.id:
                continue
            child = present.get(item.id)
            if item.stage is Stage.OPEN and child is None:
                made = Token(token.workflow, self.item, token, STARTED, item.id)
                self.note(made, "task.created", name=self.element.name, assignee=item.user)
            elif item.stage is not Stage.OPEN and child is not None:
                # who acted has a note of it already; who is counted as absent has not acted
                if item.stage is Stage.CANCELLED or item.reason:
                    self.note(child, "task.withdrawn", user=item.user, reason=item.reason)
                token.workflow._remove_task(child.id)
            elif child is not None:
                child.told = None

    def _see_outcome(self, token: Token, board: Board) -> None:
        if board.outcome is None:
            return
        approval = self.element.approval
        values: Variables = {}
        if approval is not None and approval.result:
            values[approval.result] = board.outcome.value
        if approval is not None and approval.opinions:
            values[approval.opinions] = token.internal_data.get("said", [])
        self.note(token, "task.concluded", outcome=board.outcome)
        mapping.accept(token, values, local=bool(self.element.outputs))
        token.workflow.requeue(token, "leave")

    def _take(self, token: Token, item: Item, decision: Decision, result: Variables) -> None:
        """Keep what a deciding person answered: one person's as variables, several's as a list."""
        if item.id == token.id:
            mapping.accept(token, result, local=bool(self.element.outputs))
        said = token.internal_data.setdefault("said", [])
        answers = result if self.element.approval and self.element.approval.opinions else {}
        said.append({**answers, "user": item.user, "decision": decision.value})

    def _inconclusive(self) -> bool:
        """Whether the task is one person's, and no variable says approved or rejected."""
        approval = self.element.approval
        alone = approval is None or approval.mode in (Mode.SINGLE, *PICKS)
        return alone and not (approval and approval.result)

    def _decision(self, token: Token, item: Item, result: Variables) -> Decision:
        approval = self.element.approval
        if item.kind not in COUNTS:
            return _said(result.get("decision", Decision.APPROVE), None)
        if approval is None or approval.decision is None:
            return Decision.APPROVE
        return _said(
            evaluate(approval.decision, self.context(token, dict(result))), approval.decision
        )

    def _rule(self, token: Token) -> Rule:
        approval = self.element.approval
        return Rule() if approval is None else _rule(approval, self.context(token))


def holder_of(token: Token) -> Token:
    """The user task that a task or a work item belongs to."""
    return token.parent if isinstance(token.task_spec, WorkItem) else token


def rearrange(token: Token, make: Callable[[Board], Board], *, holder: str) -> None:
    """Change the board of a task.

    Raises:
        ApprovalRefused: no user task, or the change is not allowed.
    """
    task = holder_of(token)
    if not isinstance(task.task_spec, Approving):
        raise ApprovalRefused("只有用户任务可以加签、委派")
    task.task_spec.change(task, make(task.task_spec.board(task, holder)))


def _said(value: Any, expression: Expression | None) -> Decision:
    try:
        return Decision(value)
    except ValueError:
        text = f"审批结论『{value}』应为 approve、reject 或 abstain"
        if expression is not None:
            raise failure(expression, text) from None
        raise ApprovalRefused(text) from None


def _person(value: Any, expression: Expression) -> tuple[str, int]:
    if isinstance(value, str) and value:
        return value, 1
    if isinstance(value, dict) and isinstance(value.get("user"), str):
        weight = value.get("weight", 1)
        whole = isinstance(weight, int | Decimal) and weight == int(weight)
        if whole and not isinstance(weight, bool) and weight > 0:
            return value["user"], int(weight)
    raise failure(expression, "审批人应为用户编号，或含 user 和 weight（正整数）的对象")


def _rule(approval: Approval, context: Any) -> Rule:
    mode = Mode.SINGLE if approval.mode in PICKS else Mode(approval.mode)
    rule = Rule(mode, wait_for_all=approval.wait_for_all)
    if approval.ratio is not None:
        rule = replace(rule, ratio=_share(approval.ratio, context))
    if approval.threshold is not None:
        rule = replace(rule, threshold=_share(approval.threshold, context))
    if approval.passes is not None:
        rule = replace(rule, passes=number(approval.passes, context))
    if approval.rejects is not None:
        rule = replace(rule, rejects=number(approval.rejects, context))
    return rule


def _share(expression: Expression, context: Any) -> Decimal:
    value = evaluate(expression, context)
    if isinstance(value, bool) or not isinstance(value, int | Decimal) or not 0 < value <= 1:
        raise failure(expression, "比例应大于 0 且不超过 1")
    return Decimal(value)
