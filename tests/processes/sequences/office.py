"""An office on a generated process: what its people may try, and what must hold after each try.

Refusals are fine as long as they are the product's own words; whatever happens, the rows are what
the tokens imply, the past only grows, and nothing is lost.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine import cache, external_tasks, ids, jobs, repository
from engine.approval.board import Kind
from engine.errors import Conflict, Forbidden, NotFound, TaskNotActive
from engine.model import (
    EventSubscription,
    HistoryEvent,
    Incident,
    Job,
    UserTask,
)
from engine.move_places import MoveRefused
from engine.ports import Message
from engine.store import execution
from engine.waiting import MessageWait
from processes.approvals import approvals
from processes.approvals.approvals import Signers
from processes.casefile import messages
from processes.casework import cases
from processes.desk import worklist
from processes.identity.identity import User
from processes.model.cases import Opinion
from processes.model.people import UserAccount, UserRole
from processes.movement import ending, movement, reclaiming, targets
from processes.movement.movement import Order
from tests.play import Player
from tests.processes.sequences.models import KEY, Model
from tests.processes.sequences.whole import nobody_twice, rows_are, status_of, waits_of

ORG: Final = "370001"
CLERKS: Final = 4
OWN_WORDS: Final = (Conflict, Forbidden, MoveRefused, NotFound, TaskNotActive)
"""How a command may refuse; anything else is a defect."""
_ROUNDS: Final = 200
Row = tuple[Any, ...]


class Office:
    """One case of a generated process, its continuations, and the people who work on it."""

    def __init__(self, tree: Any) -> None:
        self.play = Player()
        self.refused: Counter[str] = Counter()
        self.did: Counter[str] = Counter()
        try:
            self._open(tree)
        except BaseException:
            self.play.close()
            raise

    def _open(self, tree: Any) -> None:
        model = Model(tree)
        self.play.run(lambda session: repository.deploy(session, model.files, by="admin"))
        self.clerks = [self._hire(f"clerk{n}", "licence_reviewer") for n in range(CLERKS)]
        self.managers = [self._hire(f"head{n}", "licence_manager") for n in range(2)]
        people = [str(one.id) for one in self.clerks[:3]]
        begun = self.play.start(KEY, list=["甲", "乙"], people=people, redo=False)
        self.cases = [begun.id]
        self.done: set[Row] = set()
        self._past: dict[str, dict[Any, Row]] = {}
        self._due: dict[int, datetime | None] = {}
        self._moved_clocks = False
        self.check()

    def close(self) -> None:
        self.play.close()

    def _hire(self, login: str, role: str) -> User:
        def command(session: Session) -> None:
            account = UserAccount(login=login, name=login, org_code=ORG, person_key=login)
            session.add(account)
            session.flush()
            session.add(UserRole(user_id=account.id, role=role, org_code=ORG))

        self.play.run(command)
        return self.play.user(login)

    # -- what people try -----------------------------------------------------------------------

    def attempt(self, name: str, command: Callable[[Session], Any]) -> Any:
        """Carry out a command, or hear why not; then everything must hold."""
        made = None
        try:
            made = self.play.run(command)
            self.did[name] += 1
        except OWN_WORDS as refusal:
            self.refused[f"{name}: {refusal.message}"] += 1
        self.play.drain()
        self.check()
        return made

    def task(self, pick: int) -> UserTask | None:
        """One of the open tasks."""
        with self.play.session() as session:
            found = session.scalars(select(UserTask).order_by(UserTask.id)).all()
        return found[pick % len(found)] if found else None

    def holder(self, task: UserTask, pick: int) -> User:
        """Who holds a task, else one of those who could."""
        for one in self.clerks:
            if task.assignee == str(one.id):
                return one
        return self.clerks[pick % CLERKS]

    def complete(self, pick: int, who: int) -> None:
        if task := self.task(pick):
            by, said = self.holder(task, who), ("approve", "reject")[who % 4 == 3]
            helps = task.kind in approvals.HELPERS
            answers = {"decision": said, "opinion": "知悉"} if helps else {}

            def command(session: Session) -> Row:
                place = self._place(session, task)
                worklist.submit(session, task.id, by=by, answers=answers)
                return place

            if place := self.attempt("complete", command):
                self.done.add(place)

    def claim(self, pick: int, who: int) -> None:
        if task := self.task(pick):
            by = self.clerks[who % CLERKS]
            self.attempt("claim", lambda s: worklist.claim(s, task.id, by=by))

    def release(self, pick: int, who: int) -> None:
        if task := self.task(pick):
            by = self.holder(task, who)
            self.attempt("release", lambda s: worklist.release(s, task.id, by=by))

    def save(self, pick: int, who: int) -> None:
        if task := self.task(pick):
            by = self.holder(task, who)
            self.attempt("save", lambda s: worklist.save_draft(s, task.id, by=by, answers={"a": 1}))

    def transfer(self, pick: int, who: int) -> None:
        if task := self._held(pick, who):
            by, to = self.holder(task, who), self.clerks[(who + 1) % CLERKS].id
            self.attempt(
                "transfer", lambda s: worklist.transfer(s, task.id, by=by, to=to, reason="出差")
            )

    def delegate(self, pick: int, who: int) -> None:
        if task := self._held(pick, who):
            by, to = self.holder(task, who), self.clerks[(who + 2) % CLERKS].id
            self.attempt(
                "delegate", lambda s: approvals.delegate(s, task.id, by=by, to=to, reason="请看")
            )

    def sign(self, pick: int, who: int, kind: Kind) -> None:
        if task := self._held(pick, who):
            by, to = self.holder(task, who), self.clerks[(who + 3) % CLERKS].id
            wanted = Signers(kind, [to], ordered=bool(pick % 2))
            self.attempt(
                f"sign {kind}",
                lambda s: approvals.add_signers(s, task.id, wanted, by=by, reason="请会签"),
            )

    def remove(self, pick: int, who: int) -> None:
        case = self._case(pick)
        with self.play.session() as session:
            added = [
                (item, placed)
                for placed in approvals.standing(session, case)
                for item in placed.board.items
                if item.kind is not Kind.MAIN and not item.ended
            ]
        if added:
            item, placed = added[pick % len(added)]
            owner = placed.board.item(item.parent).user if item.parent else ""
            by = next((one for one in self.clerks if str(one.id) == owner), self.clerks[0])
            self.attempt(
                "remove",
                lambda s: approvals.remove_signer(s, case, item.id, by=by, reason="不必了"),
            )

    def send_back(self, pick: int, who: int, *, straight: bool, recompute: bool) -> None:
        """Return the first task from there on that can be returned somewhere."""
        for turn in range(3):
            task = self.task(pick + turn)
            if task is None:
                return
            by = self.holder(task, who)

            def command(session: Session, task: UserTask = task, by: User = by) -> Any:
                offered = movement.return_targets(session, task.id, by=by)
                if not offered:
                    raise Conflict("没有可以退回的环节")
                order = self._order(session, task, offered[who % len(offered)].path)
                order = replace(order, straight=straight, recompute=recompute)
                before = self._open_tasks(session)
                made = movement.send_back(session, task.id, by=by, order=order)
                self._moved(session, before, {task.id, *order.confirmed}, made)
                self._done_before(session, made)
                return made

            if self.attempt("straight" if straight else "return", command):
                return

    def jump(self, pick: int, who: int) -> None:
        task = self.task(pick)
        if task is None:
            return
        by = self.managers[0]

        def command(session: Session) -> Any:
            _mover, offered = movement.jump_targets(session, task.instance_id, by=by, mover=task.id)
            if not offered:
                raise Conflict("没有可以跳转的环节")
            order = self._order(session, task, offered[who % len(offered)].path)
            before = self._open_tasks(session)
            made = movement.jump(session, task.instance_id, by=by, order=order, mover=task.id)
            self._moved(session, before, {task.id, *order.confirmed}, made)
            return made

        self.attempt("jump", command)

    @staticmethod
    def _order(session: Session, task: UserTask, to: str) -> Order:
        lost = movement.preview(session, task.instance_id, task.id, to=to).cancelled
        return Order(to=to, reason="材料不清", confirmed={one.task_id for one in lost})

    @staticmethod
    def _open_tasks(session: Session) -> set[int]:
        return {*session.scalars(select(UserTask.id))}

    def _moved(
        self, session: Session, before: set[int], named: set[int], made: Sequence[UserTask]
    ) -> None:
        """A move opens its target, and takes away those tasks that were named, no others."""
        assert made, "a move opens its target"
        gone = before - self._open_tasks(session)
        assert gone == named, "just the tasks that were named are gone"

    def _done_before(self, session: Session, made: Sequence[UserTask]) -> None:
        """Where a task is returned to somebody has done it: there, not at another of that name."""
        for task in made:
            assert self._place(session, task) in self.done, self._place(session, task)

    @staticmethod
    def _place(session: Session, task: UserTask) -> Row:
        wait = cache.peek(session, task.instance_id).waits[task.id]
        return task.instance_id, *wait.called_path, task.activity

    def reclaim(self, pick: int, who: int) -> None:
        with self.play.session() as session:
            query = select(Opinion).where(Opinion.action == "completed").order_by(Opinion.id.desc())
            done = session.scalars(query.limit(4)).all()
        if done:
            said = done[pick % len(done)]
            by = next(one for one in self.clerks if one.id == said.by)

            def command(session: Session) -> Any:
                made = reclaiming.reclaim(session, said.task_id or 0, by=by, reason="填错")
                assert [self._place(session, one)[-1] for one in made] == [said.activity]
                self._done_before(session, made)
                return made

            self.attempt("reclaim", command)

    def suspend(self, pick: int) -> None:
        case, by = self._case(pick), self.managers[0]
        self._moved_clocks = True
        self.attempt("suspend", lambda s: cases.suspend(s, case, by=by, reason="核查"))

    def resume(self, pick: int) -> None:
        case, by = self._case(pick), self.managers[0]
        self._moved_clocks = True
        self.attempt("resume", lambda s: cases.resume(s, case, by=by, reason="完毕"))

    def rests(self, pick: int) -> bool:
        return self._status(self._case(pick)) == "suspended"

    def over(self, pick: int) -> bool:
        return self._status(self._case(pick)) in ("completed", "terminated")

    def terminate(self, pick: int) -> None:
        case, by = self._case(pick), self.managers[0]
        self.attempt("terminate", lambda s: cases.terminate(s, case, by=by, reason="不办了"))

    def void(self, pick: int) -> None:
        case, (first, second) = self._case(pick), self.managers
        self.attempt("ask", lambda s: ending.ask_to_void(s, case, by=first, reason="重复"))
        self.attempt(
            "void", lambda s: ending.void(s, case, by=second, reason="", agree=pick % 3 > 0)
        )

    def reopen(self, pick: int, who: int) -> None:
        case, by = self._case(pick), self.managers[0]

        def command(session: Session) -> int:
            offered = targets.restartable(session, case)
            if not offered:
                raise Conflict("没有可以唤醒的环节")
            at = offered[who % len(offered)].path
            return ending.reopen(
                session, case, by=by, at=at, basis="第六十九条", reason="新证据"
            ).id

        made = self.attempt("reopen", command)
        if made is not None:
            self.cases.append(made)

    def wait(self, hours: int) -> None:
        """Time goes by; whatever is due happens."""
        self._moved_clocks = True  # a cycle is armed again
        self.play.passes(hours=hours)
        self.did["wait"] += 1
        self.check()

    def message(self, pick: int) -> None:
        """A message that somebody waits for comes in."""
        with self.play.session() as session:
            query = select(EventSubscription).where(EventSubscription.instance_id.is_not(None))
            found = session.scalars(query.order_by(EventSubscription.id)).all()
        alone = Counter((one.name, one.correlation_key) for one in found)
        found = [one for one in found if alone[one.name, one.correlation_key] == 1]
        if found:
            one = found[pick % len(found)]
            sent = Message(f"n{ids.next_id()}", one.name, one.correlation_key, {})
            self.attempt("message", lambda s: messages.accept(s, channel="any", message=sent))

    def work(self, pick: int) -> None:
        """Somebody outside does the work of a service task."""
        with self.play.session() as session:
            query = select(Job.id).where(Job.kind == "external_task", Job.suspended.is_(False))
            found = session.scalars(query.order_by(Job.id)).all()
            chosen = found[pick % len(found) : pick % len(found) + 1] if found else []
            taken = jobs.acquire(session, "outside", only=chosen) if chosen else []
        for job in taken:
            self.attempt("work", lambda s, job=job: external_tasks.complete(s, job, variables={}))

    def _held(self, pick: int, who: int) -> UserTask | None:
        """One of the open tasks, in somebody's hands."""
        task = self.task(pick)
        if task is not None and task.assignee is None:
            by = self.clerks[who % CLERKS]
            self.attempt("claim", lambda s: worklist.claim(s, task.id, by=by))
            return self.task(pick)
        return task

    def _case(self, pick: int) -> int:
        return self.cases[-1 - pick % len(self.cases)]

    # -- to the end ------------------------------------------------------------------------------

    def finish(self) -> None:
        """Do whatever is open until every case has ended: no token was lost on the way."""
        for case in self.cases:
            if self._status(case) == "suspended":
                self._moved_clocks = True
                self.attempt(
                    "resume",
                    lambda s, case=case: cases.resume(s, case, by=self.managers[0], reason="完毕"),
                )
        for round_ in range(_ROUNDS):
            if all(self._status(case) in ("completed", "terminated") for case in self.cases):
                return
            self._go_on(round_)
        raise AssertionError(f"the case does not end: {self._open_things()}")

    def _go_on(self, round_: int) -> None:
        before = sum(self.did.values())
        if self.task(0) is not None:
            self.complete(0, round_)
        else:
            self.work(0)
        if sum(self.did.values()) == before and not self._deliver():
            self.wait(48)

    def _deliver(self) -> bool:
        """The first message that the flow waits for, straight to the one who waits.

        Where two wait for the same, the product asks a person who is meant.
        """

        def command(session: Session) -> bool:
            for case in self.cases:
                for wait in waits_of(session, case).values():
                    if isinstance(wait, MessageWait) and not wait.beside:
                        with execution(session, case, actor="any") as step:
                            step.deliver(wait.id, {})
                        return True
            return False

        return bool(self.attempt("deliver", command))

    def _status(self, case: int) -> str:
        with self.play.session() as session:
            return status_of(session, case)

    def _open_things(self) -> list[str]:
        with self.play.session() as session:
            return [repr(wait) for case in self.cases for wait in waits_of(session, case).values()]

    # -- what must hold --------------------------------------------------------------------------

    def check(self) -> None:
        """The invariant, after every operation."""
        with self.play.session() as session:
            kept = {case: waits_of(session, case) for case in self.cases}
        cache.clear()
        with self.play.session() as session:
            stuck = session.scalars(select(Incident)).all()
            assert not stuck, [(one.activity, one.message) for one in stuck]
            due: dict[int, datetime | None] = {}
            for case in self.cases:
                waits = waits_of(session, case)
                assert waits == kept[case], "what is stored is what is in memory"
                rows_are(session, case, waits)
                due |= {one.id: one.due_at for one in waits.values() if hasattr(one, "due_at")}
                if waits:
                    nobody_twice(cache.peek(session, case))
            self._dues_stay(due)
            self._past_stays(session)

    def _dues_stay(self, due: dict[int, datetime | None]) -> None:
        if not self._moved_clocks:
            changed = {one for one in due.keys() & self._due.keys() if due[one] != self._due[one]}
            assert not changed, "the due time of something untouched has changed"
        self._due, self._moved_clocks = due, False

    def _past_stays(self, session: Session) -> None:
        for model in (HistoryEvent, Opinion):
            columns = model.__table__.columns
            key = [column.name for column in model.__table__.primary_key]
            now = {
                tuple(getattr(row, one) for one in key): tuple(row)
                for row in session.execute(select(*columns))
            }
            before = self._past.get(model.__tablename__, {})
            for one, row in before.items():
                assert now.get(one) == row, "history is only added to"
            self._past[model.__tablename__] = now
