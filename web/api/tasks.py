"""Tasks: the boxes of a desk, a task with its form, claim, release, transfer, draft, complete."""

from collections.abc import Sequence
from typing import Any

from flask import Response
from sqlalchemy.orm import Session

from forms.display import Rights
from processes.casefile import facets
from processes.casefile.facets import Asked
from processes.casework import sources
from processes.desk import backentry, columns, inbox, worklist
from processes.desk.backentry import Late
from processes.desk.filters import Filters
from processes.desk.inbox import View
from processes.desk.worklist import TaskView
from processes.identity.roles import Action
from web import references
from web.api import access, answers, blueprints, commands, wire
from web.api.access import access as allow
from web.api.schemas.base import Answers, Done
from web.api.schemas.tasks import Backentry, Draft, Following, Task, TaskQuery, TaskRows, Transfer
from web.api.wire import RequestInvalid
from web.database import read_session

blueprint = blueprints.make("tasks", "/tasks", "任务")

_HANDLE = (Action.COMPLETE_TASK, Action.CLAIM_TASK)


@blueprint.get("")
@allow(*_HANDLE)
@blueprint.arguments(TaskQuery, location="query")
@blueprint.response(200, TaskRows)
def rows(arguments: dict[str, Any]) -> Any:
    """待办（todo）、已办（done）、我发起（mine）或关注（followed）."""
    named = ("process_key", "text", "status", "org", "step", "hold", "light", "urged")
    given = {**arguments, "process_key": arguments["process"]}
    asked = _conditions(arguments["where"])
    filters = Filters(
        **{name: given[name] for name in named},
        since=given["since"],
        until=given["until"],
        values=asked,
    )
    view = View(filters=filters, sort=given["sort"], after=given.get("after"), limit=given["limit"])
    with read_session() as session:
        listed = columns.filterable(session, arguments["process"])
        if unknown := [one.name for one in asked if one.name not in listed]:
            raise _wrong(f"流程没有把字段『{'、'.join(unknown)}』列为筛选条件")
        page = inbox.page(session, access.user(), box=arguments["box"], view=view)
    return {"items": page.rows, "total": page.total, "next": page.next, "previous": page.previous}


def _wrong(message: str) -> RequestInvalid:
    return RequestInvalid("请求内容有误", status=422, errors={"where": [message]})


def _conditions(texts: Sequence[str]) -> tuple[Asked, ...]:
    """The conditions on fields, as the page would ask them.

    Raises:
        RequestInvalid: a text is no condition.
    """
    found = {text: facets.read(text) for text in texts}
    if broken := [text for text, one in found.items() if one is None]:
        raise _wrong(f"“{broken[0]}”不是条件，应为“字段=值”“字段>=下限”或“字段<=上限”")
    return tuple(one for one in found.values() if one is not None)


@blueprint.get("/<id:task_id>")
@allow(*_HANDLE)
@blueprint.response(200, Task, headers={"ETag": {"schema": {"type": "string"}}})
def one(task_id: int) -> Response:
    """一项任务，连同表单。ETag 是任务的修订号，提交时放在 If-Match 中."""
    with read_session() as session:
        view = worklist.view(session, task_id, by=access.user())
        body = _task(session, view)
    return commands.reply(wire.dumps(Task().dump(body)), revision=body["revision"])


@blueprint.post("/<id:task_id>/claim")
@allow(Action.CLAIM_TASK)
@blueprint.response(200, Done, description="已签收")
def claim(task_id: int) -> Response:
    """签收."""

    def work(session: Session) -> Any:
        worklist.claim(session, task_id, by=access.user())
        return {"id": str(task_id)}

    return commands.perform(work)


@blueprint.post("/<id:task_id>/release")
@allow(Action.RELEASE_TASK)
@blueprint.response(200, Done, description="已退回待签收")
def release(task_id: int) -> Response:
    """退回待签收."""

    def work(session: Session) -> Any:
        worklist.release(session, task_id, by=access.user())
        return {"id": str(task_id)}

    return commands.perform(work)


