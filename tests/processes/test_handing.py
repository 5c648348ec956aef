"""Files handed to adapters and taken back (ADR 4; reliability rules 7, 11, 15, 19; P-52)."""

import hashlib
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from engine import clock, limits
from engine.errors import WorkRefused
from engine.model import Incident, Job
from engine.ports import MadeFile, Result, Work
from processes import settings
from processes.background import handing
from processes.background.worker import JobWorker
from processes.documents import files
from processes.model.documents import StoredFile
from tests.engine.core.scenario import service, xml
from tests.engine.data.site import Site
from web.database import Database

PDF = b"%PDF-1.7\nas handed out"
OTHER = b"%PDF-1.7\nof another task"
INPUT = """<zeebe:ioMapping><zeebe:input source="=document" target="document"/>
<zeebe:input source="=more" target="more"/></zeebe:ioMapping>"""
MODEL = xml("start -> s -> a -> end", s=service("seal", io=INPUT))


class Sealer:
    """An adapter that does what the test tells."""

    topic = "seal"

    def __init__(self, does: Callable[[Work], Result]) -> None:
        self.does = does
        self.asked: list[Work] = []

    def execute(self, work: Work) -> Result:
        self.asked.append(work)
        return self.does(work)


def sealing(work: Work) -> Result:
    content = work.file("document").open().read()
    return {"sealed": MadeFile("证书.pdf", "application/pdf", content + b"\nsealed")}


@pytest.fixture
def site(memory: Database, tmp_path: Path) -> Iterator[Site]:
    settings.configure(settings.Settings(home=tmp_path, secret_key="k" * 40))
    yield Site(memory, p=MODEL)
    settings.configure(None)


def kept(site: Site, content: bytes) -> dict[str, Any]:
    row = site.run(lambda session: files.store(session, content, by=None))
    return {"file": row.sha256, "name": "证书.pdf", "size": row.size, "type": row.content_type}


def worker_of(site: Site, does: Callable[[Work], Result], owner: str = "w") -> JobWorker:
    return JobWorker(transact=site.run, owner=owner, workers={"seal": Sealer(does)})


def asked(worker: JobWorker) -> list[Work]:
    found = worker.workers["seal"]
    assert isinstance(found, Sealer)
    return found.asked


def refused(site: Site) -> str:
    (incident,) = site.rows(Incident)
    return str(incident.message)


def test_a_file_goes_out_and_the_one_that_comes_back_is_referred_to(site: Site) -> None:
    instance = site.start(document=kept(site, PDF))
    worker_of(site, sealing).drain()
    sealed = site.variables(instance)["sealed"]
    wanted = hashlib.sha256(PDF + b"\nsealed").hexdigest()
    assert sealed == {"file": wanted, "name": "证书.pdf", "size": 29, "type": "application/pdf"}
    assert files.content(wanted) == PDF + b"\nsealed"
    assert set(site.tasks(instance)) == {"a"}


def test_an_adapter_sees_the_files_its_task_names_wherever_they_stand_and_no_others(
    site: Site,
) -> None:
    named, hidden = kept(site, PDF), kept(site, OTHER)
    site.start(document=hidden["file"], more=[{"deep": [named]}])
    worker = worker_of(site, lambda _work: {})
    worker.drain()
    (work,) = asked(worker)
    assert list(work.files) == [named["file"]]
    found = work.files[named["file"]]
    assert (found.name, found.size, found.content_type) == ("证书.pdf", 22, "application/pdf")
    assert found.open().read() == found.open().read() == PDF
    with pytest.raises(WorkRefused, match="『document』应为文件"):
        work.file("document")


def test_a_reference_to_what_was_never_stored_is_an_incident(site: Site) -> None:
    site.start(document={**kept(site, PDF), "file": "0" * 64})
    worker = worker_of(site, sealing)
    worker.drain()
    assert asked(worker) == []
    assert "不在存储中" in refused(site)


@pytest.mark.parametrize(
    ("made", "why"),
    [
        (MadeFile("x.pdf", "application/pdf", b""), "文件是空的"),
        (MadeFile("x.pdf", "application/pdf", b"MZ\x90 a program"), "只接受"),
        (MadeFile("x.png", "image/png", PDF), "与所称的 image/png 不符"),
    ],
)
def test_a_file_that_may_not_come_in_is_an_incident_and_is_not_kept(
    site: Site, made: MadeFile, why: str
) -> None:
    instance = site.start(document=kept(site, PDF))
    worker_of(site, lambda _work: {"sealed": made}).drain()
    assert why in refused(site)
    assert "sealed" not in site.variables(instance)
    assert len(site.rows(StoredFile)) == 1


def test_a_file_that_is_too_large_does_not_come_back(site: Site, tmp_path: Path) -> None:
    small = settings.Settings(home=tmp_path, secret_key="k" * 40, upload_bytes=24)
    settings.configure(small)
    site.start(document=kept(site, PDF))
    worker_of(site, sealing).drain()
    assert "超过" in refused(site)


def test_no_transaction_is_open_while_the_adapter_works(site: Site) -> None:
    """Rule 7: another writer gets through while the seal system takes its time."""
    site.start(document=kept(site, PDF))

    def slowly(work: Work) -> Result:
        site.run(lambda session: files.store(session, OTHER, by=None))
        return sealing(work)

    worker_of(site, slowly).drain()
    assert site.rows(Incident) == []
    assert len(site.rows(StoredFile)) == 3


def test_work_done_twice_leaves_one_file_and_moves_the_case_once(site: Site) -> None:
    """At least once: the lease was lost after the seal was set; the key is the same."""
    instance = site.start(document=kept(site, PDF))
    late, early = worker_of(site, sealing, "w-1"), worker_of(site, sealing, "w-2")
    (work,) = site.acquire("w-1")

    def overtaken(done: Work) -> Result:
        with clock.travel(clock.now() + timedelta(hours=1)):
            early.drain()
        return sealing(done)

    late.workers = {"seal": Sealer(overtaken)}
    late.do(work)
    assert {one.key for one in (*asked(early), *asked(late))} == {work.key}
    assert len(site.rows(StoredFile)) == 2
    assert set(site.tasks(instance)) == {"a"}
    assert site.rows(Incident) == []


def test_a_completion_that_fails_keeps_no_row_of_its_file(site: Site) -> None:
    """Rule 19: the bytes are laid down first; row and reference come with the step or not at all."""
    site.start(document=kept(site, PDF))
    worker_of(site, lambda work: {**sealing(work), "bad": "a\0"}).run_once()
    (job,) = site.rows(Job)
    assert job.retries == limits.RETRIES - 1
    assert len(site.rows(StoredFile)) == 1


def test_references_are_found_only_where_a_value_is_one() -> None:
    one = {"file": "a", "name": "n", "size": 1, "type": "t"}
    assert list(handing.references([one, {"x": {"y": one}}, {"file": "b"}, "c", None])) == [
        one,
        one,
    ]
