"""Cases and what belongs to them: drafts, materials, opinions, the clock ledger, notices.

Invariant: a case row is derived from its process instance (same id) after each step; no page
writes it. Opinions, clock entries and links are appended, never changed.
"""

from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    Date,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Text,
    UniqueConstraint,
)
from sqlalchemy.orm import Mapped, mapped_column

from engine import clock
from engine.columns import Base, Id, Instant
from processes.model.types import Sealed, SealedVariables


class Case(Base):
    """One matter of one applicant, from filing to archive; 1:1 with its root instance."""

    __tablename__ = "case_file"
    __table_args__ = (
        Index("ix_case_scope", "org_code", "status", "id"),
        Index("ix_case_applicant_user", "applicant_user", "id"),
        Index("ix_case_applicant_org", "applicant_org", "id"),
        Index("ix_case_due", "due_on"),
    )

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    reference: Mapped[str] = mapped_column(String(64), unique=True)
    query_code: Mapped[str] = mapped_column(String(16))
    process_key: Mapped[str] = mapped_column(String(128), index=True)
    title: Mapped[str] = mapped_column(String(300))
    kind: Mapped[str] = mapped_column(String(64), default="")
    channel: Mapped[str] = mapped_column(String(32), default="efiling")
    org_code: Mapped[str | None] = mapped_column(ForeignKey("org.org_code"))
    applicant_name: Mapped[str] = mapped_column(String(200), default="", index=True)
    applicant_user: Mapped[int | None] = mapped_column(BigInteger)
    applicant_org: Mapped[str | None] = mapped_column(String(64))
    applicant_person_key: Mapped[str | None] = mapped_column(String(64), index=True)
    id_no_hash: Mapped[str | None] = mapped_column(String(64), index=True)
    id_no_tail: Mapped[str] = mapped_column(String(8), default="")
    status: Mapped[str] = mapped_column(String(32), default="submitted")
    outcome: Mapped[str] = mapped_column(String(64), default="")
    step: Mapped[str] = mapped_column(String(200), default="")
    submitted_at: Mapped[datetime] = mapped_column(Instant, default=clock.now, index=True)
    accepted_at: Mapped[datetime | None] = mapped_column(Instant)
    due_on: Mapped[date | None] = mapped_column(Date)
    amount: Mapped[int | None] = mapped_column(BigInteger)
    """What the case is about in money, in fen; NULL: unknown, or it is about none."""
    ended_at: Mapped[datetime | None] = mapped_column(Instant)
    urged_at: Mapped[datetime | None] = mapped_column(Instant)
    urge_count: Mapped[int] = mapped_column(Integer, default=0)


class CaseLink(Base):
    """Two cases that belong together, and why."""

    __tablename__ = "case_link"

    id: Mapped[Id]
    case_id: Mapped[int] = mapped_column(ForeignKey("case_file.id"), index=True)
    other_id: Mapped[int] = mapped_column(BigInteger, index=True)
    relation: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[datetime] = mapped_column(Instant, default=clock.now)


class FormDraft(Base):
    """Answers not yet submitted: to a task, or of a new application; seen by their author alone."""

    __tablename__ = "form_draft"
    __table_args__ = (Index("ux_form_draft", "user_id", "subject", unique=True),)

    id: Mapped[Id]
    user_id: Mapped[int] = mapped_column(BigInteger)
    subject: Mapped[str] = mapped_column(String(160))
    """`task:<id>`, `event:<subscription id>` or `apply:<process key>[:<n>]`."""
    title: Mapped[str] = mapped_column(String(300), default="")
    answers: Mapped[dict[str, Any]] = mapped_column(SealedVariables("form_draft.answers"))
    step: Mapped[int] = mapped_column(Integer, default=0, server_default="0")
    """The section its author stopped at, counted from 0; one past it: the last check."""
    origin_case: Mapped[int | None] = mapped_column(BigInteger)
    """The case whose process prepared it (a consultation); what is filed is linked to it."""
    saved_at: Mapped[datetime] = mapped_column(Instant, default=clock.now, onupdate=clock.now)


