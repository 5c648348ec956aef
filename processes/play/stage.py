"""A database in memory, a clock that stands, and a worker: where every play takes place.

Invariant: nothing leaves the stage; time goes on only when the player says so, and whatever falls
due on the way happens at its own instant, equal instants in the order in which they were armed.
"""

import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final, TypeVar

from sqlalchemy import Engine, Row, Select, bindparam, select
from sqlalchemy.orm import Session

import processes.model
from engine import cache, clock, connection, jobs, sealing
from engine.jobs import JobWork
from engine.model import Job
from engine.ports import Worker
from processes import settings
from processes.background.worker import JobWorker
from processes.clock import calendar
from processes.operations import all_operations

T = TypeVar("T")
START: Final = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
_IN_MEMORY: Final = "sqlite://"
_idle: Final[list[Engine]] = []
"""Engines of plays that are over: the next need not compile the same statements again."""
_WAITING: Final = select(Job.id, Job.kind, Job.topic, Job.due_at).where(
    Job.suspended.is_(False), Job.retries > 0
)
_DUE: Final = _WAITING.where(Job.due_at <= bindparam("now"))
_NEXT: Final = _WAITING.order_by(Job.due_at)
_KEY: Final = "the key of a play, which leaves no trace: 32 bytes"

__all__ = ["START", "Stage", "processes"]


class Stage:
    """What a play needs: transactions, virtual time, jobs.

    `rounds` bounds how often time may stop on one way; `START` is 09:00 in Shanghai.
    """

    rounds = 500

    def __init__(self, *, start: datetime = START, database: str = _IN_MEMORY) -> None:
        self._home = tempfile.TemporaryDirectory(prefix="banli-play-")
        self._in_memory = database == _IN_MEMORY
        self._engine = _idle.pop() if self._in_memory and _idle else connection.create(database)
        settings.configure(settings.Settings(home=Path(self._home.name), secret_key=_KEY))
        sealing.configure(state_key=_KEY.encode())
        clock.set_to(start)
        cache.clear()
        self.worker = JobWorker(transact=self.run, owner="play")
        self._employed: set[str] = set()

    @property
    def is_connected(self) -> bool:
        """Whether messages go out of this play: to a department, or to whoever fetches them."""
        return bool(self.worker.channels or self.worker.routes or self.worker.remote)

    def close(self) -> None:
        """Forget everything and let the clock run again."""
        self._engine.dispose()  # what was in memory is gone with its connection
        if self._in_memory:
            _idle.append(self._engine)
        self._home.cleanup()
        settings.configure(None)
        clock.set_to(None)
        cache.clear()

    @contextmanager
    def session(self) -> Iterator[Session]:
        """A transaction."""
        with Session(self._engine, expire_on_commit=False) as session, session.begin():
            yield session

    def run(self, command: Callable[[Session], T]) -> T:
        """Carry out one command in a transaction."""
        with self.session() as session:
            return command(session)

    def passes(
        self, *, working_days: int = 0, days: int = 0, hours: int = 0, minutes: int = 0
    ) -> None:
        """Let time go by; whatever falls due on the way happens at its own instant."""
        target = clock.now() + timedelta(days=days, hours=hours, minutes=minutes)
        if working_days:
            local = target.astimezone(clock.SHANGHAI)
            day = calendar.add_working_days(local.date(), working_days).date
            target = datetime.combine(day, local.time(), clock.SHANGHAI)
        self.until(target)

    def until(self, target: datetime) -> None:
        """Let time go on to an instant.

        Raises:
            RuntimeError: time would have to stop more than `rounds` times on the way.
        """
        for _ in range(self.rounds):
            self.drain()
            due = self._next_due()
            if due is None or due > target:
                clock.set_to(target)
                self.drain()
                return
            clock.set_to(max(due, clock.now()))
        raise RuntimeError(f"time stops more than {self.rounds} times on the way")

    def drain(self) -> None:
        """Do everything that is due, but for work that somebody outside has to do."""
        for _ in range(self.rounds):
            with self.session() as session:
                due = [one.id for one in self._ours(session, _DUE, now=clock.now())]
                taken = self._taken(session, due) if due else []
            for work in taken:
                self.worker.do(work)
            if not taken:
                return
        raise RuntimeError("the play does not come to rest")

    def _taken(self, session: Session, due: Sequence[int]) -> list[JobWork]:
        worker = self.worker
        return jobs.acquire(
            session, worker.owner, only=due, leave=worker.remote, channels=worker.routes
        )

    def employ(self, worker: Worker) -> None:
        """Let an adapter do the work of its topic from now on, instead of the player."""
        self.worker.workers = {**self.worker.workers, worker.topic: worker}
        self._employed.add(worker.topic)

    def dismiss(self, topic: str) -> None:
        """Leave the work of a topic to nobody, as where its adapter is not switched on."""
        others = {name: one for name, one in self.worker.workers.items() if name != topic}
        self.worker.workers = others
        self._employed.add(topic)

    def outside(self, instance_id: int, topic: str) -> JobWork:
        """Claim the work of a topic that somebody outside has to do in a case."""
        with self.session() as session:
            found = session.scalars(
                select(Job.id).where(Job.instance_id == instance_id, Job.topic == topic)
            ).all()
            taken = jobs.acquire(session, self.worker.owner, only=found[:1]) if found else []
        if not taken:
            raise LookupError(f"the case asks nobody for {topic!r}")
        return taken[0]

    def _next_due(self) -> datetime | None:
        with self.session() as session:
            return next((one.due_at for one in self._ours(session, _NEXT)), None)

    def _ours(self, session: Session, asked: Select[Any], **told: Any) -> Iterator[Row[Any]]:
        """Of the jobs asked for those that nobody outside has to do."""
        ours = all_operations().keys() | self._employed
        for job in session.execute(asked, told).all():
            held = job.kind == "external_task" and job.topic not in ours
            fetched = job.kind == "outbox_message" and job.topic in self.worker.remote
            if not (held or fetched):
                yield job
