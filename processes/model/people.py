"""Who there is: organisations, roles, accounts, grants, sessions, failures, audit.

Invariant: an organisation's `path` is that of its parent plus its own code, so that a subtree is
one prefix; audit rows are only ever appended.
"""

from datetime import date, datetime

from sqlalchemy import (
    BigInteger,
    Boolean,
    Date,
    ForeignKey,
    Index,
    Integer,
    String,
    Text,
    UniqueConstraint,
)
from sqlalchemy.orm import Mapped, mapped_column

from engine import clock
from engine.columns import Base, Id, Instant
from processes.model.types import Sealed


class Org(Base):
    """An agency, the centre, or a unit that applies."""

    __tablename__ = "org"
    __table_args__ = (Index("ix_org_path", "path"),)

    org_code: Mapped[str] = mapped_column(String(64), primary_key=True)
    name: Mapped[str] = mapped_column(String(200))
    name_en: Mapped[str] = mapped_column(String(200), default="")
    kind: Mapped[str] = mapped_column(String(64))
    parent_code: Mapped[str | None] = mapped_column(ForeignKey("org.org_code"))
    region_code: Mapped[str] = mapped_column(String(6), default="")
    path: Mapped[str] = mapped_column(String(500))
    """`/000001/370001/` for the organisation 370001 below 000001."""
    document_mark: Mapped[str] = mapped_column(String(32), default="")
    """发文机关代字, as 鲁海事."""
    uscc: Mapped[str] = mapped_column(String(18), default="")
    address: Mapped[str] = mapped_column(String(300), default="")
    phone: Mapped[str] = mapped_column(String(64), default="")
    status: Mapped[str] = mapped_column(String(16), default="active")


class Role(Base):
    """A role: id of a lane, with the business its organisation must hold."""

    __tablename__ = "role"

    code: Mapped[str] = mapped_column(String(64), primary_key=True)
    name: Mapped[str] = mapped_column(String(200))
    name_en: Mapped[str] = mapped_column(String(200), default="")
    business: Mapped[str] = mapped_column(String(32), default="")
    category: Mapped[str] = mapped_column(String(32), default="handler")


class UserAccount(Base):
    """An account of one natural person; two accounts of one person share `person_key`."""

    __tablename__ = "user_account"

    id: Mapped[Id]
    login: Mapped[str] = mapped_column(String(64), unique=True)
    name: Mapped[str] = mapped_column(String(200))
    kind: Mapped[str] = mapped_column(String(16), default="staff")
    org_code: Mapped[str | None] = mapped_column(ForeignKey("org.org_code"), index=True)
    person_key: Mapped[str] = mapped_column(String(64), index=True)
    id_no: Mapped[str | None] = mapped_column(Sealed("user_account.id_no"))
    phone: Mapped[str | None] = mapped_column(Sealed("user_account.phone"))
    email: Mapped[str] = mapped_column(String(200), default="")
    password_hash: Mapped[str] = mapped_column(String(200), default="")
    password_changed_at: Mapped[datetime | None] = mapped_column(Instant)
    must_change_password: Mapped[bool] = mapped_column(Boolean, default=False)
    status: Mapped[str] = mapped_column(String(16), default="active")
    valid_to: Mapped[date | None] = mapped_column(Date)
    created_at: Mapped[datetime] = mapped_column(Instant, default=clock.now)
    last_login_at: Mapped[datetime | None] = mapped_column(Instant)


class UserRole(Base):
    """A role a user holds at an organisation, for a time."""

    __tablename__ = "user_role"
    __table_args__ = (UniqueConstraint("user_id", "role", "org_code"),)

    id: Mapped[Id]
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"), index=True)
    role: Mapped[str] = mapped_column(ForeignKey("role.code"))
    org_code: Mapped[str] = mapped_column(ForeignKey("org.org_code"), index=True)
    valid_from: Mapped[date | None] = mapped_column(Date)
    valid_to: Mapped[date | None] = mapped_column(Date)


class Position(Base):
    """Somebody holds a post (岗位) in an organisation from one day to another, both included.

    `post` is `head` (负责人), `deputy` (副职), or the name of a post of the house.
    """

    __tablename__ = "org_position"
    __table_args__ = (
        Index("ix_org_position_org", "org_code", "post"),
        Index("ix_org_position_user", "user_id"),
    )

    id: Mapped[Id]
    org_code: Mapped[str] = mapped_column(ForeignKey("org.org_code"))
    post: Mapped[str] = mapped_column(String(64))
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    valid_from: Mapped[date | None] = mapped_column(Date)
    valid_to: Mapped[date | None] = mapped_column(Date)


class Phrase(Base):
    """A common phrase for opinions: of its owner, or of an office for all below it."""

    __tablename__ = "phrase"
    __table_args__ = (Index("ix_phrase_owner", "owner"), Index("ix_phrase_org", "org_code"))

    id: Mapped[Id]
    owner: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    org_code: Mapped[str | None] = mapped_column(ForeignKey("org.org_code"))
    text: Mapped[str] = mapped_column(String(200))


class UserSignature(Base):
    """A handwritten signature from an instant on; without a file: none from then on."""

    __tablename__ = "user_signature"
    __table_args__ = (Index("ix_user_signature_user", "user_id", "id"),)

    id: Mapped[Id]
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    sha256: Mapped[str | None] = mapped_column(ForeignKey("stored_file.sha256"))
    since: Mapped[datetime] = mapped_column(Instant, default=clock.now)


