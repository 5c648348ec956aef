"""Fields with our sentences, and the bases of requests and answers.

Invariant: an unknown key of a request is refused by name; ids are texts of decimal digits; every
sentence is Chinese.
"""

from collections.abc import Sequence
from typing import Any, Final

from marshmallow import EXCLUDE, RAISE, Schema, fields, validate

_ID: Final = r"^[1-9][0-9]{0,18}$"
_KEYSET: Final = r"^[0-9]{1,20}(~[0-9]{1,20})?(~b)?$"


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


class Day(fields.Date):
    """A date as 2026-11-22."""

    def __init__(self, **more: Any) -> None:
        messages = {**_MESSAGES, "invalid": "日期应写成 2026-11-22 的形式"}
        super().__init__(format="iso", error_messages=messages, **more)


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


class Page(Reply):
    """A page of a list; `next` is the `after` of the one that follows."""

    next = Text(allow_none=True)


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


class Done(Reply):
    """What was changed."""

    id = Id()
    saved_at = Text(metadata={"description": "暂存的时间"})
    revision = fields.Integer()
    status = Text()


class Reason(Request):
    """Why."""

    reason = Text(longest=500, required=True, also=[validate.Length(min=1, error="请填写原因")])


class Listed(Reply):
    """Things with a form each."""

    items = fields.List(fields.Dict(keys=fields.String()))


class Answers(Request):
    """A filled-in form."""

    answers = Object(load_default=dict, metadata={"description": "按表单填写的内容"})
