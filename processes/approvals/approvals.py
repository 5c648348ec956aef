"""Who works on a task besides its holder: 委派, 前加签, 后加签, 并加签, 减签 (case-operations A.2).

Invariant: nobody is brought in who may not do the task: of the holder's office, permitted to
handle tasks, not kept away by duties, and no natural person twice on one task, by whatever
account. What a node allows (`banli:operations`) is checked here, not in the pages.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine import boards, ids
from engine.approval import operations
from engine.approval.board import COUNTS, Board, Item, Kind, Mode, Stage
from engine.boards import Placed
from engine.errors import Conflict, Forbidden, NotFound, TaskNotActive
from engine.model import UserTask
from processes.casefile import notices, opinions
from processes.casefile.notices import Notice
from processes.identity import audit
from processes.identity.identity import User
from processes.identity.roles import Action
from processes.model.people import UserAccount
from processes.people import colleagues
from processes.people.colleagues import Person, brought
from processes.rights import duties, opened, permissions
from processes.rights.permissions import TaskFacts

OPERATIONS: Final = (
    "claim", "release", "complete", "transfer",
    "delegate", "sign_before", "sign_after", "sign_beside", "remove_signer",
    "copy", "inquire", "plan",
)  # fmt: skip
HELPERS: Final = frozenset({Kind.BEFORE, Kind.AFTER, Kind.DELEGATE})
"""Those who give an opinion on somebody else's decision."""
_SIGNERS: Final = {Kind.BEFORE: "sign_before", Kind.AFTER: "sign_after", Kind.BESIDE: "sign_beside"}
_SAID: Final = {
    Kind.DELEGATE: "委派",
    Kind.BEFORE: "前加签",
    Kind.AFTER: "后加签",
    Kind.BESIDE: "并加签",
}


@dataclass(frozen=True, slots=True)
class Signers:
    """Whom to add, and where: before, after or beside; one after the other or all at once."""

    kind: Kind
    people: Sequence[int]
    ordered: bool = False


def offered(task: UserTask) -> frozenset[str]:
    """What the node allows with a task; one who only gives an opinion brings in nobody else."""
    words = frozenset(task.operations.split() or OPERATIONS)
    if task.kind in HELPERS:
        return words & {"complete", "transfer", "inquire"}
    return words if task.kind not in ("", "owner") else words - {"sign_beside"}


def people(session: Session, task_id: int, *, by: User) -> Sequence[Person]:
    """Whom the holder of a task could bring in, by name."""
    task, facts = _held(session, task_id, by, Action.DELEGATE_TASK)
    return colleagues.people(session, task, facts, by=by)


def delegate(session: Session, task_id: int, *, by: User, to: int, reason: str) -> None:
    """Another gives an opinion on a task, then it comes back to its holder (委派).

    Raises:
        Forbidden: not this user's to delegate, not allowed at the node, or duties keep the other
            from it. ApprovalRefused: the task does not allow it now.
    """
    task, facts = _held(session, task_id, by, Action.DELEGATE_TASK)
    require_offered(task, "delegate")
    (person,) = brought(session, task, facts, by, [to])
    item = ids.next_id()
    _change(
        session,
        task,
        by,
        lambda board: operations.delegate(board, task_id, to=item, user=str(to)),
    )
    _tell(session, task, by, [(item, person)], Kind.DELEGATE, reason)


def add_signers(session: Session, task_id: int, wanted: Signers, *, by: User, reason: str) -> None:
    """Others sign before or after the holder of a task, or vote beside (加签).

    Raises:
        Forbidden: not this user's, not allowed at the node, or duties keep one of them from it.
        ApprovalRefused: the task does not allow it now.
    """
    task, facts = _held(session, task_id, by, Action.CHANGE_SIGNERS)
    kind = wanted.kind
    require_offered(task, _SIGNERS[kind])
    found = brought(session, task, facts, by, wanted.people)
    line = [(ids.next_id(), str(one.id)) for one in found]

    def make(board: Board) -> Board:
        if kind is Kind.BESIDE:
            return operations.add_beside(board, [(item, user, 1) for item, user in line])
        add = operations.add_before if kind is Kind.BEFORE else operations.add_after
        return add(board, task_id, line, ordered=wanted.ordered)

    _change(session, task, by, make)
    named = [(item, person) for (item, _user), person in zip(line, found, strict=True)]
    _tell(session, task, by, named, kind, reason)


