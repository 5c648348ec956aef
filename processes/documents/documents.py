"""Issuing: a letter or card drawn from its template, numbered, kept, and never changed.

Invariant: number, file and row commit together; an issued document is not drawn again, the file
kept is what was issued. Those of generated cases (`deferred`) keep number and values and are drawn
from them when somebody first asks: files that nobody opens would fill the disk of a demo.
"""

import secrets
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine import clock
from engine.errors import NotFound
from engine.model import ResourceContent
from processes import settings
from processes.documents import files
from processes.identity import numbers, organisations
from processes.letters import drawing
from processes.letters.drawn import Drawing, Images, SealPlace
from processes.letters.errors import LetterInvalid
from processes.letters.template import Template, read
from processes.model.documents import Document
from processes.model.people import Org

__all__ = ["LetterInvalid", "Template", "deferred", "issue", "issued", "read", "render", "verify"]

_ALPHABET: Final = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"


_deferring: ContextVar[bool] = ContextVar("documents_deferring", default=False)


@contextmanager
def deferred() -> Iterator[None]:
    """Issue without drawing within: the file is made when the document is first read."""
    token = _deferring.set(True)
    try:
        yield
    finally:
        _deferring.reset(token)


def render(template: Template, values: Mapping[str, Any], *, images: Images | None = None) -> bytes:
    """A template filled, as PDF; for preview and for `issue`.

    Raises:
        LetterInvalid: a value is missing or cannot be drawn.
    """
    return drawing.draw(template, values, images=images or _no_images).content


def issue(
    session: Session,
    *,
    case_id: int | None,
    template: Template,
    values: Mapping[str, Any],
    by: int | None,
    org: str,
) -> Document:
    """Number, draw and keep a document.

    The template may use the values and: number, issued_on, org_name, org_address, org_phone,
    verification_code, verification_url; beside a value `x_org` with an agency's code `x_org_name`.

    Raises:
        LetterInvalid: a value is missing or cannot be drawn; no number is used up.
    """
    drawn = draw(session, template=template, values=values, org=org)
    return keep(session, drawn, case_id=case_id, template=template, by=by)


@dataclass(frozen=True, slots=True)
class Drawn:
    """A letter numbered and drawn, not issued yet: it may go out to be sealed before it is."""

    content: bytes
    pages: int
    org: str
    number: str | None
    values: Mapping[str, Any]
    seal: SealPlace | None = None
    ofd: bytes | None = None


def draw(
    session: Session,
    *,
    template: Template,
    values: Mapping[str, Any],
    org: str,
    to_seal: bool = False,
    number: str | None = None,
) -> Drawn:
    """Number and draw a letter, as `issue` does, but keep nothing yet.

    What goes out to be sealed (`to_seal`) is drawn at once, deferred or not; where documents are
    deferred it has no OFD. A letter that was drawn before and not issued keeps its `number`: it is
    given once the letter is approved, before it is printed and sealed (党政机关公文处理工作条例
    第二十五条).

    Raises:
        LetterInvalid: a value is missing or cannot be drawn; no number is used up.
    """
    filled = _completed(session, org, values)
    if template.number:
        number = number or numbers.letter(session, org, template.number, clock.today().year)
        filled["number"] = number
    if _deferring.get() and not to_seal:
        return Drawn(b"", 0, org, number, filled)
    made = _drawn(session, template, filled)
    ofd = None if _deferring.get() else made.ofd
    return Drawn(made.content, made.pages, org, number, filled, made.seal, ofd)


def _drawn(session: Session, template: Template, values: Mapping[str, Any]) -> Drawing:
    """The letter on paper; what is wrong with it is said with its title and whose it is."""
    try:
        return drawing.draw(template, values, images=lambda digest: files.read(session, digest))
    except LetterInvalid as error:
        subject = values.get("subject") or values.get("holder_name") or values.get("name")
        whose = f"（{subject}）" if isinstance(subject, str) and subject else ""
        told = f"《{template.title}》{whose}不能制发：{error.message}"
        raise LetterInvalid(told, **error.details) from error


