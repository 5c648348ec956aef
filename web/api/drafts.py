"""Drafts of models on their way to release: list, hand in, release by a second person, send back.

Invariant: who wrote a draft never releases it where the setting asks for a second person; what was
handed in, by digest and revision, is what is released.
"""

from collections.abc import Callable
from typing import Any

from flask import Response, current_app
from sqlalchemy.orm import Session

from processes.identity.roles import Action
from processes.model.cases import ModelDraft as Draft
from processes.modelling import modelling
from web import wiring
from web.api import access, blueprints, commands, wire
from web.api.access import access as allow
from web.api.schemas.base import Done, Reason
from web.api.schemas.definitions import Drafts, ModelDraft, OpenDraft
from web.database import read_session

blueprint = blueprints.make("drafts", "/drafts", "流程草稿与发布")


@blueprint.get("")
@allow(Action.RELEASE_MODEL)
@blueprint.response(200, Drafts)
def submitted() -> Any:
    """已提交、等待发布的草稿."""
    with read_session() as session:
        return {"items": modelling.submitted(session, by=access.user())}


@blueprint.get("/<id:draft_id>")
@allow(Action.VIEW_LIBRARY)
@blueprint.response(200, OpenDraft)
def one(draft_id: int) -> Response:
    """一份草稿及其全部文件；ETag 是它的版次."""
    with read_session() as session:
        found = modelling.view(session, draft_id, by=access.user())
        files = {name: content.decode("utf-8") for name, content in found.files.items()}
        told = {**ModelDraft().dump(found.draft), "files": files}
    return commands.reply(wire.dumps(told), revision=int(told["revision"]))


@blueprint.post("/<id:draft_id>/discard")
@allow(Action.DRAFT_MODEL)
@blueprint.response(200, Done, description="已丢弃")
def discard(draft_id: int) -> Response:
    """丢弃自己的一份草稿；已发布的版本不受影响."""
    return _moved(modelling.discard, draft_id)


@blueprint.post("/<id:draft_id>/recall")
@allow(Action.DRAFT_MODEL)
@blueprint.response(200, Done, description="已撤回")
def recall(draft_id: int) -> Response:
    """撤回自己已提交、尚未发布的草稿."""
    return _moved(modelling.recall, draft_id)


def _moved(command: Callable[..., Draft], draft_id: int) -> Response:
    def work(session: Session) -> Any:
        found = command(session, draft_id, by=access.user())
        return {"id": str(found.id), "revision": found.revision, "status": found.status}

    return commands.perform(work)


@blueprint.post("/<id:draft_id>/submit")
@allow(Action.DRAFT_MODEL)
@blueprint.arguments(Reason)
@blueprint.response(200, Done, description="已提交")
def submit(arguments: dict[str, Any], draft_id: int) -> Response:
    """提交草稿，由另一人发布；If-Match 给出所见的草稿版次."""

    def work(session: Session) -> Any:
        revision = modelling.view(session, draft_id, by=access.user()).draft.revision
        found = modelling.submit(
            session,
            draft_id,
            by=access.user(),
            revision=revision,
            note=arguments["reason"],
            topics=wiring.topics(),
        )
        return {"id": str(found.id), "revision": found.revision, "status": found.status}

    return commands.perform(work)


@blueprint.post("/<id:draft_id>/release")
@allow(Action.RELEASE_MODEL)
@blueprint.response(200, Done, description="已发布")
def release(draft_id: int) -> Response:
    """发布一份已提交的草稿；起草人不能发布自己的草稿."""

    def work(session: Session) -> Any:
        second = current_app.config["BANLI"].second_person_release
        modelling.release(
            session, draft_id, by=access.user(), topics=wiring.topics(), second_person=second
        )
        return {"id": str(draft_id), "status": "released"}

    return commands.perform(work)


@blueprint.post("/<id:draft_id>/return")
@allow(Action.RELEASE_MODEL)
@blueprint.arguments(Reason)
@blueprint.response(200, Done, description="已退回")
def send_back(arguments: dict[str, Any], draft_id: int) -> Response:
    """退回一份已提交的草稿并说明原因."""

    def work(session: Session) -> Any:
        found = modelling.send_back(session, draft_id, by=access.user(), reason=arguments["reason"])
        return {"id": str(draft_id), "revision": found.revision, "status": found.status}

    return commands.perform(work)
