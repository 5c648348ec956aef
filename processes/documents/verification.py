"""What anybody may learn of a document: whether it is genuine, and whether it still holds.

By its verification code, by the number of a certificate together with its holder's name, or by the
file itself.

Invariant: nothing personal is told; whoever does not hold the document cannot find it out by
trying; each look at a certificate is written down in its ledger of events.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Final

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from engine import clock
from engine.errors import NotFound
from processes import registers
from processes.documents import certificates, documents
from processes.model.documents import Document
from processes.model.people import Org
from processes.registers import Record
from processes.registers.definition import CertificateRule, definitions

_MOST: Final = 120
_BY: Final = "公众核验"
CODE: Final = "code"
HOLDER: Final = "holder"
FILE: Final = "file"
_WAYS: Final = {CODE: "核验码", HOLDER: "证号和权利人", FILE: "上传文件"}


@dataclass(frozen=True, slots=True)
class Verified:
    """A document found; `status` is issued, replaced or revoked."""

    title: str
    number: str
    agency: str
    issued_on: date
    status: str
    code: str
    sha256: str
    way: str


def by_code(session: Session, code: str) -> Verified:
    """The document of a verification code.

    Raises:
        NotFound: there is none.
    """
    document = documents.verify(session, code)
    return _told(session, document, CODE, _record_of(session, document))


def by_holder(session: Session, number: str, holder: str) -> Verified:
    """The certificate of a number, to whoever also knows its holder's name.

    Raises:
        NotFound: none of that number, or another holder: which of both is not told.
    """
    wanted, name = number.strip()[:_MOST], holder.strip()[:_MOST]
    for register, rule in _certificates():
        for field in rule.numbers:
            where = {field: wanted, rule.holder: name}
            found = registers.find(session, register, where=where, limit=20) if wanted else []
            # of several versions the one in force counts, else the latest
            found.sort(key=lambda one: (one.status == "issued", one.id))
            if found:
                document = documents.verify(session, str(found[-1].values["verification_code"]))
                return _told(session, document, HOLDER, found[-1])
    raise NotFound("没有找到相符的证照")


def by_file(session: Session, content: bytes) -> Verified:
    """The document whose file has exactly these bytes.

    Raises:
        NotFound: no document was ever issued with these bytes.
    """
    digest = hashlib.sha256(content).hexdigest()
    same = or_(Document.sha256 == digest, Document.ofd_sha256 == digest)
    document = session.scalar(select(Document).where(same).order_by(Document.id.desc()).limit(1))
    if document is None:
        raise NotFound("没有找到与此文件相同的文书")
    return _told(session, document, FILE, _record_of(session, document))


def _certificates() -> Iterator[tuple[str, CertificateRule]]:
    for name, one in definitions().items():
        if one.certificate is not None:
            yield name, one.certificate


def _record_of(session: Session, document: Document) -> Record | None:
    where = {"verification_code": document.verification_code}
    for register, _rule in _certificates():
        if found := registers.first(session, register, where=where):
            return found
    return None


def _told(session: Session, document: Document, way: str, record: Record | None) -> Verified:
    number = document.number or ""
    rule = registers.definition(record.register).certificate if record is not None else None
    if record is not None and rule is not None:
        number = str(record.values[rule.numbers[0]])
        certificates.note(session, record, "verified", by=_BY, detail=_WAYS[way])
    agency = session.get(Org, document.org_code) if document.org_code else None
    return Verified(
        title=document.title,
        number=number,
        agency=agency.name if agency else "",
        issued_on=document.issued_at.astimezone(clock.SHANGHAI).date(),
        status=document.status,
        code=document.verification_code,
        sha256=document.sha256 or "",
        way=way,
    )
