"""Facts from outside, for the conditional start events; of programs with a token.

Invariant: a condition that becomes true begins one case, however often its facts are told.
"""

from typing import Any

from flask import Response
from sqlalchemy.orm import Session

from processes.casefile import messages
from web.api import blueprints, commands
from web.api.access import access as allow
from web.api.schemas import exchange

blueprint = blueprints.make("conditions", "/conditions", "条件开始")


@blueprint.post("")
@allow(scope="condition")
@blueprint.arguments(exchange.Facts)
@blueprint.response(200, exchange.Begun)
def tell(arguments: dict[str, Any]) -> Response:
    """报来事实：条件由假变真的开始事件各开始一件；令牌须有 condition 范围."""

    def work(session: Session) -> Any:
        begun = messages.tell(session, arguments["variables"])
        return {"instances": [str(one) for one in begun]}

    return commands.perform(work)
