"""Moves of a case: return, take back, jump, void, reopen."""

from marshmallow import fields, validate

from web.api.schemas.base import Flag, Id, Moment, Reply, Request, Text

_SAID = validate.Length(min=1, error="请填写原因")


class Place(Request):
    """Where to, to be looked at first."""

    to = Text(longest=300, required=True)


class Move(Place):
    """A move; `confirmed` names the tasks of others that go with it."""

    reason = Text(longest=500, required=True, also=[_SAID])
    confirmed = fields.List(Id(), load_default=list)


class Return(Move):
    """A return."""

    straight = Flag(load_default=False, metadata={"description": "true 直达，false 逐级"})
    recompute = Flag(load_default=False, metadata={"description": "true 由流程重新确定办理人"})


class Jump(Move):
    """A jump, from a certain open task or the first."""

    task_id = Id(allow_none=True, load_default=None)


class Target(Reply):
    """A node that a case can be moved to."""

    path = Text()
    activity = Text()
    name = Text()
    called = fields.List(fields.String())
    performer_name = Text()
    at = Moment(allow_none=True)
    applicant = Flag()
    across = Flag(metadata={"description": "在与本环节并行的另一分支中"})


class Targets(Reply):
    """Nodes."""

    items = fields.List(fields.Nested(Target))


class Sibling(Reply):
    """A task that goes with the move, or stays."""

    task_id = Id()
    name = Text()
    people = Text()


class Preview(Reply):
    """What a move would do."""

    cancelled = fields.List(fields.Nested(Sibling))
    kept = fields.List(fields.Nested(Sibling))
    skipped = fields.List(fields.String())


class Moved(Reply):
    """The tasks at the target."""

    tasks = fields.List(Id())


class Reopening(Request):
    """Where a case is taken up again, on what basis, and why."""

    at = Text(longest=300, required=True)
    basis = Text(longest=500, required=True, also=[_SAID])
    reason = Text(longest=500, required=True, also=[_SAID])


class Decision(Request):
    """The second person's decision on a request to void."""

    agree = Flag(load_default=True)
    reason = Text(longest=500, load_default="")
