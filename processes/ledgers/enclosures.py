"""The files that records of ledgers hold: a certificate as PDF and as OFD, a scan.

Invariant: whoever opens one is on record in the audit, and one of a certificate among its events.
"""

from collections.abc import Mapping
from typing import Any

from sqlalchemy.orm import Session

from engine.errors import NotFound
from processes import registers
from processes.documents import certificates, files
from processes.identity import audit
from processes.identity.identity import User
from processes.model.records import RegisterRecord
from processes.registers.definition import FieldDefinition


def of(row: RegisterRecord) -> list[FieldDefinition]:
    """The fields of a record that hold a file."""
    specs = registers.definition(row.register).fields.values()
    return [one for one in specs if one.type == "file" and row.data.get(one.name)]


def opened(
    session: Session, row: RegisterRecord, field: str, *, by: User, kept: bool = False
) -> tuple[bytes, Mapping[str, Any]]:
    """The bytes of a file and the value by which the record refers to it; puts it on record.

    Args:
        session: the one of the command.
        row: a record that the reader may see.
        field: which of its fields.
        by: who opens it.
        kept: it is taken away, not only looked at.

    Raises:
        NotFound: the record holds no such file.
    """
    if field not in {one.name for one in of(row)}:
        raise NotFound("没有这个文件", record=row.id, field=field)
    subject = (row.register, row.key)
    if registers.definition(row.register).certificate is None:
        audit.record(session, "record.opened", by=by, subject=subject, detail=field)
    else:
        what = "downloaded" if kept else "viewed"
        audit.record(session, f"certificate.{what}", by=by, subject=subject)
        record = registers.get(session, row.register, row.key)
        certificates.note(session, record, what, by=by.name)
    value = row.data[field]
    return files.read(session, str(value["file"])), value
