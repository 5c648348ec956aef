"""A database with processes in it, and the engine's commands on it, one transaction each."""

from datetime import timedelta
from typing import Any

from sqlalchemy import func, select

from engine import (
    cache,
    correlation,
    external_tasks,
    jobs,
    repository,
    runtime,
    signals,
    tasks,
)
from engine.jobs import JobWork
from engine.model import (
    EventSubscription,
    HistoryEvent,
    HistoryStep,
    Incident,
    Job,
    ProcessInstance,
    UserTask,
)
from web.database import Database

_OURS = {
    "timer": jobs.fire_timer,
    "inbound_message": jobs.deliver_buffered,
    "outbox_message": jobs.finish,
    "signal": signals.broadcast,
    "signal_delivery": signals.deliver,
}


class Site:
    """Everything a test does to an installation."""

    def __init__(self, database: Database, **files: bytes) -> None:
        self.database = database
        self.run = database.run
        if files:
            self.deploy(**files)

    def deploy(self, **files: bytes) -> int:
        named = {f"{name}.bpmn": content for name, content in files.items()}
        return self.run(repository.deploy, named, by="admin").id

    def start(self, key: str = "p", **variables: Any) -> int:
        started = self.run(
            runtime.start, key, by="applicant", variables=variables, business_key="C-1"
        )
        return started.id

    def tasks(self, instance_id: int | None = None) -> dict[str, UserTask]:
        with self.database.read_session() as session:
            query = select(UserTask)
            if instance_id:
                query = query.where(UserTask.instance_id == instance_id)
            return {task.activity: task for task in session.scalars(query)}

    def task(self, activity: str, instance_id: int | None = None) -> int:
        return self.tasks(instance_id)[activity].id

    def complete(self, activity: str, *, by: str = "acceptor", **variables: Any) -> None:
        self.run(tasks.complete, self.task(activity), by=by, variables=variables)

    def send(self, name: str, key: str, *, message_id: str = "m-1", **payload: Any) -> str:
        return self.run(
            correlation.correlate,
            name,
            key,
            payload,
            message_id=message_id,
            channel="test",
            ttl=timedelta(days=1),
        ).kind

    def acquire(self, owner: str = "w-1", **narrow: Any) -> list[JobWork]:
        return self.run(jobs.acquire, owner, **narrow)

    def work(self) -> list[str]:
        """Do what is due of our own kinds; external tasks are left to the test."""
        done = []
        for work in self.acquire(kinds=tuple(_OURS)):
            self.run(_OURS[work.kind], work)
            done.append(work.kind)
        return done

    def signal(self, name: str, **payload: Any) -> int:
        """Broadcast a signal; returns how many it reached."""
        self.run(signals.throw, name, payload)
        return self.settle().count("signal_delivery")

    def settle(self) -> list[str]:
        """Do what is due of our own kinds until nothing is."""
        done: list[str] = []
        while more := self.work():
            done += more
        return done

    def answer(self, work: JobWork, **variables: Any) -> None:
        self.run(external_tasks.complete, work, variables=variables)

    def variables(self, instance_id: int) -> dict[str, Any]:
        with self.database.read_session() as session:
            return runtime.variables(session, instance_id)

    def rows(self, model: Any) -> list[Any]:
        with self.database.read_session() as session:
            return list(session.scalars(select(model)).all())

    def history(self, instance_id: int) -> list[str]:
        with self.database.read_session() as session:
            query = select(HistoryEvent).where(HistoryEvent.instance_id == instance_id)
            found = session.scalars(query.order_by(HistoryEvent.sequence))
            return [f"{one.type} {one.activity}".strip() for one in found]

    def status(self, instance_id: int) -> str:
        with self.database.read_session() as session:
            return session.get_one(ProcessInstance, instance_id).status

    def picture(self) -> dict[str, Any]:
        """All that a step may change, to compare before and after."""
        found: dict[str, Any] = {}
        with self.database.read_session() as session:
            for model in (
                ProcessInstance,
                UserTask,
                EventSubscription,
                Job,
                Incident,
                HistoryStep,
            ):
                columns = model.__table__.columns
                found[model.__tablename__] = sorted(
                    map(repr, session.execute(select(*columns)).all())
                )
        return found

    def count(self, model: Any) -> int:
        with self.database.read_session() as session:
            return session.scalar(select(func.count()).select_from(model)) or 0

    def forget(self) -> None:
        """As after a restart: nothing live is left."""
        cache.clear()
