"""Tasks of a desk and the forms in them."""

from marshmallow import fields, validate

from processes.filters import HOLDS, LIGHTS, SORTS
from processes.inbox import BOXES
from web.api.schemas.base import Day, Flag, Id, Moment, Object, Page, Paging, Reply, Request, Text


class Draft(Request):
    """A form not yet complete."""

    answers = Object(required=True)


class Transfer(Request):
    """To whom and why."""

    to = Id(required=True)
    reason = Text(longest=500, required=True, also=[validate.Length(min=1, error="请填写原因")])


class Delegate(Request):
    """Who is to give an opinion, and on what."""

    to = Id(required=True)
    reason = Text(longest=500, required=True, also=[validate.Length(min=1, error="请填写说明")])


class AddSigners(Request):
    """Whom to add, and where: before, after or beside the holder."""

    kind = Text(
        required=True,
        also=[
            validate.OneOf(("before", "after", "beside"), error="只能是 before、after 或 beside")
        ],
        metadata={"description": "before 前加签、after 后加签、beside 并加签"},
    )
    people = fields.List(Id(), required=True, validate=validate.Length(min=1, max=20))
    ordered = Flag(load_default=False, metadata={"description": "true 依次，false 同时"})
    reason = Text(longest=500, required=True, also=[validate.Length(min=1, error="请填写说明")])


class RemoveSigner(Request):
    """Why somebody is taken back."""

    reason = Text(longest=500, load_default="")


class Signer(Reply):
    """One person on a task."""

    id = Id(metadata={"description": "减签时用的编号"})
    user = Text()
    name = Text()
    kind = Text()
    stage = Text(metadata={"description": "queued、open、waiting、approving、done 或 cancelled"})
    decision = Text(allow_none=True)


class Board(Reply):
    """A task on which several people work."""

    task_id = Id()
    activity = Text()
    name = Text()
    mode = Text()
    approved = fields.Integer(allow_none=True)
    counted = fields.Integer(allow_none=True)
    signers = fields.List(fields.Nested(Signer))


class Boards(Reply):
    """Those of a case."""

    items = fields.List(fields.Nested(Board))


class TaskQuery(Paging):
    """Which tasks."""

    box = Text(
        load_default="todo",
        also=[validate.OneOf(BOXES, error="只能是 " + "、".join(BOXES))],
        metadata={"description": "todo 待办、done 已办、mine 我发起、followed 关注"},
    )
    text = Text(
        longest=100,
        load_default="",
        metadata={
            "description": "单号、姓名、拼音首字母或证件号后四位；多个词之间用空格，都要满足"
        },
    )
    process = Text(longest=128, load_default="")
    status = Text(longest=32, load_default="")
    org = Text(longest=64, load_default="")
    step = Text(longest=200, load_default="", metadata={"description": "环节名称，仅 todo"})
    hold = Text(
        load_default="",
        also=[validate.OneOf(("", *HOLDS), error="只能是 mine 或 pool")],
        metadata={"description": "mine 我已签收、pool 待签收，仅 todo"},
    )
    light = Text(
        load_default="",
        also=[validate.OneOf(("", *LIGHTS), error="只能是 overdue、near 或 resting")],
        metadata={"description": "overdue 已超期、near 即将到期、resting 已停计时，仅 todo"},
    )
    urged = Flag(load_default=False)
    since = Day(load_default=None)
    until = Day(load_default=None)
    sort = Text(
        load_default=SORTS[0],
        also=[validate.OneOf(SORTS, error="只能是 " + "、".join(SORTS))],
        metadata={"description": "due 环节时限、risk 法定风险、arrived 先到、latest 新到，仅 todo"},
    )


class TaskRow(Reply):
    """A line of a box."""

    case_id = Id()
    task_id = Id(allow_none=True)
    reference = Text()
    title = Text()
    applicant = Text()
    step = Text()
    status = Text()
    process_key = Text()
    at = Moment()
    due_on = fields.Date(allow_none=True)
    case_due_on = fields.Date(allow_none=True, metadata={"description": "全案办结期限"})
    remaining = fields.Integer(allow_none=True, metadata={"description": "剩余工作日"})
    mine = Flag()
    kind = Text(
        metadata={
            "description": "main 会签、beside 并加签、before 前加签、after 后加签、delegate 委派"
        }
    )
    waits_for = fields.List(Text(), metadata={"description": "多人办理时正在办理的人"})


class TaskRows(Page):
    """A page of a box."""

    items = fields.List(fields.Nested(TaskRow))
    total = fields.Integer()
    previous = Text(allow_none=True, metadata={"description": "上一页的 after"})


class Task(Reply):
    """A task and what the caller may do with it."""

    id = Id()
    case_id = Id()
    reference = Text()
    name = Text()
    activity = Text()
    process_key = Text()
    form_id = Text()
    holder = Text()
    kind = Text()
    due_at = Moment(allow_none=True)
    created_at = Moment()
    revision = fields.Integer(metadata={"description": "与 ETag 相同，用于 If-Match"})
    may_claim = Flag()
    may_complete = Flag()
    may_release = Flag()
    why_not = Text()
    form = Object(allow_none=True, metadata={"description": "可填写内容的 JSON Schema"})
    values = fields.List(fields.Raw(), metadata={"description": "按小节列出的表单内容"})


class Following(Reply):
    """What the caller can do next in the case."""

    case_id = Id()
    next_tasks = fields.List(Id())
