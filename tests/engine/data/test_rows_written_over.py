"""What begins in a step is written over what ends in it, and inherits nothing (ADR 8)."""

from datetime import timedelta

import pytest
from sqlalchemy import select, text

from engine import clock, jobs, rows, tasks
from engine.model import Incident, Job, UserTask, UserTaskCandidate
from tests.engine.core.scenario import boundary, service, timer, user, xml
from tests.engine.data.site import Site
from web.database import Database

TWO = xml(
    "start -> a -> b -> end\na_late -> told\nb_late -> told",
    a=user(candidateGroups="acceptor, counter"),
    b=user(candidateGroups="reviewer"),
    a_late=boundary("a", timer("duration", "P5D"), interrupting=False),
    b_late=boundary("b", timer("duration", "P9D"), interrupting=False),
    told=user(),
)
PRINTS = xml("start -> s -> a -> end", s=service("print"), a=user())


def _columns(insert: str) -> set[str]:
    changed = rows._WRITE_OVER[insert].partition(" SET ")[2].split(", ")
    return {one.partition(" = ")[0] for one in changed}


@pytest.mark.parametrize(("insert", "model"), [(rows.TASK, UserTask), (rows.JOB, Job)])
def test_every_column_is_written_but_the_instance(insert: str, model: type) -> None:
    """A column left out would be inherited by whatever comes next."""
    table = model.__table__  # type: ignore[attr-defined]
    assert _columns(insert) == {one.name for one in table.columns} - {"instance_id"}


def test_the_next_task_stands_where_the_last_one_stood(sqlite_file: Database) -> None:
    site = Site(sqlite_file, p=TWO)
    case, other = site.start(), site.start()
    where = text("SELECT 'task', rowid FROM user_task UNION ALL SELECT 'job', rowid FROM job")
    with sqlite_file.read_session() as session:
        before = set(session.execute(where).all())
    site.run(tasks.complete, site.task("a", case), by="acceptor", variables={})
    with sqlite_file.read_session() as session:
        assert set(session.execute(where).all()) == before
    assert set(site.tasks(case)) == {"b"}
    assert set(site.tasks(other)) == {"a"}


def test_the_next_task_and_timer_inherit_nothing(database: Database) -> None:
    """One was claimed, prioritised and due; the other leased, tried in vain and lapsed."""
    site = Site(database, p=TWO)
    case = site.start()
    fresh = site.start()
    site.run(tasks.claim, site.task("a", case), by="acceptor")
    with clock.travel(timedelta(days=6)):
        site.acquire(kinds=("timer",))  # leased, and left alone
    with database.transaction() as session:
        session.execute(text("UPDATE job SET crashes = 2, last_error = 'x', business_key = 'y'"))
        session.execute(
            text("UPDATE user_task SET priority = 9, kind = 'owner' WHERE instance_id = :case"),
            {"case": case},
        )
    for one in (case, fresh):
        site.run(tasks.complete, site.task("a", one), by="acceptor", variables={})
    mine, others = site.tasks(case)["b"], site.tasks(fresh)["b"]
    for name in ("assignee", "claimed_at", "priority", "kind", "revision", "candidates"):
        assert getattr(mine, name) == getattr(others, name)
    assert (mine.assignee, mine.revision, mine.candidates) == (None, 1, "reviewer")
    for job in site.rows(Job):
        assert (job.activity, job.owner, job.lease_until, job.crashes) == ("b_late", None, None, 0)
        assert (job.fencing, job.last_error, job.business_key) == (0, "", "")


def test_fewer_or_more_candidates_than_before_are_those_of_the_task(database: Database) -> None:
    site = Site(database, p=TWO)
    site.start()
    offered = select(UserTaskCandidate.candidate).order_by(UserTaskCandidate.candidate)
    with database.read_session() as session:
        assert session.scalars(offered).all() == ["acceptor", "counter"]
    site.complete("a")
    with database.read_session() as session:
        assert session.scalars(offered).all() == ["reviewer"]


def test_an_incident_goes_with_the_job_that_is_written_over(database: Database) -> None:
    """Even where the one in its place has no retry either."""
    site = Site(database, p=TWO)
    case = site.start()
    with clock.travel(timedelta(days=6)):
        (work,) = site.acquire(kinds=("timer",))
        site.run(jobs.fail, work, message="out of order", final=True)
    assert [one.job_id for one in site.rows(Incident)] == [work.id]
    site.run(tasks.complete, site.task("a", case), by="acceptor", variables={})
    assert site.rows(Incident) == []
    (job,) = site.rows(Job)
    assert (job.activity, job.retries > 0) == ("b_late", True)
    with database.transaction() as session:
        session.execute(text("UPDATE job SET retries = 0"))
        session.add(Incident(kind="x", instance_id=case, job_id=job.id, message="x"))
    with database.transaction() as session:
        session.execute(text("UPDATE job SET id = id + 1, retries = 0"))
    assert site.rows(Incident) == []


def test_a_job_that_is_not_there_is_told_and_nothing_is_lost(sqlite_file: Database) -> None:
    """Rows tampered with: the step is refused, rather than the timer forgotten."""
    site = Site(sqlite_file, p=TWO)
    case = site.start()
    with sqlite_file.transaction() as session:
        session.execute(text("DELETE FROM job"))
    with pytest.raises(Exception, match="他人办理"):
        site.run(tasks.complete, site.task("a", case), by="acceptor", variables={})
    assert set(site.tasks(case)) == {"a"}


def test_an_answered_service_task_gives_way_to_a_person(database: Database) -> None:
    site = Site(database, p=PRINTS)
    site.start()
    (work,) = site.acquire()
    site.answer(work)
    assert (set(site.tasks()), site.rows(Job)) == ({"a"}, [])
