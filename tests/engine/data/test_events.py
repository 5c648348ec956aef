"""Events on the database: signals to all, exactly once; what an interruption leaves behind."""

from datetime import UTC, datetime

import pytest

from engine import clock, external_tasks, runtime, signals
from engine.errors import TaskNotActive, VariablesInvalid
from engine.model import EventSubscription, Incident, Job, ProcessInstance, UserTask
from tests.engine.core.scenario import (
    boundary,
    call,
    condition,
    each,
    error,
    escalation,
    event,
    gateway,
    io,
    message,
    service,
    signal,
    sub,
    timer,
    user,
    xml,
)
from tests.engine.data.site import Site
from web.database import Database

ALL = 'parallelMultiple="true"'
WAITS = xml("start -> s -> a -> end", signals={"sg": "alarm"}, s=event("catch", signal("sg")))
STARTS = xml("x -> b -> end", key="q", signals={"sg": "alarm"}, x=event("start", signal("sg")))
THROWS = xml(
    "start -> t -> c -> end",
    key="r",
    signals={"sg": "alarm"},
    t=event("throw", signal("sg"), io=io({"level": "=3"})),
)


@pytest.fixture
def site(memory: Database) -> Site:
    return Site(memory)


# -- signals ------------------------------------------------------------------------------


def test_a_signal_reaches_every_waiting_case_and_every_start_event_once(
    database: Database,
) -> None:
    site = Site(database, p=WAITS, q=STARTS, r=THROWS)
    waiting = [site.start("p") for _ in range(3)]
    thrower = site.start("r")
    assert {one.kind for one in site.rows(Job)} == {"signal"}
    assert site.settle() == ["signal", *["signal_delivery"] * 4]
    for case in waiting:
        assert set(site.tasks(case)) == {"a"}
        assert site.variables(case) == {"level": 3}
        assert site.history(case).count("signal.received s") == 1
    assert set(site.tasks(thrower)) == {"c"}
    started = [one for one in site.rows(ProcessInstance) if one.id not in {*waiting, thrower}]
    assert len(started) == 1
    assert set(site.tasks(started[0].id)) == {"b"}
    assert site.count(Job) == 0
    assert [one.instance_id for one in site.rows(EventSubscription)] == [None]


def test_each_signal_starts_an_instance_of_its_own(site: Site) -> None:
    site.deploy(q=STARTS)
    assert site.signal("alarm", level=1) == 1
    assert site.signal("alarm", level=2) == 1
    assert site.signal("other") == 0
    levels = [site.variables(one.id)["level"] for one in site.rows(ProcessInstance)]
    assert sorted(levels) == [1, 2]


def test_who_begins_to_wait_after_the_throw_does_not_get_the_signal(site: Site) -> None:
    site.deploy(p=WAITS)
    before = site.start("p")
    site.run(signals.throw, "alarm", {})
    after = site.start("p")
    site.settle()
    assert set(site.tasks(before)) == {"a"}
    assert site.tasks(after) == {}


def test_a_case_that_throws_and_then_waits_waits_for_the_next(site: Site) -> None:
    again = xml(
        "start -> t -> s -> a -> end",
        signals={"sg": "alarm"},
        t=event("throw", signal("sg")),
        s=event("catch", signal("sg")),
    )
    site.deploy(p=again)
    case = site.start("p")
    assert site.settle() == ["signal"]
    assert site.tasks(case) == {}
    site.signal("alarm")
    assert set(site.tasks(case)) == {"a"}


def test_a_case_catches_its_own_signal_on_another_path(site: Site) -> None:
    model = xml(
        "start -> f; f -> t -> b -> end; f -> s -> a -> end",
        signals={"sg": "alarm"},
        f=gateway("parallel"),
        t=event("throw", signal("sg")),
        s=event("catch", signal("sg")),
    )
    site.deploy(p=model)
    case = site.start("p")
    site.settle()
    assert set(site.tasks(case)) == {"a", "b"}


def test_a_delivery_to_a_case_that_went_on_meanwhile_changes_nothing(site: Site) -> None:
    model = xml(
        "start -> a -> c -> end; s -> b -> end",
        signals={"sg": "alarm"},
        s=boundary("a", signal("sg")),
    )
    site.deploy(p=model)
    case = site.start("p")
    site.run(signals.throw, "alarm", {})
    assert site.work() == ["signal"]
    site.complete("a")
    before = site.history(case)
    assert site.work() == ["signal_delivery"]
    assert site.history(case) == before
    assert set(site.tasks(case)) == {"c"}
    assert site.count(Job) == 0


