"""Transactions: sub-processes that can be cancelled.

Source: BPMN 2.0.2, 10.3.5 and 13.5.2. A cancel end event ends what is under way in the transaction,
has what it completed compensated, and then goes on at its cancel boundary event. An error leaves
the transaction without compensation (hazard).
"""

from engine.definition import events as ev
from engine.specs.compensation import mark, undo_next
from engine.specs.containers import SubProcess
from engine.specs.node import Node, Path
from engine.specs.token import Token


class Transaction(SubProcess):
    """A sub-process that can be cancelled."""

    def cancel_all(self, token: Token) -> None:
        """Begin the cancellation; a second one changes nothing."""
        if "cancelling" in token.internal_data:
            return
        token.internal_data["cancelling"] = 1
        self.note(token, "transaction.cancelled")
        for instance in self._instances(token):
            token.workflow.clear(instance)
        for container in self._containers(token):
            mark(token, [child for child in container.children if child.task_spec.past])
        self.compensated(token)

    def _body(self, token: Token) -> Token:
        """The boundary events of a repeated activity are those of its body."""
        body: Token = token.parent
        return body if body.task_spec.element is self.element else token

    def _instances(self, token: Token) -> list[Token]:
        """All instances of a repeated transaction are cancelled together."""
        body = self._body(token)
        return [token] if body is token else [c for c in body.children if c.task_spec is self]

    def _containers(self, token: Token) -> list[Token]:
        """Where there are records: what the body completed before, what instances completed."""
        body = self._body(token)
        return [body] if body is token else [body, *self._instances(token)]

    def compensated(self, token: Token) -> None:
        """One activity is undone: the next one, or leave by the boundary."""
        body, workflow = self._body(token), token.workflow
        if undo_next(token, self._containers(token)):
            return
        container = body.parent
        caught = [b for b in body.task_spec.boundaries if isinstance(b.definition, ev.CancelEvent)]
        body.cancel()
        for boundary in caught:
            boundary.happen(workflow.spawn(container, boundary), {})
        if not caught:
            container.task_spec.child_left(container, body)


class CancelEnd(Node):
    """The end event that cancels the transaction around it."""

    def enter(self, token: Token) -> bool:
        around = token.workflow.ancestors(token)
        transaction = next(one for one in around if isinstance(one.task_spec, Transaction))
        transaction.task_spec.cancel_all(transaction)
        return False

    def taken(self, token: Token) -> list[Path]:
        return []