class ModelDraft(Base):
    """A bundle on its way to release: draft → submitted → released, or rejected / withdrawn."""

    __tablename__ = "model_draft"
    __table_args__ = (Index("ix_model_draft_key", "key", "status"),)

    id: Mapped[Id]
    key: Mapped[str] = mapped_column(String(128))
    status: Mapped[str] = mapped_column(String(16), default="draft")
    files: Mapped[bytes] = mapped_column(LargeBinary)
    digest: Mapped[str] = mapped_column(String(64))
    note: Mapped[str] = mapped_column(Text, default="")
    based_on: Mapped[int | None] = mapped_column(Integer)
    revision: Mapped[int] = mapped_column(Integer, default=1)
    author: Mapped[int] = mapped_column(BigInteger)
    saved_at: Mapped[datetime] = mapped_column(Instant, default=clock.now)
    submitted_at: Mapped[datetime | None] = mapped_column(Instant)
    decided_by: Mapped[int | None] = mapped_column(BigInteger)
    decided_at: Mapped[datetime | None] = mapped_column(Instant)
    decision: Mapped[str] = mapped_column(Text, default="")
    deployment_id: Mapped[int | None] = mapped_column(BigInteger)


class Material(Base):
    """One file handed in for a case; a new version of it is a new row."""

    __tablename__ = "material"
    __table_args__ = (Index("ix_material_case", "case_id", "id"),)

    id: Mapped[Id]
    case_id: Mapped[int] = mapped_column(BigInteger)
    code: Mapped[str] = mapped_column(String(128))
    """The form field that carries it."""
    title: Mapped[str] = mapped_column(String(200))
    sha256: Mapped[str] = mapped_column(ForeignKey("stored_file.sha256"), index=True)
    file_name: Mapped[str] = mapped_column(String(255))
    size: Mapped[int] = mapped_column(BigInteger)
    content_type: Mapped[str] = mapped_column(String(100))
    trust: Mapped[str] = mapped_column(String(1), default="C")
    """Grade of the State Council guide 2016 no. 108: A issued, B checked, C uploaded, D own."""
    uploaded_by: Mapped[int | None] = mapped_column(BigInteger)
    uploaded_at: Mapped[datetime] = mapped_column(Instant, default=clock.now)
    replaced_by: Mapped[int | None] = mapped_column(BigInteger)


BESIDE: Final = ("copy_replied", "inquiry_answered", "handed_over")
"""Actions that are no part in handling a case: of readers, of who was asked, of who moves work."""


class Opinion(Base):
    """What one person decided or said in one task, with the true time and the time of entry."""

    __tablename__ = "opinion"
    __table_args__ = (
        Index("ix_opinion_case", "case_id", "id"),
        Index("ix_opinion_by", "by", "id"),
        Index("ix_opinion_task", "task_id"),
    )

    id: Mapped[Id]
    case_id: Mapped[int] = mapped_column(BigInteger)
    task_id: Mapped[int | None] = mapped_column(BigInteger)
    activity: Mapped[str] = mapped_column(String(128))
    activity_name: Mapped[str] = mapped_column(String(200))
    by: Mapped[int] = mapped_column(BigInteger)
    by_name: Mapped[str] = mapped_column(String(200))
    by_org: Mapped[str] = mapped_column(String(200), default="")
    for_user: Mapped[int | None] = mapped_column(BigInteger)
    acting_for: Mapped[int | None] = mapped_column(BigInteger)
    """The principal, where an agent acted (代理)."""
    acting_for_name: Mapped[str] = mapped_column(String(200), default="")
    decision: Mapped[str] = mapped_column(String(100), default="")
    text: Mapped[str] = mapped_column(Text, default="")
    action: Mapped[str] = mapped_column(String(32), default="completed")
    at: Mapped[datetime] = mapped_column(Instant, default=clock.now)
    """When it was entered."""
    true_at: Mapped[datetime | None] = mapped_column(Instant)
    """When it was in truth decided, where it was entered later (补录)."""
    attachments: Mapped[str] = mapped_column(Text, default="")
    """SHA-256 of the files handed in with it, in order, a space between."""
    signature: Mapped[str | None] = mapped_column(String(64))
    """File (SHA-256) of the handwritten signature its author had then."""
    digest: Mapped[str | None] = mapped_column(String(64))
    """SHA-256 of what was said (`processes.sealing`); none on opinions from before there were."""
    position: Mapped[int | None] = mapped_column(Integer)
    """The how manieth of its case, from 1; none on opinions from before they were chained."""
    link: Mapped[str | None] = mapped_column(String(64))
    """SHA-256 over the digest and the link before it: what is taken out or put in shows."""
    seal: Mapped[str | None] = mapped_column(String(64))
    """Keyed hash over digest and link, which this installation alone can make."""


