"""The complex gateway: goes on when enough has arrived, then waits for what is still to come.

Source: BPMN 2.0.2, 13.4.5 and 10.6.5.
Invariant: a container has at most one reset token of a gateway; while it is there the gateway waits
for reset and nothing activates it.
"""

from collections.abc import Mapping
from typing import Any

from engine.expressions import condition
from engine.specs.gateways import JoiningGateway, expected
from engine.specs.node import Path
from engine.specs.token import WAITING, Token


class ComplexGateway(JoiningGateway):
    """Phase one: the activation condition is asked each time a token arrives.

    `activationCount` in it is the number of incoming flows that hold a token.
    """

    reset: "ComplexReset"

    def enter(self, token: Token) -> bool:
        if not self.gathers:
            return True
        token._set_state(WAITING)
        if self.reset.of(token.parent) is not None:
            return False
        return self.activates(token)

    def activates(self, token: Token) -> bool:
        """Whether what has arrived is enough."""
        count = {"activationCount": len(self.gathered(token))}
        return condition(self.element.activation, self.context(token, count))

    def choose(self, token: Token) -> list[Path]:
        context = self.context(token, {"waitingForStart": True})
        chosen = [path for path in self.paths if not path.default and self.holds(path, context)]
        chosen = chosen or [path for path in self.paths if path.default]
        if not chosen:
            raise self.none_open()
        return chosen

    def finish(self, token: Token) -> None:
        super().finish(token)
        if self.gathers:
            arrived = {*self.gathered(token), token.internal_data["flow"]}
            self.consume(token)
            token.workflow.spawn(token.parent, self.reset, taken=sorted(arrived))


class ComplexReset(JoiningGateway):
    """Phase two: waits for the flows that did not take part, as an inclusive join does.

    What has a condition is asked again, with `waitingForStart` false; a flow without a condition
    has had its token in the first phase. There need not be any flow to take.
    """

    gateway: ComplexGateway
    reach: Mapping[str, frozenset[str]] = {}

    def of(self, container: Token) -> Token | None:
        """The reset token in a container."""
        return next((one for one in container.children if one.task_spec is self), None)

    def enter(self, token: Token) -> bool:
        token._set_state(WAITING)
        token.workflow.joins.add(token.id)
        return False

    def may_fire(self, token: Token) -> bool:
        """Whether nothing more is to come by the flows that did not take part."""
        if token.incident:
            return False
        missing = self._missing(token)
        waiting = self._waiting(token)
        full = [self.reach[flow] for flow in missing if flow in waiting]
        empty = [self.reach[flow] for flow in missing if flow not in waiting]
        return not expected(token, self.gateway, full, empty)

    def _missing(self, token: Token) -> list[str]:
        taken = token.internal_data["taken"]
        return [flow for flow in self.gateway.incoming if flow not in taken]

    def _waiting(self, token: Token) -> dict[str, list[Token]]:
        return self.gateway.gathered(token)

    def starve(self, token: Token) -> None:
        """Whoever keeps it from resetting is told."""

    def choose(self, token: Token) -> list[Path]:
        context = self.context(token, {"waitingForStart": False})
        paths = self.gateway.paths
        chosen = [path for path in paths if path.condition and self.holds(path, context)]
        return chosen or [path for path in paths if path.default]

    def finish(self, token: Token) -> None:
        chosen = [path.flow for path in self.choose(token)]
        waiting, missing = self._waiting(token), self._missing(token)
        for flow in missing:
            if flow in waiting:
                token.workflow._remove_task(waiting[flow].pop(0).id)
        token.internal_data["taken"] = chosen
        for rest in waiting.values():
            for early in rest[:1]:
                token.workflow.requeue(early)
        if chosen:
            self.note(token, "activity.completed", flows=chosen)

    def taken(self, token: Token) -> list[Path]:
        chosen = token.internal_data["taken"]
        return [path for path in self.gateway.paths if path.flow in chosen]

    def note(self, token: Token, kind: str, **data: Any) -> None:
        """The history knows the gateway, not its second phase."""
        token.workflow.step.note(kind, self.gateway.activity, token.id, **data)