@blueprint.post("/<id:task_id>/transfer")
@allow(Action.TRANSFER_TASK)
@blueprint.arguments(Transfer)
@blueprint.response(200, Done, description="已转办")
def transfer(arguments: dict[str, Any], task_id: int) -> Response:
    """转办给另一名有权办理的人."""

    def work(session: Session) -> Any:
        to, reason = int(arguments["to"]), arguments["reason"]
        worklist.transfer(session, task_id, by=access.user(), to=to, reason=reason)
        return {"id": str(task_id)}

    return commands.perform(work)


@blueprint.put("/<id:task_id>/draft")
@allow(*_HANDLE)
@blueprint.arguments(Draft)
@blueprint.response(200, Done, description="已暂存")
def draft(arguments: dict[str, Any], task_id: int) -> Response:
    """暂存尚未填完的内容，只有本人可见."""

    def work(session: Session) -> Any:
        user = access.user()
        form = worklist.view(session, task_id, by=user).form
        given = answers.with_files(form, arguments["answers"])
        kept = worklist.save_draft(session, task_id, by=user, answers=given)
        return {"id": str(task_id), "saved_at": kept.saved_at}

    return commands.perform(work)


@blueprint.post("/<id:task_id>/complete")
@allow(Action.COMPLETE_TASK)
@blueprint.arguments(Answers)
@blueprint.response(200, Following)
def complete(arguments: dict[str, Any], task_id: int) -> Response:
    """提交表单，办结任务；返回本人在同一办件中接着可办的任务."""
    expected = commands.expected_revision()

    def work(session: Session) -> Any:
        user = access.user()
        view = worklist.view(session, task_id, by=user)
        given = answers.with_files(view.form, arguments["answers"])
        following = worklist.submit(
            session, task_id, by=user, answers=given, expected_revision=expected
        )
        ids = [str(task.id) for task in following]
        return {"case_id": str(view.case.id), "next_tasks": ids}

    return commands.perform(work)


@blueprint.post("/<id:task_id>/backentry")
@allow(Action.BACKENTER)
@blueprint.arguments(Backentry)
@blueprint.response(200, Following)
def enter_later(arguments: dict[str, Any], task_id: int) -> Response:
    """补录：录入早先在系统外作出的办理，写明真实时间、理由和依据；期限按真实时间计算."""

    def work(session: Session) -> Any:
        user = access.user()
        view = worklist.view(session, task_id, by=user)
        evidence = references.take(arguments["evidence"], "form", by=user.id)
        decided_by = arguments["decided_by"]
        late = Late(
            true_at=arguments["true_at"],
            reason=arguments["reason"],
            evidence=evidence or {},
            decided_by=int(decided_by) if decided_by else None,
        )
        given = answers.with_files(view.form, arguments["answers"])
        following = backentry.enter(session, task_id, by=user, answers=given, late=late)
        ids = [str(task.id) for task in following]
        return {"case_id": str(view.case.id), "next_tasks": ids}

    return commands.perform(work)


def _task(session: Session, view: TaskView) -> dict[str, Any]:
    task, form = view.task, view.form
    names = ("id", "name", "activity", "process_key", "form_id", "kind")
    times = ("due_at", "created_at", "revision")
    found: dict[str, Any] = {name: getattr(task, name) for name in (*names, *times)}
    for name in ("holder", "may_claim", "may_complete", "may_release", "why_not"):
        found[name] = getattr(view, name)
    found |= {"case_id": view.case.id, "reference": view.case.reference}
    if form is None:
        return {**found, "form": None, "values": []}
    rights = Rights(node=task.activity, may_edit=view.may_complete)
    values = answers.shown(
        form,
        view.values,
        context=view.variables,
        rights=rights,
        lookups=sources.lookups(session, access.user()),
    )
    return {**found, "form": form.openapi(node=task.activity), "values": values}
