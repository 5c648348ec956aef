"""Any order of commands: rows are what the tokens wait for, variables are what was written."""

from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from engine import cache, clock, connection, runtime, tables, tasks
from engine.errors import BanliError
from engine.model import EventSubscription, HistoryEvent, Job, UserTask
from tests.engine.core.scenario import boundary, event, gateway, message, timer, user, xml
from tests.engine.data.site import Site
from web.database import Database

START = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)
MODEL = xml(
    "start -> top -> f; f -> a -> j; f -> m -> b -> j; j -> g;"
    "g -> top if not(done) ; g -> end default; t -> note -> late",
    messages={"paid": "number"},
    top=gateway("exclusive"),
    f=gateway("parallel"),
    j=gateway("parallel"),
    g=gateway("exclusive"),
    a=user(candidateGroups="acceptor"),
    m=event("catch", message("paid")),
    t=boundary("a", timer("duration", "P1D"), interrupting=False),
    late=event("end"),
)
COMMANDS = ("complete", "claim", "release", "send", "day", "work", "suspend", "resume", "forget")


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(st.tuples(st.sampled_from(COMMANDS), st.integers(0, 9)), max_size=40))
def test_any_order_of_commands_keeps_rows_and_variables_true(script: list[tuple[str, int]]) -> None:
    engine = connection.create("sqlite://")
    tables.create(engine)
    site = Site(Database(engine))
    world = World(site)
    for command, number in script:
        world.do(command, number)
        world.check()
    engine.dispose()
    cache.clear()


class World:
    """A case, and what we know it must be like."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self.now = START
        self.sent = 0
        self.known: dict[str, Any] = {"number": "A-1", "done": False}
        with clock.travel(self.now):
            site.deploy(p=MODEL)
            self.case = site.start(**self.known)

    def do(self, command: str, number: int) -> None:
        with clock.travel(self.now):
            refusal = ""
            try:
                getattr(self, f"_{command}")(number)
            except BanliError as refused:
                refusal = f"{refused.code}: {refused.message}"
        expected = ("task_already_claimed", "挂起", "状态不允许")
        assert not refusal or any(word in refusal for word in expected), refusal

    def _pick(self, number: int) -> int | None:
        open_tasks = sorted(task.id for task in self.site.rows(UserTask))
        return open_tasks[number % len(open_tasks)] if open_tasks else None

    def _complete(self, number: int) -> None:
        if task := self._pick(number):
            values = {f"v{number}": number, "done": number == 9}
            self.site.run(tasks.complete, task, by="acceptor", variables=values)
            self.known |= values

    def _claim(self, number: int) -> None:
        if task := self._pick(number):
            self.site.run(tasks.claim, task, by=("acceptor", "reviewer")[number % 2])

    def _release(self, number: int) -> None:
        for task in self.site.rows(UserTask):
            if task.assignee and task.activity == "a":
                self.site.run(tasks.release, task.id, by=task.assignee)

    def _send(self, number: int) -> None:
        self.sent += 1
        kind = self.site.send("paid", "A-1", message_id=f"m-{self.sent}")
        assert kind in ("delivered", "buffered")

    def _day(self, number: int) -> None:
        self.now += timedelta(hours=number * 4)

    def _work(self, _number: int) -> None:
        self.site.work()

    def _suspend(self, number: int) -> None:
        if number > 6:
            self.site.run(runtime.suspend, self.case, by="admin", reason="核查")

    def _resume(self, _number: int) -> None:
        self.site.run(runtime.resume, self.case, by="admin", reason="完毕")

    def _forget(self, _number: int) -> None:
        self.site.forget()

    def check(self) -> None:
        assert self.site.variables(self.case) == self.known
        with self.site.database.read_session() as session:
            rows: set[int] = set()
            for model in (UserTask, EventSubscription):
                rows |= set(session.scalars(select(model.id)))
            rows |= set(session.scalars(select(Job.id).where(Job.kind == "timer")))
            if self.site.status(self.case) in ("active", "suspended"):
                assert set(cache.peek(session, self.case).waits) == rows != set()
            else:
                assert rows == set()
            sequences = session.scalars(
                select(HistoryEvent.sequence).order_by(HistoryEvent.revision, HistoryEvent.sequence)
            ).all()
            assert sequences == sorted(sequences)
