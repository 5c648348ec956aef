"""抄送与征询: copies of a case and their readers, questions to colleagues and their answers."""

from typing import Any

from flask import Response
from sqlalchemy.orm import Session

from processes.approvals import circulation, inquiries
from processes.approvals.circulation import Received, Wanted
from processes.approvals.inquiries import Asked
from processes.casework import cases
from processes.identity.roles import Action
from web.api import access, blueprints, commands
from web.api.access import access as allow
from web.api.schemas.base import Done
from web.api.schemas.colleagues import (
    Copies,
    CopyQuery,
    Counted,
    NewCopies,
    NewQuestion,
    People,
    Questions,
    Readers,
    Said,
)
from web.database import read_session

blueprint = blueprints.make("circulation", "", "抄送与征询")

_HANDLE = (Action.VIEW_CASE, Action.CLAIM_TASK)


@blueprint.get("/copies")
@allow(*_HANDLE)
@blueprint.arguments(CopyQuery, location="query")
@blueprint.response(200, Copies)
def box(arguments: dict[str, Any]) -> Any:
    """抄送我的办件，新的在前."""
    after = int((arguments.get("after") or "0").partition("~")[0]) or None
    limit = arguments["limit"]
    with read_session() as session:
        by, only = access.user(), arguments["unread"]
        found = circulation.box(session, by, unread=only, after=after, limit=limit)
        return {
            "items": [_copy(one) for one in found],
            "next": str(found[-1].row.id) if len(found) == limit else None,
            "unread": circulation.unread(session, by),
        }


@blueprint.post("/copies/<id:copy_id>/read")
@allow(*_HANDLE)
@blueprint.response(200, Done, description="已阅")
def read(copy_id: int) -> Response:
    """标为已阅."""

    def work(session: Session) -> Any:
        circulation.read(session, copy_id, by=access.user())
        return {"id": str(copy_id)}

    return commands.perform(work)


@blueprint.post("/copies/<id:copy_id>/reply")
@allow(*_HANDLE)
@blueprint.arguments(Said)
@blueprint.response(200, Done, description="已回复")
def reply(arguments: dict[str, Any], copy_id: int) -> Response:
    """回复抄送人."""

    def work(session: Session) -> Any:
        circulation.reply(session, copy_id, by=access.user(), text=arguments["text"])
        return {"id": str(copy_id)}

    return commands.perform(work)


@blueprint.get("/cases/<id:case_id>/copies")
@allow(Action.VIEW_CASE)
@blueprint.response(200, Readers)
def readers(case_id: int) -> Any:
    """办件抄送给了谁，是否已阅、已回复."""
    with read_session() as session:
        cases.get(session, case_id, by=access.user())
        found = circulation.of_case(session, case_id)
        return {"items": [_reader(row, name) for row, name in found]}


@blueprint.post("/cases/<id:case_id>/copies")
@allow(Action.COPY_CASE)
@blueprint.arguments(NewCopies)
@blueprint.response(200, Counted, description="已抄送；number 为此前没有抄送过的人数")
def send(arguments: dict[str, Any], case_id: int) -> Response:
    """抄送、传阅：对方可以查阅本件（只读）."""
    wanted = Wanted(**{**arguments, "people": [int(one) for one in arguments["people"]]})

    def work(session: Session) -> Any:
        number = circulation.send(session, case_id, wanted, by=access.user())
        return {"id": str(case_id), "number": number}

    return commands.perform(work)


@blueprint.post("/cases/<id:case_id>/copies/chase")
@allow(Action.COPY_CASE)
@blueprint.response(200, Counted, description="已提醒；number 为人数")
def chase(case_id: int) -> Response:
    """催阅：提醒须阅未阅、须回复未回复的人，每人每天一次."""

    def work(session: Session) -> Any:
        number = circulation.chase(session, case_id, by=access.user())
        return {"id": str(case_id), "number": number}

    return commands.perform(work)


@blueprint.get("/tasks/<id:task_id>/inquiries/people")
@allow(Action.INQUIRE)
@blueprint.response(200, People)
def people(task_id: int) -> Any:
    """可以征询的同事."""
    with read_session() as session:
        return {"items": inquiries.people(session, task_id, by=access.user())}


@blueprint.post("/tasks/<id:task_id>/inquiries")
@allow(Action.INQUIRE)
@blueprint.arguments(NewQuestion)
@blueprint.response(200, Counted, description="已征询；number 为人数")
def ask(arguments: dict[str, Any], task_id: int) -> Response:
    """征询同事意见：对方在答复前可以查阅本件."""
    to = [int(one) for one in arguments["people"]]

    def work(session: Session) -> Any:
        question = arguments["question"]
        made = inquiries.ask(session, task_id, to=to, question=question, by=access.user())
        return {"id": str(task_id), "number": len(made)}

    return commands.perform(work)


@blueprint.get("/inquiries")
@allow(*_HANDLE)
@blueprint.response(200, Questions)
def questions() -> Any:
    """征询我的问题，待答复的在前."""
    with read_session() as session:
        found = inquiries.of_user(session, access.user())
        return {"items": [_question(one) for one in found]}


@blueprint.get("/cases/<id:case_id>/inquiries")
@allow(Action.VIEW_CASE)
@blueprint.response(200, Questions)
def of_case(case_id: int) -> Any:
    """办件中的征询，新的在前."""
    with read_session() as session:
        cases.get(session, case_id, by=access.user())
        return {"items": [_question(one) for one in inquiries.of_case(session, case_id)]}


@blueprint.post("/inquiries/<id:inquiry_id>/answer")
@allow(*_HANDLE)
@blueprint.arguments(Said)
@blueprint.response(200, Done, description="已答复")
def answer(arguments: dict[str, Any], inquiry_id: int) -> Response:
    """答复征询；只作为意见，不影响流程走向."""

    def work(session: Session) -> Any:
        inquiries.answer(session, inquiry_id, by=access.user(), text=arguments["text"])
        return {"id": str(inquiry_id)}

    return commands.perform(work)


@blueprint.post("/inquiries/<id:inquiry_id>/withdraw")
@allow(Action.INQUIRE)
@blueprint.response(200, Done, description="已撤回")
def withdraw(inquiry_id: int) -> Response:
    """撤回未答复的征询."""

    def work(session: Session) -> Any:
        inquiries.withdraw(session, inquiry_id, by=access.user())
        return {"id": str(inquiry_id)}

    return commands.perform(work)


def _copy(one: Received) -> dict[str, Any]:
    row = one.row
    names = ("case_id", "text", "must_read", "wants_reply", "sent_at", "read_at", "replied_at")
    told = {name: getattr(row, name) for name in names}
    case = {"reference": one.case.reference, "title": one.case.title}
    return {"id": str(row.id), **told, **case, "sender": one.sender}


def _reader(row: Any, name: str) -> dict[str, Any]:
    names = ("must_read", "read_at", "reply", "replied_at")
    told = {one: getattr(row, one) for one in names}
    return {"user": str(row.user_id), "name": name, **told}


def _question(one: Asked) -> dict[str, Any]:
    row = one.row
    names = ("case_id", "task_id", "activity_name", "question", "pauses", "asked_at", "answer")
    told = {name: getattr(row, name) for name in (*names, "answered_at")}
    people = {"asker": one.asker, "colleague": one.colleague, "state": one.state}
    return {"id": str(row.id), "reference": one.case.reference, **told, **people}
