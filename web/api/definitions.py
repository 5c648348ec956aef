"""Processes: their versions, models and forms; the check of a bundle."""

from typing import Any

from flask import Response, current_app, request
from sqlalchemy.orm import Session

from engine.errors import DeploymentRejected
from processes.background import backstage
from processes.casework import monitor
from processes.identity.roles import Action
from processes.modelling import bundle, modelling, trying
from web import wiring
from web.api import access, blueprints, commands, wire
from web.api.access import access as allow
from web.api.schemas.base import Done
from web.api.schemas.definitions import Definition, Definitions, Findings, FormSchema, Suspension
from web.api.schemas.operations import Standing
from web.api.wire import RequestInvalid
from web.database import read_session

blueprint = blueprints.make("definitions", "/definitions", "流程定义")


@blueprint.get("")
@allow(Action.VIEW_LIBRARY)
@blueprint.response(200, Definitions)
def latest() -> Any:
    """各流程的现行版本."""
    with read_session() as session:
        return {"items": monitor.definitions(session, by=access.user())}


@blueprint.get("/by-key/<string(length=None, minlength=1, maxlength=128):key>")
@allow(Action.VIEW_LIBRARY)
@blueprint.response(200, Definitions)
def versions(key: str) -> Any:
    """一个流程的全部版本，最新在前."""
    with read_session() as session:
        return {"items": monitor.versions(session, key, by=access.user())}


@blueprint.get("/<id:definition_id>")
@allow(Action.VIEW_LIBRARY)
@blueprint.response(200, Definition)
def one(definition_id: int) -> Any:
    """一个版本."""
    with read_session() as session:
        return monitor.definition(session, definition_id, by=access.user())


@blueprint.get("/<id:definition_id>/model")
@allow(Action.VIEW_LIBRARY)
@blueprint.response(200, content_type="application/xml", description="BPMN 2.0 文件")
def model(definition_id: int) -> Response:
    """流程图文件（BPMN 2.0）."""
    with read_session() as session:
        content = monitor.model(session, definition_id, by=access.user())
    return Response(content, mimetype="application/xml")


@blueprint.get("/<id:definition_id>/forms/<string(minlength=1, maxlength=100):form_id>")
@allow(Action.VIEW_LIBRARY)
@blueprint.response(200, FormSchema, description="JSON Schema")
def form(definition_id: int, form_id: str) -> Response:
    """表单的 JSON Schema（OpenAPI 3.1）."""
    with read_session() as session:
        found = monitor.form(session, definition_id, form_id, by=access.user())
    return commands.reply(wire.dumps(found.openapi()))


@blueprint.get("/<id:definition_id>/tokens")
@allow(Action.OPERATE, Action.VIEW_LIBRARY)
@blueprint.response(200, Standing)
def tokens(definition_id: int) -> Any:
    """一个版本的在办件停在哪些环节、各有多少."""
    with read_session() as session:
        found = monitor.definition(session, definition_id, by=access.user())
        return {"items": backstage.standing(session, found.id)}


@blueprint.post("/<id:definition_id>/suspension")
@allow(Action.SUSPEND_DEFINITION)
@blueprint.arguments(Suspension)
@blueprint.response(200, Definition)
def suspend(arguments: dict[str, Any], definition_id: int) -> Response:
    """停用或启用一个版本；在办件不受影响."""

    def work(session: Session) -> Any:
        found = monitor.suspend_definition(session, definition_id, by=access.user(), **arguments)
        return Definition().dump(found)

    return commands.perform(work)


@blueprint.post("/check/<string(minlength=1, maxlength=128):key>")
@allow(Action.VIEW_LIBRARY)
@blueprint.response(200, Findings)
def check(key: str) -> Any:
    """检查一个流程包（zip，含 .bpmn、.dmn、forms/、letters/），不部署."""
    try:
        made = bundle.read_zip(_zip(), source=key)
        trying.require(made.files)
    except DeploymentRejected as error:
        return {"items": error.findings}
    with read_session() as session:
        found = modelling.findings(session, made.files, key, topics=wiring.topics())
    return {"items": found}


@blueprint.post("/drafts/<string(minlength=1, maxlength=128):key>")
@allow(Action.DRAFT_MODEL)
@blueprint.response(201, Done, description="草稿编号与版次")
def draft(key: str) -> Response:
    """把一个流程包（zip）存为草稿，供提交和发布."""
    made = bundle.read_zip(_zip(), source=key)
    trying.require(made.files)

    def work(session: Session) -> Any:
        user = access.user()
        found = modelling.create(session, key, by=user, files=made.files)
        saved = modelling.save(
            session, found.id, by=user, files=made.files, revision=found.revision
        )
        return {"id": str(saved.id), "revision": saved.revision, "status": saved.status}

    return commands.perform(work, status=201)


def _zip() -> bytes:
    if request.mimetype != "application/zip":
        raise RequestInvalid("请以 application/zip 发送流程包", status=415)
    limit = 8 * int(current_app.config["BANLI"].body_limit)
    content = request.stream.read(limit + 1)
    if len(content) > limit:
        raise RequestInvalid("流程包超过 8 MiB", status=413)
    return content