class OpinionChain(Base):
    """How far the opinions of a case go: without it, the last could be taken away unseen."""

    __tablename__ = "opinion_chain"

    case_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    length: Mapped[int] = mapped_column(Integer, default=0)
    head: Mapped[str] = mapped_column(String(64), default="")
    seal: Mapped[str] = mapped_column(String(64), default="")
    """Keyed hash over case, length and head."""


class ClockEntry(Base):
    """One line of a case's clock ledger; due date and colour are derived from the lines."""

    __tablename__ = "clock_entry"
    __table_args__ = (Index("ix_clock_case", "case_id", "limit_name", "id"),)

    id: Mapped[Id]
    case_id: Mapped[int] = mapped_column(BigInteger)
    limit: Mapped[str] = mapped_column("limit_name", String(64))
    """The clock it belongs to; `*` is every clock of the case that runs."""
    event: Mapped[str] = mapped_column(String(16))
    """start, suspend, resume, extend, correct or stop."""
    amount: Mapped[int | None] = mapped_column(Integer)
    unit: Mapped[str] = mapped_column(String(16), default="working_days")
    effective_at: Mapped[datetime] = mapped_column(Instant)
    reason: Mapped[str] = mapped_column(Text, default="")
    basis: Mapped[str] = mapped_column(Text, default="")
    """The provision it rests on."""
    title: Mapped[str] = mapped_column(String(100), default="")
    extend_most: Mapped[int] = mapped_column(Integer, default=0)
    """By how much a limit may be extended in all; on the line that starts it."""
    corrects: Mapped[int | None] = mapped_column(BigInteger)
    document_id: Mapped[int | None] = mapped_column(BigInteger)
    place: Mapped[int] = mapped_column(BigInteger, default=0)
    """The activity instance in which it came about (a called process); 0: it was made by hand.

    Suspensions of several places last beside each other, each until its own place resumes.
    """
    activity: Mapped[str] = mapped_column(String(255), default="")
    """The element of the model that it came from."""
    actor: Mapped[str] = mapped_column(String(64), default="")
    entered_at: Mapped[datetime] = mapped_column(Instant, default=clock.now)


class CaseLimit(Base):
    """Where a clock of a case stands: a copy derived from its ledger, for lists and sorting."""

    __tablename__ = "case_limit"
    __table_args__ = (
        Index("ix_case_limit_due", "state", "due_at"),
        Index("ix_case_limit_near", "state", "near_at"),
    )

    case_id: Mapped[int] = mapped_column(ForeignKey("case_file.id"), primary_key=True)
    limit: Mapped[str] = mapped_column("limit_name", String(64), primary_key=True)
    title: Mapped[str] = mapped_column(String(100), default="")
    state: Mapped[str] = mapped_column(String(16))
    due_at: Mapped[datetime | None] = mapped_column(Instant)
    near_at: Mapped[datetime | None] = mapped_column(Instant)
    """From when its end is near: the agency's working day before its last day."""
    calendar_version: Mapped[int] = mapped_column(BigInteger, default=0)
    provisional: Mapped[bool] = mapped_column(default=False)


