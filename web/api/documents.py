"""What belongs to a case: letters and cards issued, materials handed in, the timeline.

Invariant: an applicant gets what is public alone, and no handler's name or words.
"""

from typing import Any

from sqlalchemy.orm import Session

from engine.errors import NotFound
from processes import archive
from processes.casework import cases
from processes.desk import approval_form
from processes.documents import documents, files, materials
from processes.identity.identity import User
from processes.identity.roles import Action
from processes.model.cases import Case, Material
from processes.model.documents import Document
from processes.rights import permissions
from web import looking
from web.api import access, blueprints, commands
from web.api.access import access as allow
from web.api.schemas.documents import Archived, Documents, LegalClock, Materials, Timeline
from web.clerk import limits, timeline
from web.database import read_session, run, transaction
from web.files import send

blueprint = blueprints.make("documents", "/cases/<id:case_id>", "文书、材料与经过")


@blueprint.get("/documents")
@allow(Action.VIEW_DOCUMENT)
@blueprint.response(200, Documents)
def listed(case_id: int) -> Any:
    """一个办件已制作的文书和证件；申请人只见公开的."""
    with read_session() as session:
        case, public = _case(session, case_id)
        return {"items": documents.issued(session, case.id, public_only=public)}


@blueprint.get("/documents/<id:document_id>/content")
@allow(Action.VIEW_DOCUMENT)
@blueprint.response(200, content_type="application/pdf", description="PDF 文件")
def content(case_id: int, document_id: int) -> Any:
    """下载一份文书（PDF）."""
    with transaction() as session:  # one that was deferred is drawn now
        found = _document(session, case_id, document_id)
        body = documents.content(session, found)
    return send(body, name=f"{found.title}.pdf", content_type="application/pdf")


@blueprint.get("/documents/<id:document_id>/ofd")
@allow(Action.VIEW_DOCUMENT)
@blueprint.response(200, content_type="application/ofd", description="OFD 文件")
def as_ofd(case_id: int, document_id: int) -> Any:
    """下载一份文书的 OFD；没有以 OFD 制发的为 404."""
    with read_session() as session:
        found = _document(session, case_id, document_id)
        body = documents.as_ofd(session, found)
    return send(body, name=f"{found.title}.ofd", content_type=files.OFD)


@blueprint.get("/materials")
@allow(Action.VIEW_DOCUMENT)
@blueprint.response(200, Materials)
def handed_in(case_id: int) -> Any:
    """一个办件的申请材料."""
    with read_session() as session:
        case, _public = _case(session, case_id)
        return {"items": materials.of_case(session, case.id)}


@blueprint.get("/materials/<id:material_id>/content")
@allow(Action.VIEW_DOCUMENT)
@blueprint.response(200, content_type="application/octet-stream", description="原件")
def material(case_id: int, material_id: int) -> Any:
    """下载一份申请材料."""
    with read_session() as session:
        case, _public = _case(session, case_id)
        found = session.get(Material, material_id)
        if found is None or found.case_id != case.id:
            raise NotFound("没有这份材料", material=material_id)
        looking.note(session, case.id, by=access.user(), what=found.title)
        body = files.read(session, found.sha256)
    return send(body, name=found.file_name, content_type=found.content_type)


@blueprint.get("/form")
@allow(Action.PRINT_DOCUMENT)
@blueprint.response(200, content_type="application/pdf", description="审批单（PDF）")
def printed(case_id: int) -> Any:
    """审批单：申请内容与各环节意见，附意见的校验值."""
    name, content = run(approval_form.pdf, case_id, by=access.user())
    return send(content, name=name, content_type="application/pdf")


@blueprint.post("/archive")
@allow(Action.ARCHIVE_CASE)
@blueprint.response(201, Archived)
def archived(case_id: int) -> Any:
    """归档：固定已办结办件的归档包，登记保管期限；此后下载的都是同一份."""

    def work(session: Session) -> Any:
        return Archived().dump(archive.archive(session, case_id, by=access.user()))

    return commands.perform(work, status=201)


@blueprint.get("/archive")
@allow(Action.EXPORT)
@blueprint.response(200, content_type="application/zip", description="归档包（zip）")
def package(case_id: int) -> Any:
    """已办结办件的归档包：材料、文书、意见、期限、流程与审计记录，附清单和离线核验程序；已归档的为归档时固定的那一份."""
    name, content = run(archive.package, case_id, by=access.user())
    return send(content, name=name, content_type="application/zip")


@blueprint.get("/timeline")
@allow(Action.VIEW_CASE)
@blueprint.response(200, Timeline)
def told(case_id: int) -> Any:
    """办件经过，先发生的在前；申请人不见办理人姓名和意见."""
    with read_session() as session:
        user = access.user()
        case = cases.get(session, case_id, by=user)
        return {"items": timeline.entries(session, case, public=_is_applicant(user))}


def _case(session: Session, case_id: int) -> tuple[Case, bool]:
    """The case, and whether the caller sees only what is public of it."""
    user = access.user()
    case = permissions.case(session, case_id, by=user, action=Action.VIEW_DOCUMENT)
    return case, _is_applicant(user)


def _document(session: Session, case_id: int, document_id: int) -> Document:
    """A document of the case that the caller may see; looking at it goes on record."""
    case, public = _case(session, case_id)
    found = session.get(Document, document_id)
    if found is None or found.case_id != case.id or (public and not found.public):
        raise NotFound("没有这份文书", document=document_id)
    looking.note(session, case.id, by=access.user(), what=found.title)
    return found


def _is_applicant(user: User) -> bool:
    return user.kind != "staff"


@blueprint.get("/clock")
@allow()
@blueprint.response(200, LegalClock)
def legal_clock(case_id: int) -> Any:
    """各项期限（法定、承诺、受理、送达等）与期限台账；申请人只见期限."""
    with read_session() as session:
        user = access.user()
        case = cases.get(session, case_id, by=user)
        ledger = [] if _is_applicant(user) else limits.lines(session, case)
        return {"limits": limits.of_case(session, case), "ledger": ledger}
