"""The archive package of a finished case (归档): everything that was filed, decided and sent.

Invariant: a package is made of a case that has ended; once the case is archived its package is
frozen: kept under its hash, and every later download is those bytes. The manifest names every file
with its SHA-256 and is signed with the key of this installation; the script in the package verifies
all of it, the chain of the opinions too, without this system and without its secret key.
Source: case-operations B.2 归档 (frozen package with manifest, hashes and retention period).
"""

import hashlib
import io
import re
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final

import orjson
from sqlalchemy import inspect, select
from sqlalchemy.orm import Session

from engine import clock, connection, history, repository
from engine.errors import Conflict
from engine.model import HistoryEvent, ProcessInstance
from processes import keys
from processes.casefile import opinions, sealing
from processes.casework import overview
from processes.clock import clock as clocks
from processes.documents import checklist, documents, files, materials
from processes.identity import audit
from processes.identity.identity import User
from processes.identity.roles import Action
from processes.model.cases import Case
from processes.model.documents import CaseArchive
from processes.model.people import AuditEvent
from processes.rights import permissions

FORMAT: Final = "banli-archive-1"
RETENTION: Final = "retentionYears"
"""The property of a process that says how many years its cases are kept."""
ARCHIVED: Final = "archived"
_YEARS: Final = 10
_VERIFY: Final = Path(__file__).with_name("verify.py")
_UNSAFE: Final = re.compile(r"[^\w.\-（）]+")
# a file of the same content has the same bytes, whenever the package is made
_WRITTEN: Final = (1980, 1, 1, 0, 0, 0)


def package(session: Session, case_id: int, *, by: User) -> tuple[str, bytes]:
    """File name and bytes (zip) of the package of a case: the frozen one if it was archived.

    Raises:
        NotFound: not in the user's scope. Forbidden: no right to export. Conflict: it still runs.
    """
    case = permissions.case(session, case_id, by=by, action=Action.EXPORT)
    kept = of_case(session, case_id)
    content = files.read(session, kept.sha256) if kept else _packed(session, case)
    digest = hashlib.sha256(content).hexdigest()
    audit.record(session, "case.exported", by=by, subject=("case", case_id), detail=digest)
    return f"{case.reference}.zip", content


def of_case(session: Session, case_id: int) -> CaseArchive | None:
    """Since when a case is archived, and until when it is kept; None if it is not."""
    return session.get(CaseArchive, case_id)


def archive(session: Session, case_id: int, *, by: User) -> CaseArchive:
    """Archive a case that has ended: freeze its package and lay down how long it is kept.

    Raises:
        NotFound: not in the user's scope. Forbidden: no right to archive.
        Conflict: it still runs, or is archived already.
    """
    case = permissions.case(session, case_id, by=by, action=Action.ARCHIVE_CASE)
    connection.begin_write(session)
    if of_case(session, case_id) is not None:
        raise Conflict("办件已经归档", case=case_id)
    _refuse_running(case)
    case.status = ARCHIVED
    content = _packed(session, case)
    stored = files.store(session, content, by=by.id, content_type="application/zip")
    kept = CaseArchive(
        case_id=case_id,
        sha256=stored.sha256,
        keep_until=_keep_until(case, _retention(session, case)),
        archived_by=by.id,
    )
    session.add(kept)
    session.flush()
    audit.record(session, "case.archived", by=by, subject=("case", case_id), detail=kept.sha256)
    return kept


def _refuse_running(case: Case) -> None:
    if case.ended_at is None:
        raise Conflict("办件尚未办结，不能归档", case=case.id)


def _packed(session: Session, case: Case) -> bytes:
    """The package as the case is now."""
    _refuse_running(case)
    found = dict(_files(session, case))
    listed = _json(_manifest(session, case, found))
    seal = f"{hashlib.sha256(listed).hexdigest()}  manifest.json\n".encode()
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as written:
        parts = {path: one for path, (_, one) in found.items()}
        parts |= {"manifest.json": listed, "manifest.sha256": seal, "manifest.sig": _signed(listed)}
        for path, content in parts.items():
            written.writestr(zipfile.ZipInfo(path, _WRITTEN), content, zipfile.ZIP_DEFLATED)
    return made.getvalue()


def _signed(listed: bytes) -> bytes:
    """The signature of the manifest, with the key to check it by."""
    told = {"algorithm": "Ed25519", "public_key": keys.public_key()}
    return _json({**told, "signature": keys.sign(listed).hex()})


def _retention(session: Session, case: Case) -> int:
    """For how many years the process of a case has it kept."""
    instance = session.get_one(ProcessInstance, case.id)
    process = repository.compiled(session, instance.definition_id).process
    return int(process.properties.get(RETENTION, _YEARS))


