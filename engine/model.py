"""The tables of the engine.

Invariant: runtime rows (`user_task`, `event_subscription`, `job`) are alive: the row is there while
somebody or something is waited for, and gone afterwards; history is append-only. Runtime rows refer
to their instance without a foreign key: the step that writes them changes the instance's row in the
same transaction, or is undone (ADR 6).
"""

from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    SmallInteger,
    String,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from engine import append_only, clock, history_view, job_incidents
from engine.columns import Base, Big, Id, Instant, Stored
from engine.history_view import HistoryEvent

# and the tables below
__all__ = ["Base", "Big", "HistoryEvent", "Id", "Instant", "Stored"]

# conditions of partial indexes: a query has to use the same words, or SQLite passes them by
HELD = "assignee IS NOT NULL"
POOL = "assignee IS NULL"
READY = "suspended IS FALSE AND retries > 0"
ENDED = "ended_id IS NOT NULL"


class Deployment(Base):
    """A bundle deployed in one piece."""

    __tablename__ = "deployment"

    id: Mapped[Id]
    label: Mapped[str] = mapped_column(String(200), default="")
    digest: Mapped[str] = mapped_column(String(64), index=True)
    deployed_by: Mapped[str] = mapped_column(String(64))
    deployed_at: Mapped[datetime] = mapped_column(Instant, default=clock.now)


class Resource(Base):
    """A file of a deployment; the bytes stand once per content."""

    __tablename__ = "resource"

    deployment_id: Mapped[int] = mapped_column(ForeignKey("deployment.id"), primary_key=True)
    name: Mapped[str] = mapped_column(String(200), primary_key=True)
    digest: Mapped[str] = mapped_column(ForeignKey("resource_content.digest"))


class ResourceContent(Base):
    """Content-addressed bytes."""

    __tablename__ = "resource_content"

    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    content: Mapped[bytes] = mapped_column(LargeBinary)


class ProcessDefinition(Base):
    """A version of a process."""

    __tablename__ = "process_definition"
    __table_args__ = (UniqueConstraint("key", "version"),)

    id: Mapped[Id]
    key: Mapped[str] = mapped_column(String(128), index=True)
    version: Mapped[int] = mapped_column(Integer)
    version_tag: Mapped[str] = mapped_column(String(64), default="")
    name: Mapped[str] = mapped_column(String(200), default="")
    digest: Mapped[str] = mapped_column(String(64))
    deployment_id: Mapped[int] = mapped_column(ForeignKey("deployment.id"), index=True)
    suspended: Mapped[bool] = mapped_column(Boolean, default=False)
    created_at: Mapped[datetime] = mapped_column(Instant, default=clock.now)


class DecisionDefinition(Base):
    """A version of a decision."""

    __tablename__ = "decision_definition"
    __table_args__ = (UniqueConstraint("key", "version"),)

    id: Mapped[Id]
    key: Mapped[str] = mapped_column(String(128), index=True)
    version: Mapped[int] = mapped_column(Integer)
    name: Mapped[str] = mapped_column(String(200), default="")
    digest: Mapped[str] = mapped_column(String(64))
    resource_name: Mapped[str] = mapped_column(String(200))
    deployment_id: Mapped[int] = mapped_column(ForeignKey("deployment.id"), index=True)


class ProcessInstance(Base):
    """A running or ended instance at one revision."""

    __tablename__ = "process_instance"
    __table_args__ = (
        Index("ix_process_instance_business_key", "business_key"),
        Index("ix_process_instance_definition", "definition_id", "status"),
    )

    id: Mapped[Id]
    definition_id: Mapped[int] = mapped_column(ForeignKey("process_definition.id"))
    business_key: Mapped[str] = mapped_column(String(128))
    status: Mapped[str] = mapped_column(String(16), default="active")
    revision: Mapped[int] = mapped_column(Integer, default=1)
    state: Mapped[bytes | None] = mapped_column(LargeBinary)
    sequence: Mapped[int] = mapped_column(BigInteger, default=0)
    """Of the last event in the history that a step wrote; the next ones are greater."""
    started_by: Mapped[str] = mapped_column(String(64))
    started_at: Mapped[datetime] = mapped_column(Instant, default=clock.now)
    ended_at: Mapped[datetime | None] = mapped_column(Instant)


class VariableSnapshot(Base):
    """All variables of an instance by scope, as of a revision; one row an instance.

    Apart from the instance's row, so that a step does not rewrite a case's whole data.
    """

    __tablename__ = "variable_snapshot"

    instance_id: Mapped[int] = mapped_column(Big, primary_key=True, autoincrement=False)
    revision: Mapped[int] = mapped_column(Integer)
    content: Mapped[bytes] = mapped_column(LargeBinary)


