"""Tasks of a desk and the forms in them."""

from marshmallow import fields, validate

from web.api.schemas.base import Flag, Id, Moment, Object, Page, Paging, Reply, Request, Text


class Draft(Request):
    """A form not yet complete."""

    answers = Object(required=True)


class Transfer(Request):
    """To whom and why."""

    to = Id(required=True)
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


class TaskRows(Page):
    """A page of a box."""

    items = fields.List(fields.Nested(TaskRow))
    total = fields.Integer()


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
