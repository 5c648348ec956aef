"""Two at once, on both databases: one wins, the other is told; nothing is done twice."""

import threading
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

import pytest

from engine import cache, clock, jobs, limits, repository, runtime, store, tasks
from engine.errors import BanliError, Conflict, TaskAlreadyClaimed, TaskNotActive
from engine.model import (
    EventSubscription,
    InboundMessage,
    Job,
    ProcessDefinition,
    ProcessInstance,
    UserTask,
)
from tests.engine.core.scenario import event, gateway, message, service, timer, user, xml
from tests.engine.data.site import Site
from web.database import Database

ROUNDS = 6
FORK = xml(
    "start -> f; f -> a -> j; f -> b -> j; j -> c -> end",
    f=gateway("parallel"),
    j=gateway("parallel"),
)


@pytest.fixture
def site(database: Database) -> Site:
    return Site(database)


def together(*acts: Callable[[], Any]) -> list[Any]:
    """Do all at the same moment; the results, or the errors as values."""
    barrier = threading.Barrier(len(acts))
    results: list[Any] = [None] * len(acts)

    def do(index: int) -> None:
        barrier.wait()
        try:
            results[index] = acts[index]()
        except BanliError as error:
            results[index] = error

    threads = [threading.Thread(target=do, args=(index,)) for index in range(len(acts))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def kinds(results: list[Any]) -> list[str]:
    return sorted(type(one).__name__ for one in results)


def test_two_clerks_complete_one_task(site: Site) -> None:
    site.deploy(p=xml("start -> a -> b -> end"))
    for _ in range(ROUNDS):
        case = site.start()
        task = site.task("a", case)
        results = together(
            *(
                partial(site.run, tasks.complete, task, by=by, variables={"by": by})
                for by in ("acceptor", "reviewer", "approver")
            )
        )
        assert kinds(results) == ["NoneType", "TaskNotActive", "TaskNotActive"]
        winner = site.variables(case)["by"]
        assert {one.by for one in results if one is not None} == {winner}
        assert site.history(case).count("activity.completed a") == 1


def test_two_branches_at_once_both_count(site: Site) -> None:
    site.deploy(p=FORK)
    for _ in range(ROUNDS):
        case = site.start()
        open_tasks = site.tasks(case)
        results = together(
            partial(site.run, tasks.complete, open_tasks["a"].id, by="x", variables={"a": 1}),
            partial(site.run, tasks.complete, open_tasks["b"].id, by="y", variables={"b": 2}),
        )
        assert results == [None, None]
        assert set(site.tasks(case)) == {"c"}
        assert site.variables(case) == {"a": 1, "b": 2}


def test_a_step_overtaken_between_engine_and_store_is_a_conflict_and_not_cached(site: Site) -> None:
    site.deploy(p=FORK)
    case = site.start()
    open_tasks = site.tasks(case)

    def overtaken() -> None:
        with (
            site.database.transaction() as slow,
            store.execution(slow, case, actor="x") as step,
        ):
            step.complete(open_tasks["a"].id, {"a": "lost"})
            site.run(tasks.complete, open_tasks["b"].id, by="y", variables={"b": 2})

    with pytest.raises(Conflict):
        overtaken()
    assert site.variables(case) == {"b": 2}
    assert set(site.tasks(case)) == {"a"}
    site.complete("a", a=1)
    assert site.variables(case) == {"a": 1, "b": 2}


def test_a_task_claimed_between_engine_and_store_is_not_completed_by_another(site: Site) -> None:
    site.deploy(p=FORK)
    case = site.start()
    task = site.tasks(case)["a"]

    def overtaken() -> None:
        with (
            site.database.transaction() as slow,
            store.execution(slow, case, actor="x") as step,
        ):
            store.guard_task(step, task.id, task.revision)
            step.complete(task.id, {})
            site.run(tasks.claim, task.id, by="reviewer")

    with pytest.raises(Conflict):
        overtaken()
    with pytest.raises(TaskAlreadyClaimed):
        site.run(tasks.complete, task.id, by="x", variables={})
    assert site.tasks(case)["a"].assignee == "reviewer"


def test_claim_against_complete(site: Site) -> None:
    site.deploy(p=xml("start -> a -> b -> end", a=user(candidateGroups="acceptor")))
    for _ in range(ROUNDS):
        case = site.start()
        task = site.task("a", case)
        completed, claimed = together(
            partial(site.run, tasks.complete, task, by="acceptor", variables={}),
            partial(site.run, tasks.claim, task, by="reviewer"),
        )
        left = site.tasks(case)
        if completed is None:
            assert isinstance(claimed, TaskNotActive)
            assert set(left) == {"b"}
        else:
            assert isinstance(completed, TaskAlreadyClaimed)
            assert left["a"].assignee == "reviewer"


def test_two_clerks_claim_one_task(site: Site) -> None:
    site.deploy(p=xml("start -> a -> b -> end", a=user(candidateGroups="acceptor")))
    for _ in range(ROUNDS):
        task = site.task("a", site.start())
        results = together(
            *(partial(site.run, tasks.claim, task, by=by) for by in ("one", "two", "three"))
        )
        assert kinds(results) == ["NoneType", "TaskAlreadyClaimed", "TaskAlreadyClaimed"]


def test_deploy_against_start(site: Site) -> None:
    site.deploy(p=xml("start -> a0 -> end"))
    for turn in range(1, ROUNDS):
        model = xml(f"start -> a{turn} -> end")
        deployed, instance = together(
            partial(site.deploy, p=model),
            site.start,
        )
        assert isinstance(deployed, int)
        assert next(iter(site.tasks(instance))) in (f"a{turn - 1}", f"a{turn}")


def test_two_deployments_at_once_are_two_versions(site: Site) -> None:
    results = together(*(partial(site.deploy, p=xml(f"start -> a{n} -> end")) for n in range(3)))
    assert all(isinstance(one, int) for one in results), results
    assert sorted(one.version for one in site.rows(ProcessDefinition)) == [1, 2, 3]
    latest = max(site.rows(ProcessDefinition), key=lambda one: one.version)
    with site.database.read_session() as session:
        assert repository.latest(session, "p").id == latest.id


def test_two_workers_never_hold_one_job(site: Site) -> None:
    site.deploy(p=xml("start -> s -> end", s=service("print")))
    for _ in range(12):
        site.start()
    taken = together(*(partial(site.acquire, f"w-{n}", limit=5) for n in range(4)))
    held = [work.id for works in taken for work in works]
    assert len(held) == len(set(held)) == 12


def test_one_answer_counts_when_a_lease_passed_on(site: Site) -> None:
    site.deploy(p=xml("start -> s -> a -> end", s=service("print")))
    case = site.start()
    (first,) = site.acquire("w-1")
    with clock.travel(limits.LEASE * 2):
        (second,) = site.acquire("w-2")
    results = together(
        partial(site.answer, first, who="w-1"), partial(site.answer, second, who="w-2")
    )
    assert kinds(results) == ["NoneType", "TaskNotActive"]
    assert site.variables(case) == {"who": "w-2"}


def test_one_of_two_copies_of_a_message_counts(site: Site) -> None:
    site.deploy(
        q=xml(
            "start -> a -> end",
            key="q",
            messages={"order": ""},
            start=event("start", message("order")),
        )
    )
    for turn in range(ROUNDS):
        results = together(
            *(partial(site.send, "order", f"O-{turn}", message_id=f"m-{turn}") for _ in range(3))
        )
        assert sorted(results) == ["duplicate", "duplicate", "started"]
    assert site.count(ProcessInstance) == ROUNDS


def test_a_message_and_its_subscription_never_miss_each_other(site: Site) -> None:
    site.deploy(
        p=xml(
            "start -> a -> m -> b -> end", messages={"paid": "n"}, m=event("catch", message("paid"))
        )
    )
    for turn in range(ROUNDS * 2):
        case = site.start(n=f"K-{turn}")
        task = site.task("a", case)
        _, sent = together(
            partial(site.run, tasks.complete, task, by="x", variables={}),
            partial(site.send, "paid", f"K-{turn}", message_id=f"m-{turn}"),
        )
        if sent == "buffered":
            assert site.work() == ["inbound_message"]
        assert set(site.tasks(case)) == {"b"}


def test_one_due_timer_fires_once_for_two_workers(site: Site) -> None:
    site.deploy(p=xml("start -> t -> a -> end", t=event("catch", timer("duration", "PT1S"))))
    case = site.start()
    with clock.travel(timedelta(hours=1)):
        (work,) = site.acquire("w-1")
    results = together(*(partial(site.run, jobs.fire_timer, work) for _ in range(2)))
    assert kinds(results) == ["NoneType", "TaskNotActive"]
    assert site.history(case).count("timer.fired t") == 1


def test_two_of_one_process_read_and_move_an_instance_without_a_stale_view(site: Site) -> None:
    site.deploy(
        p=xml(
            "start -> m -> a -> g -> m if true; g -> z default -> end",
            m=gateway("exclusive"),
            g=gateway("exclusive"),
        )
    )
    case = site.start(n=0)

    def count() -> int:
        done = 0
        while done < 8:
            try:
                site.run(_count_up, case)
                done += 1
            except (TaskNotActive, Conflict):
                cache.clear()
        return done

    results = together(count, count)
    assert results == [8, 8]
    assert site.variables(case)["n"] == 16


def _count_up(session: Any, case: int) -> None:
    task = session.scalars(tasks.query(instance_id=case)).one_or_none()
    if task is None:
        raise Conflict("moved on")
    present = runtime.variables(session, case)["n"]
    tasks.complete(session, task.id, by="x", variables={"n": present + 1})


def test_nothing_is_left_of_the_losers(site: Site) -> None:
    site.deploy(p=FORK)
    case = site.start()
    for activity in ("a", "b", "c"):
        task = site.task(activity, case)
        together(*(partial(site.run, tasks.complete, task, by="x", variables={}) for _ in range(3)))
    assert site.status(case) == "completed"
    assert [site.count(model) for model in (UserTask, Job, EventSubscription, InboundMessage)] == [
        0
    ] * 4