class UserTask(Base):
    """A person's work, while it is open."""

    __tablename__ = "user_task"
    __table_args__ = (
        # each task stands in one of the two: held by somebody, or in its pool
        Index(
            "ix_user_task_assignee",
            "assignee",
            "due_at",
            "id",
            sqlite_where=text(HELD),
            postgresql_where=text(HELD),
        ),
        Index(
            "ix_user_task_pool",
            "due_at",
            "id",
            sqlite_where=text(POOL),
            postgresql_where=text(POOL),
        ),
        Index("ix_user_task_instance", "instance_id"),
    )

    # not the row's address on SQLite: a task that follows another is written over it (ADR 8)
    id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    instance_id: Mapped[int] = mapped_column(Big)
    definition_id: Mapped[int] = mapped_column(BigInteger)
    process_key: Mapped[str] = mapped_column(String(128))
    activity: Mapped[str] = mapped_column(String(128))
    name: Mapped[str] = mapped_column(String(200), default="")
    lane: Mapped[str] = mapped_column(String(128), default="")
    scope_id: Mapped[int] = mapped_column(BigInteger)
    assignee: Mapped[str | None] = mapped_column(String(64))
    claimed_at: Mapped[datetime | None] = mapped_column(Instant)
    form_id: Mapped[str] = mapped_column(String(128), default="")
    due_at: Mapped[datetime | None] = mapped_column(Instant)
    follow_up_at: Mapped[datetime | None] = mapped_column(Instant)
    limit_title: Mapped[str] = mapped_column(String(100), default="")
    kind: Mapped[str] = mapped_column(String(16), default="")
    """Among several people: main, beside, before, after or delegate.

    owner: one person's task that had or has helpers.
    """
    priority: Mapped[int] = mapped_column(Integer, default=50)
    separation: Mapped[str] = mapped_column(Text, default="")
    """Activities, separated by blanks, whose performers may not do this task."""
    operations: Mapped[str] = mapped_column(Text, default="")
    candidates: Mapped[str] = mapped_column(Text, default="", server_default="")
    """Who may claim it, a line each: groups (`role@org`) and users (`user:<id>`)."""
    suspended: Mapped[bool] = mapped_column(Boolean, default=False)
    revision: Mapped[int] = mapped_column(Integer, default=1)
    """Rises when the task changes hands; what a page or a program has seen of it."""
    created_at: Mapped[datetime] = mapped_column(Instant, default=clock.now)


class UserTaskCandidate(Base):
    """What `UserTask.candidates` says, turned round: the open tasks of a group or user."""

    __tablename__ = "user_task_candidate"
    __table_args__ = {"sqlite_with_rowid": False}

    candidate: Mapped[str] = mapped_column(String(200), primary_key=True)
    task_id: Mapped[int] = mapped_column(Big, primary_key=True)


class EventSubscription(Base):
    """A message, signal or condition awaited by an instance, or (instance_id null) a start event.

    `kind`: message, signal, condition; `name` is the message's or signal's, or the condition.
    """

    __tablename__ = "event_subscription"
    __table_args__ = (
        Index("ix_event_subscription_match", "kind", "name", "correlation_key"),
        Index("ix_event_subscription_instance", "instance_id"),
    )

    id: Mapped[int] = mapped_column(Big, primary_key=True, autoincrement=False)
    kind: Mapped[str] = mapped_column(String(16), default="message")
    name: Mapped[str] = mapped_column(String(128))
    correlation_key: Mapped[str] = mapped_column(String(200), default="")
    instance_id: Mapped[int | None] = mapped_column(Big)
    definition_id: Mapped[int] = mapped_column(BigInteger)
    activity: Mapped[str] = mapped_column(String(128))
    public_form_id: Mapped[str] = mapped_column(String(128), default="")
    public_title: Mapped[str] = mapped_column(String(200), default="")
    suspended: Mapped[bool] = mapped_column(Boolean, default=False)
    created_at: Mapped[datetime] = mapped_column(Instant, default=clock.now)


class Job(Base):
    """Work for the worker: a timer, an external task, a message to send or a signal."""

    __tablename__ = "job"
    __table_args__ = (
        Index(
            "ix_job_due",
            "priority",
            "due_at",
            "id",
            sqlite_where=text(READY),
            postgresql_where=text(READY),
        ),
        Index("ix_job_instance", "instance_id"),
    )
    __mapper_args__ = {"polymorphic_on": "kind"}

    # as of a user task
    id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    kind: Mapped[str] = mapped_column(String(16))
    instance_id: Mapped[int | None] = mapped_column(Big)
    definition_id: Mapped[int] = mapped_column(BigInteger)
    activity: Mapped[str] = mapped_column(String(128))
    topic: Mapped[str] = mapped_column(String(128), default="")
    """Topic of an external task, name of a message, ISO 8601 repetition of a timer."""
    business_key: Mapped[str] = mapped_column(String(128), default="")
    correlation_key: Mapped[str] = mapped_column(String(200), default="")
    """Key of a message; of a signal's delivery, the subscription it goes to."""
    payload: Mapped[dict[str, Any]] = mapped_column(Stored, default=dict)
    due_at: Mapped[datetime] = mapped_column(Instant, default=clock.now)
    owner: Mapped[str | None] = mapped_column(String(64))
    lease_until: Mapped[datetime | None] = mapped_column(Instant)
    fencing: Mapped[int] = mapped_column(Integer, default=0)
    crashes: Mapped[int] = mapped_column(Integer, default=0, server_default=text("0"))
    """Leases that lapsed since a worker last answered."""
    retries: Mapped[int] = mapped_column(Integer)
    priority: Mapped[int] = mapped_column(SmallInteger, default=0, server_default=text("0"))
    suspended: Mapped[bool] = mapped_column(Boolean, default=False)
    last_error: Mapped[str] = mapped_column(Text, default="")
    created_at: Mapped[datetime] = mapped_column(Instant, default=clock.now)


