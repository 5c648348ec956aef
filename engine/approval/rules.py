"""When a board is decided, by the mode of its node.

Invariant: a decision once reached is the one that any further votes would have led to.
"""

from collections.abc import Callable
from fractions import Fraction
from typing import Final

from engine.approval.board import Board, Decision, Item, Mode, Stage


def outcome(found: Board) -> Decision | None:
    """What the people on a board have decided; None while it is open."""
    return _OUTCOMES[found.rule.mode](found)


def _single(found: Board) -> Decision | None:
    return next((one.decision for one in found.voters if one.stage is Stage.DONE), None)


def _any(found: Board) -> Decision | None:
    said = [one.decision for one in found.voters if one.stage is Stage.DONE]
    first = next((one for one in said if one is not Decision.ABSTAIN), None)
    return first or (Decision.REJECT if _all_done(found) else None)


def _all(found: Board) -> Decision | None:
    said = [one.decision for one in found.voters if one.stage is Stage.DONE]
    if Decision.REJECT in said and not found.rule.wait_for_all:
        return Decision.REJECT
    if not _all_done(found):
        return None
    agreed = Decision.APPROVE in said and Decision.REJECT not in said
    return Decision.APPROVE if agreed else Decision.REJECT


def _ratio(found: Board) -> Decision | None:
    """Approvals of those who count: without removed people and abstentions, with those added.

    Decided as soon as what is left cannot change it: an abstention to come lowers both sides.
    """
    total = sum(_may_count(one) for one in found.voters)
    approved = sum(_approves(one) for one in found.voters)
    undecided = sum(one.stage is not Stage.DONE for one in found.voters)
    needed = Fraction(found.rule.ratio) * total
    if total and approved >= needed:
        return Decision.APPROVE
    return Decision.REJECT if approved + undecided < needed or not undecided else None


def _vote(found: Board) -> Decision | None:
    """More than the threshold of the weight that counts; a tie at the end is no majority."""
    rule, voters = found.rule, found.voters
    said = [one for one in voters if one.stage is Stage.DONE]
    if rule.passes and sum(_approves(one) for one in said) >= rule.passes:
        return Decision.APPROVE
    if rule.rejects and sum(one.decision is Decision.REJECT for one in said) >= rule.rejects:
        return Decision.REJECT
    if rule.passes or rule.rejects:
        return Decision.REJECT if _all_done(found) else None
    needed = Fraction(rule.threshold) * sum(one.weight for one in voters if _may_count(one))
    approved = sum(one.weight for one in said if _approves(one))
    undecided = sum(one.weight for one in voters if one.stage is not Stage.DONE)
    if approved > needed:
        return Decision.APPROVE
    return Decision.REJECT if approved + undecided <= needed else None


_OUTCOMES: Final[dict[Mode, Callable[[Board], Decision | None]]] = {
    Mode.SINGLE: _single,
    Mode.ALL: _all,
    Mode.RATIO: _ratio,
    Mode.ANY: _any,
    Mode.ORDERED: _all,
    Mode.VOTE: _vote,
}


def _may_count(item: Item) -> bool:
    return item.decision is not Decision.ABSTAIN or item.stage is not Stage.DONE


def _approves(item: Item) -> bool:
    return item.stage is Stage.DONE and item.decision is Decision.APPROVE


def _all_done(found: Board) -> bool:
    return all(one.stage is Stage.DONE for one in found.voters)
