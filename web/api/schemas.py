"""The shapes of requests and answers; their sentences are Chinese.

Invariant: an unknown key of a request is refused by name; ids are texts of decimal digits.
"""

from collections.abc import Sequence
from typing import Any, Final

from marshmallow import EXCLUDE, RAISE, Schema, fields, validate

_ID: Final = r"^[1-9][0-9]{0,18}$"
_KEYSET: Final = r"^[0-9]{1,20}(~[0-9]{1,20})?$"


_MESSAGES: Final[dict[str, Any]] = {
    "required": "缺少这一项",
    "null": "不能为空",
    "invalid": "格式不正确",
    "type": "格式不正确",
    "too_large": "数值过大",
    "invalid_utf8": "不是 UTF-8 文本",
}


class Text(fields.String):
    """Text of bounded length."""

    def __init__(self, *, longest: int = 200, also: Sequence[Any] = (), **more: Any) -> None:
        limit = validate.Length(max=longest, error=f"不能超过 {longest} 个字")
        super().__init__(validate=[limit, *also], error_messages=_MESSAGES, **more)


class Whole(fields.Integer):
    """A whole number in a range."""

    def __init__(self, low: int, high: int, **more: Any) -> None:
        error = f"应为 {low} 至 {high} 的整数"
        rule = validate.Range(low, high, error=error)
        super().__init__(validate=rule, error_messages=_MESSAGES, **more)


class Flag(fields.Boolean):
    """True or false."""

    def __init__(self, **more: Any) -> None:
        super().__init__(error_messages=_MESSAGES, **more)


class Moment(fields.AwareDateTime):
    """An instant in ISO 8601."""

    def __init__(self, **more: Any) -> None:
        super().__init__(format="iso", error_messages=_MESSAGES, **more)


class Id(Text):
    """An id."""

    def __init__(self, **more: Any) -> None:
        pattern = validate.Regexp(_ID, error="编号应为数字文本")
        super().__init__(longest=19, also=[pattern], **more)


class Object(fields.Dict):
    """A JSON object of any content."""

    def __init__(self, **more: Any) -> None:
        super().__init__(keys=fields.String(), error_messages=_MESSAGES, **more)


class Request(Schema):
    """Base of what comes in."""

    class Meta:
        """Unknown keys are errors."""

        unknown = RAISE

    error_messages = {"unknown": "没有这一项", "type": "请求内容应为 JSON 对象"}


class Reply(Schema):
    """Base of what goes out."""

    class Meta:
        """Answers are only written."""

        unknown = EXCLUDE


class Paging(Request):
    """A page of a list."""

    after = Text(longest=50, also=[validate.Regexp(_KEYSET, error="翻页参数不正确")])
    limit = Whole(1, 100, load_default=50)


class Problem(Reply):
    """Problem details (RFC 9457)."""

    type = Text()
    title = Text()
    status = fields.Integer()
    detail = Text()
    code = Text(metadata={"description": "稳定的错误代码"})
    errors = fields.Dict(keys=fields.String(), values=fields.List(fields.String()))
    by = Text(metadata={"description": "先行办理的人"})
    at = Text(metadata={"description": "先行办理的时间"})
    reference = Text(metadata={"description": "供联系管理员的编号"})


class Definition(Reply):
    """A version of a process."""

    id = Id()
    key = Text()
    version = fields.Integer()
    version_tag = Text()
    name = Text()
    digest = Text()
    suspended = Flag()
    created_at = Moment()


class Definitions(Reply):
    """Versions of processes."""

    items = fields.List(fields.Nested(Definition))


class Suspension(Request):
    """Whether a version may be started."""

    suspended = Flag(required=True)
    reason = Text(longest=500, required=True)


class Finding(Reply):
    """A remark of the check."""

    severity = Text()
    code = Text()
    message = Text()
    file = Text()
    element = Text()
    line = fields.Integer(allow_none=True)
    column = fields.Integer(allow_none=True)


class Findings(Reply):
    """What the check says."""

    items = fields.List(fields.Nested(Finding))


class Answers(Request):
    """A filled-in form."""

    answers = Object(load_default=dict, metadata={"description": "按表单填写的内容"})


class Draft(Request):
    """A form not yet complete."""

    answers = Object(required=True)


class Transfer(Request):
    """To whom and why."""

    to = Id(required=True)
    reason = Text(longest=500, required=True, also=[validate.Length(min=1, error="请填写原因")])


class Reason(Request):
    """Why."""

    reason = Text(longest=500, required=True, also=[validate.Length(min=1, error="请填写原因")])


class TaskQuery(Paging):
    """Which tasks."""

    box = Text(
        load_default="todo",
        also=[validate.OneOf(("todo", "done", "mine"), error="只能是 todo、done 或 mine")],
    )
    text = Text(longest=100, load_default="")
    process = Text(longest=128, load_default="")


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
    remaining = fields.Integer(allow_none=True, metadata={"description": "剩余工作日"})
    mine = Flag()


class TaskRows(Reply):
    """A page of a box."""

    items = fields.List(fields.Nested(TaskRow))
    total = fields.Integer()
    next = Text(allow_none=True)


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


class Case(Reply):
    """A case."""

    id = Id()
    reference = Text()
    process_key = Text()
    title = Text()
    kind = Text()
    org_code = Text(allow_none=True)
    applicant_name = Text()
    status = Text()
    outcome = Text()
    step = Text()
    submitted_at = Moment()
    accepted_at = Moment(allow_none=True)
    due_on = fields.Date(allow_none=True)
    ended_at = Moment(allow_none=True)


class Cases(Reply):
    """Cases found."""

    items = fields.List(fields.Nested(Case))


class CaseQuery(Request):
    """Words to look for: number, name of the applicant, the last four of the identity number."""

    text = Text(longest=100, required=True)


class Application(Answers):
    """An application to file."""

    process = Text(longest=128, required=True)


class Filed(Reply):
    """What the applicant needs to ask for the case again."""

    id = Id()
    reference = Text()
    query_code = Text()
    status = Text()


class ProgressQuery(Request):
    """Number and query code of a case."""

    reference = Text(longest=64, required=True)
    query_code = Text(longest=16, required=True)


class Progress(Reply):
    """Where a case stands, for anybody who has its code."""

    reference = Text()
    title = Text()
    status = Text()
    outcome = Text()
    step = Text()
    submitted_at = Moment()
    due_on = fields.Date(allow_none=True)


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


class Instances(Reply):
    """A page of instances."""

    items = fields.List(fields.Nested(Instance))
    next = Text(allow_none=True)


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


class Events(Reply):
    """A page of history."""

    items = fields.List(fields.Nested(Event))
    next = Text(allow_none=True)


class Listed(Reply):
    """Things with a form each."""

    items = fields.List(fields.Dict(keys=fields.String()))


class Done(Reply):
    """What was changed."""

    id = Id()
    saved_at = Text(metadata={"description": "暂存的时间"})
    revision = fields.Integer()
    status = Text()


class Urged(Reply):
    """The steps reminded of."""

    steps = fields.List(fields.String())


class FormSchema(Reply):
    """A JSON schema of a form's answers."""

    type = Text()
    title = Text()
    properties = fields.Dict(keys=fields.String())
    required = fields.List(fields.String())
    additionalProperties = Flag()  # noqa: N815 - the name in JSON Schema


class Values(Reply):
    """Variables of a case, in clear."""

    variables = Object()
