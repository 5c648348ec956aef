"""我的证照: the certificates that ledgers hold in somebody's name, with their files and a code.

Told by the domains (`holdings` of a domain file, docs/domains.md).

Invariant: somebody finds only what a ledger holds under his own number, as the unified identity
gave it; who looks at a certificate or shows it leaves a trace.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from marshmallow import RAISE, Schema, ValidationError, fields, validate
from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.errors import Forbidden, NotFound
from forms import text
from processes import registers
from processes.documents import certificates
from processes.domains import domains
from processes.domains.domains import DomainRefused, Word
from processes.identity import audit
from processes.identity.identity import User
from processes.model.cases import Case
from processes.model.documents import Document
from processes.registers import Record
from processes.registers.definition import FieldDefinition

_MOST: Final = 200
_EVENTS: Final = {"shown": "presented"}


@dataclass(frozen=True, slots=True)
class Kind(Word):
    """A kind of certificate: its ledger, whose it is, what is shown of it, where its file is."""

    register: str
    own: str
    number: str
    facts: tuple[str, ...]
    statuses: tuple[str, ...] = ()
    valid: tuple[str, ...] = ()
    """The statuses in which it is in force; none told: all that are listed."""
    file: str = ""
    """A field of the ledger with the file of the certificate."""
    ofd: str = ""
    """A field with the same file as OFD."""
    case: str = ""
    """The field with the number of the case whose letter it is."""
    letters: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Holding:
    """A certificate in somebody's name, as pages show it."""

    code: str
    kind: Kind
    record: Record
    status: str
    in_force: bool

    @property
    def number(self) -> str:
        return str(self.record.values.get(self.kind.number) or self.record.key)

    @property
    def facts(self) -> list[tuple[str, str]]:
        """Label and value of what is shown; empty ones left out."""
        specs = registers.definition(self.kind.register).fields
        told = ((specs[one], self.record.values.get(one)) for one in self.kind.facts)
        return [(spec.label, _said(spec, value)) for spec, value in told if value is not None]


def of_citizen(session: Session, by: User) -> list[Holding]:
    """Every certificate in the name of the reader."""
    return list(_all(session, by))


def find(session: Session, code: str, key: str, *, by: User) -> Holding:
    """One of the reader's certificates; looking at it goes on record.

    Raises:
        NotFound: there is none of his.
    """
    kind = kinds().get(code)
    if kind is None:
        raise NotFound("没有这件证照", key=key)
    record = registers.get(session, kind.register, key)
    listed = not kind.statuses or record.status in kind.statuses
    if record.values.get(kind.own) != _number(by) or not listed:
        raise NotFound("没有这件证照", key=key)
    return _holding(code, kind, record)


def shown(session: Session, code: str, key: str) -> Holding:
    """A certificate whose holder shows it to somebody; the caller has checked that he does.

    Raises:
        NotFound: there is none such.
    """
    kind = kinds().get(code)
    if kind is None:
        raise NotFound("没有这件证照", key=key)
    return _holding(code, kind, registers.get(session, kind.register, key))


@dataclass(frozen=True, slots=True)
class Told:
    """What a certificate was shown for, and how much of it."""

    purpose: str = ""
    scope: str = ""


def note(
    session: Session, holding: Holding, what: str, *, by: User | str, told: Told | None = None
) -> None:
    """Put on record that a certificate was looked at, downloaded, shown or verified."""
    subject = (holding.kind.register, holding.record.key)
    audit.record(session, f"certificate.{what}", by=by, subject=subject)
    name = "公众核验" if isinstance(by, str) else "持证人"
    said = told or Told()
    certificates.note(
        session, holding.record, _EVENTS.get(what, what),
        by=name, detail=said.scope, purpose=said.purpose,
    )  # fmt: skip


def document(session: Session, holding: Holding, *, ofd: bool = False) -> Mapping[str, Any] | None:
    """The file of a certificate as a form holds one, PDF or OFD, if there is one."""
    kind = holding.kind
    if field := kind.ofd if ofd else kind.file:
        found = holding.record.values.get(field)
        return found if isinstance(found, Mapping) else None
    reference = str(holding.record.values.get(kind.case) or "")
    query = (
        select(Document)
        .join(Case, Case.id == Document.case_id)
        .where(Case.reference == reference, Document.template.in_(kind.letters))
        .order_by(Document.id.desc())
    )
    letter = session.scalars(query).first() if reference else None
    digest = None if letter is None else letter.ofd_sha256 if ofd else letter.sha256
    if letter is None or digest is None:
        return None
    kind_of_file = "ofd" if ofd else "pdf"
    name = f"{letter.title}_{holding.number}.{kind_of_file}"
    return {"file": digest, "name": name, "type": f"application/{kind_of_file}"}


@cache
def kinds() -> Mapping[str, Kind]:
    """Every kind of certificate that the portal lists.

    Raises:
        DomainRefused: one is incomplete, or names a ledger or field that is not there.
    """
    return {code: _kind(code, told) for code, told in domains.current().holdings.items()}


def _all(session: Session, by: User) -> Iterator[Holding]:
    number = _number(by)
    for code, kind in kinds().items():
        where = {kind.own: number}
        for record in registers.find(
            session, kind.register, where=where, statuses=kind.statuses, limit=_MOST
        ):
            yield _holding(code, kind, record)


def _holding(code: str, kind: Kind, record: Record) -> Holding:
    name = registers.definition(kind.register).status_name(record.status)
    return Holding(code, kind, record, name, not kind.valid or record.status in kind.valid)


def _number(by: User) -> str:
    if by.citizen is None:
        raise Forbidden("须以统一身份认证登录")
    return by.citizen.number


def _said(spec: FieldDefinition, value: Any) -> str:
    return spec.values.get(str(value)) or text.shown(value)


def _kind(code: str, told: Mapping[str, Any]) -> Kind:
    try:
        read = dict(_Kind(unknown=RAISE).load(dict(told)))
    except ValidationError as error:
        raise DomainRefused(f"证照『{code}』：{error.messages}") from error
    lists = {name: tuple(read[name]) for name in ("facts", "statuses", "valid", "letters")}
    kind = Kind(**{**read, **lists})
    ledger = registers.definition(kind.register)
    named = [kind.own, kind.number, *kind.facts, *filter(None, [kind.file, kind.ofd, kind.case])]
    for name in named:
        if name not in ledger.fields:
            raise DomainRefused(f"证照『{code}』：台账『{ledger.register}』没有字段『{name}』")
    if kind.own not in ledger.search:
        raise DomainRefused(f"证照『{code}』：『{kind.own}』不可检索")
    return kind


class _Kind(Schema):
    title = fields.String(required=True, validate=validate.Length(1, 60))
    title_en = fields.String(required=True, validate=validate.Length(1, 80))
    register = fields.String(required=True)
    own = fields.String(required=True)
    number = fields.String(required=True)
    facts = fields.List(fields.String(), required=True)
    statuses = fields.List(fields.String(), load_default=list)
    valid = fields.List(fields.String(), load_default=list)
    file = fields.String(load_default="")
    ofd = fields.String(load_default="")
    case = fields.String(load_default="")
    letters = fields.List(fields.String(), load_default=list)
