"""A draft tried out, and its letters looked at."""

from marshmallow import fields, validate

from processes.modelling.trial import KINDS
from web.api.schemas.base import Flag, Moment, Object, Reply, Request, Text, Whole

_STATE = "已走步骤的签名文本：由试运行的上一次答复给出，原样带回"


class LetterText(Request):
    """A letter as it stands in an editor."""

    path = Text(required=True, metadata={"description": "文书文件名，如 letters/letter_a.yaml"})
    text = Text(longest=100_000, required=True, metadata={"description": "文书的 YAML 文本"})


class Move(Request):
    """What to do next: to the `ordinal`-th thing that waits at an activity."""

    kind = Text(
        required=True,
        also=[validate.OneOf(KINDS, error=f"只能是 {'、'.join(KINDS)}")],
        metadata={
            "description": "start 开始、complete 办理、deliver 消息到达、fire 到期、fail 报错…"
        },
    )
    activity = Text(load_default="")
    ordinal = Whole(0, 10_000, load_default=0)
    answers = Object(load_default=dict, metadata={"description": "有表单的环节：按表单填写的内容"})
    text = Text(
        longest=20_000,
        load_default="",
        metadata={"description": "没有表单时：FEEL 变量；fail 时：错误代码"},
    )


class TrialAt(Request):
    """Where a trial is."""

    state = Text(longest=700_000, required=True, metadata={"description": _STATE})


class TrialMove(TrialAt):
    """One move more."""

    move = fields.Nested(Move, required=True)


class TrialBeginning(Reply):
    """Where a model may be begun."""

    activity = Text()
    name = Text()
    form = Text(metadata={"description": "要填的表单"})


class TrialWaiting(Reply):
    """What can be moved now."""

    activity = Text()
    ordinal = fields.Integer()
    name = Text()
    kind = Text(metadata={"description": "待办、等待消息、定时、外部服务…"})
    candidates = Text()
    due_at = Moment(allow_none=True)
    form = Text(metadata={"description": "要填的表单"})
    outputs = fields.Dict(keys=fields.String(), metadata={"description": "服务应给出的变量"})


class TrialLine(Reply):
    """One line of what happened."""

    move = fields.Integer()
    activity = Text()
    words = Text()


class TrialState(Reply):
    """A trial after its moves so far."""

    state = Text(metadata={"description": _STATE})
    moves = fields.Integer()
    now = Moment(metadata={"description": "试运行中的时间"})
    completed = Flag()
    beginnings = fields.List(fields.Nested(TrialBeginning))
    waiting = fields.List(fields.Nested(TrialWaiting))
    active = fields.Dict(keys=fields.String(), values=fields.Integer())
    done = fields.List(fields.String())
    incidents = fields.List(fields.Dict(keys=fields.String()))
    variables = fields.Dict(keys=fields.String())
    lines = fields.List(fields.Nested(TrialLine))
