"""What works in the background: jobs, topics, workers, departments."""

from marshmallow import fields, validate

from web.api.schemas.base import Id, Moment, Reply, Request, Text, Whole

_KINDS = ("timer", "external_task", "outbox_message")


class JobQuery(Request):
    """Which jobs."""

    kind = Text(
        load_default="",
        also=[validate.OneOf(("", *_KINDS), error=f"只能是 {'、'.join(_KINDS)}")],
    )
    limit = Whole(1, 100, load_default=50)


class Job(Reply):
    """A job that waits for its time, or for somebody to look."""

    id = Id()
    kind = Text()
    topic = Text()
    activity = Text()
    due_at = Moment()
    retries = fields.Integer()
    last_error = Text()
    case = Text(allow_none=True, metadata={"description": "工作单号"})


class Jobs(Reply):
    """Jobs, those due first."""

    items = fields.List(fields.Nested(Job))


class Topic(Reply):
    """How many jobs of a topic wait, are late, are tried again, have stopped."""

    kind = Text()
    topic = Text()
    waiting = fields.Integer()
    late = fields.Integer()
    failing = fields.Integer()
    stuck = fields.Integer()


class WorkerState(Reply):
    """Who holds jobs now, and how many."""

    owner = Text()
    jobs = fields.Integer()


class Department(Reply):
    """A department outside that is reached through an adapter."""

    adapter = Text()
    name = Text()
    address = Text()


class Services(Reply):
    """Departments, topics and workers."""

    departments = fields.List(fields.Nested(Department))
    topics = fields.List(fields.Nested(Topic))
    workers = fields.List(fields.Nested(WorkerState))


class Probe(Reply):
    """Whether a department answers."""

    answers = fields.Boolean()
    milliseconds = fields.Integer(allow_none=True)
    trouble = Text()


class Standing(Reply):
    """How many running cases of a version stand at each activity."""

    items = fields.Dict(keys=fields.String(), values=fields.Integer())
