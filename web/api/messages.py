"""Messages from outside: of programs with a token, and signed callbacks of departments.

Invariant: a message counts once per sender and id; it only reaches what a model waits for with it.
A department that cannot be called fetches its messages here, signed like everything it sends.
"""

from typing import Any

from flask import Response, current_app, request
from sqlalchemy.orm import Session

from adapters._shared import wire
from adapters._shared.exchange import Exchange
from adapters._shared.signing import Subject
from engine.errors import MessageRefused, NotFound
from engine.ports import Channel, Message
from processes.casefile import messages
from processes.exchange import inbound, journal, nonces, pulling
from processes.exchange.directory import Interface
from web import wiring
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
    channel = _channel(name)
    if request.query_string:
        raise MessageRefused("回执的地址后面不能带参数")
    message = channel.receive(_body(), dict(request.headers))
    taken = run(inbound.take, channel=channel, message=message)
    return commands.reply(f'{{"kind": "{taken.kind}"}}', 202)


@channels.post("/<string(minlength=1, maxlength=64):name>/fetch")
@policy("token")
@channels.response(200, exchange.Fetched)
def fetch(name: str) -> Response:
    """不接受推送的单位领取发给它的报文（签名同上）：`limit` 至多 50；5 分钟内未确认的再次给出."""
    interface, exchanged = _pulling(name)
    order = _order(name, exchanged, "fetch")
    limit = order.get("limit", pulling.MOST)
    if type(limit) is not int:
        raise RequestInvalid("limit 应为整数")
    found = run(pulling.fetch, interface, limit=limit)
    return _signed(exchanged, {"messages": [pulling.enveloped(one) for one in found]})


@channels.post("/<string(minlength=1, maxlength=64):name>/confirm")
@policy("token")
@channels.response(200, exchange.Confirmed)
def confirm(name: str) -> Response:
    """领取的报文已收妥：`message_ids`；重复确认不改变什么."""
    interface, exchanged = _pulling(name)
    order = _order(name, exchanged, "confirm")
    ids = order.get("message_ids")
    if not isinstance(ids, list) or len(ids) > pulling.MOST:
        raise RequestInvalid(f"message_ids 应为至多 {pulling.MOST} 个报文编号的列表")
    done = run(pulling.confirm, interface, [str(one) for one in ids])
    return _signed(exchanged, {"confirmed": done})


def _channel(name: str) -> Channel:
    adapters = current_app.extensions.get("banli_adapters")
    channel: Channel | None = adapters.channels.get(name) if adapters else None
    if channel is None:
        raise NotFound("没有这个通道", channel=name)
    return channel


def _pulling(name: str) -> tuple[Interface, Exchange]:
    """A department that fetches its messages.

    Raises:
        NotFound: there is none of this name.
    """
    interface = wiring.directory().get(name)
    if interface.exchange is None or interface.way != "pull":
        raise NotFound("这个通道不是由对方领取", channel=name)
    return interface, interface.exchange


def _body() -> bytes:
    limit = int(current_app.config["BANLI"].body_limit)
    body: bytes = request.stream.read(limit + 1)
    if len(body) > limit:
        raise RequestInvalid("请求内容超过 1 MiB", status=413)
    return body


def _order(name: str, exchanged: Exchange, purpose: str) -> dict[str, Any]:
    """What a department asks us for: answered once, so that a record of it opens nothing."""
    body = _body()
    query = request.query_string.decode("ascii", "replace")
    subject = Subject(purpose, request.path, request.method, query)
    exchanged.verify(subject, body, dict(request.headers))
    run(nonces.spend, name, request.headers.get("X-Banli-Nonce", ""))
    return wire.load(body)


def _refused(error: MessageRefused) -> Response:
    """What is not signed as it should be is written down for whoever watches the channel."""
    run(journal.refused, (request.view_args or {})["name"], error.message)
    return problem(403, error.code, error.message)


channels.register_error_handler(MessageRefused, _refused)


def _signed(exchanged: Exchange, content: dict[str, Any]) -> Response:
    """An answer that the department can check as it does our messages."""
    body = wire.dump(content)
    response = Response(body, mimetype="application/json")
    asked = request.headers.get("X-Banli-Nonce", "")
    subject = Subject("answer", request.path, request.method, asked)
    response.headers.update(exchanged.sign(subject, body))
    return response