class AuthorityGrant(Base):
    """One organisation lets another do a business in a scope (是否下授: may it be passed on)."""

    __tablename__ = "authority_grant"
    __table_args__ = (Index("ix_grant_grantee", "grantee", "scope", "status"),)

    id: Mapped[Id]
    grantor: Mapped[str] = mapped_column(ForeignKey("org.org_code"))
    grantee: Mapped[str] = mapped_column(ForeignKey("org.org_code"))
    scope: Mapped[str] = mapped_column(String(32))
    business: Mapped[str] = mapped_column(String(200))
    """Comma-separated, sorted: exam, licence_issue, training."""
    may_delegate: Mapped[bool] = mapped_column(Boolean)
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("authority_grant.id"), index=True)
    valid_from: Mapped[date] = mapped_column(Date)
    valid_to: Mapped[date | None] = mapped_column(Date)
    status: Mapped[str] = mapped_column(String(16), default="active")
    basis: Mapped[str] = mapped_column(String(300), default="")
    granted_by: Mapped[int | None] = mapped_column(BigInteger)
    granted_at: Mapped[datetime] = mapped_column(Instant, default=clock.now)
    revoked_by: Mapped[int | None] = mapped_column(BigInteger)
    revoked_at: Mapped[datetime | None] = mapped_column(Instant)
    revoke_reason: Mapped[str] = mapped_column(Text, default="")


class AuthSession(Base):
    """A log-in; the browser holds the token, the row only its hash.

    `realm`: `staff` for accounts of ours, `public` for those whom the unified identity vouches for.
    """

    __tablename__ = "auth_session"

    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"), index=True)
    realm: Mapped[str] = mapped_column(String(16), default="staff")
    address: Mapped[str] = mapped_column(String(64), default="")
    agent: Mapped[str] = mapped_column(String(200), default="")
    created_at: Mapped[datetime] = mapped_column(Instant, default=clock.now)
    seen_at: Mapped[datetime] = mapped_column(Instant, default=clock.now)
    expires_at: Mapped[datetime] = mapped_column(Instant)
    revoked_at: Mapped[datetime | None] = mapped_column(Instant)


class KeptForm(Base):
    """What somebody of the public had typed when his log-in was over; one an account."""

    __tablename__ = "kept_form"

    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"), unique=True)
    path: Mapped[str] = mapped_column(String(500))
    typed: Mapped[str | None] = mapped_column(Sealed("kept_form.typed"))
    at: Mapped[datetime] = mapped_column(Instant, default=clock.now)


class PublicIdentity(Base):
    """Somebody of the public as the unified identity service knows him: one row a subject.

    `number` is the document number of a person, the credit code of an enterprise; `holder_key` its
    keyed hash, by which cases and certificates are found. `handler` acts for an enterprise.
    """

    __tablename__ = "public_identity"
    __table_args__ = (UniqueConstraint("issuer", "subject"),)

    id: Mapped[Id]
    issuer: Mapped[str] = mapped_column(String(200))
    subject: Mapped[str] = mapped_column(String(200))
    account_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"), unique=True)
    kind: Mapped[str] = mapped_column(String(16))
    """person or enterprise."""
    level: Mapped[int] = mapped_column(Integer)
    """1 registered, 2 real name, 3 real name with the face compared."""
    name: Mapped[str] = mapped_column(String(200))
    number: Mapped[str] = mapped_column(Sealed("public_identity.number"))
    holder_key: Mapped[str] = mapped_column(String(64), index=True)
    handler: Mapped[str] = mapped_column(String(200), default="")
    phone: Mapped[str | None] = mapped_column(Sealed("public_identity.phone"))
    first_at: Mapped[datetime] = mapped_column(Instant, default=clock.now)
    last_at: Mapped[datetime] = mapped_column(Instant, default=clock.now)


class LoginFailure(Base):
    """A failed log-in, counted per account name and per address."""

    __tablename__ = "login_failure"
    __table_args__ = (
        Index("ix_failure_login", "login", "at"),
        Index("ix_failure_address", "address", "at"),
    )

    id: Mapped[Id]
    login: Mapped[str] = mapped_column(String(64))
    address: Mapped[str] = mapped_column(String(64), default="")
    at: Mapped[datetime] = mapped_column(Instant, default=clock.now)


class AuditEvent(Base):
    """Who did what, for whom, when, from where; chained per agency with a keyed hash."""

    __tablename__ = "audit_event"
    __table_args__ = (
        UniqueConstraint("agency", "sequence"),
        Index("ix_audit_subject", "subject_kind", "subject_id"),
        Index("ix_audit_actor", "actor", "at"),
    )

    id: Mapped[Id]
    agency: Mapped[str] = mapped_column(String(64))
    sequence: Mapped[int] = mapped_column(Integer)
    at: Mapped[datetime] = mapped_column(Instant)
    action: Mapped[str] = mapped_column(String(64))
    actor: Mapped[str] = mapped_column(String(64))
    on_behalf_of: Mapped[str] = mapped_column(String(64), default="")
    address: Mapped[str] = mapped_column(String(64), default="")
    subject_kind: Mapped[str] = mapped_column(String(64), default="")
    subject_id: Mapped[str] = mapped_column(String(200), default="")
    result: Mapped[str] = mapped_column(String(16), default="done")
    detail: Mapped[str] = mapped_column(Text, default="")
    mac: Mapped[str] = mapped_column(String(64))


class AuditHead(Base):
    """The last link of an agency's chain; taking it orders the writers."""

    __tablename__ = "audit_head"

    agency: Mapped[str] = mapped_column(String(64), primary_key=True)
    sequence: Mapped[int] = mapped_column(Integer)
    mac: Mapped[str] = mapped_column(String(64))