def test_a_signal_waits_for_a_suspended_case(site: Site) -> None:
    site.deploy(p=WAITS)
    case = site.start("p")
    site.run(runtime.suspend, case, by="admin", reason="x")
    site.signal("alarm")
    assert site.tasks(case) == {}
    site.run(runtime.resume, case, by="admin", reason="x")
    assert site.settle() == ["signal_delivery"]
    assert set(site.tasks(case)) == {"a"}


def test_a_delivery_is_done_under_its_lease_alone(site: Site) -> None:
    site.deploy(p=WAITS)
    case = site.start("p")
    site.run(signals.throw, "alarm", {})
    site.work()
    [first] = site.acquire("w-1")
    site.run(signals.deliver, first)
    with pytest.raises(TaskNotActive):
        site.run(signals.deliver, first)
    assert site.history(case).count("signal.received s") == 1


def test_the_payload_of_a_signal_is_checked(site: Site) -> None:
    with pytest.raises(VariablesInvalid):
        site.run(signals.throw, "alarm", {"x": object()})


def test_a_new_version_takes_over_the_signals_that_start_it(site: Site) -> None:
    site.deploy(q=STARTS)
    site.deploy(q=STARTS.replace(b'name="b"', b'name="bb"'))
    assert site.signal("alarm") == 1


# -- messages -----------------------------------------------------------------------------


def test_messages_start_several_instances(site: Site) -> None:
    model = xml(
        "start -> a -> end; m1 -> b -> end; m2 -> c -> end",
        messages={"order": "", "claim": ""},
        m1=event("start", message("order")),
        m2=event("start", message("claim")),
    )
    site.deploy(p=model)
    assert site.send("order", "A", message_id="1") == "started"
    assert site.send("order", "B", message_id="2") == "started"
    assert site.send("claim", "A", message_id="3") == "started"
    assert site.send("order", "A", message_id="1") == "duplicate"
    assert sorted(task.activity for task in site.rows(UserTask)) == ["b", "b", "c"]


def test_a_parallel_multiple_start_waits_for_all_its_messages_of_one_key(site: Site) -> None:
    model = xml(
        "x -> a -> end",
        messages={"plan": "", "fee": ""},
        x=event("start", message("plan") + message("fee"), ALL),
    )
    site.deploy(p=model)
    assert site.send("plan", "A", message_id="1", n=1) == "buffered"
    assert site.send("fee", "B", message_id="2") == "buffered"
    assert site.count(ProcessInstance) == 0
    assert site.send("fee", "A", message_id="3", m=2) == "started"
    [case] = site.rows(ProcessInstance)
    assert case.business_key == "A"
    assert site.variables(case.id) == {"n": 1, "m": 2}
    assert site.send("fee", "A", message_id="4") == "buffered"


def test_a_multiple_start_takes_any_of_its_triggers(site: Site) -> None:
    model = xml(
        "x -> a -> end",
        messages={"order": ""},
        signals={"sg": "alarm"},
        x=event("start", message("order") + signal("sg") + timer("cycle", "R2/PT1H")),
    )
    with clock.travel(datetime(2026, 3, 2, 4, tzinfo=UTC)):
        site.deploy(p=model)
        assert site.send("order", "A") == "started"
        assert site.signal("alarm") == 1
    with clock.travel(datetime(2026, 3, 2, 5, tzinfo=UTC)):
        assert site.work() == ["timer"]
    assert site.count(ProcessInstance) == 3


def test_a_multiple_catch_takes_a_message_that_was_here_before(site: Site) -> None:
    model = xml(
        "start -> x -> a -> end",
        messages={"m": '"k"'},
        signals={"sg": "alarm"},
        x=event("catch", message("m") + signal("sg")),
    )
    site.deploy(p=model)
    assert site.send("m", "k", n=1) == "buffered"
    case = site.start("p")
    assert {one.kind for one in site.rows(EventSubscription)} == {"message", "signal"}
    assert site.settle() == ["inbound_message"]
    assert set(site.tasks(case)) == {"a"}
    assert site.count(EventSubscription) == 0


# -- what an interruption leaves behind ---------------------------------------------------