def keep(
    session: Session, drawn: Drawn, *, case_id: int | None, template: Template, by: int | None
) -> Document:
    """Issue what was drawn; its content may have been sealed since. What was deferred has none."""
    document = Document(
        case_id=case_id,
        kind=template.kind,
        title=template.title,
        number=drawn.number,
        template=template.id,
        template_digest=template.digest,
        values=dict(drawn.values),
        pages=drawn.pages,
        org_code=drawn.org,
        issued_by=by,
        verification_code=drawn.values["verification_code"],
        public=template.public,
    )
    if drawn.content:
        _store(session, document, drawn.content, drawn.ofd)
    session.add(document)
    session.flush()
    return document


def _store(session: Session, document: Document, content: bytes, ofd: bytes | None) -> None:
    by = document.issued_by
    kept = files.store(session, content, by=by, content_type="application/pdf")
    document.sha256 = kept.sha256
    if ofd is not None:
        document.ofd_sha256 = files.store(session, ofd, by=by, content_type=files.OFD).sha256


def withdraw(session: Session, document_id: int, *, to: str) -> Document:
    """An issued document no longer holds: `replaced` by another, or `revoked`; it is never undone.

    Raises:
        NotFound: no such document.
    """
    document = session.get(Document, document_id, with_for_update=True)
    if document is None:
        raise NotFound("没有这份文书", document=document_id)
    if document.status != "revoked":
        document.status = to
    session.flush()
    return document


def is_issued(session: Session, number: str) -> bool:
    """Whether a letter with this number was issued."""
    return session.scalar(select(Document.id).where(Document.number == number)) is not None


def _completed(session: Session, org: str, values: Mapping[str, Any]) -> dict[str, Any]:
    agency = organisations.get(session, org)
    code = new_code()
    return {
        **values,
        **_names(session, values),
        "issued_on": values.get("issued_on") or clock.today(),
        "org_name": agency.name,
        "org_address": agency.address,
        "org_phone": agency.phone,
        "verification_code": code,
        "verification_url": verification_url(code),
    }


def _names(session: Session, values: Mapping[str, Any]) -> dict[str, str]:
    """Names of the agencies that the values give by code: for `x_org` there is `x_org_name`."""
    codes = {key: code for key, code in values.items() if key.endswith("_org") and code}
    found = {key: session.get(Org, str(code)) for key, code in codes.items()}
    return {f"{key}_name": org.name for key, org in found.items() if org is not None}


def issued(session: Session, case_id: int, *, public_only: bool = False) -> Sequence[Document]:
    """The documents of a case, oldest first."""
    query = select(Document).where(Document.case_id == case_id)
    if public_only:
        query = query.where(Document.public.is_(True))
    return session.scalars(query.order_by(Document.id)).all()


def verify(session: Session, code: str) -> Document:
    """The document of a verification code.

    Raises:
        NotFound: no document has it.
    """
    wanted = code.strip().upper().replace("-", "")
    document = session.scalar(select(Document).where(Document.verification_code == wanted))
    if document is None:
        raise NotFound("没有这个核验码对应的文书", code=wanted[:32])
    return document


def content(session: Session, document: Document) -> bytes:
    """The PDF as issued; one that was deferred is drawn now, and kept if the session commits."""
    if document.sha256 is not None:
        return files.read(session, document.sha256)
    source = session.get_one(ResourceContent, document.template_digest)
    template = read(source.content, f"letters/{document.template}.yaml")
    made = _drawn(session, template, document.values)
    document.pages = made.pages
    _store(session, document, made.content, made.ofd)
    return made.content


def as_ofd(session: Session, document: Document) -> bytes:
    """The OFD as issued.

    Raises:
        NotFound: it was not issued in that format.
    """
    if document.ofd_sha256 is None:
        raise NotFound("这份文书没有 OFD 文件", document=document.id)
    return files.read(session, document.ofd_sha256)


def new_code() -> str:
    """A verification code that nobody guesses: 80 bits and nothing easily misread."""
    return "".join(secrets.choice(_ALPHABET) for _ in range(16))


def verification_url(code: str) -> str:
    """Where the code on a paper leads; the code itself where no public address is set."""
    base = settings.current().public_url.rstrip("/")
    return f"{base}/verify/{code}" if base else code


def _no_images(_digest: str) -> bytes:
    raise LetterInvalid("预览中没有照片")
