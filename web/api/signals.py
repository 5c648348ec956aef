"""Signals from outside, of programs with a token.

Invariant: a signal only reaches what models wait for with it; each of them exactly once.
"""

from typing import Any

from flask import Response
from sqlalchemy.orm import Session

from processes.casefile import messages
from web.api import access, blueprints, commands
from web.api.access import access as allow
from web.api.schemas import exchange

blueprint = blueprints.make("signals", "/signals", "信号")


@blueprint.post("")
@allow(scope="signal:*")
@blueprint.arguments(exchange.Signal)
@blueprint.response(202, exchange.Broadcast)
def broadcast(arguments: dict[str, Any]) -> Response:
    """广播一个信号，送达所有等待它的办件和开始事件；令牌须有 signal:<信号名> 范围."""
    access.demand(f"signal:{arguments['name']}")

    def work(session: Session) -> Any:
        job = messages.broadcast(session, arguments["name"], arguments["variables"])
        return {"id": str(job)}

    return commands.perform(work, status=202)
