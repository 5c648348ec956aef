"""Process instances: where they stand, what happened, what is in them."""

from marshmallow import fields, validate

from web.api.schemas.base import Id, Moment, Object, Page, Paging, Reply, Text


class Instance(Reply):
    """A process instance."""

    id = Id()
    definition_id = Id()
    process_key = Text()
    version = fields.Integer()
    business_key = Text()
    status = Text()
    revision = fields.Integer()
    started_at = Moment()
    ended_at = Moment(allow_none=True)


class Instances(Page):
    """A page of instances."""

    items = fields.List(fields.Nested(Instance))


class InstanceQuery(Paging):
    """Which instances."""

    process = Text(longest=128, load_default="")
    business_key = Text(longest=128, load_default="")
    status = Text(
        load_default="",
        also=[
            validate.OneOf(
                ("", "active", "suspended", "completed", "terminated"), error="没有这种状态"
            )
        ],
    )


class Event(Reply):
    """One line of an instance's history."""

    sequence = fields.Integer()
    type = Text()
    activity = Text()
    activity_id = Id(allow_none=True)
    actor = Text()
    at = Moment()


class Events(Page):
    """A page of history."""

    items = fields.List(fields.Nested(Event))


class Step(Reply):
    """How far one activity is."""

    activity = Text()
    state = Text(metadata={"description": "started、completed 或 cancelled"})


class Steps(Reply):
    """How far an instance is."""

    items = fields.List(fields.Nested(Step))


class Values(Reply):
    """Variables of a case, in clear."""

    variables = Object()
