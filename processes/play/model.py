"""One model played without the rest of the product: any BPMN file, its folder as its partners.

Invariant: what moves tokens, correlates messages and keeps variables is the product's own engine
on its own tables. Permissions, cases and local operations have no part: whoever plays says what
people and workers answer, by the forms beside the model or past them.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine import (
    clock,
    conditions,
    correlation,
    external_tasks,
    jobs,
    repository,
    runtime,
    signals,
    store,
    tables,
    tasks,
)
from engine import incidents as incident_commands
from engine.correlation import Correlation
from engine.definition.elements import EndEvent
from engine.driver import SqliteDriver
from engine.errors import BanliError
from engine.jobs import JobWork
from engine.model import (
    EventSubscription,
    InboundMessage,
    Incident,
    Job,
    ProcessInstance,
)
from engine.variables import Variables
from processes import wiring
from processes.play import filling, waits
from processes.play.folder import Folder
from processes.play.record import PlayEvent, Recorder
from processes.play.stage import START, Stage
from processes.play.waits import PlayWait

PLAYER: Final = "player"
_CHANNEL: Final = "play"
_TTL: Final = timedelta(days=30)
_DUE: Final = (
    "SELECT 1 FROM job WHERE kind <> 'external_task' AND suspended IS FALSE AND retries > 0"
    " AND due_at <= ? LIMIT 1"
)
_UNTOLD: Final = "SELECT 1 FROM incident LIMIT 1"
_TASK: Final = "SELECT id, assignee, instance_id FROM user_task WHERE activity = ? ORDER BY id"
_AT_ONCE: Final = timedelta(microseconds=-1)


class NotPlayable(BanliError):
    """What the player asked for does not fit what the model waits for now."""

    code = "not_playable"


class ModelPlay(Stage):
    """A model and its partners, deployed in memory."""

    rounds = 1_000_000

    def __init__(self, folder: Folder, *, start: datetime = START) -> None:
        super().__init__(start=start)
        self.folder = folder
        self.recorder = Recorder()
        self._told_incidents: set[int] = set()
        self._sent = 0
        wiring.connect()
        # no case rows here: they need the organisations and persons of an installation
        self._observers = [*store.observers]
        store.observers[:] = [self.recorder.observe]
        for compiled in reversed(folder.all):
            self.recorder.names |= {key: one.name for key, one in compiled.elements.items()}
        tables.create(self._engine)
        self._connection = self._engine.connect()
        self._reader = SqliteDriver(self._connection.connection, self._engine.dialect)
        self.run(lambda session: repository.deploy(session, folder.files, by=PLAYER))

    def close(self) -> None:
        """Forget everything; other steps are observed again as before."""
        store.observers[:] = self._observers
        self._connection.close()
        super().close()

    @contextmanager
    def session(self) -> Iterator[Session]:
        """A transaction; what it did is told when it is committed."""
        self.recorder.forget()
        with super().session() as session:
            yield session
        self.recorder.keep()

    def drain(self) -> None:
        """Do everything that is due; jobs of service tasks wait for the player."""
        now = self._reader.stamp(clock.now())
        # a play of ten thousand rounds asks this each time: on the driver it costs next to nothing
        if self._reader.fetch(_DUE, (now,)):
            super().drain()
        if self._reader.fetch(_UNTOLD, ()):
            self._tell_incidents()

    def _task(self, activity: str, instance: int, nth: int) -> tuple[int, str | None] | None:
        """Id and assignee of the task that waits at an activity."""
        found = self._reader.fetch(_TASK, (activity,))
        if instance:
            found = [row for row in found if row[2] == self._id(instance)]
        return (found[nth - 1][0], found[nth - 1][1]) if len(found) >= nth else None

    # -- what the player does ------------------------------------------------------------------

    def start(
        self, key: str = "", *, variables: Variables | None = None, event: str | None = None
    ) -> int:
        """Start an instance of a process, of the model's own if none is named; returns its number.

        Raises:
            NotPlayable: several processes could be meant, or none can be started plainly.
        """
        process = key or self.startable()
        number = len(self.recorder.numbers) + 1
        made = self.run(
            lambda session: (
                runtime.start(
                    session,
                    process,
                    by=PLAYER,
                    variables=dict(variables or {}),
                    business_key=f"play-{number}",
                    start_event=event,
                ).id
            )
        )
        self.drain()
        return self.recorder.numbers[made]

    def startable(self) -> str:
        """The process of the model that a plain start begins.

        Raises:
            NotPlayable: none, or several.
        """
        plain = [one for one in self.folder.own if one.plain_start]
        called = set().union(*(one.processes_called for one in self.folder.own))
        keys = [one.key for one in plain if one.key not in called] or [one.key for one in plain]
        if not keys:
            raise NotPlayable("模型没有普通开始事件：由消息、定时器或信号开始，请用场景文件触发")
        if len(keys) > 1:
            raise NotPlayable(f"模型中有多个可以直接开始的流程，请指明一个：{'、'.join(keys)}")
        return keys[0]

    def complete(
        self, activity: str, variables: Variables, *, instance: int = 0, nth: int = 1
    ) -> None:
        """Do a user task, or the job of a service task.

        Raises:
            NotPlayable: neither waits at the activity.
        """
        found = self._task(activity, instance, nth)
        if found:
            task, assignee = found
            by = assignee or PLAYER
            self.run(lambda session: tasks.complete(session, task, by=by, variables=variables))
        else:
            work = self._work(activity, instance, nth)
            self.run(lambda s: external_tasks.complete(s, work, variables=variables))
        self.drain()

    def fill_in(
        self, activity: str, answers: Mapping[str, Any], *, instance: int = 0, nth: int = 1
    ) -> None:
        """Do a user task by its form; what the form's rules refuse does not get through.

        Raises:
            NotPlayable: no task waits at the activity. NotFilledIn: by form, field and rule.
        """
        found = self._task(activity, instance, nth)
        if found is None:
            raise NotPlayable(f"环节“{activity}”没有等待办理的任务")
        variables = self.run(lambda session: filling.values(session, found[0], answers))
        self.complete(activity, variables, instance=instance, nth=nth)

    def throw(
        self,
        activity: str,
        code: str,
        *,
        message: str = "",
        variables: Variables | None = None,
        instance: int = 0,
        nth: int = 1,
    ) -> None:
        """The worker answers with a business error."""
        work = self._work(activity, instance, nth)
        self.run(
            lambda session: external_tasks.bpmn_error(
                session, work, code=code, message=message, variables=dict(variables or {})
            )
        )
        self.drain()

    def fail(
        self, activity: str, message: str, *, final: bool = False, instance: int = 0, nth: int = 1
    ) -> None:
        """The worker fails: one retry less, at last (or `final`) an incident."""
        work = self._work(activity, instance, nth)
        self.run(
            lambda session: external_tasks.fail(
                session, work, message=message, final=final, after=_AT_ONCE
            )
        )
        self.drain()

    def retry(self, activity: str, *, instance: int = 0) -> None:
        """Try again what an incident stopped."""
        found = [one for one in self.incidents(instance) if one.activity == activity]
        if not found:
            raise NotPlayable(f"环节“{activity}”没有异常")
        self.run(lambda session: incident_commands.resolve(session, found[0].id, by=PLAYER))
        self.drain()

    def message(
        self, name: str, variables: Variables, *, key: str | None = None, ttl: timedelta = _TTL
    ) -> str:
        """A message comes in; returns what became of it: delivered, started, buffered, ambiguous.

        Without a key: that of the one instance that waits for the name.
        """
        meant = self._key_of(name) if key is None else key
        self._sent += 1
        before = len(self.events)
        made: Correlation = self.run(
            lambda session: correlation.correlate(
                session,
                name,
                meant,
                variables,
                message_id=f"{_CHANNEL}-{self._sent}",
                channel=_CHANNEL,
                ttl=ttl,
            )
        )
        self.recorder.note(
            "message.received", before=before, name=name, key=meant, result=made.kind
        )
        self.drain()
        return made.kind

    def signal(self, name: str, variables: Variables) -> None:
        """A signal reaches all who wait for it, in every process."""
        self.recorder.note("signal.broadcast", name=name)
        self.run(lambda session: signals.throw(session, name, variables))
        self.drain()

    def facts(self, told: Variables) -> None:
        """Somebody tells of facts; the conditions that become true by them begin instances."""
        self.recorder.note("facts.told", facts="、".join(told))
        self.run(lambda session: conditions.tell(session, told))
        self.drain()

    # -- what is -------------------------------------------------------------------------------

    @property
    def events(self) -> list[PlayEvent]:
        """What happened up to now."""
        return self.recorder.events

    def waiting(self) -> list[PlayWait]:
        """What is waited for; `instance` is the number, 0 for start events."""
        with self.session() as session:
            return [
                PlayWait(
                    one.id,
                    self.recorder.numbers.get(one.instance, 0),
                    one.activity,
                    one.kind,
                    one.beside,
                    one.detail,
                )
                for one in waits.of(session)
            ]

    def instances(self) -> Mapping[int, ProcessInstance]:
        """The instances by number."""
        with self.session() as session:
            return {
                number: session.get_one(ProcessInstance, instance_id)
                for instance_id, number in self.recorder.numbers.items()
            }

    def process_of(self, instance: ProcessInstance) -> str:
        """The key of an instance's process."""
        with self.session() as session:
            return repository.get(session, instance.definition_id).key

    def variables(self, number: int) -> Variables:
        """The variables of an instance."""
        return self.run(lambda session: runtime.variables(session, self._id(number)))

    def incidents(self, number: int = 0) -> list[Incident]:
        """What cannot go on, of one instance or (0) of all."""
        query = select(Incident).order_by(Incident.id)
        if number:
            query = query.where(Incident.instance_id == self._id(number))
        with self.session() as session:
            return list(session.scalars(query))

    def ended(self, number: int) -> list[str]:
        """The end events that an instance has reached."""
        ends = {
            key
            for compiled in self.folder.all
            for key, one in compiled.elements.items()
            if isinstance(one, EndEvent)
        }
        return [
            event.activity
            for event in self.events
            if event.instance == number
            and event.type == "activity.completed"
            and event.activity in ends
        ]

    def _next_due(self) -> datetime | None:
        with self.session() as session:
            query = select(InboundMessage.expires_at).where(InboundMessage.state == "buffered")
            over = session.scalar(query.order_by(InboundMessage.expires_at))
        if over is not None and over <= clock.now():
            self.run(correlation.expire)
            over = None
        due = super()._next_due()
        return min((one for one in (due, over) if one is not None), default=None)

    def _tell_incidents(self) -> None:
        """Those of steps are in the history; of jobs and messages only the rows tell."""
        with self.session() as session:
            rows = session.scalars(select(Incident).order_by(Incident.id)).all()
        for row in rows:
            if row.id in self._told_incidents:
                continue
            self._told_incidents.add(row.id)
            if row.job_id is not None or row.instance_id is None:
                number = self.recorder.numbers.get(row.instance_id or 0, 0)
                self.recorder.note(
                    "incident.raised",
                    instance=number,
                    activity=row.activity,
                    code=row.kind,
                    message=row.message,
                )

    def _id(self, number: int) -> int:
        for instance_id, counted in self.recorder.numbers.items():
            if counted == number:
                return instance_id
        raise NotPlayable(f"没有第 {number} 个流程实例")

    def _work(self, activity: str, instance: int, nth: int) -> JobWork:
        query = select(Job.id).where(Job.activity == activity, Job.kind == "external_task")
        if instance:
            query = query.where(Job.instance_id == self._id(instance))
        with self.session() as session:
            found = session.scalars(query.order_by(Job.id).limit(nth)).all()
            only = found[nth - 1 : nth]
            taken = jobs.acquire(session, self.worker.owner, only=only) if only else []
        if not taken:
            where = f"（第 {nth} 个）" if nth > 1 else ""
            raise NotPlayable(f"环节“{activity}”{where}现在不在等待")
        return taken[0]

    def _key_of(self, name: str) -> str:
        query = select(EventSubscription.correlation_key).where(
            EventSubscription.name == name, EventSubscription.instance_id.is_not(None)
        )
        with self.session() as session:
            keys = session.scalars(query.distinct()).all()
        if len(keys) > 1:
            raise NotPlayable(f"有多个实例等待消息“{name}”，请写明关联键 key")
        return keys[0] if keys else ""