class Notification(Base):
    """A notice in one user's box; other ways to him are its deliveries."""

    __tablename__ = "notification"
    __table_args__ = (Index("ix_notification_user", "user_id", "read_at", "id"),)

    id: Mapped[Id]
    user_id: Mapped[int] = mapped_column(BigInteger)
    case_id: Mapped[int | None] = mapped_column(BigInteger, index=True)
    kind: Mapped[str] = mapped_column(String(64))
    title: Mapped[str] = mapped_column(String(200))
    body: Mapped[str] = mapped_column(Text, default="")
    link: Mapped[str] = mapped_column(String(300), default="")
    created_at: Mapped[datetime] = mapped_column(Instant, default=clock.now)
    read_at: Mapped[datetime | None] = mapped_column(Instant)
    dedupe_key: Mapped[str | None] = mapped_column(String(200), unique=True)


class NoticeChoice(Base):
    """By which ways somebody wants his notices beside the box, the first first."""

    __tablename__ = "notice_choice"

    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"), primary_key=True)
    channels: Mapped[str] = mapped_column(String(200), default="")
    """Codes of channels, a space between them."""
    mail: Mapped[str | None] = mapped_column(Sealed("notice_choice.mail"))
    changed_at: Mapped[datetime] = mapped_column(Instant, default=clock.now)


class NoticeDelivery(Base):
    """A notice on one way to its receiver: waiting, sent, refused (gone on by the next way)."""

    __tablename__ = "notice_delivery"
    __table_args__ = (UniqueConstraint("notice_id", "channel"),)

    id: Mapped[Id]
    notice_id: Mapped[int] = mapped_column(ForeignKey("notification.id"))
    channel: Mapped[str] = mapped_column(String(16))
    state: Mapped[str] = mapped_column(String(16), default="waiting")
    receipt: Mapped[str] = mapped_column(String(200), default="")
    reason: Mapped[str] = mapped_column(String(500), default="")
    begun_at: Mapped[datetime] = mapped_column(Instant, default=clock.now)
    ended_at: Mapped[datetime | None] = mapped_column(Instant)


class MaterialItem(Base):
    """One line of a case's material checklist: a copy of what its process says in `materials`."""

    __tablename__ = "material_item"

    case_id: Mapped[int] = mapped_column(ForeignKey("case_file.id"), primary_key=True)
    code: Mapped[str] = mapped_column(String(128), primary_key=True)
    position: Mapped[int] = mapped_column(Integer)
    title: Mapped[str] = mapped_column(String(200))
    kind: Mapped[str] = mapped_column(String(16), default="")
    """original, copy or electronic."""
    state: Mapped[str] = mapped_column(String(16))
    """ok, exempt, missing, defective, deferred, submitted or withdrawn."""
    grade: Mapped[str] = mapped_column(String(1), default="")
    """A to D, as `Material.trust`."""
    reason: Mapped[str] = mapped_column(Text, default="")
    basis: Mapped[str] = mapped_column(Text, default="")
    source: Mapped[str] = mapped_column(String(300), default="")
    """The certificate that stands for it, where nothing is handed in."""
    file_code: Mapped[str] = mapped_column(String(128))
    """`Material.code` of its files."""
    due_on: Mapped[date | None] = mapped_column(Date)
    """By when it has to follow, if it was deferred."""


class SupervisionEntry(Base):
    """Something out of the ordinary in a case that supervisors are to see; append-only."""

    __tablename__ = "supervision_entry"
    __table_args__ = (
        Index("ix_supervision_kind", "kind", "id"),
        Index("ux_supervision_key", "dedupe_key", unique=True),
    )

    id: Mapped[Id]
    case_id: Mapped[int] = mapped_column(ForeignKey("case_file.id"), index=True)
    kind: Mapped[str] = mapped_column(String(32))
    """Of `processes.supervision.KINDS`."""
    reason: Mapped[str] = mapped_column(Text, default="")
    activity: Mapped[str] = mapped_column(String(128))
    dedupe_key: Mapped[str] = mapped_column(String(64))
    at: Mapped[datetime] = mapped_column(Instant, default=clock.now)
