"""Service tasks done by programs outside: fetch and lock, complete, fail, BPMN error, extend.

Invariant: a topic is given out only to a token with the scope `worker:<topic>`.
"""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from flask import Response
from sqlalchemy.orm import Session

from processes.background import remote
from processes.background.remote import JobWork
from web.api import access, blueprints, commands
from web.api.access import access as allow
from web.api.schemas import exchange
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
    given = arguments["variables"]
    return _answered(
        "completed", job_id, arguments, lambda s, held: remote.complete(s, held, variables=given)
    )


@blueprint.post("/<id:job_id>/failure")
@allow(scope="worker:*")
@blueprint.arguments(exchange.Failure)
@blueprint.response(200, exchange.Taken)
def failure(arguments: dict[str, Any], job_id: int) -> Response:
    """任务失败：减少一次重试，用尽后成为异常."""
    seconds = arguments.get("retry_after_seconds")
    told: dict[str, Any] = {name: arguments[name] for name in ("message", "final")}
    told["after"] = timedelta(seconds=seconds) if seconds else None
    return _answered("failed", job_id, arguments, lambda s, held: remote.fail(s, held, **told))


@blueprint.post("/<id:job_id>/bpmn-error")
@allow(scope="worker:*")
@blueprint.arguments(exchange.BusinessError)
@blueprint.response(200, exchange.Taken)
def bpmn_error(arguments: dict[str, Any], job_id: int) -> Response:
    """任务以业务错误结束，由流程图中的错误事件捕获."""
    told: dict[str, Any] = {name: arguments[name] for name in ("code", "message", "variables")}
    return _answered(
        "thrown", job_id, arguments, lambda s, held: remote.bpmn_error(s, held, **told)
    )


@blueprint.post("/<id:job_id>/lease")
@allow(scope="worker:*")
@blueprint.arguments(exchange.Extension)
@blueprint.response(200, exchange.Taken)
def extend(arguments: dict[str, Any], job_id: int) -> Response:
    """延长租约."""
    lease = timedelta(seconds=arguments["lease_seconds"])
    return _answered(
        "extended", job_id, arguments, lambda s, held: remote.extend(s, held, lease=lease)
    )


def _answered(
    kind: str, job_id: int, arguments: dict[str, Any], act: Callable[[Session, JobWork], object]
) -> Response:
    """What a holder of a lease says of its work, taken only under that lease."""

    def work(session: Session) -> Any:
        held = remote.held(session, job_id, arguments["fencing"], by=access.user())
        access.demand(f"worker:{held.topic}")
        act(session, held)
        return {"kind": kind}

    return commands.perform(work)


def _work(one: JobWork) -> dict[str, Any]:
    names = ("id", "key", "topic", "business_key", "retries", "fencing")
    found = {name: getattr(one, name) for name in names}
    return {**found, "variables": plain(one.variables)}
