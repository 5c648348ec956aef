"""Messages from outside: of programs with a token, and signed callbacks of departments.

Invariant: a message counts once per sender and id; it only reaches what a model waits for with it.
"""

from typing import Any

from flask import Response, current_app, request
from sqlalchemy.orm import Session

from engine.errors import MessageRefused, NotFound
from engine.ports import Message
from processes.casefile import messages
from web.api import access, blueprints, commands
from web.api.access import access as allow
from web.api.schemas import exchange
from web.api.wire import RequestInvalid
from web.auth import policy
from web.database import run
from web.errors import problem

blueprint = blueprints.make("messages", "/messages", "消息")
channels = blueprints.make("channels", "/api/channels", "外部单位的回执")


@blueprint.post("")
@allow(scope="message:*")
@blueprint.arguments(exchange.Message)
@blueprint.response(202, exchange.Taken)
def take(arguments: dict[str, Any]) -> Response:
    """发送一条消息；令牌须有 message:<报文名> 范围。同一编号只计一次."""
    access.demand(f"message:{arguments['name']}")
    message = Message(
        arguments["id"],
        arguments["name"],
        arguments["correlation_key"],
        arguments["variables"],
    )
    channel = f"api:{access.user().id}"

    def work(session: Session) -> Any:
        return {"kind": messages.accept(session, channel=channel, message=message).kind}

    return commands.perform(work, status=202)


@channels.post("/<string(minlength=1, maxlength=64):name>")
@policy("token")
@channels.response(202, exchange.Taken)
def callback(name: str) -> Response:
    """外部单位的签名回执；签名覆盖请求原文（见 X-Banli-Signature）."""
    adapters = current_app.extensions.get("banli_adapters")
    channel = adapters.channels.get(name) if adapters else None
    if channel is None:
        raise NotFound("没有这个通道", channel=name)
    limit = int(current_app.config["BANLI"].body_limit)
    body = request.stream.read(limit + 1)
    if len(body) > limit:
        raise RequestInvalid("请求内容超过 1 MiB", status=413)
    try:
        message = channel.receive(body, dict(request.headers))
    except MessageRefused as error:
        return problem(403, error.code, error.message)
    taken = run(messages.accept, channel=name, message=message)
    return commands.reply(f'{{"kind": "{taken.kind}"}}', 202)
