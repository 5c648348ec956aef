"""The shapes of what programs exchange: external tasks, messages, incidents, files.

Invariant: as in `schemas`; the owner of a lease is the account of the token, never a field here.
"""

from marshmallow import fields, validate

from web.api.schemas.base import Id, Moment, Object, Page, Reply, Request, Text, Whole


class Fetch(Request):
    """Which work, how much, for how long."""

    topics = fields.List(
        Text(longest=128),
        required=True,
        validate=validate.Length(1, 20, error="应为 1 至 20 个主题"),
    )
    limit = Whole(1, 20, load_default=1)
    lease_seconds = Whole(5, 600, load_default=60)


class Work(Reply):
    """Work held under a lease; `key` is the same at every retry."""

    id = Id()
    key = Text()
    topic = Text()
    business_key = Text()
    variables = Object()
    retries = fields.Integer()
    fencing = fields.Integer()


class Works(Reply):
    """Work given out."""

    items = fields.List(fields.Nested(Work))


class Held(Request):
    """The lease an answer is given under."""

    fencing = Whole(1, 1 << 31, required=True)


class Result(Held):
    """The work is done."""

    variables = Object(load_default=dict)


class Failure(Held):
    """The work failed; final failures are an incident at once."""

    message = Text(longest=2_000, required=True)
    final = fields.Boolean(load_default=False)
    retry_after_seconds = Whole(1, 86_400)


class BusinessError(Held):
    """A business error that the model catches by its code."""

    code = Text(longest=128, required=True)
    message = Text(longest=2_000, load_default="")
    variables = Object(load_default=dict)


class Extension(Held):
    """Hold the work longer."""

    lease_seconds = Whole(5, 600, load_default=60)


class Message(Request):
    """A message for a case."""

    id = Text(longest=200, required=True, metadata={"description": "发送方编号，重复发送只计一次"})
    name = Text(longest=128, required=True)
    correlation_key = Text(longest=200, required=True)
    variables = Object(load_default=dict)


class Taken(Reply):
    """What became of a message: delivered, started, buffered, duplicate, ambiguous."""

    kind = Text()


class Signal(Request):
    """A signal for all who wait for it."""

    name = Text(longest=128, required=True)
    variables = Object(load_default=dict)


class Facts(Request):
    """What a program observed."""

    variables = Object(required=True)


class Begun(Reply):
    """The instances that began because a condition became true."""

    instances = fields.List(Text())


class Broadcast(Reply):
    """The signal is on its way; `id` is that of the broadcast."""

    id = Id()


class Incident(Reply):
    """Why something cannot go on."""

    id = Id()
    kind = Text()
    instance_id = Id(allow_none=True)
    definition_id = Id(allow_none=True)
    activity = Text()
    message = Text()
    raised_at = Moment()


class Incidents(Page):
    """A page of incidents."""

    items = fields.List(fields.Nested(Incident))


class Upload(Reply):
    """A file that answers may name by `reference`."""

    reference = Text(longest=2_000)
    name = Text()
    size = fields.Integer()
    type = Text()


class Envelope(Reply):
    """A message to a department, as `docs/interfaces.md` tells it."""

    message_id = Text()
    name = Text()
    correlation_key = Text()
    sent_at = Text(allow_none=True)
    body = Object()


class Fetched(Reply):
    """The messages that wait for a department."""

    messages = fields.List(fields.Nested(Envelope))


class Confirmed(Reply):
    """The messages that are settled by this confirmation."""

    confirmed = fields.List(Text())
