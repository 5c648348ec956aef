"""Agents, copies, questions, people chosen beforehand, hand-over."""

from marshmallow import fields, validate

from processes.approvals.handover import Share
from web.api.schemas.base import Day, Flag, Id, Moment, Page, Paging, Reason, Reply, Request, Text

_PEOPLE = validate.Length(1, 50, error="请选择 1 至 50 人")


class Someone(Reply):
    """A person who could be chosen."""

    id = Id()
    name = Text()
    org_name = Text()


class People(Reply):
    """Persons, by name."""

    items = fields.List(fields.Nested(Someone))


class NewAgent(Request):
    """Who acts for whom, from when to when; without `principal` for the caller."""

    principal = Id(load_default=None, allow_none=True)
    agent = Id(required=True)
    starts_on = Day(required=True)
    ends_on = Day(required=True)
    processes = fields.List(Text(longest=128), load_default=list)
    amount_limit = fields.Decimal(
        load_default=None,
        allow_none=True,
        as_string=True,
        places=2,
        metadata={"description": "元；只代理金额已知且不超过的办件"},
    )
    reason = Text(longest=500, load_default="")


class Agent(Reply):
    """A substitution; `state` is ahead, on, over or revoked."""

    id = Id()
    principal = Id()
    principal_name = Text()
    agent = Id()
    agent_name = Text()
    starts_on = Day()
    ends_on = Day()
    processes = fields.List(fields.String())
    amount_limit = Text(allow_none=True)
    reason = Text()
    state = Text()


class AgentQuery(Request):
    """Whose: those one has given, those one has taken, or all of an administrator's area."""

    of = Text(
        load_default="given",
        also=[validate.OneOf(("given", "taken", "area"), error="只能是 given、taken 或 area")],
    )


class Agents(Reply):
    """Substitutions, the latest first."""

    items = fields.List(fields.Nested(Agent))


class NewCopies(Request):
    """To whom a case goes, and what is asked of them."""

    people = fields.List(Id(), required=True, validate=_PEOPLE)
    text = Text(longest=500, load_default="")
    must_read = Flag(load_default=False)
    reply = Flag(load_default=False)


class Said(Request):
    """A reply or an answer."""

    text = Text(longest=1000, required=True, also=[validate.Length(min=1, error="请填写内容")])


class Copy(Reply):
    """A copy that the caller has of a case."""

    id = Id()
    case_id = Id()
    reference = Text()
    title = Text()
    sender = Text()
    text = Text()
    must_read = Flag()
    wants_reply = Flag()
    sent_at = Moment()
    read_at = Moment(allow_none=True)
    replied_at = Moment(allow_none=True)


class Copies(Page):
    """Copies, the latest first."""

    items = fields.List(fields.Nested(Copy))
    unread = fields.Integer()


class CopyQuery(Paging):
    """Which copies."""

    unread = Flag(load_default=False)


class Reader(Reply):
    """Somebody who has a copy of a case."""

    user = Id()
    name = Text()
    must_read = Flag()
    read_at = Moment(allow_none=True)
    reply = Text()
    replied_at = Moment(allow_none=True)


class Readers(Reply):
    """Who has a copy of a case."""

    items = fields.List(fields.Nested(Reader))


class Counted(Reply):
    """How many it concerned."""

    id = Id()
    number = fields.Integer()


class NewQuestion(Request):
    """Whom to ask what."""

    people = fields.List(Id(), required=True, validate=_PEOPLE)
    question = Text(longest=1000, required=True)


class Question(Reply):
    """A question; `state` is open, answered, withdrawn or over."""

    id = Id()
    case_id = Id()
    reference = Text()
    task_id = Id()
    activity_name = Text()
    asker = Text()
    colleague = Text()
    question = Text()
    pauses = Flag()
    asked_at = Moment()
    answer = Text()
    answered_at = Moment(allow_none=True)
    state = Text()


class Questions(Reply):
    """Questions."""

    items = fields.List(fields.Nested(Question))


class Ahead(Reply):
    """A task that may still come, and those chosen for it."""

    activity = Text()
    name = Text()
    people = fields.List(fields.Nested(Someone))


class TasksAhead(Reply):
    """Tasks ahead whose people the caller may choose."""

    items = fields.List(fields.Nested(Ahead))


class Place(Request):
    """A task ahead."""

    activity = Text(longest=128, required=True)


class Choice(Place):
    """Who does it; nobody: the model decides again."""

    people = fields.List(Id(), required=True, validate=validate.Length(max=20))
    reason = Text(longest=500, load_default="")


class HandoverQuery(Request):
    """Who takes over, and by which rule."""

    people = Text(
        required=True,
        metadata={"description": "接办人的编号，以逗号分隔"},
        also=[validate.Regexp(r"^[0-9]{1,19}(,[0-9]{1,19})*$", error="应为以逗号分隔的编号")],
    )
    share = Text(
        load_default=Share.ONE.value,
        also=[validate.OneOf([*Share], error="只能是 one、turns 或 least")],
    )


class HandoverLine(Reply):
    """One thing that waits: to whom it goes, or why it cannot; `choices` could have it.

    `also` get it besides: a role that those who share the work all need.
    """

    key = Text()
    kind = Text()
    what = Text()
    reference = Text()
    to = Id(allow_none=True)
    to_name = Text()
    why_not = Text()
    ends = Flag()
    choices = fields.List(fields.String())
    also = fields.List(fields.String())


class HandoverLines(Reply):
    """Everything that waits for somebody, roles first."""

    items = fields.List(fields.Nested(HandoverLine))


class HandoverOrder(Reason):
    """Hand one line over; without `to` what only ends."""

    key = Text(longest=200, required=True)
    to = Id(load_default=None, allow_none=True)


class HandedOver(Reply):
    """What was handed over."""

    key = Text()
    kind = Text()
    to = Id(allow_none=True)
