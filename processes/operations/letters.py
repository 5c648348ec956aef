"""Issuing a letter of the case: numbered, drawn as PDF, kept."""

from sqlalchemy.orm import Session

from engine import repository, runtime
from engine.errors import NotFound
from engine.variables import Variables
from processes.documents import documents
from processes.model.cases import Case
from processes.modelling import deployment
from processes.operations import Call, OperationRefused, operation


@operation(
    "letter.issue",
    "制发文书",
    inputs={
        "letter": "文书模板标识",
        "data": "文书内容",
        "org?": "发文机构，缺省为办件机构",
        "process?": "模板在哪个流程的目录里，缺省为本流程，没有则为主流程",
    },
    outputs={"document": "文书：id、number、title、issued_on"},
)
def issue(session: Session, call: Call) -> Variables:
    """Issue a letter from the template in the folder of the process, or of the case's process."""
    case = session.get(Case, call.instance_id)
    data = call.context("data")
    org = call.variables.get("org") or (case.org_code if case else None)
    if not isinstance(org, str):
        raise OperationRefused(f"『{call.activity}』的文书没有发文机构", letter=call.text("letter"))
    content, path = _template(session, call)
    known = {"work_order_no": call.business_key}
    if case is not None:
        known |= {"case_title": case.title, "query_code": case.query_code}
    document = documents.issue(
        session,
        case_id=call.instance_id,
        template=documents.read(content, path),
        values={**known, **data},
        by=None,
        org=org,
    )
    return {
        "document": {
            "id": str(document.id),
            "number": document.number,
            "title": document.title,
            "issued_on": document.values["issued_on"],
        }
    }


def _template(session: Session, call: Call) -> tuple[bytes, str]:
    """A called process may issue letters of its own, and those of the process that calls it."""
    name = call.text("letter")
    if call.variables.get("process"):
        other = repository.latest(session, call.text("process"))
        return deployment.letter(session, other.id, name)
    try:
        return deployment.letter(session, call.definition_id, name)
    except NotFound:
        own = runtime.get(session, call.instance_id).definition_id
        return deployment.letter(session, own, name)
