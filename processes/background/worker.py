"""Does what the job table holds: fires timers, does service tasks, sends messages.

Invariant: no network inside a transaction. A local operation and the completion of its service task
are one transaction; an adapter works between two, at least once, under the job's idempotency key.
A failure costs a retry with back-off, the last one makes an incident; a lost lease changes nothing.
"""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from sqlalchemy.orm import Session

from engine import external_tasks, jobs, limits, signals
from engine.errors import BanliError, BpmnError, Paused, Retry, TaskNotActive, WorkRefused
from engine.jobs import JobWork
from engine.ports import Channel, Message, Work, Worker
from engine.variables import Variables
from processes.background import handing, succession
from processes.background.succession import Succession
from processes.casefile import deliveries, messages
from processes.exchange import restoration
from processes.exchange.journal import Attempt
from processes.letters.errors import LetterInvalid
from processes.operations import Call, all_operations
from processes.registers import Duplicate

_log = logging.getLogger("banli.worker")
BATCH = 20


@dataclass(slots=True)
class JobWorker:
    """One worker; many may run, in one process or several.

    `routes` says which message goes to which channel; any other is for our own processes.
    """

    transact: Callable[..., object]
    owner: str
    workers: Mapping[str, Worker] = field(default_factory=dict)
    channels: Mapping[str, Channel] = field(default_factory=dict)
    routes: Mapping[str, str] = field(default_factory=dict)
    remote: tuple[str, ...] = ()
    """Topics that programs outside fetch through the API or take as files."""
    _full: int = field(default=0, init=False)
    """Batches in a row that had no place for a job that can wait."""

    def run_once(self) -> int:
        """Do a batch of due jobs; returns how many were taken."""
        taken: list[JobWork] = self.transact(self._acquire)  # type: ignore[assignment]
        full = len(taken) >= BATCH and self._full < limits.LOW_AFTER
        self._full = self._full + 1 if full else 0
        for work in taken:
            self.do(work)
        return len(taken)

    def _acquire(self, session: Session) -> list[JobWork]:
        """Claim what is due; after a restore only what stays inside."""
        held = restoration.held(session) is not None
        return jobs.acquire(
            session,
            self.owner,
            limit=BATCH,
            low=1,  # so that who comes meanwhile waits for one of them at most
            room=1 if self._full >= limits.LOW_AFTER else 0,
            kinds=restoration.GO_ON if held else (),
            leave=(*self.remote, *self.workers, *self.routes) if held else self.remote,
            channels=self.routes,
        )

    def drain(self, *, limit: int = 1_000) -> int:
        """Work until nothing is due, at most `limit` jobs; returns how many were done."""
        done = 0
        while done < limit and (taken := self.run_once()):
            done += taken
        return done

    def do(self, work: JobWork) -> None:
        """Do one job that was claimed; whatever goes wrong is written down."""
        try:
            try:
                self._dispatch(work)
            except BpmnError as error:
                self._throw(work, error)
            except (LetterInvalid, Duplicate) as error:
                self._refuse(work, error.code, error.message, reason=error.message)
        except TaskNotActive as error:
            # the lease passed to another worker, or the token moved on meanwhile: then this
            # changes nothing; a job that is still ours may not come back for ever
            _log.info("job.superseded", extra={"job": work.id})
            self._fail(work, error, final=False)
        except Paused as error:
            self._pause(work, error)
        except Retry as error:
            self._fail(work, error, final=False)
        except Exception as error:
            if not isinstance(error, BanliError):
                _log.exception("job.failed", extra={"job": work.id})
            self._fail(work, error, final=isinstance(error, WorkRefused))

    def _dispatch(self, work: JobWork) -> None:
        if work.kind == "timer":
            self.transact(lambda session: jobs.fire_timer(session, work))
        elif work.kind == "inbound_message":
            self.transact(lambda session: jobs.deliver_buffered(session, work))
        elif work.kind == "outbox_message":
            self._send(work)
        elif work.kind == "signal":
            self.transact(lambda session: signals.broadcast(session, work))
        elif work.kind == "signal_delivery":
            self.transact(lambda session: signals.deliver(session, work))
        elif work.kind == "dispatch":
            self._tell(work)
        elif work.topic in all_operations():
            self._operate(work)
        else:
            self._ask(work)

    def _ask(self, work: JobWork) -> None:
        """Let an adapter work between two transactions; the files it makes commit with the step."""
        if (worker := self.workers.get(work.topic)) is None:
            # no adapter does this topic here: known at once, where the model can go on without
            self._refuse(work, external_tasks.NOT_ENABLED, _missing(work))
            return
        self._hold(work)
        attempt = Attempt(_adapter(work), work)
        named = handing.handed(self.transact, work.variables)
        result = worker.execute(
            Work(work.key, work.topic, work.business_key, work.variables, work.retries, named)
        )
        handing.received(result)

        def done(session: Session, then: Succession | None) -> None:
            variables = handing.kept(session, result)
            external_tasks.complete(session, work, variables=variables, successor=then)
            attempt.ended(session, "answered")

        succession.carry_out(self.transact, done, work, self.remote)

    def _refuse(self, work: JobWork, code: str, message: str, **told: str) -> None:
        """No retry helps: the model goes on where it takes the error, else there is an incident."""
        self.transact(
            lambda session: external_tasks.refused(
                session, work, code=code, message=message, variables=told
            )
        )

    def _tell(self, work: JobWork) -> None:
        """Bring a notice to somebody; a way that is closed, or down for long, gives way."""
        self._hold(work)
        attempt = Attempt(_adapter(work), work)
        try:
            result = self._worker(work).execute(
                Work(work.key, work.topic, work.correlation_key, work.variables, work.retries)
            )
        except (BpmnError, WorkRefused, Retry) as error:
            if isinstance(error, Retry) and deliveries.may_wait(work):
                error.after = error.after or deliveries.pause(work)
                raise
            reason = error.message

            def closed(session: Session) -> None:
                deliveries.refused(session, work, reason)
                attempt.ended(session, "refused", error=reason)

            self.transact(closed)
            return

        def told(session: Session) -> None:
            deliveries.sent(session, work, str(result.get("receipt_no") or ""))
            attempt.ended(session, "answered")

        self.transact(told)

    def _operate(self, work: JobWork) -> None:
        call = Call(
            key=work.key,
            instance_id=work.instance_id,
            definition_id=work.definition_id,
            business_key=work.business_key,
            activity=work.activity,
            variables=work.variables,
        )

        def done(session: Session, then: Succession | None) -> None:
            result = all_operations()[work.topic].run(session, call)
            external_tasks.complete(session, work, variables=result, successor=then)

        succession.carry_out(self.transact, done, work, self.remote)

    def _worker(self, work: JobWork) -> Worker:
        try:
            return self.workers[work.topic]
        except KeyError:
            raise WorkRefused(_missing(work)) from None

    def _send(self, work: JobWork) -> None:
        message = Message(work.key, work.topic, work.correlation_key, work.variables)
        channel = self.routes.get(work.topic)
        if channel is None:
            self.transact(lambda session: messages.deliver(session, work, message))
            return
        if channel not in self.channels:
            raise WorkRefused(f"报文『{work.topic}』的通道『{channel}』没有启用")
        self._hold(work)
        attempt = Attempt(channel, work)
        self.channels[channel].send(message)

        def sent(session: Session) -> None:
            jobs.finish(session, work)
            attempt.ended(session, "sent", content=work.variables)

        self.transact(sent)

    def _hold(self, work: JobWork) -> None:
        """Begin the lease anew: those before it in the batch may have used it up."""
        self.transact(lambda session: jobs.extend(session, work, lease=work.lease))

    def _throw(self, work: JobWork, error: BpmnError) -> None:
        variables: Variables = error.variables

        def thrown(session: Session) -> None:
            external_tasks.bpmn_error(
                session, work, code=error.error_code, message=error.message, variables=variables
            )
            if work.topic in self.workers:
                Attempt(_adapter(work), work).ended(session, "answered", error=error.message)

        self.transact(thrown)

    def _pause(self, work: JobWork, error: Paused) -> None:
        """The department was not asked at all: that costs no retry."""
        after = error.after or jobs.backoff(1)
        self.transact(
            lambda session: jobs.postpone(session, work, message=error.message, after=after)
        )

    def _fail(self, work: JobWork, error: Exception, *, final: bool) -> None:
        after = error.after if isinstance(error, Retry) else None
        text = (
            error.message if isinstance(error, BanliError) else f"内部错误：{type(error).__name__}"
        )

        def failed(session: Session) -> None:
            jobs.fail(session, work, message=text, final=final, after=after)
            if (adapter := self._outside(work)) and not isinstance(error, TaskNotActive):
                outcome = "refused" if final else "failed"
                Attempt(adapter, work).ended(session, outcome, error=text)

        self.transact(failed)

    def _outside(self, work: JobWork) -> str:
        """The adapter that a job goes to; empty for what stays with us."""
        if work.kind == "outbox_message":
            return self.routes.get(work.topic, "")
        return _adapter(work) if work.topic in self.workers else ""


def _missing(work: JobWork) -> str:
    return f"没有启用处理『{work.topic}』的适配器"


def _adapter(work: JobWork) -> str:
    return work.topic.partition(".")[0]
