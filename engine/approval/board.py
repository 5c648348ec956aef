"""The board of a user task: its rule, and the work items on it as values.

Invariant: frozen; `engine.approval.operations` makes one board of another.
"""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Final

from engine.errors import Conflict


class Mode(StrEnum):
    """How the people of a node decide together."""

    SINGLE = "single"
    ALL = "all"
    RATIO = "ratio"
    ANY = "any"
    ORDERED = "ordered"
    VOTE = "vote"


PICKS: Final = ("random", "round_robin", "least_loaded")
"""Modes of `banli:approval` in which one of the candidates is picked, who then decides alone."""


class Decision(StrEnum):
    """What one person said."""

    APPROVE = "approve"
    REJECT = "reject"
    ABSTAIN = "abstain"


class Stage(StrEnum):
    """Where a work item stands."""

    QUEUED = "queued"
    """Its turn has not come."""
    OPEN = "open"
    WAITING = "waiting"
    """Others, added before it or delegated to, act first."""
    APPROVING = "approving"
    """Its owner approved; those added after it have to act."""
    DONE = "done"
    CANCELLED = "cancelled"


class Kind(StrEnum):
    """How somebody came onto the board."""

    MAIN = "main"
    BESIDE = "beside"
    BEFORE = "before"
    AFTER = "after"
    DELEGATE = "delegate"


COUNTS: Final = frozenset({Kind.MAIN, Kind.BESIDE})
"""Those whose decision counts; the others give opinions or sign on."""
_ENDED: Final = frozenset({Stage.DONE, Stage.CANCELLED})


class ApprovalRefused(Conflict):
    """An operation that this item does not allow now."""

    code = "approval_refused"


@dataclass(frozen=True, slots=True)
class Rule:
    """When a node is decided. A vote passes above `threshold` of the weight that may still count.

    `wait_for_all`: a rejection does not end a countersigned node, it is weighed at the end.
    `passes`, `rejects`: a fixed number of votes that decides at once; 0: not used.
    """

    mode: Mode = Mode.SINGLE
    ratio: Decimal = Decimal(1)
    threshold: Decimal = Decimal("0.5")
    passes: int = 0
    rejects: int = 0
    wait_for_all: bool = False


@dataclass(frozen=True, slots=True)
class Item:
    """One person's work item; `owner` keeps whose it was before it was transferred."""

    id: int
    user: str
    kind: Kind = Kind.MAIN
    parent: int = 0
    stage: Stage = Stage.OPEN
    decision: Decision | None = None
    weight: int = 1
    owner: str = ""
    ordered: bool = False
    reason: str = ""

    @property
    def ended(self) -> bool:
        """Whether nothing more comes of it."""
        return self.stage in _ENDED


@dataclass(frozen=True, slots=True)
class Board:
    """The work items of one user task, in the order in which they were added."""

    rule: Rule
    items: tuple[Item, ...]
    outcome: Decision | None = None

    def item(self, item_id: int) -> Item:
        """One item.

        Raises:
            ApprovalRefused: none such.
        """
        for one in self.items:
            if one.id == item_id:
                return one
        raise ApprovalRefused("没有这项待办")

    @property
    def open(self) -> tuple[Item, ...]:
        """Those who may act now."""
        return tuple(one for one in self.items if one.stage is Stage.OPEN)

    @property
    def voters(self) -> tuple[Item, ...]:
        """Those whose decision counts, without those who were removed."""
        return tuple(
            one for one in self.items if one.kind in COUNTS and one.stage is not Stage.CANCELLED
        )

    def below(self, item_id: int) -> tuple[Item, ...]:
        """Those who were added to an item and are still to act."""
        return tuple(one for one in self.items if one.parent == item_id and not one.ended)
