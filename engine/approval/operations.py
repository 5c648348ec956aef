"""What people do on a board: decide, hand on, bring others in and take them out again.

Invariant: gives a settled board: turns are opened, owners act again when their helpers are done,
and a decided board has nothing open.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from engine.approval import rules
from engine.approval.board import (
    COUNTS,
    ApprovalRefused,
    Board,
    Decision,
    Item,
    Kind,
    Mode,
    Rule,
    Stage,
)


def board(rule: Rule, people: Sequence[tuple[int, str, int]]) -> Board:
    """A new board: an item id, a person and a weight each; nobody twice.

    Raises:
        ApprovalRefused: nobody, or somebody twice.
    """
    if not people:
        raise ApprovalRefused("没有办理人")
    _refuse_twice([user for _id, user, _weight in people])
    queued = Stage.QUEUED if rule.mode is Mode.ORDERED else Stage.OPEN
    items = tuple(Item(one, user, stage=queued, weight=weight) for one, user, weight in people)
    return _settled(Board(rule, items))


def decide(before: Board, item_id: int, decision: Decision) -> Board:
    """Somebody has made up their mind; a delegate's or earlier signer's is an opinion only.

    Raises:
        ApprovalRefused: it is not theirs to act now.
    """
    item = _acting(before, item_id)
    approving = decision is Decision.APPROVE and _queued_after(before, item_id)
    stage = Stage.APPROVING if approving else Stage.DONE
    after = _put(before, replace(item, decision=decision, stage=stage))
    if stage is Stage.DONE:
        after = _cancel(after, after.below(item_id), "上级已作出决定")
    return _settled(after)


def absent(before: Board, item_id: int, *, reason: str) -> Board:
    """A voter does not come: counted as an abstention, so the denominator goes down by one.

    Raises:
        ApprovalRefused: no open vote of several people, or the last that could decide.
    """
    item = _acting(before, item_id)
    if before.rule.mode is Mode.SINGLE or item.kind not in COUNTS:
        raise ApprovalRefused("只有会签、票签人员可以记为缺席")
    left = [one for one in before.voters if one.decision is not Decision.ABSTAIN]
    if len(left) == 1:
        raise ApprovalRefused("不能把全部人员都记为缺席")
    gone = replace(item, stage=Stage.DONE, decision=Decision.ABSTAIN, reason=reason)
    return _settled(_put(before, gone))


def transfer(before: Board, item_id: int, user: str) -> Board:
    """Another person acts as if they had been named; the first owner stays on record.

    Raises:
        ApprovalRefused: not open, or the person is on the board already.
    """
    _acting(before, item_id)
    return succeed(before, item_id, user)


def succeed(before: Board, item_id: int, user: str) -> Board:
    """Another person takes the place of one who leaves, whether its turn has come or not.

    Raises:
        ApprovalRefused: nothing is left to do there, or the person is on the board already.
    """
    item = before.item(item_id)
    if item.ended:
        raise ApprovalRefused("该人员已经办理")
    _refuse_twice([*_present(before, but=item_id), user])
    return _put(before, replace(item, user=user, owner=item.owner or item.user))


def delegate(before: Board, item_id: int, *, to: int, user: str) -> Board:
    """Another person gives an opinion, then the task comes back to its owner, who decides.

    Raises:
        ApprovalRefused: not open, or the person is on the board already.
    """
    return _ahead(before, item_id, [(to, user)], Kind.DELEGATE, ordered=False)


def add_before(
    before: Board, item_id: int, people: Sequence[tuple[int, str]], *, ordered: bool = False
) -> Board:
    """Others act first; the owner's item waits for them.

    Raises:
        ApprovalRefused: not open, somebody is added after it, or somebody twice.
    """
    if any(one.kind is Kind.AFTER for one in before.below(item_id)):
        raise ApprovalRefused("已有后加签人，不能再前加签")
    return _ahead(before, item_id, people, Kind.BEFORE, ordered=ordered)


def add_after(
    before: Board, item_id: int, people: Sequence[tuple[int, str]], *, ordered: bool = False
) -> Board:
    """Others act once the owner has approved; the node waits for them.

    Raises:
        ApprovalRefused: not open, somebody was added before it, or somebody twice.
    """
    item = _acting(before, item_id)
    if any(one.kind is Kind.BEFORE and one.parent == item_id for one in before.items):
        raise ApprovalRefused("已有前加签人，不能再后加签")
    _refuse_twice([*_present(before), *(user for _id, user in people)])
    added = tuple(
        Item(one, user, Kind.AFTER, parent=item.id, stage=Stage.QUEUED, ordered=ordered)
        for one, user in people
    )
    return replace(before, items=(*before.items, *added))


def add_beside(before: Board, people: Sequence[tuple[int, str, int]]) -> Board:
    """More people vote, each with a weight; they count in the ratio.

    Raises:
        ApprovalRefused: the node is not decided by several people, or somebody twice.
    """
    if before.rule.mode is Mode.SINGLE:
        raise ApprovalRefused("本环节不是多人办理，不能并加签")
    _refuse_twice([*_present(before), *(user for _id, user, _weight in people)])
    queued = Stage.QUEUED if before.rule.mode is Mode.ORDERED else Stage.OPEN
    added = tuple(
        Item(one, user, Kind.BESIDE, stage=queued, weight=weight) for one, user, weight in people
    )
    return _settled(replace(before, items=(*before.items, *added)))


def remove(before: Board, item_id: int, *, reason: str) -> Board:
    """Take back somebody who was added and has not acted.

    Raises:
        ApprovalRefused: not added, or has acted.
    """
    item = before.item(item_id)
    if item.kind is Kind.MAIN:
        raise ApprovalRefused("只能减去加签的人员")
    if item.ended or item.decision is not None:
        raise ApprovalRefused("该人员已经办理，不能减签")
    after = _cancel(before, [item], reason)
    return _settled(_cancel(after, after.below(item_id), reason))


def reopen(before: Board) -> Board:
    """One person's task, rejected by a signer after it: its owner decides anew.

    For nodes without a conclusion of their own, where the rejection would come to nothing.
    """
    owner = before.voters[0]
    again = replace(owner, stage=Stage.OPEN, decision=None)
    return replace(_put(before, again), outcome=None)


# -- what follows of itself ---------------------------------------------------------------


def _settled(found: Board) -> Board:
    """Let everything happen that needs nobody: turns, returns to owners, the decision."""
    while True:
        after = _decided(_turns(_returned(found)))
        if after == found:
            return found
        found = after


def _returned(found: Board) -> Board:
    """Owners whose helpers are done act again, or are done themselves."""
    for item in found.items:
        ahead = (one for one in found.below(item.id) if one.kind is not Kind.AFTER)
        if item.stage is Stage.WAITING and not any(ahead):
            found = _put(found, replace(item, stage=Stage.OPEN))
        elif item.stage is Stage.APPROVING:
            found = _approving(found, item)
    return found


def _approving(found: Board, item: Item) -> Board:
    after = [one for one in found.items if one.parent == item.id and one.kind is Kind.AFTER]
    if any(one.decision is Decision.REJECT for one in after):
        found = _cancel(found, found.below(item.id), "后加签人已不同意")
        return _put(found, replace(item, stage=Stage.DONE, decision=Decision.REJECT))
    if not found.below(item.id):
        return _put(found, replace(item, stage=Stage.DONE))
    return found


def _turns(found: Board) -> Board:
    """Open what is next in its group; groups are the main line and each item's helpers."""
    for item in found.items:
        if item.stage is Stage.QUEUED and _is_next(found, item):
            found = _put(found, replace(item, stage=Stage.OPEN))
    return found