def _keep_until(case: Case, years: int) -> date:
    assert case.ended_at is not None  # noqa: S101 - checked by the caller
    return date(case.ended_at.astimezone(clock.SHANGHAI).year + years, 12, 31)


def _manifest(
    session: Session, case: Case, found: Mapping[str, tuple[str, bytes]]
) -> dict[str, Any]:
    instance = session.get_one(ProcessInstance, case.id)
    definition = repository.get(session, instance.definition_id)
    years = _retention(session, case)
    return {
        "format": FORMAT,
        "reference": case.reference,
        "title": case.title,
        "status": case.status,
        "outcome": case.outcome,
        "process": {"key": definition.key, "name": definition.name, "version": definition.version},
        "submitted_at": case.submitted_at,
        "ended_at": case.ended_at,
        "retention_years": years,
        "keep_until": _keep_until(case, years),
        "files": [
            {
                "path": path,
                "title": title,
                "size": len(content),
                "sha256": hashlib.sha256(content).hexdigest(),
            }
            for path, (title, content) in found.items()
        ],
    }


def _files(session: Session, case: Case) -> Iterator[tuple[str, tuple[str, bytes]]]:
    """Path, title and content of everything but the manifest."""
    for number, one in enumerate(materials.of_case(session, case.id, replaced=True), 1):
        path = f"materials/{number:02d}_{_safe(one.file_name)}"
        yield path, (one.title, files.read(session, one.sha256))
    for number, letter in enumerate(documents.issued(session, case.id), 1):
        path = f"documents/{number:02d}_{_safe(letter.title)}.pdf"
        title = f"{letter.title} {letter.number or ''}".strip()
        yield path, (title, documents.content(session, letter))
        if letter.ofd_sha256 is not None:
            yield f"{path[:-3]}ofd", (f"{title}（OFD）", documents.as_ofd(session, letter))
    for name, title, rows in (
        ("application", "申请内容", _application(session, case)),
        ("checklist", "材料清单", _rows(checklist.of_case(session, case.id))),
        ("opinions", "办理意见", _rows(sealing.in_order(opinions.of_case(session, case.id)))),
        ("clock", "期限台账", _rows(clocks.entries(session, case.id))),
        ("history", "流程记录", _history(session, case)),
        ("audit", "审计记录", _audit(session, case)),
    ):
        yield f"records/{name}.json", (title, _json(rows))
    yield "diagram/process.bpmn", ("流程图", _model(session, case))
    yield "verify.py", ("离线核验程序", _VERIFY.read_bytes())


def _application(session: Session, case: Case) -> dict[str, Any]:
    """What was applied for, by the labels of its form, and the values as the case ended."""
    found = overview.application(session, case.id)
    if found is None:
        return {}
    form, variables = found
    told = {field.name: variables.get(field.name) for field in form.fields()}
    return {"form": form.id, "title": form.title, "labels": form.labels(), "values": told}


def _history(session: Session, case: Case) -> list[dict[str, Any]]:
    told: list[dict[str, Any]] = []
    while found := history.events(session, case.id, after=told[-1]["sequence"] if told else 0):
        told += [_history_line(one) for one in found]
    return told


def _history_line(one: HistoryEvent) -> dict[str, Any]:
    names = ("sequence", "revision", "type", "activity", "activity_id", "actor", "at", "data")
    return {name: getattr(one, name) for name in names}


def _audit(session: Session, case: Case) -> list[dict[str, Any]]:
    subject = (AuditEvent.subject_kind == "case", AuditEvent.subject_id == str(case.id))
    return _rows(session.scalars(select(AuditEvent).where(*subject).order_by(AuditEvent.id)).all())


def _model(session: Session, case: Case) -> bytes:
    instance = session.get_one(ProcessInstance, case.id)
    definition = repository.get(session, instance.definition_id)
    file = repository.compiled(session, definition.id).file
    return repository.resource(session, definition.id, file) or b""


def _rows(found: Sequence[Any]) -> list[dict[str, Any]]:
    """Rows of a table as they are, by the names of their columns."""
    return [
        {column.key: getattr(row, column.key) for column in inspect(type(row)).column_attrs}
        for row in found
    ]


def _json(content: Any) -> bytes:
    return orjson.dumps(
        content, default=_plain, option=orjson.OPT_INDENT_2 | orjson.OPT_NON_STR_KEYS
    )


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(clock.SHANGHAI).isoformat()
    if isinstance(value, bytes):
        return value.hex()
    return str(value)


def _safe(name: str) -> str:
    return _UNSAFE.sub("_", name)[:80]