class Timer(Job):
    """An instant that comes."""

    __mapper_args__ = {"polymorphic_identity": "timer"}


class ExternalTask(Job):
    """Work of a topic."""

    __mapper_args__ = {"polymorphic_identity": "external_task"}


class Dispatch(Job):
    """Work of a topic that no instance waits for; whoever gave it is told how it ended."""

    __mapper_args__ = {"polymorphic_identity": "dispatch"}


class InboundDelivery(Job):
    """A message that was here before its receiver; the job has the message's id."""

    __mapper_args__ = {"polymorphic_identity": "inbound_message"}


class OutboxMessage(Job):
    """A message to send."""

    __mapper_args__ = {"polymorphic_identity": "outbox_message"}


class SignalBroadcast(Job):
    """A signal to be brought to all who wait for it; who began later has a greater id."""

    __mapper_args__ = {"polymorphic_identity": "signal"}


class SignalDelivery(Job):
    """A signal on its way to one subscription."""

    __mapper_args__ = {"polymorphic_identity": "signal_delivery"}


class InboundMessage(Base):
    """A message that came in, once per channel and sender's id."""

    __tablename__ = "inbound_message"
    __table_args__ = (
        UniqueConstraint("channel", "message_id"),
        Index("ix_inbound_message_match", "state", "name", "correlation_key"),
    )

    id: Mapped[Id]
    channel: Mapped[str] = mapped_column(String(64))
    message_id: Mapped[str] = mapped_column(String(200))
    name: Mapped[str] = mapped_column(String(128))
    correlation_key: Mapped[str] = mapped_column(String(200))
    payload: Mapped[dict[str, Any]] = mapped_column(Stored)
    state: Mapped[str] = mapped_column(String(16), default="buffered")
    instance_id: Mapped[int | None] = mapped_column(BigInteger)
    received_at: Mapped[datetime] = mapped_column(Instant, default=clock.now)
    expires_at: Mapped[datetime] = mapped_column(Instant, index=True)


class Incident(Base):
    """Why something cannot go on, while it cannot."""

    __tablename__ = "incident"
    __table_args__ = (Index("ix_incident_instance", "instance_id"),)

    id: Mapped[Id]
    kind: Mapped[str] = mapped_column(String(64))
    instance_id: Mapped[int | None] = mapped_column(ForeignKey("process_instance.id"))
    definition_id: Mapped[int | None] = mapped_column(BigInteger)
    activity: Mapped[str] = mapped_column(String(128), default="")
    activity_id: Mapped[int | None] = mapped_column(BigInteger)
    job_id: Mapped[int | None] = mapped_column(Big, index=True)
    """The job that has no retry left; the database removes the incident when that is over."""
    message: Mapped[str] = mapped_column(Text)
    details: Mapped[dict[str, Any]] = mapped_column(Stored, default=dict)
    raised_at: Mapped[datetime] = mapped_column(Instant, default=clock.now)


class HistoryStep(Base):
    """What one step did, or one command beside the steps: its events and what it wrote.

    A step that ends several waits has a row for each of them, its events shared out in order.
    """

    __tablename__ = "history_step"
    __table_args__ = (
        # how a task or another wait ended: asked by its id alone
        Index(
            "ix_history_step_ended",
            "ended_id",
            sqlite_where=text(ENDED),
            postgresql_where=text(ENDED),
        ),
    )

    instance_id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    revision: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    sequence: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    """Of the first event; the others follow."""
    ended_id: Mapped[int | None] = mapped_column(BigInteger)
    actor: Mapped[str] = mapped_column(String(64), default="")
    at: Mapped[datetime] = mapped_column(Instant, default=clock.now)
    events: Mapped[str] = mapped_column(Text)
    """JSON: of each event type, activity, activity instance and data."""
    delta: Mapped[bytes | None] = mapped_column(LargeBinary)
    """What the step wrote into the scopes."""


class CommandRecord(Base):
    """The answer to a command that carried an idempotency key."""

    __tablename__ = "command_record"

    key: Mapped[str] = mapped_column(String(200), primary_key=True)
    actor: Mapped[str] = mapped_column(String(64), primary_key=True)
    request_digest: Mapped[str] = mapped_column(String(64))
    status: Mapped[int] = mapped_column(Integer)
    response: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(Instant, default=clock.now)


append_only.guard(HistoryStep.__table__)
job_incidents.keep(Job.__table__)
history_view.show(HistoryStep.__table__)
