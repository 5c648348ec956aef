"""Several people on one task, in words: who signs, who waits for whom, how the vote stands.

Invariant: says what the board says, nothing is reckoned here.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy.orm import Session

from engine.approval.board import Board, Decision, Item, Kind, Mode, Stage
from engine.boards import Placed
from processes.approvals import approvals
from processes.identity.identity import User
from processes.identity.roles import Action
from processes.model.cases import Case
from processes.rights import permissions
from web.words import N_, _

KINDS: Final = {
    "main": N_("会签"),
    "beside": N_("并加签"),
    "before": N_("前加签"),
    "after": N_("后加签"),
    "delegate": N_("委派"),
}
_MODES: Final = {
    Mode.SINGLE: N_("一人办理"),
    Mode.ALL: N_("会签，全部同意"),
    Mode.RATIO: N_("会签，按比例"),
    Mode.ANY: N_("或签，一人决定"),
    Mode.ORDERED: N_("依次审批"),
    Mode.VOTE: N_("票签"),
}
_STAGES: Final = {
    Stage.QUEUED: N_("未轮到"),
    Stage.OPEN: N_("办理中"),
    Stage.WAITING: N_("等待他人意见"),
    Stage.APPROVING: N_("已同意，等待后加签"),
    Stage.CANCELLED: N_("已撤销"),
}
_SAID: Final = {
    Decision.APPROVE: (N_("同意"), "green"),
    Decision.REJECT: (N_("不同意"), "red"),
    Decision.ABSTAIN: (N_("弃权"), ""),
}


@dataclass(frozen=True, slots=True)
class Line:
    """One person on a task."""

    id: int
    name: str
    kind: str
    state: str
    tone: str
    removable: bool
    absentable: bool = False


@dataclass(frozen=True, slots=True)
class BoardView:
    """A task with several people, as pages show it."""

    title: str
    mode: str
    progress: str
    waiting: str
    lines: Sequence[Line]


def of_case(session: Session, case: Case, *, by: User) -> list[BoardView]:
    """The tasks of a case on which several people work now."""
    placed = approvals.standing(session, case.id) if case.ended_at is None else []
    users = [item.user for one in placed for item in one.board.items]
    names = approvals.names(session, users)
    return [_view(one, names, by) for one in placed]


def _view(placed: Placed, names: Mapping[str, str], by: User) -> BoardView:
    board = placed.board
    acting = "、".join(names.get(item.user, item.user) for item in board.open)
    return BoardView(
        title=placed.name or placed.activity,
        mode=_(_MODES[board.rule.mode]),
        progress=agreed(approvals.progress(board)),
        waiting=_("等待 %(names)s 办理", names=acting) if acting else "",
        lines=[_line(board, item, names, by) for item in board.items],
    )


def _assigns(by: User) -> bool:
    return permissions.allowed(by, Action.ASSIGN_TASK)


def agreed(progress: tuple[int, int] | None) -> str:
    """How a vote stands: 已同意 2/3."""
    if progress is None:
        return ""
    return _("已同意 %(yes)s/%(all)s", yes=progress[0], all=progress[1])


def _line(board: Board, item: Item, names: Mapping[str, str], by: User) -> Line:
    state, tone = _STAGES.get(item.stage, ""), "blue" if item.stage is Stage.OPEN else ""
    if item.stage is Stage.DONE and item.decision is not None:
        state, tone = _SAID[item.decision]
    alone = item.kind is Kind.MAIN and board.rule.mode is Mode.SINGLE
    kind = N_("承办") if alone else KINDS[item.kind]
    return Line(
        id=item.id,
        name=names.get(item.user, item.user),
        kind=_(kind),
        state=_(state),
        tone=tone,
        removable=approvals.removable(board, item, by),
        absentable=_assigns(by) and item.user != str(by.id) and approvals.absentable(board, item),
    )
