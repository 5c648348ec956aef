"""Does what people and departments do in a story, through the product's own commands.

Invariant: forms are filled in as on the page and refused as on the page; nobody does what is not
theirs, and where one may not, the next candidate is asked.
"""

from collections.abc import Mapping
from datetime import timedelta
from functools import partial
from typing import Any

from sqlalchemy.orm import Session

from engine import correlation, external_tasks, ids, jobs, runtime
from engine.errors import Forbidden
from engine.model import EventSubscription, Job, UserTask
from engine.variables import Variables
from forms.definition import FormDefinition
from processes.casework import applications, reachable, sources
from processes.casework import cases as case_commands
from processes.country.dice import Dice
from processes.country.facts import Facts
from processes.country.filling import Filling, said
from processes.country.habits import Begin, Habit
from processes.country.world import StoryFailed, World
from processes.deployed import offers, resources
from processes.desk import worklist
from processes.identity.identity import User
from processes.model.cases import Case


class Acting:
    """Everybody of one story."""

    def __init__(self, world: World, facts: Facts, dice: Dice) -> None:
        self._world = world
        self._facts = facts
        self._dice = dice
        self._filers: dict[int, User] = {}

    def file(self, begin: Begin) -> int:
        """File an application, or have the message come in; returns the case."""
        if begin.message:
            return int(self._world.scratch.run(partial(self._arrive, begin)))
        channel = str(said(begin.channel, self._facts.known, self._dice))
        by = self._filer(begin, channel)
        case: int = self._world.scratch.run(partial(self._file, begin, (by, channel)))
        self._filers[case] = by
        return case

    def complete(self, task: UserTask, told: Habit) -> None:
        """Do a task, by one of those who may.

        Raises:
            StoryFailed: there is nobody.
        """
        refused: Forbidden | None = None
        for number in self._doers(task):
            by = self._world.scratch.look(partial(self._world.cast.user, number=number))
            try:
                self._world.scratch.run(partial(self._submit, task, told, by))
            except Forbidden as error:
                refused = error
                continue
            return
        raise StoryFailed(f"没有人可以办理“{task.name}”（{refused}）")

    def hear(self, wait: EventSubscription, told: Habit) -> None:
        """A department or the applicant sends what a case waits for."""
        if told.payload is not None:
            self._world.scratch.run(partial(self._correlate, wait, told.payload))
            return
        try:
            self._world.scratch.run(partial(self._send, wait, told))
        except Forbidden:
            return  # filed at the counter: the applicant comes there, nothing is sent

    def work(self, job: Job, told: Habit) -> None:
        """A machine or service outside answers."""
        self._world.scratch.run(partial(self._answer, job, told.result or {}))

    def _filer(self, begin: Begin, channel: str) -> User:
        wanted = str(said(begin.by, self._facts.known, self._dice))
        cast, scratch = self._world.cast, self._world.scratch
        if wanted in self._facts.people:
            return self._account(wanted, begin, channel)
        holders = cast.holders(wanted)
        if not holders:
            raise StoryFailed(f"没有人担任 {wanted}")
        return scratch.look(partial(cast.user, number=self._dice.one(holders)))

    def _account(self, name: str, begin: Begin, channel: str) -> User:
        """Somebody of the story: by the unified identity where a channel is said."""
        cast, person = self._world.cast, self._facts.people[name]
        level = int(said(begin.level, self._facts.known, self._dice))
        found: User = self._world.scratch.run(
            lambda session: (
                cast.enter(session, person, level=level)
                if channel
                else cast.open_account(session, person)
            )
        )
        return found

    def _arrive(self, begin: Begin, session: Session) -> int:
        """What somebody outside sends begins a case."""
        told = self._said(begin.told, {})
        if begin.by in self._facts.people:
            by = self._world.cast.open_account(session, self._facts.people[begin.by])
            told["applicant"] = {"user": str(by.id), "name": by.name, "org": None, "id_no": None}
        number = str(told.pop("message_key"))
        taken = correlation.correlate(
            session,
            begin.message,
            number,
            told,
            message_id=f"{begin.message}-{number}",
            channel="demo",
            ttl=timedelta(days=1),
        )
        if taken.instance_id is None:
            raise StoryFailed(f"报文 {begin.message} 没有启动流程")
        return taken.instance_id

    def _file(self, begin: Begin, filer: tuple[User, str], session: Session) -> int:
        by, channel = filer
        channel = channel if by.citizen else ""  # a clerk at the counter has none
        form = offers.service(session, begin.process, by=by).form
        answers = {} if form is None else self._filled(session, form, "apply", {}, (by, begin.told))
        made = applications.apply(session, begin.process, by=by, answers=answers, channel=channel)
        return made.id

    def _filled(
        self,
        session: Session,
        form: FormDefinition,
        node: str,
        known: Variables,
        told: tuple[User, Mapping[str, Any]],
    ) -> dict[str, Any]:
        by, hints = told
        me = self._facts.known.get("me") if node == "apply" else None
        return Filling(
            form=form,
            node=node,
            context={
                **self._facts.now(),
                **known,
                "user": by.told,
                reachable.NAME: reachable.off(),
            },
            lookups=sources.lookups(session, by),
            dice=self._dice,
            told=hints,
            known=me or {},
            files=self._world.files,
            before=known,
        ).fill()

    def _doers(self, task: UserTask) -> list[int]:
        if task.assignee:
            return [int(task.assignee)]
        candidates = sorted(task.candidates.splitlines())
        found = [number for one in candidates for number in self._world.cast.holders(one)]
        return self._dice.some(found, len(found))

    def _submit(self, task: UserTask, told: Habit, by: User, session: Session) -> None:
        answers: dict[str, Any] = {}
        if task.form_id:
            form = resources.task_form(session, task)
            known = runtime.variables(session, task.instance_id, scope_id=task.scope_id)
            answers = self._filled(session, form, task.activity, known, (by, told.told))
        worklist.submit(session, task.id, by=by, answers=answers)

    def _correlate(
        self, wait: EventSubscription, told: Mapping[str, Any], session: Session
    ) -> None:
        known = runtime.variables(session, int(wait.instance_id or 0), wait_id=wait.id)
        correlation.correlate(
            session,
            wait.name,
            wait.correlation_key,
            self._said(told, known),
            message_id=f"{wait.name}-{ids.next_id()}",
            channel="demo",
            ttl=timedelta(days=1),
            to=wait.id,
        )

    def _send(self, wait: EventSubscription, told: Habit, session: Session) -> None:
        case = session.get(Case, int(wait.instance_id or 0))
        by = self._applicant(session, case) if case is not None else None
        if case is None or by is None:
            return
        for offered in case_commands.public_actions(session, case, by=by):
            if offered.subscription_id != wait.id:
                continue
            answers: dict[str, Any] = {}
            if offered.form is not None:
                known = runtime.variables(session, case.id, wait_id=wait.id)
                answers = self._filled(session, offered.form, wait.activity, known, (by, told.told))
            case_commands.send(session, case.id, wait.id, by=by, answers=answers)

    def _applicant(self, session: Session, case: Case) -> User | None:
        if case.id in self._filers:
            return self._filers[case.id]
        return self._world.cast.user(session, case.applicant_user) if case.applicant_user else None

    def _answer(self, job: Job, told: Mapping[str, Any], session: Session) -> None:
        known = runtime.variables(session, int(job.instance_id or 0), wait_id=job.id)
        result = self._said(told, {**known, **job.payload})
        for work in jobs.acquire(session, "country", only=[job.id]):
            external_tasks.complete(session, work, variables=result)

    def _said(self, told: Mapping[str, Any], known: Variables) -> dict[str, Any]:
        context = {**self._facts.now(), **known}
        return {name: said(hint, context, self._dice) for name, hint in told.items()}
