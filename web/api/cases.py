"""Cases: file, find, follow, supplement, urge, hold, end."""

from typing import Any

from flask import Response
from sqlalchemy.orm import Session

from processes.casework import applications, cases
from processes.identity.roles import Action
from web import looking
from web.api import access, answers, blueprints, commands, wire
from web.api.access import access as allow
from web.api.schemas.base import Answers, Listed, Reason
from web.api.schemas.cases import (
    Application,
    Case,
    CaseQuery,
    Cases,
    Filed,
    Progress,
    ProgressQuery,
    Urged,
)
from web.auth import policy
from web.database import read_session
from web.security import limiter

blueprint = blueprints.make("cases", "/cases", "办件")


@blueprint.get("/services")
@allow(Action.APPLY)
@blueprint.response(200, Listed, description="可以申请的业务")
def services() -> Response:
    """可以申请的业务，以及各自的申请表（JSON Schema）."""
    with read_session() as session:
        found = [
            {
                "process": one.definition.key,
                "title": one.title,
                "description": one.description,
                "form": one.form.openapi(node="apply") if one.form else None,
            }
            for one in applications.services(session, access.user())
        ]
    return commands.reply(wire.dumps({"items": found}))


@blueprint.post("")
@allow(Action.APPLY)
@blueprint.arguments(Application)
@blueprint.response(201, Filed)
def apply(arguments: dict[str, Any]) -> Response:
    """提交申请。附件先上传，再以返回的 reference 填入."""

    def work(session: Session) -> Any:
        user, key = access.user(), arguments["process"]
        form = applications.service(session, key, by=user).form
        given = answers.with_files(form, arguments["answers"])
        return Filed().dump(applications.apply(session, key, by=user, answers=given))

    return commands.perform(work, status=201)


@blueprint.get("")
@allow(Action.SEARCH_CASES)
@blueprint.arguments(CaseQuery, location="query")
@blueprint.response(200, Cases)
def search(arguments: dict[str, Any]) -> Any:
    """按工作单号、申请人姓名或证件号后四位查找."""
    with read_session() as session:
        return {"items": cases.search(session, by=access.user(), text=arguments["text"])}


@blueprint.get("/<id:case_id>")
@allow()
@blueprint.response(200, Case)
def one(case_id: int) -> Any:
    """一个办件。ETag 是办件的修订号，提交时放在 If-Match 中."""
    with read_session() as session:
        found = cases.get(session, case_id, by=access.user())
        looking.note(session, case_id, by=access.user(), what="办件")
        revision = cases.revision(session, case_id)
        return commands.reply(wire.dumps(Case().dump(found)), revision=revision)


@blueprint.get("/<id:case_id>/actions")
@allow(Action.SUPPLEMENT_CASE, Action.APPLY)
@blueprint.response(200, Listed, description="申请人现在可以提交的内容")
def actions(case_id: int) -> Response:
    """申请人现在可以提交的内容（补正、撤回等）；窗口录入的，窗口人员可代为提交."""
    with read_session() as session:
        user = access.user()
        case = cases.get(session, case_id, by=user)
        found = [
            {
                "id": str(one.subscription_id),
                "title": one.title,
                "form": one.form.openapi(node=None) if one.form else None,
            }
            for one in cases.public_actions(session, case, by=user)
        ]
    return commands.reply(wire.dumps({"items": found}))


@blueprint.post("/<id:case_id>/actions/<id:subscription_id>")
@allow(Action.SUPPLEMENT_CASE, Action.APPLY)
@blueprint.arguments(Answers)
@blueprint.response(200, Case)
def send(arguments: dict[str, Any], case_id: int, subscription_id: int) -> Response:
    """提交补正材料、撤回申请等；窗口录入的，窗口人员可代为提交."""

    def work(session: Session) -> Any:
        user = access.user()
        case = cases.get(session, case_id, by=user)
        offered = cases.public_actions(session, case, by=user)
        form = next((o.form for o in offered if o.subscription_id == subscription_id), None)
        given = answers.with_files(form, arguments["answers"])
        done = cases.send(session, case_id, subscription_id, by=user, answers=given)
        return Case().dump(done)

    return commands.perform(work)


@blueprint.post("/<id:case_id>/urge")
@allow(Action.URGE_CASE)
@blueprint.response(200, Urged, description="被催办的环节")
def urge(case_id: int) -> Response:
    """催办."""
    return commands.perform(
        lambda session: {"steps": cases.urge(session, case_id, by=access.user())}
    )


def _ordered(command: Any, case_id: int, reason: str) -> Response:
    def work(session: Session) -> Any:
        command(session, case_id, by=access.user(), reason=reason)
        return Case().dump(cases.get(session, case_id, by=access.user()))

    return commands.perform(work)


@blueprint.post("/<id:case_id>/suspend")
@allow(Action.SUSPEND_CASE)
@blueprint.arguments(Reason)
@blueprint.response(200, Case)
def suspend(arguments: dict[str, Any], case_id: int) -> Response:
    """中止办理."""
    return _ordered(cases.suspend, case_id, arguments["reason"])


@blueprint.post("/<id:case_id>/resume")
@allow(Action.SUSPEND_CASE)
@blueprint.arguments(Reason)
@blueprint.response(200, Case)
def resume(arguments: dict[str, Any], case_id: int) -> Response:
    """恢复办理."""
    return _ordered(cases.resume, case_id, arguments["reason"])


@blueprint.post("/<id:case_id>/terminate")
@allow(Action.TERMINATE_CASE)
@blueprint.arguments(Reason)
@blueprint.response(200, Case)
def terminate(arguments: dict[str, Any], case_id: int) -> Response:
    """终止办理."""
    return _ordered(cases.terminate, case_id, arguments["reason"])


@blueprint.post("/progress")
@policy("token")  # the query code is what opens it; a browser session plays no part
@limiter.limit("30 per minute")
@blueprint.arguments(ProgressQuery)
@blueprint.response(200, Progress)
def progress(arguments: dict[str, Any]) -> Any:
    """凭工作单号和查询码查进度，无须登录；查询码不出现在网址中."""
    with read_session() as session:
        return cases.progress(session, arguments["reference"], arguments["query_code"])
