"""A running instance moves to another version of its process: holders, due instants, data kept."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from engine import incidents, migration, moves, repository, runtime, tasks
from engine.errors import BanliError, NotFound
from engine.migration import MigrationRefused, Plan
from engine.model import EventSubscription, Incident, Job, ProcessInstance, Timer, UserTask
from engine.store import execution
from tests.engine.core.scenario import (
    Node,
    boundary,
    call,
    event,
    gateway,
    message,
    sub,
    timer,
    user,
    xml,
)
from tests.engine.data.site import Site
from web.database import Database

FORM = '<zeebe:formDefinition formId="{}"/>'
EACH = (
    "<multiInstanceLoopCharacteristics><extensionElements><zeebe:loopCharacteristics"
    ' inputCollection="=people" inputElement="person"/></extensionElements>'
    "</multiInstanceLoopCharacteristics>"
)


def definitions(site: Site, key: str = "p") -> list[int]:
    """Ids of the versions of a process, the oldest first."""
    with site.database.read_session() as session:
        return [one.id for one in reversed(repository.versions(session, key))]


def moved(site: Site, case: int, key: str = "p", **mapping: str) -> Plan:
    first, *_between, last = definitions(site, key)
    return site.run(migration.migrate, case, first, last, by="admin", mapping=mapping)


def rows(site: Site, kind: Any, case: int) -> list[Any]:
    return [one for one in site.rows(kind) if one.instance_id == case]


def test_a_task_stays_in_its_hands_with_its_due_date_and_goes_on_by_the_new_model(
    database: Database,
) -> None:
    limit = '<zeebe:taskSchedule dueDate="=now() + duration(&quot;P5D&quot;)"/>'
    old = xml("start -> a -> end", a=user(FORM.format("old") + limit))
    site = Site(database, p=old)
    case = site.start(n=1)
    task = site.task("a")
    site.run(tasks.claim, task, by="acceptor")
    due = site.tasks()["a"].due_at
    site.deploy(p=xml("start -> a -> b -> end", a=user(FORM.format("new") + limit), b=user()))
    planned = moved(site, case)
    assert [(one.element, one.to) for one in planned.placed] == [("a", "a")]
    held = site.tasks()["a"]
    assert (held.id, held.assignee, held.due_at, held.form_id) == (task, "acceptor", due, "new")
    assert held.definition_id == definitions(site)[1]
    site.forget()
    site.complete("a")
    assert set(site.tasks()) == {"b"}
    assert site.variables(case)["n"] == 1
    assert "instance.migrated p" in site.history(case)


def test_what_is_gone_straight_back_to_has_its_name_of_the_new_version(database: Database) -> None:
    site = Site(database, p=xml("start -> a -> b -> c -> end", a=user(), b=user(), c=user()))
    case = site.start()
    site.complete("a")
    site.complete("b")
    returned = site.task("c")

    def send_back(session: Session) -> None:
        with execution(session, case, actor="admin") as step:
            planned = moves.plan(step, returned, to="a", redo=True)
            moves.move(step, planned, kind="returned", reason="材料不清", straight=True)

    site.run(send_back)
    site.deploy(p=xml("start -> a -> b -> d -> end", a=user(), b=user(), d=user()))
    with pytest.raises(MigrationRefused, match="直达"):
        moved(site, case)
    moved(site, case, c="d")
    site.forget()
    site.complete("a")
    assert set(site.tasks()) == {"d"}


def test_an_element_that_is_gone_is_named_and_nothing_happens(database: Database) -> None:
    site = Site(database, p=xml("start -> a -> end", a=user()))
    case = site.start()
    site.deploy(p=xml("start -> b -> end", b=user()))
    before = site.picture()
    with pytest.raises(MigrationRefused, match="没有对应的环节") as refused:
        moved(site, case)
    assert [one.element for one in refused.value.problems] == ["a"]
    assert site.picture() == before
    moved(site, case, a="b")
    assert set(site.tasks()) == {"b"}
    site.complete("b")
    assert site.status(case) == "completed"


@pytest.mark.parametrize(
    ("mapping", "text"), [({"x": "b"}, "原版本没有环节"), ({"a": "x"}, "目标版本没有环节")]
)
def test_a_mapping_to_nowhere_is_refused(
    database: Database, mapping: dict[str, str], text: str
) -> None:
    site = Site(database, p=xml("start -> a -> end", a=user()))
    case = site.start()
    site.deploy(p=xml("start -> b -> end", b=user()))
    with pytest.raises(NotFound, match=text):
        moved(site, case, **mapping)


@pytest.mark.parametrize(
    ("target", "text"),
    [
        ({"a": Node("manualTask")}, "另一种元素"),
        ({"a": sub("s -> b -> e", s=event("start"), b=user(), e=event("end"))}, "另一种元素"),
    ],
)
def test_another_kind_of_element_is_no_place(
    database: Database, target: dict[str, Node], text: str
) -> None:
    site = Site(database, p=xml("start -> a -> end", a=user()))
    case = site.start()
    site.deploy(p=xml("start -> a -> end", **target))
    with pytest.raises(MigrationRefused, match=text):
        moved(site, case)


def test_timers_keep_their_instant_those_gone_are_dropped_new_ones_are_armed(
    database: Database,
) -> None:
    late = boundary("a", timer("duration", "P5D"), interrupting=False)
    gone = boundary("a", message("stop"))
    old = xml(
        "start -> a -> end; late -> e2; gone -> e3",
        a=user(),
        late=late,
        gone=gone,
        messages={"stop": "no"},
    )
    site = Site(database, p=old)
    case = site.start(no="1")
    (before,) = rows(site, Timer, case)
    new = xml(
        "start -> a -> end; late -> e2; soon -> e3",
        a=user(),
        late=boundary("a", timer("duration", "P9D"), interrupting=False),
        soon=boundary("a", timer("duration", "P1D"), interrupting=False),
    )
    site.deploy(p=new)
    planned = moved(site, case)
    assert (planned.dropped, planned.added) == (("gone",), ("soon",))
    found = {one.activity: one.due_at for one in rows(site, Timer, case)}
    assert found["late"] == before.due_at
    assert set(found) == {"late", "soon"}
    assert rows(site, EventSubscription, case) == []


def test_what_fired_once_is_not_armed_again(database: Database) -> None:
    model = {
        "a": user(),
        "late": boundary("a", timer("duration", "PT1S"), interrupting=False),
    }
    site = Site(database, p=xml("start -> a -> end; late -> b -> e2", b=user(), **model))
    case = site.start()
    with site.database.transaction() as session:
        row = session.scalars(select(Timer)).one()
        row.due_at -= timedelta(seconds=5)
    site.settle()
    assert set(site.tasks()) == {"a", "b"}
    site.deploy(p=xml("start -> a -> c -> end; late -> b -> e2", b=user(), c=user(), **model))
    moved(site, case)
    assert rows(site, Timer, case) == []
    assert set(site.tasks()) == {"a", "b"}


def test_branches_instances_and_sub_processes_keep_their_places(database: Database) -> None:
    inner = {"s": event("start"), "c": user(), "e": event("end")}
    parts = {"fork": gateway("parallel"), "join": gateway("parallel")}
    flows = "start -> fork -> a -> join -> {}end; fork -> each -> join; fork -> box -> join"
    old = {"a": user(), "each": user(loop=EACH), "box": sub("s -> c -> e", **inner)}
    site = Site(database, p=xml(flows.format(""), **parts, **old))
    case = site.start(people=["one", "two"])
    site.complete("a")
    first = next(one for one in site.rows(UserTask) if one.activity == "each")
    site.run(tasks.complete, first.id, by="acceptor", variables={})
    site.deploy(p=xml(flows.format("last -> "), **parts, **old, last=user()))
    moved(site, case)
    site.forget()
    assert sorted(one.activity for one in site.rows(UserTask)) == ["c", "each"]
    site.complete("c")
    site.complete("each")
    assert set(site.tasks()) == {"last"}
    site.complete("last")
    assert site.status(case) == "completed"


def test_a_join_that_a_token_has_reached_needs_the_flow_it_came_by(database: Database) -> None:
    parts = {"fork": gateway("parallel"), "join": gateway("parallel"), "a": user(), "b": user()}
    site = Site(database, p=xml("start -> fork -> a -> join -> end; fork -> b -> join", **parts))
    case = site.start()
    site.complete("a")
    site.deploy(
        p=xml("start -> fork -> a -> c -> join -> end; fork -> b -> join", c=user(), **parts)
    )
    with pytest.raises(MigrationRefused, match="没有这条进入流"):
        moved(site, case)


def test_a_called_process_moves_by_itself(database: Database) -> None:
    outer = xml("start -> sub -> end", sub=call("q"))
    site = Site(database, p=outer, q=xml("start -> a -> end", key="q", a=user()))
    case = site.start()
    site.deploy(q=xml("start -> a -> b -> end", key="q", a=user(), b=user()))
    planned = moved(site, case, "q")
    assert [one.element for one in planned.placed] == ["a"]
    site.forget()
    site.complete("a")
    assert set(site.tasks()) == {"b"}
    site.complete("b")
    assert site.status(case) == "completed"


def test_a_stuck_instance_goes_on_by_the_repaired_version(database: Database) -> None:
    flows = "start -> way; way -> a if {}; way -> b default; a -> end; b -> end"
    parts = {"way": gateway("exclusive"), "a": user(), "b": user()}
    site = Site(database, p=xml(flows.format("n"), **parts))
    case = site.start(n=1)
    (stuck,) = site.rows(Incident)
    site.deploy(p=xml(flows.format("n = 1"), **parts))
    planned = moved(site, case)
    assert [one.element for one in planned.placed] == ["way"]
    site.run(incidents.resolve, stuck.id, by="admin")
    assert set(site.tasks()) == {"a"}


def test_a_suspended_instance_waits_until_it_is_resumed(database: Database) -> None:
    site = Site(database, p=xml("start -> a -> end", a=user()))
    case = site.start()
    site.deploy(p=xml("start -> a -> b -> end", a=user(), b=user()))
    site.run(runtime.suspend, case, by="admin", reason="核查")
    with pytest.raises(BanliError, match="挂起"):
        moved(site, case)
    site.run(runtime.resume, case, by="admin", reason="核查完毕")
    moved(site, case)
    assert rows(site, UserTask, case)[0].definition_id == definitions(site)[1]


def test_after_a_migration_rows_are_what_the_tokens_imply(database: Database) -> None:
    site = Site(database, p=xml("start -> a -> end", a=user()))
    case = site.start()
    site.deploy(p=xml("start -> a -> end", a=user()))
    site.deploy(q=xml("start -> a -> end", key="q", a=user()))
    (own, *_), (other,) = definitions(site), definitions(site, "q")
    with pytest.raises(NotFound, match="同一个流程"):
        site.run(migration.migrate, case, own, other, by="admin")
    with site.database.read_session() as session:
        held = session.get_one(ProcessInstance, case)
        assert held.definition_id == definitions(site)[0]
    assert [one.definition_id for one in rows(site, Job, case)] == []
