"""Who has a task open just now: a hint to colleagues ("某某正在办理"), never a lock.

Invariant: what was not heard of for `LIVES` means nothing; no command asks here.
"""

from collections.abc import Collection, Mapping
from datetime import timedelta
from typing import Final

from sqlalchemy import delete, exists, select
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.orm import Session

from engine import clock
from engine.model import UserTask
from processes.identity.identity import User
from processes.model.desk import TaskPresence
from processes.model.people import UserAccount
from processes.rights import opened, permissions

LIVES: Final = timedelta(seconds=75)
_KEPT: Final = timedelta(hours=1)


def seen(session: Session, task_id: int, *, by: User) -> tuple[str, ...]:
    """Note that a user has a task open; the names of the others who have.

    Raises:
        NotFound: not on the user's list, nor its case in scope. TaskNotActive: it is over.
    """
    task, facts = opened.get(session, task_id)
    if not permissions.may_see_task(by, facts):
        permissions.case(session, task.instance_id, by=by)
    upsert = sqlite_insert if session.get_bind().dialect.name == "sqlite" else postgresql_insert
    now = clock.now()
    statement = upsert(TaskPresence).values(task_id=task_id, user_id=by.id, seen_at=now)
    session.execute(
        statement.on_conflict_do_update(
            index_elements=["task_id", "user_id"], set_={"seen_at": now}
        )
    )
    return others(session, [task_id], by=by).get(task_id, ())


def others(
    session: Session, task_ids: Collection[int], *, by: User
) -> Mapping[int, tuple[str, ...]]:
    """Who besides the user has these tasks open, by name."""
    found: dict[int, tuple[str, ...]] = {}
    rows = session.execute(
        select(TaskPresence.task_id, UserAccount.name)
        .join(UserAccount, UserAccount.id == TaskPresence.user_id)
        .where(
            TaskPresence.task_id.in_(task_ids),
            TaskPresence.user_id != by.id,
            TaskPresence.seen_at > clock.now() - LIVES,
        )
        .order_by(TaskPresence.task_id, UserAccount.name)
    )
    for task_id, name in rows:
        found[task_id] = (*found.get(task_id, ()), name)
    return found


def forget_old(session: Session) -> None:
    """Drop what was not heard of for long, once its task is over.

    Until then it tells that somebody has opened the task (撤回).
    """
    over = ~exists().where(UserTask.id == TaskPresence.task_id)
    old = TaskPresence.seen_at < clock.now() - _KEPT
    session.execute(delete(TaskPresence).where(old, over))
