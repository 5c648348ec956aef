"""Files by content hash, and the documents issued in a case.

Invariant: a file is on disk, complete, before its row commits; an issued document is never
changed, a correction is a new one.
"""

from datetime import date, datetime
from typing import Any

from sqlalchemy import BigInteger, Date, ForeignKey, Index, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from engine import clock
from engine.columns import Base, Id, Instant
from processes.model.types import SealedVariables


class StoredFile(Base):
    """Bytes kept once under their SHA-256."""

    __tablename__ = "stored_file"

    sha256: Mapped[str] = mapped_column(String(64), primary_key=True)
    size: Mapped[int] = mapped_column(BigInteger)
    content_type: Mapped[str] = mapped_column(String(100))
    created_at: Mapped[datetime] = mapped_column(Instant, default=clock.now)
    created_by: Mapped[int | None] = mapped_column(BigInteger)


class CaseArchive(Base):
    """The package of a case that was archived (归档): which bytes, kept until when; append-only."""

    __tablename__ = "case_archive"

    case_id: Mapped[int] = mapped_column(
        ForeignKey("case_file.id"), primary_key=True, autoincrement=False
    )
    sha256: Mapped[str] = mapped_column(ForeignKey("stored_file.sha256"), index=True)
    keep_until: Mapped[date] = mapped_column(Date, index=True)
    archived_by: Mapped[int] = mapped_column(BigInteger)
    archived_at: Mapped[datetime] = mapped_column(Instant, default=clock.now)


class PrintedForm(Base):
    """An approval form that was printed (审批单): which opinions it showed; append-only."""

    __tablename__ = "printed_form"

    code: Mapped[str] = mapped_column(String(32), primary_key=True)
    """The verification code on the paper."""
    case_id: Mapped[int] = mapped_column(ForeignKey("case_file.id"), index=True)
    opinions: Mapped[int] = mapped_column(Integer)
    """How many it showed."""
    head: Mapped[str] = mapped_column(String(64))
    """The link of the last of them."""
    sha256: Mapped[str] = mapped_column(String(64), index=True)
    """Of the PDF, which is not kept."""
    printed_by: Mapped[int] = mapped_column(BigInteger)
    printed_at: Mapped[datetime] = mapped_column(Instant, default=clock.now)


class Document(Base):
    """A letter or certificate issued: number, template, what was written in it, the file."""

    __tablename__ = "document"
    __table_args__ = (Index("ix_document_case", "case_id", "id"),)

    id: Mapped[Id]
    case_id: Mapped[int | None] = mapped_column(BigInteger)
    kind: Mapped[str] = mapped_column(String(64))
    title: Mapped[str] = mapped_column(String(200))
    number: Mapped[str | None] = mapped_column(String(100), unique=True)
    template: Mapped[str] = mapped_column(String(128))
    template_digest: Mapped[str] = mapped_column(String(64))
    values: Mapped[dict[str, Any]] = mapped_column(SealedVariables("document.values"))
    sha256: Mapped[str | None] = mapped_column(ForeignKey("stored_file.sha256"), index=True)
    """The file; NULL while it was not asked for (`documents.deferred`)."""
    ofd_sha256: Mapped[str | None] = mapped_column(ForeignKey("stored_file.sha256"), index=True)
    """The same as OFD, where it was issued in that format too."""
    pages: Mapped[int] = mapped_column(Integer, default=1)
    org_code: Mapped[str | None] = mapped_column(String(64))
    issued_by: Mapped[int | None] = mapped_column(BigInteger)
    issued_at: Mapped[datetime] = mapped_column(Instant, default=clock.now)
    verification_code: Mapped[str] = mapped_column(String(32), unique=True)
    status: Mapped[str] = mapped_column(String(16), default="issued")
    public: Mapped[bool] = mapped_column(default=True)
    """Whether the applicant may download it."""
    print_count: Mapped[int] = mapped_column(Integer, default=0)
