"""Departments outside: health, what waits, what went and came."""

from marshmallow import fields, validate

from processes.exchange.journal import OUTCOMES
from web.api.schemas.base import Id, Moment, Object, Page, Paging, Reply, Request, Text

_DIRECTIONS = ("", "out", "in")


class Traffic(Paging):
    """Which records of the traffic."""

    direction = Text(load_default="", also=[validate.OneOf(_DIRECTIONS, error="只能是 out、in")])
    outcome = Text(
        load_default="",
        also=[validate.OneOf(("", *OUTCOMES), error=f"只能是 {'、'.join(OUTCOMES)}")],
    )
    q = Text(load_default="", longest=100, metadata={"description": "关联号的开头，或报文编号"})


class QueueState(Request):
    """Which part of a queue."""

    state = Text(
        load_default="",
        also=[validate.OneOf(("", "dead", "waiting"), error="只能是 dead、waiting")],
    )


class Interface(Reply):
    """A department: how messages go, whether the circuit is closed, and what waits."""

    adapter = Text()
    title = Text()
    way = Text(metadata={"description": "push 推送，pull 对方领取，file 文件交换"})
    breaker = Text(metadata={"description": "closed、open、half_open"})
    waiting = fields.Integer()
    retrying = fields.Integer()
    dead = fields.Integer(metadata={"description": "已停止、等待重发或人工办理的份数"})
    oldest = Moment(allow_none=True)
    last_good = Moment(allow_none=True)
    last_error = Text(longest=2_000)
    last_error_at = Moment(allow_none=True)
    good = fields.Integer(metadata={"description": "近一小时成功次数"})
    bad = fields.Integer(metadata={"description": "近一小时失败次数"})


class Interfaces(Reply):
    """All of them, those that need somebody first."""

    items = fields.List(fields.Nested(Interface))


class Undelivered(Reply):
    """Something on its way to a department."""

    id = Id()
    kind = Text()
    topic = Text()
    title = Text()
    case = Text(allow_none=True)
    correlation_key = Text()
    created_at = Moment()
    due_at = Moment()
    retries = fields.Integer()
    last_error = Text(longest=2_000)


class UndeliveredList(Reply):
    """What waits, the dead first."""

    items = fields.List(fields.Nested(Undelivered))


class ExchangeRecord(Reply):
    """One attempt to send, or one message that came."""

    id = Id()
    direction = Text()
    way = Text()
    name = Text()
    message_id = Text()
    correlation_key = Text()
    outcome = Text()
    error = Text(longest=2_000)
    took_ms = fields.Integer()
    at = Moment()


class ExchangeRecords(Page):
    """A page of the traffic, the latest first."""

    items = fields.List(fields.Nested(ExchangeRecord))


class Resent(Reply):
    """How many were sent again."""

    count = fields.Integer()


class Package(Reply):
    """A package of messages; `receipt` tells of each message that came in what became of it."""

    id = Id()
    direction = Text()
    number = Text()
    messages = fields.Integer()
    at = Moment()
    receipt = Object(allow_none=True)
