"""Service tasks done by programs outside: fetch and lock, complete, fail, BPMN error, extend.

Invariant: a topic is given out only to a token with the scope `worker:<topic>`.
"""

from datetime import timedelta
from typing import Any

from flask import Response
from sqlalchemy.orm import Session

from processes import remote
from processes.remote import JobWork
from web.api import access, blueprints, commands, exchange
from web.api.access import access as allow
from web.api.wire import plain

blueprint = blueprints.make("external_tasks", "/external-tasks", "外部任务")


@blueprint.post("/acquire")
@allow(scope="worker:*")
@blueprint.arguments(exchange.Fetch)
@blueprint.response(200, exchange.Works)
def acquire(arguments: dict[str, Any]) -> Response:
    """领取到期的任务并加租约；令牌须有 worker:<主题> 范围."""
    for topic in arguments["topics"]:
        access.demand(f"worker:{topic}")
    lease = timedelta(seconds=arguments["lease_seconds"])

    def work(session: Session) -> Any:
        found = remote.fetch(
            session, arguments["topics"], by=access.user(), limit=arguments["limit"], lease=lease
        )
        return exchange.Works().dump({"items": [_work(one) for one in found]})

    return commands.perform(work)


@blueprint.post("/<id:job_id>/complete")
@allow(scope="worker:*")
@blueprint.arguments(exchange.Result)
@blueprint.response(200, exchange.Taken)
def complete(arguments: dict[str, Any], job_id: int) -> Response:
    """任务完成."""

    def work(session: Session) -> Any:
        held = _held(session, job_id, arguments)
        remote.complete(session, held, variables=arguments["variables"])
        return {"kind": "completed"}

    return commands.perform(work)


@blueprint.post("/<id:job_id>/failure")
@allow(scope="worker:*")
@blueprint.arguments(exchange.Failure)
@blueprint.response(200, exchange.Taken)
def failure(arguments: dict[str, Any], job_id: int) -> Response:
    """任务失败：减少一次重试，用尽后成为异常."""
    seconds = arguments.get("retry_after_seconds")

    def work(session: Session) -> Any:
        held = _held(session, job_id, arguments)
        remote.fail(
            session,
            held,
            message=arguments["message"],
            final=arguments["final"],
            after=timedelta(seconds=seconds) if seconds else None,
        )
        return {"kind": "failed"}

    return commands.perform(work)


@blueprint.post("/<id:job_id>/bpmn-error")
@allow(scope="worker:*")
@blueprint.arguments(exchange.BusinessError)
@blueprint.response(200, exchange.Taken)
def bpmn_error(arguments: dict[str, Any], job_id: int) -> Response:
    """任务以业务错误结束，由流程图中的错误事件捕获."""

    def work(session: Session) -> Any:
        held = _held(session, job_id, arguments)
        remote.bpmn_error(
            session,
            held,
            code=arguments["code"],
            message=arguments["message"],
            variables=arguments["variables"],
        )
        return {"kind": "thrown"}

    return commands.perform(work)


@blueprint.post("/<id:job_id>/lease")
@allow(scope="worker:*")
@blueprint.arguments(exchange.Extension)
@blueprint.response(200, exchange.Taken)
def extend(arguments: dict[str, Any], job_id: int) -> Response:
    """延长租约."""

    def work(session: Session) -> Any:
        held = _held(session, job_id, arguments)
        remote.extend(session, held, lease=timedelta(seconds=arguments["lease_seconds"]))
        return {"kind": "extended"}

    return commands.perform(work)


def _held(session: Session, job_id: int, arguments: dict[str, Any]) -> JobWork:
    held = remote.held(session, job_id, arguments["fencing"], by=access.user())
    access.demand(f"worker:{held.topic}")
    return held


def _work(one: JobWork) -> dict[str, Any]:
    names = ("id", "key", "topic", "business_key", "retries", "fencing")
    found = {name: getattr(one, name) for name in names}
    return {**found, "variables": plain(one.variables)}
