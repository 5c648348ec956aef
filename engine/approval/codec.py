"""A board as it stands in the state of an instance: plain lists.

Invariant: what is read is what was written.
"""

from decimal import Decimal
from typing import Any

from engine.approval.board import Board, Decision, Item, Kind, Mode, Rule, Stage


def dump(board: Board) -> list[Any]:
    """The stored form."""
    rule = board.rule
    told = [rule.mode, str(rule.ratio), str(rule.threshold), rule.passes, rule.rejects]
    return [[*told, int(rule.wait_for_all)], [_item(one) for one in board.items], board.outcome]


def _item(item: Item) -> list[Any]:
    place = [item.id, item.user, item.kind, item.parent, item.stage, item.decision]
    return [*place, item.weight, item.owner, int(item.ordered), item.reason]


def load(stored: list[Any]) -> Board:
    """The board of a stored form."""
    (mode, ratio, threshold, passes, rejects, wait), items, outcome = stored
    rule = Rule(Mode(mode), Decimal(ratio), Decimal(threshold), passes, rejects, bool(wait))
    return Board(rule, tuple(_read(one) for one in items), Decision(outcome) if outcome else None)


def _read(stored: list[Any]) -> Item:
    identity, user, kind, parent, stage, decision, weight, owner, ordered, reason = stored
    said = Decision(decision) if decision else None
    place = (identity, user, Kind(kind), parent, Stage(stage), said)
    return Item(*place, weight, owner, bool(ordered), reason)
