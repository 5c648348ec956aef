"""The worker brings signals to all who wait, and messages from one of our pools to another."""

import pytest

from engine.model import Job, UserTask
from processes.background.worker import JobWorker
from processes.casefile import messages
from tests.engine.core.scenario import boundary, event, io, message, signal, sub, xml
from tests.engine.data.site import Site
from web.database import Database


@pytest.fixture
def site(memory: Database) -> Site:
    return Site(memory)


def _worker(site: Site) -> JobWorker:
    return JobWorker(transact=site.run, owner="test")


def test_the_worker_brings_a_signal_to_all_who_wait(site: Site) -> None:
    site.deploy(
        p=xml("start -> s -> a -> end", signals={"sg": "alarm"}, s=event("catch", signal("sg"))),
        q=xml("x -> b -> end", key="q", signals={"sg": "alarm"}, x=event("start", signal("sg"))),
    )
    for _ in range(3):
        site.start("p")
    site.run(messages.broadcast, "alarm", {"level": 2})
    assert _worker(site).drain() == 5
    assert sorted(one.activity for one in site.rows(UserTask)) == ["a", "a", "a", "b"]
    assert site.count(Job) == 0


def test_what_waits_in_the_thrower_itself_gets_the_signal_once(site: Site) -> None:
    site.deploy(
        p=xml(
            "start -> a -> up -> b -> end; s -> z -> end",
            signals={"sg": "alarm"},
            up=event("throw", signal("sg")),
            s=boundary("b", signal("sg"), interrupting=False),
            on=sub(
                "es -> h -> ee",
                by_event=True,
                es=event("start", signal("sg"), 'isInterrupting="false"'),
                ee=event("end"),
            ),
        ),
        q=xml(
            "start -> s -> c -> end",
            key="q",
            signals={"sg": "alarm"},
            s=event("catch", signal("sg")),
        ),
    )
    other, case = site.start("q"), site.start("p")
    site.complete("a")
    _worker(site).drain()
    # the boundary of b began to wait after the throw
    assert sorted(site.tasks(case)) == ["b", "h"]
    assert set(site.tasks(other)) == {"c"}


def test_two_pools_talk_by_messages(site: Site) -> None:
    customer = xml(
        "start -> ask -> answer -> a -> end",
        key="customer",
        messages={"order": "no", "offer": "no"},
        ask=event("throw", message("order"), io=io({"no": "=no", "what": '="boat"'})),
        answer=event("catch", message("offer")),
    )
    supplier = xml(
        "asked -> tell -> b -> end",
        key="supplier",
        messages={"order": "", "offer": "no"},
        asked=event("start", message("order")),
        tell=event("throw", message("offer"), io=io({"price": "=7"})),
    )
    site.deploy(customer=customer, supplier=supplier)
    case = site.start("customer", no="A-1")
    _worker(site).drain()
    assert site.variables(case)["price"] == 7
    assert set(site.tasks(case)) == {"a"}
    [other] = [one.instance_id for one in site.rows(UserTask) if one.activity == "b"]
    assert site.variables(other) == {"no": "A-1", "what": "boat"}


def test_a_message_at_a_boundary_comes_as_often_as_it_is_sent(site: Site) -> None:
    site.deploy(
        p=xml(
            "start -> a -> end; m -> b -> end",
            messages={"urge": '"k"'},
            m=boundary("a", message("urge"), interrupting=False),
        )
    )
    site.start("p")
    for number in range(3):
        assert site.send("urge", "k", message_id=str(number)) == "delivered"
    assert sorted(one.activity for one in site.rows(UserTask)) == ["a", "b", "b", "b"]