INNER = sub(
    "s1 -> f; f -> u -> e1; f -> w -> e1; f -> t -> e1; f -> mm -> e1; f -> sg -> e1; f -> c -> e1;"
    "f -> many -> e1; f -> called -> e1; f -> worse -> bad; late -> l -> e1",
    s1=event("start"),
    e1=event("end"),
    f=gateway("parallel"),
    u=user(candidateGroups="acceptor"),
    w=service("print"),
    t=event("catch", timer("duration", "P1D")),
    mm=event("catch", message("m")),
    sg=event("catch", signal("sig") + timer("duration", "P2D")),
    c=event("catch", condition("never")),
    many=user(loop=each("rows", "row")),
    called=call("q"),
    worse=user(),
    bad=event("end", error("E")),
    late=boundary("u", timer("duration", "P3D") + message("m2"), interrupting=False),
    notes=sub(
        "es -> h -> ee",
        by_event=True,
        es=event("start", message("m3"), 'isInterrupting="false"'),
        ee=event("end"),
    ),
)
CALLED = xml(
    "start -> f; f -> inner -> end; f -> ask -> end; f -> due -> end",
    key="q",
    messages={"m": '"k2"'},
    f=gateway("parallel"),
    inner=service("inner"),
    ask=event("catch", message("m")),
    due=event("catch", timer("duration", "P1D")),
)


def scope(**events: object) -> bytes:
    return xml(
        "start -> g; g -> box -> end; g -> beside -> end; out -> z -> end",
        messages={"m": '"k"', "m2": '"k"', "m3": '"k"', "stop": '"k"'},
        signals={"sig": "alarm"},
        errors=("E",),
        escalations=("X",),
        g=gateway("parallel"),
        box=INNER,
        **events,
    )


@pytest.mark.parametrize("by", ["message", "error", "escalation"])
def test_an_interrupting_boundary_event_leaves_no_row_of_what_was_inside(
    database: Database, by: str
) -> None:
    definition = {"message": message("stop"), "error": error("E"), "escalation": escalation("X")}
    site = Site(database, q=CALLED, p=_thrower(by, out=boundary("box", definition[by])))
    case = site.start("p", rows=[1, 2, 3])
    assert len(site.rows(EventSubscription)) >= 6
    assert len(site.rows(Job)) >= 6
    if by == "message":
        assert site.send("stop", "k") == "delivered"
    else:
        site.complete("worse")
    assert {one.activity for one in site.rows(UserTask)} == {"beside", "z"}
    assert site.rows(EventSubscription) == []
    assert site.rows(Job) == []
    assert site.rows(Incident) == []
    site.forget()
    site.complete("z")
    site.complete("beside")
    assert site.status(case) == "completed"


def _thrower(by: str, **events: object) -> bytes:
    data = scope(**events)
    if by == "escalation":
        return data.replace(
            b'<errorEventDefinition errorRef="E"/></endEvent>',
            b'<escalationEventDefinition escalationRef="X"/></endEvent>',
        )
    return data


def test_an_interrupting_event_sub_process_leaves_no_row_of_what_was_inside(
    database: Database,
) -> None:
    stop = sub(
        "es0 -> h0 -> ee0", by_event=True, es0=event("start", signal("sig")), ee0=event("end")
    )
    out = boundary("beside", timer("duration", "P9D"), interrupting=False)
    data = scope(out=out, stopper=stop).replace(
        b'<signalEventDefinition signalRef="sig"/><timer', b"<timer"
    )
    site = Site(database, q=CALLED, p=data)
    case = site.start("p", rows=[1, 2])
    assert site.signal("alarm") == 1
    assert {one.activity for one in site.rows(UserTask)} == {"h0"}
    assert site.rows(EventSubscription) == []
    assert site.rows(Job) == []
    site.forget()
    site.complete("h0")
    assert site.status(case) == "completed"


def test_an_answer_for_what_was_interrupted_comes_too_late(site: Site) -> None:
    site.deploy(
        p=xml(
            "start -> w -> end; s -> a -> end",
            signals={"sg": "alarm"},
            w=service("print"),
            s=boundary("w", signal("sg")),
        )
    )
    site.start("p")
    [work] = site.acquire(kinds=("external_task",))
    site.signal("alarm")
    with pytest.raises(TaskNotActive):
        site.run(external_tasks.complete, work, variables={})


# -- conditions ---------------------------------------------------------------------------


def test_a_condition_is_a_row_while_it_is_waited_for(database: Database) -> None:
    model = xml(
        "start -> f; f -> c -> b -> end; f -> a -> d -> end",
        f=gateway("parallel"),
        c=event("catch", condition("n > 1")),
    )
    site = Site(database, p=model)
    case = site.start("p", n=0)
    [row] = site.rows(EventSubscription)
    assert (row.kind, row.name, row.activity) == ("condition", "n > 1", "c")
    site.forget()
    site.complete("a", n=2)
    assert site.rows(EventSubscription) == []
    assert set(site.tasks(case)) == {"b", "d"}


def test_a_message_by_the_name_of_a_signal_is_no_signal(site: Site) -> None:
    site.deploy(p=WAITS, q=STARTS)
    site.start("p")
    assert site.send("alarm", "") == "buffered"
    assert site.signal("alarm") == 2
