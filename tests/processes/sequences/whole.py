"""What must hold of a case after every operation: rows are what its tokens imply, none twice."""

from collections import Counter
from collections.abc import Iterator
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine import cache
from engine.execution import Execution
from engine.model import EventSubscription, Job, ProcessInstance, UserTask, UserTaskCandidate
from engine.specs.token import Token
from engine.waiting import ExternalTaskWait, TimerWait, UserTaskWait


def waits_of(session: Session, case: int) -> dict[int, Any]:
    """What a case waits for; something, until it has ended."""
    if status_of(session, case) not in ("active", "suspended"):
        return {}
    waits = dict(cache.peek(session, case).waits)
    assert waits, "a case that has not ended waits for something"
    return waits


def status_of(session: Session, case: int) -> str:
    return session.scalar(select(ProcessInstance.status).where(ProcessInstance.id == case)) or ""


def rows_are(session: Session, case: int, waits: dict[int, Any]) -> None:
    """Tasks, candidates, subscriptions and jobs are those that the tokens imply, in all they say."""
    rests = status_of(session, case) == "suspended"
    found: dict[int, Any] = {}
    for task in session.scalars(select(UserTask).where(UserTask.instance_id == case)):
        wait = waits.get(task.id)
        assert isinstance(wait, UserTaskWait), f"a task of {task.activity} without a token"
        _task_is(session, task, wait, rests=rests)
        found[task.id] = task
    for one in session.scalars(
        select(EventSubscription).where(EventSubscription.instance_id == case)
    ):
        wait = waits.get(one.id)
        assert wait is not None, f"a subscription of {one.activity} without a token"
        assert (one.activity, one.name) == (wait.activity, wait.name)
        assert (one.correlation_key, one.suspended) == (wait.correlation_key, rests)
        found[one.id] = one
    kinds = Job.kind.in_(("timer", "external_task"))
    for job in session.scalars(select(Job).where(Job.instance_id == case, kinds)):
        wait = waits.get(job.id)
        assert isinstance(wait, TimerWait | ExternalTaskWait), f"a job of {job.activity} alone"
        assert (job.activity, job.suspended) == (wait.activity, rests)
        if isinstance(wait, TimerWait):
            assert (job.due_at, job.topic) == (wait.due_at, wait.repeat or "")
        found[job.id] = job
    assert found.keys() == waits.keys(), [waits[one] for one in waits.keys() - found.keys()]


def _task_is(session: Session, task: UserTask, wait: UserTaskWait, *, rests: bool) -> None:
    assert (task.activity, task.kind) == (wait.activity, wait.kind)
    assert (task.due_at, task.suspended) == (wait.due_at, rests)
    assert task.scope_id == wait.scope_id
    if wait.assignee is not None and task.kind:
        assert task.assignee == wait.assignee, "a work item is its person's"
    offered = select(UserTaskCandidate.candidate).where(UserTaskCandidate.task_id == task.id)
    may = {*wait.candidate_groups, *(f"user:{one}" for one in wait.candidate_users)}
    assert {*session.scalars(offered)} == may == {*task.candidates.splitlines()}
    assert task.assignee or may, "a task that nobody can do"


def nobody_twice(execution: Execution) -> None:
    """Within one activation each place of the flow is occupied once."""
    tokens = execution.workflow.tasks.values()
    for container in tokens:
        if getattr(container.task_spec, "may_idle", False):
            continue
        seen = Counter(_place(child) for child in _in_flow(container))
        twice = [place for place, count in seen.items() if count > 1]
        assert not twice, f"{twice} under way twice in {container.task_spec.activity}"


def _in_flow(container: Token) -> Iterator[Token]:
    """The tokens of the main flow: not those that events begin beside it, again and again."""
    for child in container.children:
        spec = child.task_spec
        if not child.attached and not spec.handles_event and not _begun_by_event(child):
            yield child


def _begun_by_event(token: Token) -> bool:
    process = token.task_spec._wf_spec.process
    element = process.elements.get(token.task_spec.activity)
    while element is not None and len(element.incoming) == 1:
        element = process.elements[process.flows[element.incoming[0]].source]
    return element is not None and hasattr(element, "attached_to") and not element.interrupting


def _place(token: Token) -> tuple[Any, ...]:
    data = token.internal_data
    item = token.id if token.task_spec.name.endswith("#item") else 0
    return token.task_spec.name, data.get("flow"), data.get("index"), item
