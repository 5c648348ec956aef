"""Plays processes in memory on the real thing: the demo's people, no one outside.

Invariant: nothing leaves the play; its outside departments are what the player says they answer.
Everything between is the product's own code: forms, permissions, engine, worker.
"""

import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from adapters import registry
from engine import cache, clock, external_tasks, history, ids, repository, runtime, tables
from engine import correlation as messages
from engine import incidents as _incidents
from engine.definition.elements import BoundaryEvent, EndEvent, StartEvent
from engine.model import EventSubscription, Job, ProcessInstance, Timer, UserTask
from processes import wiring
from processes.casework import applications
from processes.casework import cases as case_commands
from processes.demo import loader
from processes.desk import worklist
from processes.documents import documents
from processes.identity import identity, numbers
from processes.identity.identity import User
from processes.model.cases import Case
from processes.operations import all_operations
from processes.play.stage import START, Stage

_templates: dict[tuple[object, Path, date], sqlite3.Connection] = {}
"""By what began it, the folder of the models, the day."""

__all__ = ["START", "Kept", "Play", "PlayedCase"]


@dataclass(frozen=True, slots=True)
class Kept:
    """A play as it was at one moment: its rows, its files, its time."""

    rows: sqlite3.Connection
    files: Mapping[str, bytes]
    now: datetime


class Play(Stage):
    """A small installation with the demo's people and every process of a folder."""

    def __init__(
        self,
        *,
        models: Path = loader.MODELS,
        start: datetime = START,
        database: str = "sqlite://",
    ) -> None:
        super().__init__(start=start, database=database)
        wiring.connect()
        self._fill(models)
        self._at_first: tuple[datetime, int] | None = self._stand()

    def user(self, login: str) -> User:
        """A person of the cast, by log-in name or by role."""
        with self.session() as session:
            found = identity.by_login(session, login) or self._by_role(session, login)
        if found is None:
            raise LookupError(f"nobody in the cast is {login!r}")
        return found

    def case(self, key: str) -> "PlayedCase":
        """The latest case of a process."""
        with self.session() as session:
            query = select(Case.id).where(Case.process_key == key).order_by(Case.id.desc())
            found = session.scalar(query.limit(1))
        if found is None:
            raise LookupError(f"no case of {key!r} was started")
        return PlayedCase(self, found)

    def start(self, key: str, *, by: str = "", **variables: Any) -> "PlayedCase":
        """Start a process with variables, without its start form."""
        starter = self.user(by).id if by else "system"
        org = str(variables.setdefault("org", "370001"))
        region = {"900001": "110000"}.get(org, org[:2] + "0000")

        def command(session: Session) -> int:
            number = numbers.work_order(session, "Y", region, clock.today())
            defaults = {
                "work_order_no": number,
                "submitted_on": clock.today(),
                "channel": "efiling",
                "applicant": {"user": None, "name": "申请人", "org": None, "id_no": None},
            }
            return runtime.start(
                session,
                key,
                by=str(starter),
                variables={**defaults, **variables},
                business_key=str(variables.get("work_order_no", number)),
            ).id

        made = PlayedCase(self, self.run(command))
        self.drain()
        return made

    def rest(self, *keys: str) -> None:
        """Let nobody begin these processes, or none that the clock begins.

        What starts every day would fill a year that passes.
        """
        self._suspend(*keys, suspended=True)

    def wake(self, *keys: str) -> None:
        """Let these processes be begun again, or all that the clock begins."""
        self._suspend(*keys, suspended=False)

    def _suspend(self, *keys: str, suspended: bool) -> None:
        def command(session: Session) -> None:
            by_clock = select(Timer.definition_id).where(Timer.instance_id.is_(None))
            meant = set() if keys else set(session.scalars(by_clock))
            meant |= {repository.latest(session, key).id for key in keys}
            for definition_id in meant:
                repository.suspend_definition(session, definition_id, suspended=suspended)

        self.run(command)

    def apply(self, key: str, *, as_: str = "applicant", **answers: Any) -> "PlayedCase":
        """File an application through its form, as somebody of the cast."""
        by = self.user(as_)
        made = self.run(lambda session: applications.apply(session, key, by=by, answers=answers).id)
        self.drain()
        return PlayedCase(self, made)

    def _fill(self, models: Path) -> None:
        """Load the demo, once a program for each folder and day; later plays copy what was made."""
        key = type(self)._begin, models, clock.today()
        made = _templates.get(key)
        if made is not None:
            made.backup(self._raw())
            loader.load_ledgers(models)
            return
        self._begin(models)
        template = sqlite3.connect(":memory:", check_same_thread=False)
        self._raw().backup(template)
        _templates[key] = template

    def _begin(self, models: Path) -> None:
        """What there is at first."""
        tables.create(self._engine)
        self.run(lambda session: loader.load(session, models=models, topics=registry.topics()))

    @property
    def is_untouched(self) -> bool:
        """Whether nothing has happened since the demo was loaded."""
        return self._in_memory and self._at_first == self._stand()

    def keep(self) -> Kept:
        """What has happened so far, for another play to go on from."""
        home = Path(self._home.name)
        files = {
            str(one.relative_to(home)): one.read_bytes() for one in home.rglob("*") if one.is_file()
        }
        rows = sqlite3.connect(":memory:", check_same_thread=False)
        self._raw().backup(rows)
        return Kept(rows, files, clock.now())

    def go_on_from(self, kept: Kept) -> None:
        """Be where another play was, instead of where this one is."""
        kept.rows.backup(self._raw())
        for name, content in kept.files.items():
            file = Path(self._home.name, name)
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content)
        clock.set_to(kept.now)
        cache.clear()
        self._at_first = None

    def _raw(self) -> sqlite3.Connection:
        """The one connection of a database in memory."""
        with self._engine.connect() as connected:
            return connected.connection.driver_connection  # type: ignore[return-value]

    def _stand(self) -> tuple[datetime, int] | None:
        """The time, and how many rows were ever written."""
        return (clock.now(), self._raw().total_changes) if self._in_memory else None

    def _by_role(self, session: Session, role: str) -> User | None:
        for one in loader.cast()["users"]:
            if role in one["roles"]:
                return identity.by_login(session, one["login"])
        return None


