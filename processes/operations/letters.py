"""Issuing a letter of the case: numbered, drawn as PDF, sealed outside where it has to be, kept."""

from dataclasses import asdict
from decimal import Decimal
from typing import Final

from sqlalchemy.orm import Session

from engine import repository, runtime
from engine.errors import NotFound
from engine.variables import Value, Variables
from processes import settings
from processes.deployed import resources
from processes.documents import documents, files
from processes.letters.drawn import SealPlace
from processes.model.cases import Case
from processes.model.documents import Document
from processes.operations import Call, OperationRefused, operation

_INPUTS: Final = {
    "letter": "文书模板标识",
    "data": "文书内容",
    "org?": "发文机构，缺省为办件机构",
    "process?": "模板在哪个流程的目录里，缺省为本流程，没有则为主流程",
}
_OUTPUTS: Final = {"document": "文书：id、number、title、issued_on、url（接口下载地址）"}


@operation("letter.issue", "制发文书", inputs=_INPUTS, outputs=_OUTPUTS)
def issue(session: Session, call: Call) -> Variables:
    """Issue a letter from the template in the folder of the process, or of the case's process.

    Raises:
        LetterInvalid: something that it says is missing or cannot be drawn; no number is used up.
    """
    org, data = _told(session, call)
    template = documents.read(*_template(session, call))
    drawn = documents.draw(session, template=template, values=data, org=org)
    document = documents.keep(session, drawn, case_id=call.instance_id, template=template, by=None)
    return {"document": _issued(document)}


@operation(
    "letter.draw",
    "排印文书（待签章）",
    inputs={**_INPUTS, "number?": "同一文书先前排印、没有制发的，沿用它的文号；制发过的不收"},
    outputs={
        "drawing": (
            "排印好的文书：file 待签章的文件，ofd 同一文书的 OFD（模板的 formats 有 ofd 的），"
            "place 签章位置，number 文号，"
            "verification_code 核验码，verification_url 核验地址，values 内容"
        )
    },
)
def draw(session: Session, call: Call) -> Variables:
    """Number and draw a letter that has still to be sealed; `letter.keep` issues it.

    Raises:
        LetterInvalid: what was told cannot be drawn.
        OperationRefused: a letter with the number to keep was issued.
    """
    org, data = _told(session, call)
    template, number = documents.read(*_template(session, call)), _kept_number(session, call)
    drawn = documents.draw(
        session, template=template, values=data, org=org, to_seal=True, number=number
    )
    stored = files.store(session, drawn.content, by=None, content_type="application/pdf")
    values = dict(drawn.values)
    return {
        "drawing": {
            "file": files.reference(stored, name=f"{template.title}.pdf"),
            "ofd": _as_ofd(session, drawn, template.title),
            "place": _place(drawn.seal),
            "pages": drawn.pages,
            "org": org,
            "number": drawn.number,
            "verification_code": values["verification_code"],
            "verification_url": values["verification_url"],
            "values": values,
        }
    }


@operation(
    "letter.keep",
    "制发已签章的文书",
    inputs={
        "letter": "文书模板标识",
        "drawing": "letter.draw 的输出",
        "sealed": "签章后的文件",
        "sealed_ofd?": "签章后的 OFD",
        "process?": "模板在哪个流程的目录里，缺省为本流程，没有则为主流程",
    },
    outputs=_OUTPUTS,
)
def keep(session: Session, call: Call) -> Variables:
    """Issue what was drawn, with the file that came back sealed.

    Raises:
        OperationRefused: the sealed file is missing.
    """
    drawing, sealed = call.context("drawing"), call.context("sealed")
    ofd = call.context("sealed_ofd").get("file")
    if not sealed.get("file"):
        raise OperationRefused(f"『{call.activity}』缺少签章后的文件", name="sealed")
    drawn = documents.Drawn(
        content=files.read(session, str(sealed["file"])),
        pages=int(drawing["pages"]),
        org=str(drawing["org"]),
        number=drawing.get("number"),
        values=drawing["values"],
        ofd=files.read(session, str(ofd)) if ofd else None,
    )
    template = documents.read(*_template(session, call))
    document = documents.keep(session, drawn, case_id=call.instance_id, template=template, by=None)
    return {"document": _issued(document)}


@operation(
    "letter.withdraw",
    "文书失效",
    inputs={"document": "文书编号", "to": "replaced 已被替换、revoked 已撤销"},
    outputs={"withdrawn": "true"},
)
def withdraw(session: Session, call: Call) -> Variables:
    """Mark an issued document so that its verification says that it no longer holds."""
    to = call.text("to")
    if to not in ("replaced", "revoked"):
        raise OperationRefused(
            f"『{call.activity}』的输入『to』应为 replaced 或 revoked", name="to"
        )
    documents.withdraw(session, int(call.text("document")), to=to)
    return {"withdrawn": True}


def _kept_number(session: Session, call: Call) -> str | None:
    """The number of the same letter, drawn before and not issued."""
    if call.variables.get("number") is None:
        return None
    if documents.is_issued(session, number := call.text("number")):
        raise OperationRefused(f"文号『{number}』的文书已经制发", name="number")
    return number


def _as_ofd(session: Session, drawn: documents.Drawn, title: str) -> Value:
    if drawn.ofd is None:
        return None
    stored = files.store(session, drawn.ofd, by=None, content_type=files.OFD)
    return files.reference(stored, name=f"{title}.ofd")


def _told(session: Session, call: Call) -> tuple[str, dict[str, Value]]:
    """Whose letter it is, and what it may use."""
    case = session.get(Case, call.instance_id)
    org = call.variables.get("org") or (case.org_code if case else None)
    if not isinstance(org, str):
        raise OperationRefused(f"『{call.activity}』的文书没有发文机构", letter=call.text("letter"))
    known: dict[str, Value] = {"work_order_no": call.business_key}
    if case is not None:
        known |= {"case_title": case.title, "query_code": case.query_code}
    return org, {**known, **call.context("data")}


def _place(seal: SealPlace | None) -> Value:
    """The place of a seal as a variable: variables know no floats."""
    if seal is None:
        return None
    numbers = {name: Decimal(f"{value:.2f}") for name, value in asdict(seal).items()}
    return {**numbers, "page": seal.page}


def _issued(document: Document) -> dict[str, Value]:
    return {
        "id": str(document.id),
        "number": document.number,
        "title": document.title,
        "issued_on": document.values["issued_on"],
        "url": f"{settings.current().public_url.rstrip('/')}/api/v1/cases/{document.case_id}"
        f"/documents/{document.id}/content",
    }


def _template(session: Session, call: Call) -> tuple[bytes, str]:
    """A called process may issue letters of its own, and those of the process that calls it."""
    name = call.text("letter")
    if call.variables.get("process"):
        other = repository.latest(session, call.text("process"))
        return resources.letter(session, other.id, name)
    try:
        return resources.letter(session, call.definition_id, name)
    except NotFound:
        own = runtime.get(session, call.instance_id).definition_id
        return resources.letter(session, own, name)
