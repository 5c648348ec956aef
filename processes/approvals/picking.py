"""Gives a new task to one of its candidates: 随机, 轮询, 最少待办 (case-operations A.1).

Invariant: runs in the step that makes the task; whoever picks from the same pool at the same time
waits for the other's commit, so that no turn is given twice and no load counted half. Nobody is
picked whom duties keep away; who has an agent only if nobody else is there. If nobody is left, the
task stays in its pool.
"""

import hashlib
import secrets
from collections.abc import Callable, Mapping, Sequence
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.orm import Session

from engine import clock, store, tasks
from engine.execution import Execution
from engine.model import UserTask
from engine.record import StepRecord
from engine.waiting import UserTaskWait
from processes.casefile import notices
from processes.casefile.notices import Notice
from processes.identity import identity, principals
from processes.model.agents import Rotation
from processes.rights import duties, permissions
from processes.rights.permissions import TaskFacts

_SYSTEM: Final = "system"
_random: Final = secrets.SystemRandom()


def register() -> None:
    """Have every step assign the tasks it makes; calling it again changes nothing."""
    if assign not in store.observers:
        store.observers.append(assign)


def assign(session: Session, execution: Execution, step: StepRecord) -> None:
    """Give the tasks that a step has made to one candidate each, where their node says how."""
    made = [event.activity_id for event in step.events if event.type == "task.created"]
    waits = [execution.waits.get(one) for one in made]
    picked = [one for one in waits if isinstance(one, UserTaskWait) and one.pick]
    # pools are taken in one order, so that two steps never wait for each other
    for pool, wait in sorted(((_pool(one), one) for one in picked), key=lambda pair: pair[0]):
        _assign(session, pool, wait)


def _assign(session: Session, pool: str, wait: UserTaskWait) -> None:
    task = tasks.get(session, wait.id)
    turn = _take(session, pool)
    people = eligible(session, duties.facts(session, task))
    if not people:
        return
    chosen = _PICKS[wait.pick](session, sorted(people), turn.last or 0)
    turn.last, turn.turned_at = chosen, clock.now()
    session.flush()
    tasks.assign(session, task.id, by=_SYSTEM, assignee=str(chosen), policy=wait.pick)
    title = f"“{task.name or task.activity}”已分派给您办理"
    link = f"/tasks/{task.id}"
    made = Notice(kind="task.assigned", title=title, case_id=task.instance_id, link=link)
    notices.send(session, [chosen], made)


def eligible(session: Session, facts: TaskFacts) -> frozenset[int]:
    """The candidates of a task who may do it, without those who are absent if others are there."""
    named = {int(one) for one in facts.users if one.isascii() and one.isdigit()}
    found = {*identity.users_in_groups(session, facts.groups), *named}
    accounts = identity.active_accounts(session, found)
    may = frozenset(one.id for one in accounts if permissions.separated(one, facts) is None)
    return (may - principals.absent(session, may)) or may


def _pool(wait: UserTaskWait) -> str:
    """Those who take turns: the candidates of a node, in whatever case."""
    named = sorted([*wait.candidate_groups, *wait.candidate_users])
    told = "\n".join([wait.process_key, wait.activity, *named])
    return hashlib.sha256(told.encode()).hexdigest()


def _take(session: Session, pool: str) -> Rotation:
    """The turn of a pool; whoever takes it holds it until the commit."""
    dialect = session.get_bind().dialect.name
    upsert = sqlite_insert if dialect == "sqlite" else postgresql_insert
    session.execute(upsert(Rotation).values(pool=pool).on_conflict_do_nothing())
    query = select(Rotation).where(Rotation.pool == pool).with_for_update()
    return session.scalars(query.execution_options(populate_existing=True)).one()


def _at_random(session: Session, people: Sequence[int], last: int) -> int:
    del session, last
    return _random.choice(people)


def _next(session: Session, people: Sequence[int], last: int) -> int:
    """The one after the last, by id; the first after the end of the line."""
    del session
    return next((one for one in people if one > last), people[0])


def _least_loaded(session: Session, people: Sequence[int], last: int) -> int:
    """Who holds the fewest open tasks; among equals the one whose turn it is."""
    holders = [str(one) for one in people]
    counted = dict(
        session.execute(
            select(UserTask.assignee, func.count())
            .where(UserTask.assignee.in_(holders))
            .group_by(UserTask.assignee)
        )
        .tuples()
        .all()
    )
    least = min(counted.get(one, 0) for one in holders)
    return _next(session, [one for one in people if counted.get(str(one), 0) == least], last)


_PICKS: Final[Mapping[str, Callable[[Session, Sequence[int], int], int]]] = {
    "random": _at_random,
    "round_robin": _next,
    "least_loaded": _least_loaded,
}
