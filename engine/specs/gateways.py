"""Gateways: how tokens meet and part.

Source: BPMN 2.0.2, 13.4. A join consumes exactly one token from each incoming flow; what is more
stays for its next activation. Tokens meet only inside one activation of their scope.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from engine.errors import ExpressionError
from engine.expressions import condition
from engine.specs.node import Node, Path
from engine.specs.token import WAITING, Token


class Gateway(Node):
    """A gateway of the diagram."""

    visible = False

    def finish(self, token: Token) -> None:
        flows = [path.flow for path in self.choose(token)]
        token.internal_data["taken"] = flows
        self.note(token, "activity.completed", flows=flows)

    def choose(self, token: Token) -> list[Path]:
        """The flows to take; evaluates their conditions."""
        return self.paths

    def taken(self, token: Token) -> list[Path]:
        chosen = token.internal_data["taken"]
        return [path for path in self.paths if path.flow in chosen]

    def holds(self, path: Path, context: Mapping[str, Any]) -> bool:
        """Whether a flow is open; without a condition it is."""
        return path.condition is None or condition(path.condition, context)

    def none_open(self) -> ExpressionError:
        """The error of a gateway that leads nowhere."""
        text = f"{self.element.label}没有条件成立的流，也没有默认流"
        return ExpressionError(text, element=self.activity)


class ExclusiveGateway(Gateway):
    """The first open flow in the order of the model, else the default."""

    def choose(self, token: Token) -> list[Path]:
        context = self.context(token)
        for path in self.paths:
            if not path.default and self.holds(path, context):
                return [path]
        default = [path for path in self.paths if path.default]
        if not default and self.paths:
            raise self.none_open()
        return default


class SplitNode(Gateway):
    """The implicit split behind an activity or event with conditional flows."""

    def choose(self, token: Token) -> list[Path]:
        context = self.context(token)
        chosen = [path for path in self.paths if not path.default and self.holds(path, context)]
        chosen = chosen or [path for path in self.paths if path.default]
        if not chosen and self.paths:
            raise self.none_open()
        return chosen

    def note(self, token: Token, kind: str, **data: Any) -> None:
        """The builder's node is in no diagram and in no history."""
        if kind == "incident.raised":
            super().note(token, kind, **data)


class JoiningGateway(Gateway):
    """Keeps tokens until they may go on together."""

    incoming: tuple[str, ...] = ()

    @property
    def gathers(self) -> bool:  # type: ignore[override]
        """Whether tokens meet here."""
        return len(self.incoming) > 1

    def gathered(self, token: Token) -> dict[str, list[Token]]:
        """The tokens waiting here in the same activation, by the flow they came on."""
        found: dict[str, list[Token]] = {}
        for other in token.parent.children:
            if other.task_spec is self and other.state == WAITING:
                found.setdefault(other.internal_data["flow"], []).append(other)
        return found

    def starve(self, token: Token) -> None:
        """Nothing in the instance can move any more, and this token waits for others."""
        missing = sorted(set(self.incoming) - set(self.gathered(token)))
        text = f"{self.element.label}等不到其他路径的到来，流程停在这里"
        self.get_stuck(token, "join_starved", text, {"missing": "、".join(missing)})

    def consume(self, token: Token) -> None:
        """Take one token of each flow; this one stands for all."""
        for flow, tokens in self.gathered(token).items():
            if flow != token.internal_data["flow"]:
                token.workflow._remove_task(tokens[0].id)


class ParallelGateway(JoiningGateway):
    """Waits for each incoming flow, takes each outgoing one."""

    def enter(self, token: Token) -> bool:
        if not self.gathers:
            return True
        token._set_state(WAITING)
        waiting = self.gathered(token)
        if len(waiting) < len(self.incoming):
            return False
        self.consume(token)
        return True


class InclusiveGateway(JoiningGateway):
    """Waits while a token can still come by an empty flow, takes each open flow."""

    # by incoming flow: the elements from which it can be reached without passing here
    reach: Mapping[str, frozenset[str]] = {}

    def enter(self, token: Token) -> bool:
        if not self.gathers:
            return True
        token._set_state(WAITING)
        token.workflow.joins.add(token.id)
        return False

    def may_fire(self, token: Token) -> bool:
        """Whether no token can still reach an empty incoming flow (BPMN 2.0.2, 13.4.3)."""
        if token.incident:
            return False
        waiting = self.gathered(token)
        full = [self.reach[flow] for flow in self.incoming if flow in waiting]
        empty = [self.reach[flow] for flow in self.incoming if flow not in waiting]
        return not expected(token, self, full, empty)

    def finish(self, token: Token) -> None:
        super().finish(token)
        if self.gathers:
            self.consume(token)

    def choose(self, token: Token) -> list[Path]:
        if len(self.paths) == 1 and self.paths[0].condition is None:
            return self.paths
        context = self.context(token)
        chosen = [path for path in self.paths if not path.default and self.holds(path, context)]
        chosen = chosen or [path for path in self.paths if path.default]
        if not chosen and self.paths:
            raise self.none_open()
        return chosen


def expected(
    token: Token, join: Node, full: Sequence[frozenset[str]], empty: Sequence[frozenset[str]]
) -> bool:
    """Whether a token can still come to a join by a flow that has none (BPMN 2.0.2, 13.4.3).

    One that could as well come by a flow that has a token is not waited for. `full` and `empty` are
    the elements before those flows.
    """
    for other in token.parent.children:
        if other.attached or other is token or (other.task_spec is join and other.state == WAITING):
            continue
        here = other.task_spec.activity
        if any(here in area for area in empty) and not any(here in area for area in full):
            return True
    return False
