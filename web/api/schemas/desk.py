"""Kept filters of a desk's boxes."""

from marshmallow import fields, validate

from processes.desk.inbox import BOXES
from web.api.schemas.base import Flag, Id, Reply, Request, Text

_BOX = validate.OneOf(BOXES, error=f"只能是 {'、'.join(BOXES)}")


class BoxQuery(Request):
    """Which box."""

    box = Text(load_default="todo", also=[_BOX])


class KeptFilter(Reply):
    """A filter under a name; one of the organisation has an id."""

    name = Text()
    query = fields.Dict(keys=fields.String(), values=fields.String())
    id = Id(allow_none=True, metadata={"description": "本单位共享的条件的编号；自己的没有"})
    removable = Flag(metadata={"description": "本人可以删除"})


class KeptFilters(Reply):
    """The filters of a box: one's own, then those of the organisation."""

    items = fields.List(fields.Nested(KeptFilter))


class NewFilter(BoxQuery):
    """A filter to be kept."""

    name = Text(longest=20, required=True, also=[validate.Length(min=1, error="请填写名称")])
    query = fields.Dict(
        keys=fields.String(),
        values=Text(longest=100),
        required=True,
        metadata={"description": '条件，与待办列表地址中的参数相同，如 {"q": "Y37"}'},
    )
    shared = Flag(load_default=False, metadata={"description": "供本单位的人共用"})


class ForgottenFilter(BoxQuery):
    """One's own filter to be forgotten."""

    name = Text(longest=20, required=True)