@dataclass(frozen=True, slots=True)
class _Ending:
    """How somebody's part of a task ends by another's hand, and what is said of it."""

    change: Callable[[Board], Board]
    action: str
    decision: Callable[[str], str]
    notice: str
    title: str
    detail: str = ""


def remove_signer(session: Session, case_id: int, item_id: int, *, by: User, reason: str) -> None:
    """Take back somebody who was added and has not acted (减签).

    Raises:
        NotFound: nobody of that number was added in a case the user sees. Forbidden: somebody
            else added them, or the node does not allow it. ApprovalRefused: they have acted.
    """
    permissions.case(session, case_id, by=by)
    placed = boards.find(session, case_id, item_id)
    if placed is None:
        raise NotFound("没有这名加签人员", item=item_id)
    item = placed.board.item(item_id)
    if not removable(placed.board, item, by):
        raise Forbidden("只有加签的人才能减签", item=item_id)
    if not permissions.allowed(by, Action.CHANGE_SIGNERS):
        raise Forbidden("您没有这项操作的权限", action=str(Action.CHANGE_SIGNERS))
    node = (UserTask.instance_id == case_id, UserTask.activity == placed.activity)
    row = session.scalar(select(UserTask).where(*node).limit(1))
    if row is not None and row.suspended:
        raise Conflict("办件已挂起，恢复后才能办理", task=item_id)
    if row is not None and "remove_signer" not in (row.operations.split() or OPERATIONS):
        raise Forbidden("本环节不允许这项操作", task=item_id, operation="remove_signer")
    ending = _Ending(
        lambda board: operations.remove(board, item_id, reason=reason),
        action="signer_removed",
        decision=lambda name: f"减去{_SAID[item.kind]}人{name}",
        notice="signer.removed",
        title=f"{by.name}已撤回请您办理的“{placed.name or placed.activity}”",
    )
    _end(session, (case_id, placed), item, ending, by=by, reason=reason)


def mark_absent(session: Session, case_id: int, item_id: int, *, by: User, reason: str) -> None:
    """Count a voter who does not come as abstaining (缺席, 弃权); for those who assign work.

    Raises:
        NotFound: no such voter in a case the user sees. Forbidden: no right to assign.
        ApprovalRefused: no vote of several people, acted already, or nobody else is left.
    """
    permissions.case(session, case_id, by=by, action=Action.ASSIGN_TASK)
    placed = boards.find(session, case_id, item_id)
    if placed is None:
        raise NotFound("没有这名会签人员", item=item_id)
    item = placed.board.item(item_id)
    if item.user == str(by.id):
        raise Forbidden("不能把自己记为缺席，请直接表决", item=item_id)
    ending = _Ending(
        lambda board: operations.absent(board, item_id, reason=f"缺席：{reason}"),
        action="marked_absent",
        decision=lambda name: f"{name}缺席，记弃权",
        notice="signer.absent",
        title=f"“{placed.name or placed.activity}”已将您记为缺席（弃权）",
        detail=item.user,
    )
    _end(session, (case_id, placed), item, ending, by=by, reason=reason)


def _end(
    session: Session,
    at: tuple[int, Placed],
    item: Item,
    ending: _Ending,
    *,
    by: User,
    reason: str,
) -> None:
    """End somebody's part of a task: board, timeline and audit say so, and they are told."""
    case_id, placed = at
    boards.change_of(session, case_id, placed.task_id, ending.change, by=str(by.id))
    opinions.record(
        session,
        case_id,
        by=by,
        activity=placed.activity,
        activity_name=placed.name,
        decision=ending.decision(names(session, [item.user]).get(item.user, "")),
        text=reason,
        action=ending.action,
    )
    subject = ("task", item.id)
    audit.record(session, f"task.{ending.action}", by=by, subject=subject, detail=ending.detail)
    told = Notice(kind=ending.notice, title=ending.title, body=reason, case_id=case_id)
    notices.send(session, [int(item.user)], told)


def absentable(board: Board, item: Item) -> bool:
    """Whether a voter could be counted as absent."""
    several = board.rule.mode is not Mode.SINGLE and item.kind in COUNTS
    return several and item.stage is Stage.OPEN


