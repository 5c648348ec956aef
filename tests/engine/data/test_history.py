"""The history: one row for each step, read as events; nothing of an event is lost on the way."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from engine import history
from engine.model import HistoryEvent, HistoryStep
from tests.engine.core.scenario import TERMINATE, event, gateway, user, xml
from tests.engine.data.site import Site
from web.database import Database

WIDE = 1 << 60, 1 << 80  # beyond what JavaScript counts, beyond what a register holds
DATA: dict[str, Any] = {
    "number": WIDE[0],
    "huge": WIDE[1],
    "amount": Decimal("0.10"),
    "at": datetime(2026, 3, 2, 4, tzinfo=UTC),
    "text": "补正：\"一\" 至 '二' \\ 三\n",
    "list": [{"id": None, "kept": True}],
}


@pytest.mark.parametrize("without", ["", "huge"])
def test_the_data_of_an_event_comes_back_as_it_was(database: Database, without: str) -> None:
    """Also where a number makes the quick way of writing impossible."""
    site = Site(database, p=xml("start -> a -> end", a=user()))
    case, data = site.start(), {key: value for key, value in DATA.items() if key != without}
    with database.transaction() as session:
        history.append(session, case, "case.noted", by="7", activity_id=(1 << 62) + 1, **data)
    with database.read_session() as session:
        (found,) = history.of_type(session, case, "case.noted")
        assert (found.data, found.actor, found.activity_id) == (data, "7", (1 << 62) + 1)


def test_a_step_is_one_row_and_its_events_are_numbered_one_by_one(database: Database) -> None:
    site = Site(database, p=xml("start -> a -> b -> end", a=user(), b=user()))
    case = site.start(n=1)
    site.complete("a", n=2)
    assert site.count(HistoryStep) == 2
    with database.read_session() as session:
        events = history.events(session, case)
        numbers = [one.sequence for one in events if one.revision == 2]
        assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))
        later = history.events(session, case, after=numbers[0], limit=1)
        assert [one.sequence for one in later] == [numbers[1]]


def test_each_of_the_tasks_that_one_step_ends_is_found_by_its_id(database: Database) -> None:
    model = xml(
        "start -> f; f -> a -> stop; f -> b -> j; f -> c -> j; j -> end",
        f=gateway("parallel"),
        j=gateway("parallel"),
        **{name: user() for name in "abc"},
        stop=event("end", TERMINATE),
    )
    site = Site(database, p=model)
    case = site.start()
    tasks = {name: task.id for name, task in site.tasks(case).items()}
    site.complete("a", by="7")
    assert sorted(one.ended_id or 0 for one in site.rows(HistoryStep))[-3:] == sorted(
        tasks.values()
    )
    with database.read_session() as session:
        for name, task in tasks.items():
            ending = history.ending_of(session, task)
            assert isinstance(ending, HistoryEvent)
            assert (ending.activity, ending.actor, ending.instance_id) == (name, "7", case)
            assert ending.type == f"activity.{'completed' if name == 'a' else 'cancelled'}"
        assert history.performers(session, case) == {"a": {"7"}}
        states = {name: history.activity_states(session, case)[name] for name in tasks}
        assert states == {"a": "completed", "b": "cancelled", "c": "cancelled"}
