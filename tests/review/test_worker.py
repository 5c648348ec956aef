"""Jobs that go wrong in the middle: each is written down, none takes the others along."""

from dataclasses import dataclass, field
from datetime import timedelta

import pytest

from engine import clock, incidents, limits
from engine.errors import BanliError, BpmnError
from engine.external_tasks import NOT_ENABLED
from engine.model import Incident, Job
from engine.ports import Work
from engine.variables import Variables
from processes.background import worker
from processes.background.worker import JobWorker
from processes.letters import LetterInvalid
from processes.operations import InputMissing, Operation
from tests.engine.core.scenario import boundary, error, service, xml
from tests.engine.data.site import Site
from web.database import Database

PRINT = xml("start -> s -> a -> end", s=service("print"))
OTHER = xml(
    "start -> s -> a -> end; off -> b -> end2",
    errors=("REFUSED",),
    s=service("print"),
    off=boundary("s", error("REFUSED")),
)


@dataclass
class Printer:
    """A department: what it was asked, and what it answers."""

    answer: Variables | Exception = field(default_factory=dict)
    topic: str = "print"
    asked: list[str] = field(default_factory=list)

    def execute(self, work: Work) -> Variables:
        self.asked.append(work.key)
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


def worker_of(site: Site, printer: Printer, owner: str = "w-1") -> JobWorker:
    return JobWorker(transact=site.run, owner=owner, workers={"print": printer})


@pytest.fixture
def site(memory: Database) -> Site:
    return Site(memory, p=PRINT)


def test_a_business_error_with_bad_variables_costs_a_retry_like_any_failure(site: Site) -> None:
    site.start()
    bad = BpmnError("refused", "不予制作", variables={"note": "a\0"})
    worker = worker_of(site, Printer(bad))

    assert worker.run_once() == 1

    (job,) = site.rows(Job)
    assert job.retries == limits.RETRIES - 1
    assert job.owner is None


def test_a_business_error_whose_lease_is_lost_does_not_stop_the_batch(site: Site) -> None:
    first, second = site.start(), site.start()
    late = worker_of(site, Printer(BpmnError("refused", "不予制作")))
    taken = site.acquire(late.owner)
    with clock.travel(clock.now() + timedelta(hours=1)):
        worker_of(site, Printer({}), "w-2").drain()
        for work in taken:
            late.do(work)
    assert site.rows(Incident) == []
    assert set(site.tasks(first)) == set(site.tasks(second)) == {"a"}


def test_work_whose_lease_has_passed_on_is_not_sent_again(site: Site) -> None:
    site.start()
    late, early = Printer({}), Printer({})
    (work,) = site.acquire("w-1")
    with clock.travel(clock.now() + timedelta(hours=1)):
        worker_of(site, early, "w-2").run_once()
        worker_of(site, late, "w-1").do(work)
    assert (len(early.asked), late.asked) == (1, [])


@pytest.mark.parametrize("caught", [error(), error(NOT_ENABLED)])
def test_what_no_adapter_does_goes_the_way_that_the_model_has_for_it(
    memory: Database, caught: str
) -> None:
    model = xml(
        "start -> s -> a -> end; off -> b -> end2",
        errors=(NOT_ENABLED,),
        s=service("print"),
        off=boundary("s", caught),
    )
    site = Site(memory, p=model)
    number = site.start()
    JobWorker(transact=site.run, owner="w-1").drain()
    assert (site.rows(Incident), set(site.tasks(number))) == ([], {"b"})


@pytest.mark.parametrize(
    "fault",
    [
        LetterInvalid("《证书》（某人）不能制发：证件缺少照片"),
        InputMissing("『s』缺少输入『letter』"),
    ],
)
def test_what_no_retry_mends_is_an_incident_at_once_and_done_when_it_is_retried(
    memory: Database, monkeypatch: pytest.MonkeyPatch, fault: BanliError
) -> None:
    """A letter that lacks something, an input that is missing: the eighth try finds it no more."""
    tries = [fault]

    def issue(_session: object, _call: object) -> Variables:
        if tries:
            raise tries.pop()
        return {}

    made = Operation("letter.issue", "制发文书", {}, {}, issue)
    monkeypatch.setattr(worker, "all_operations", lambda: {made.topic: made})
    site = Site(memory, p=xml("start -> s -> a -> end", s=service("letter.issue")))
    number = site.start()
    JobWorker(transact=site.run, owner="w-1").drain()
    (incident,) = site.rows(Incident)
    assert incident.message == fault.message
    site.run(lambda session: incidents.resolve(session, incident.id, by="1"))
    JobWorker(transact=site.run, owner="w-1").drain()
    assert set(site.tasks(number)) == {"a"}


def test_a_model_that_takes_the_fault_of_a_letter_hears_the_reason(
    memory: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    def issue(_session: object, _call: object) -> Variables:
        raise LetterInvalid("证件缺少照片")

    made = Operation("letter.issue", "制发文书", {}, {}, issue)
    monkeypatch.setattr(worker, "all_operations", lambda: {made.topic: made})
    model = xml(
        "start -> s -> a -> end; back -> b -> end2",
        errors=("letter_invalid",),
        s=service("letter.issue"),
        back=boundary("s", error("letter_invalid")),
    )
    site = Site(memory, p=model)
    number = site.start()
    JobWorker(transact=site.run, owner="w-1").drain()
    assert (site.rows(Incident), set(site.tasks(number))) == ([], {"b"})


@pytest.mark.parametrize("model", [PRINT, OTHER])
def test_without_such_a_way_the_incident_says_what_is_missing(
    memory: Database, model: bytes
) -> None:
    site = Site(memory, p=model)
    number = site.start()
    JobWorker(transact=site.run, owner="w-1").drain()
    (incident,) = site.rows(Incident)
    assert incident.message == "没有启用处理『print』的适配器"
    assert site.tasks(number) == {}
    site.run(lambda session: incidents.resolve(session, incident.id, by="1"))
    worker_of(site, Printer({})).drain()
    assert set(site.tasks(number)) == {"a"}