class PlayedCase:
    """One case of a play, seen as its people see it."""

    def __init__(self, play: Play, case_id: int) -> None:
        self.play = play
        self.id = case_id

    @property
    def row(self) -> Case:
        """The case row as it is stored now."""
        with self.play.session() as session:
            return session.get_one(Case, self.id)

    @property
    def status(self) -> str:
        """The case status."""
        return self.row.status

    @property
    def tasks(self) -> list[UserTask]:
        """The open tasks."""
        query = select(UserTask).where(UserTask.instance_id == self.id).order_by(UserTask.id)
        with self.play.session() as session:
            return list(session.scalars(query))

    @property
    def waits_for(self) -> set[str]:
        """Activities in whose hands the case is: people, departments, messages in its flow."""
        with self.play.session() as session:
            outside = session.scalars(
                select(Job.activity).where(
                    Job.instance_id == self.id,
                    Job.kind == "external_task",
                    Job.topic.not_in([*all_operations()]),
                )
            )
            beside = self._beside(session)
            awaited = {one.activity for one in self._subscriptions(session)} - beside
            return {task.activity for task in self.tasks} | set(outside) | awaited

    @property
    def awaits(self) -> set[str]:
        """Names of the messages that could reach the case now."""
        with self.play.session() as session:
            return {one.name for one in self._subscriptions(session) if one.kind == "message"}

    @property
    def variables(self) -> dict[str, Any]:
        """The variables of the case."""
        return self.play.run(lambda session: runtime.variables(session, self.id))

    @property
    def incidents(self) -> list[str]:
        """What keeps the case from going on."""
        with self.play.session() as session:
            return [one.message for one in _incidents.open_for(session, self.id)]

    @property
    def letters(self) -> list[str]:
        """Templates of the documents issued, in order."""
        with self.play.session() as session:
            return [one.template for one in documents.issued(session, self.id)]

    @property
    def messages(self) -> list[str]:
        """Names of the messages thrown, in order."""
        with self.play.session() as session:
            events = history.events(session, self.id)
            return [one.data["name"] for one in events if one.type == "message.thrown"]

    @property
    def ended(self) -> str | None:
        """The end event that the case reached last, or None while it runs."""
        with self.play.session() as session:
            instance = session.get_one(ProcessInstance, self.id)
            if instance.status in {"active", "suspended"}:
                return None
            elements = repository.compiled(session, instance.definition_id).elements
            done = [
                event.activity
                for event in history.events(session, self.id)
                if event.type == "activity.completed"
                and isinstance(elements.get(event.activity), EndEvent)
            ]
            return done[-1] if done else instance.status

    def complete(self, activity: str, *, as_: str, **answers: Any) -> None:
        """Do a task with its form, as somebody of the cast."""
        by, task = self.play.user(as_), self._task(activity)
        self.play.run(lambda session: worklist.submit(session, task.id, by=by, answers=answers))
        self.play.drain()

    def works(self, topic: str, **result: Any) -> None:
        """Somebody outside does the work of a topic."""
        work = self.play.outside(self.id, topic)
        self.play.run(
            lambda session: external_tasks.complete(session, work, variables=dict(result))
        )
        self.play.drain()

    def fails(self, topic: str, *, code: str, **variables: Any) -> None:
        """Somebody outside answers with a business error."""
        work = self.play.outside(self.id, topic)
        self.play.run(
            lambda session: external_tasks.bpmn_error(
                session, work, code=code, message=code, variables=dict(variables)
            )
        )
        self.play.drain()

    def receives(self, message: str, **payload: Any) -> None:
        """A message that the case waits for comes in."""
        with self.play.session() as session:
            keys = [
                one.correlation_key
                for one in self._subscriptions(session)
                if one.kind == "message" and one.name == message
            ]
        if not keys:
            raise LookupError(f"the case does not wait for {message!r}, but for {self.awaits}")
        self.play.run(
            lambda session: messages.correlate(
                session,
                message,
                keys[0],
                dict(payload),
                message_id=f"{message}-{ids.next_id()}",
                channel="play",
                ttl=timedelta(days=1),
            )
        )
        self.play.drain()

    def sends(self, title: str, *, as_: str = "applicant", **answers: Any) -> None:
        """The applicant does the first of the public actions of a title, whatever it is about."""
        by = self.play.user(as_)

        def command(session: Session) -> None:
            case = case_commands.get(session, self.id, by=by)
            offered = case_commands.public_actions(session, case, by=by)
            action = next(one for one in offered if one.title.partition("（")[0] == title)
            case_commands.send(session, case.id, action.subscription_id, by=by, answers=answers)

        self.play.run(command)
        self.play.drain()

    def passes(self, **time: int) -> None:
        """Let time go by; see `Play.passes`."""
        self.play.passes(**time)

    def _task(self, activity: str) -> UserTask:
        for task in self.tasks:
            if task.activity == activity:
                return task
        raise LookupError(f"{activity!r} is not open; the case waits for {self.waits_for}")

    def _subscriptions(self, session: Session) -> list[EventSubscription]:
        query = select(EventSubscription).where(EventSubscription.instance_id == self.id)
        return list(session.scalars(query.order_by(EventSubscription.id)))

    def _beside(self, session: Session) -> set[str]:
        """Events attached to an activity or starting an event sub-process."""
        found = set()
        for one in self._subscriptions(session):
            element = repository.compiled(session, one.definition_id).elements.get(one.activity)
            if isinstance(element, BoundaryEvent | StartEvent):
                found.add(one.activity)
        return found