def _is_next(found: Board, item: Item) -> bool:
    if item.kind is Kind.AFTER and found.item(item.parent).stage is not Stage.APPROVING:
        return False
    ordered = found.rule.mode is Mode.ORDERED if item.kind in COUNTS else item.ordered
    if not ordered:
        return True
    earlier = []
    for one in found.items:
        if one.id == item.id:
            break
        if one.parent == item.parent and (one.kind in COUNTS) == (item.kind in COUNTS):
            earlier.append(one)
    return all(one.ended for one in earlier)


def _decided(found: Board) -> Board:
    if found.outcome is not None:
        return found
    outcome = rules.outcome(found)
    if outcome is None:
        return found
    left = [one for one in found.items if not one.ended]
    return replace(_cancel(found, left, "本环节已作出决定"), outcome=outcome)


# -- tools --------------------------------------------------------------------------------


def _queued_after(found: Board, item_id: int) -> bool:
    return any(one.kind is Kind.AFTER for one in found.below(item_id))


def _ahead(
    before: Board, item_id: int, people: Sequence[tuple[int, str]], kind: Kind, *, ordered: bool
) -> Board:
    item = _acting(before, item_id)
    _refuse_twice([*_present(before), *(user for _id, user in people)])
    added = tuple(
        Item(one, user, kind, parent=item.id, stage=Stage.QUEUED, ordered=ordered)
        for one, user in people
    )
    waiting = _put(before, replace(item, stage=Stage.WAITING))
    return _settled(replace(waiting, items=(*waiting.items, *added)))


def _acting(found: Board, item_id: int) -> Item:
    item = found.item(item_id)
    if item.stage is not Stage.OPEN:
        raise ApprovalRefused("这项待办现在不能办理")
    return item


def _present(found: Board, *, but: int = 0) -> list[str]:
    return [one.user for one in found.items if not one.ended and one.id != but]


def _refuse_twice(users: Sequence[str]) -> None:
    if len(set(users)) != len(users):
        raise ApprovalRefused("同一人员在本环节不能重复办理")


def _put(found: Board, item: Item) -> Board:
    items = tuple(item if one.id == item.id else one for one in found.items)
    return replace(found, items=items)


def _cancel(found: Board, items: Iterable[Item], reason: str) -> Board:
    for item in items:
        found = _put(found, replace(item, stage=Stage.CANCELLED, reason=reason))
        found = _cancel(found, found.below(item.id), reason)
    return found
