"""Tasks of a desk and the forms in them."""

from marshmallow import fields, validate

from processes.desk.filters import HOLDS, LIGHTS
from processes.desk.inbox import BOXES
from processes.desk.todo import SORTS
from web.api.schemas.base import Day, Flag, Id, Moment, Object, Page, Paging, Reply, Request, Text

_PLACE = r"^[0-9]{1,19}(~b|~[fb]~[0-9A-Za-z:.+-]{1,64})?$"


class Draft(Request):
    """A form not yet complete."""

    answers = Object(required=True)


class Backentry(Draft):
    """A decision made earlier: when in truth, by whom, why entered now, and the file that shows it.

    `evidence` is the reference that the upload of a file gave.
    """

    true_at = Moment(required=True)
    decided_by = Id(allow_none=True, load_default=None)
    reason = Text(longest=500, required=True, also=[validate.Length(min=1, error="请填写理由")])
    evidence = Text(longest=2000, required=True)


class Transfer(Request):
    """To whom and why."""

    to = Id(required=True)
    reason = Text(longest=500, required=True, also=[validate.Length(min=1, error="请填写原因")])


class Assign(Request):
    """To whom."""

    to = Id(required=True)


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
    where = fields.List(
        Text(longest=220),
        load_default=list,
        validate=validate.Length(max=12, error="最多 12 个条件"),
        metadata={
            "description": "本流程列出的表单字段的条件，可以重复，都要满足；须同时写 process："
            "`字段=值`、`字段>=下限`、`字段<=上限`，上下限为日期（2026-01-31）或数"
        },
    )
    urged = Flag(load_default=False)
    since = Day(load_default=None)
    until = Day(load_default=None)
    sort = Text(
        load_default="",
        also=[validate.OneOf(("", *SORTS), error="只能是 " + "、".join(SORTS))],
        metadata={
            "description": "due 时限（todo 的缺省）、arrived 先到、latest 新到（其他的缺省）、"
            "number 工作单号、risk 法定风险和 case_due 办结期限（仅 todo）；前面加 - 为反序"
        },
    )
    after = Text(longest=100, also=[validate.Regexp(_PLACE, error="翻页参数不正确")])


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


class Performers(Reply):
    """Who a task is for."""

    people = fields.List(Text(), metadata={"description": "姓名，最多 12 人"})
    more = fields.Integer(metadata={"description": "未列出的人数"})
    offices = fields.List(Text(), metadata={"description": "候选岗位"})
    held = Flag(metadata={"description": "已有办理人"})


class ReadValue(Reply):
    """A variable that the assignment looked at."""

    label = Text()
    value = Text()


class TaskEvent(Reply):
    """Something that happened to the task."""

    kind = Text(metadata={"description": "created、claimed、assigned、released 或 moved"})
    at = Moment()
    by = Text()
    to = Text()
    text = Text()


class Agency(Reply):
    """For whom the caller acts."""

    principal = Text()
    starts_on = fields.Date()
    ends_on = fields.Date()


class Reasons(Reply):
    """Why a task is on the caller's list."""

    rule = Text(metadata={"description": "holder、named、role 或 agent；空：不在待办中"})
    assigned_by = Text(metadata={"description": "assignee、users、groups、lane、people 或 nobody"})
    expressions = fields.List(Text(), metadata={"description": "流程中的 FEEL 表达式"})
    read = fields.List(fields.Nested(ReadValue))
    offices = fields.List(Text())
    agency = fields.Nested(Agency, allow_none=True)
    events = fields.List(fields.Nested(TaskEvent))
    others = fields.Nested(Performers)
    kept_away = Text(metadata={"description": "须回避的理由"})


class Coming(Reply):
    """A task that would come."""

    activity = Text()
    step = Text()
    performers = fields.Nested(Performers)
    due_at = Moment(allow_none=True)


class ClockLine(Reply):
    """A line that would be added to the ledger."""

    title = Text(metadata={"description": "空：全部期限"})
    event = Text(metadata={"description": "start、suspend、resume、extend、correct 或 stop"})
    amount = fields.Integer(allow_none=True)
    unit = Text()


class Told(Reply):
    """A notice that would be sent."""

    title = Text()
    people = fields.List(Text())


class Outlook(Reply):
    """What handing in a task would do; nothing of it has happened."""

    tasks = fields.List(fields.Nested(Coming))
    beside = fields.List(Text(), metadata={"description": "仍在办理的其他环节"})
    ended = fields.List(Text(), metadata={"description": "随之撤销的环节"})
    later = fields.List(Text(), metadata={"description": "已排定、尚未轮到的人员"})
    waits = fields.List(Text(), metadata={"description": "等待的提交、报文或部门答复"})
    clocks = fields.List(fields.Nested(ClockLine))
    notices = fields.List(fields.Nested(Told))
    letters = fields.List(Text())
    messages = fields.List(Text())
    status = Text()
    outcome = Text()
    finished = Flag()
    kept = Text(
        allow_none=True,
        metadata={"description": "不能撤回的理由；空文字：可以撤回；null：没有办结什么"},
    )
    problem = Text(metadata={"description": "后续系统办理会停下的原因"})