def removable(board: Board, item: Item, by: User) -> bool:
    """Whether a user may take somebody back who was added: their own, or a fellow voter's."""
    if item.kind is Kind.MAIN or item.ended or item.decision is not None:
        return False
    if item.parent:
        return board.item(item.parent).user == str(by.id)
    return any(one.kind is Kind.MAIN and one.user == str(by.id) for one in board.items)


def hand_over(session: Session, task: UserTask, *, by: User, to: int) -> User:
    """Hand a work item of a board to another person of the office (转办).

    Raises:
        Forbidden: duties keep the other from it. ApprovalRefused: it is not open.
    """
    facts = duties.facts(session, task)
    (person,) = brought(session, task, facts, by, [to], leaving=by.person_key)
    _change(session, task, by, lambda board: operations.transfer(board, task.id, str(to)))
    return person


def asked_by(session: Session, task: UserTask) -> int | None:
    """Whose decision a helper's opinion serves."""
    if task.kind not in HELPERS:
        return None
    placed = boards.find(session, task.instance_id, task.id)
    if placed is None:
        return None
    user = placed.board.item(placed.board.item(task.id).parent).user
    return int(user) if user.isascii() and user.isdigit() else None


def tell_owner(session: Session, task: UserTask, *, by: User, owner: int | None) -> None:
    """Tell the one who asked that an opinion has come and, if so, that the task is open again."""
    if owner is None:
        return
    again = session.scalar(
        select(UserTask.id).where(
            UserTask.instance_id == task.instance_id,
            UserTask.activity == task.activity,
            UserTask.assignee == str(owner),
        )
    )
    link = f"/tasks/{again}" if again else f"/cases/{task.instance_id}"
    title = f"{by.name}已就“{task.name or task.activity}”提出意见"
    body = "本件已回到您的待办。" if again else ""
    made = Notice(kind="opinion.given", title=title, body=body, case_id=task.instance_id, link=link)
    notices.send(session, [owner], made)


def names(session: Session, users: Sequence[str]) -> dict[str, str]:
    """Names of the people on a board."""
    wanted = [int(one) for one in users if one.isascii() and one.isdigit()]
    query = select(UserAccount.id, UserAccount.name).where(UserAccount.id.in_(wanted))
    return {str(one): name for one, name in session.execute(query)}


def standing(session: Session, case_id: int) -> Sequence[Placed]:
    """Tasks of a case on which several people work; none once it has ended."""
    try:
        return boards.of_instance(session, case_id)
    except TaskNotActive:
        return []


def progress(board: Board) -> tuple[int, int] | None:
    """How many agreed, of how many who count; None where one person decides."""
    if board.rule.mode is Mode.SINGLE:
        return None
    agreed = sum(one.decision == "approve" and one.ended for one in board.voters)
    return agreed, sum(not (one.ended and one.decision == "abstain") for one in board.voters)


def _held(session: Session, task_id: int, by: User, action: Action) -> tuple[UserTask, TaskFacts]:
    task, facts = opened.get(session, task_id)
    permissions.require(by, action, facts)
    return task, facts


def require_offered(task: UserTask, word: str) -> None:
    """Refuse what the node does not allow.

    Raises:
        Forbidden: the operation is not among those of `banli:operations`.
    """
    if word not in offered(task):
        raise Forbidden("本环节不允许这项操作", task=task.id, operation=word)


def _change(session: Session, task: UserTask, by: User, make: Callable[[Board], Board]) -> None:
    boards.change(session, task, make, by=str(by.id), holder=str(by.id))


def _tell(
    session: Session,
    task: UserTask,
    by: User,
    added: Sequence[tuple[int, User]],
    kind: Kind,
    reason: str,
) -> None:
    listed = "、".join(person.name for _item, person in added)
    word = "委派给" if kind is Kind.DELEGATE else _SAID[kind]
    said = (f"{word}{listed}", reason)
    opinions.of_task(session, task, by=by, said=said, action=f"{kind.value}_added")
    title = f"{by.name}请您办理“{task.name or task.activity}”（{_SAID[kind]}）"
    for item, person in added:
        acting = session.scalar(select(UserTask.id).where(UserTask.id == item))
        link = f"/tasks/{item}" if acting else f"/cases/{task.instance_id}"
        audit.record(
            session, f"task.{kind.value}_added", by=by, subject=("task", task.id), detail=str(item)
        )
        made = Notice(
            kind="task.asked", title=title, body=reason, case_id=task.instance_id, link=link
        )
        notices.send(session, [person.id], made)
