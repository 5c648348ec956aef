"""A clock that is set forward and back (§8 of the reliability rules): nothing twice, nothing lost."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine import clock, connection, tables
from engine.errors import TaskNotActive
from engine.model import HistoryEvent, Job
from tests.engine.core.scenario import boundary, event, io, service, timer, user, xml
from tests.engine.data.site import Site
from web.database import Database

NOON = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)
LATER = xml(
    "start -> a -> t -> b -> end\n late -> n -> end2",
    a=user(),
    b=user(),
    n=user(),
    t=event("catch", timer("duration", "PT1H")),
    late=boundary("b", timer("duration", "P2D"), interrupting=False),
)
PRINT = xml("start -> s -> a -> end", s=service("print", io=io({"no": "=number"})))
HOURS = st.lists(st.integers(-72, 72), min_size=1, max_size=8)


def in_order(site: Site, case: int) -> bool:
    """Whether the history of a case goes on by its numbers, whatever the clock said meanwhile."""
    found = [one for one in site.rows(HistoryEvent) if one.instance_id == case]
    by_number = sorted(found, key=lambda one: one.sequence)
    return [one.revision for one in by_number] == sorted(one.revision for one in found)


@settings(deadline=None, max_examples=12, suppress_health_check=[HealthCheck.too_slow])
@given(hours=HOURS)
def test_wherever_the_clock_goes_each_timer_fires_once_when_it_is_past(hours: list[int]) -> None:
    engine = connection.create("sqlite://")
    tables.create(engine)
    site = Site(Database(engine), p=LATER)
    with clock.travel(NOON):
        case = site.start()
        site.complete("a")
    for ahead in hours:
        with clock.travel(NOON + timedelta(hours=ahead)):
            site.settle()
            if "b" in site.tasks():
                break
    furthest = max(hours)
    assert ("b" in site.tasks()) == (furthest >= 1)
    with clock.travel(NOON + timedelta(days=30)):
        site.settle()
        site.settle()
    told = site.history(case)
    assert told.count("timer.fired t") <= 1
    assert sorted(site.tasks()).count("b") == 1, "on its way once, whatever the clock said"
    with clock.travel(NOON - timedelta(days=30)):
        site.complete("b")
    assert told.count("activity.started b") == 1
    assert in_order(site, case)
    engine.dispose()


@pytest.mark.parametrize("back", [timedelta(minutes=1), timedelta(days=400)])
def test_a_lease_given_before_the_clock_went_back_holds_its_owner_and_no_other(
    database: Database, back: timedelta
) -> None:
    site = Site(database, p=PRINT)
    with clock.travel(NOON):
        site.start(number="A-1")
        (work,) = site.acquire()
    with clock.travel(NOON - back):
        assert site.acquire("w-2") == [], "the lease is not over"
        site.answer(work, card="K-7")
        assert site.rows(Job) == []
        with pytest.raises(TaskNotActive):
            site.answer(work, card="K-8")


def test_a_lease_of_one_who_died_lapses_when_the_clock_is_right_again(database: Database) -> None:
    site = Site(database, p=PRINT)
    with clock.travel(NOON + timedelta(days=1)):  # set wrong, and somebody saw it
        site.start(number="A-1")
        (lost,) = site.acquire()
    with clock.travel(NOON):
        assert site.acquire("w-2") == []
    with clock.travel(NOON + timedelta(days=2)):
        (again,) = site.acquire("w-2")
        with pytest.raises(TaskNotActive):
            site.answer(lost, card="K-7")
        site.answer(again, card="K-7")
    assert site.rows(Job) == []
