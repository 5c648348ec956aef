"""The working calendar of an agency."""

from marshmallow import fields, validate

from processes.clock.calendar import YEARS
from web.api.schemas.base import Day, Flag, Id, Moment, Reply, Request, Text, Whole

_ORG = "机构代码；不填为全国通用的日历"


class YearQuery(Request):
    """A year of an agency."""

    year = Whole(YEARS[0], YEARS[-1], load_default=None, metadata={"description": "不填为今年"})
    org = Text(longest=32, load_default="", metadata={"description": _ORG})


class CalendarDay(Reply):
    """A day that is not what its day of the week says."""

    day = Day()
    working = Flag()
    name = Text()


class CalendarYear(Reply):
    """A year: every day off that is none by its day of the week, and every make-up day."""

    year = fields.Integer()
    org = Text()
    published = Flag(metadata={"description": "国务院的放假安排已登记；否则为推算，标记为暂定"})
    version = Text(metadata={"description": "日历的版次"})
    hours = Text(metadata={"description": "办公时间，如 09:00-12:00 13:00-17:00"})
    working_days = fields.Integer()
    days = fields.List(fields.Nested(CalendarDay))


class LaidDown(Reply):
    """One change that was laid down."""

    id = Id()
    org_code = Text()
    hours = Text(allow_none=True)
    source = Text()
    by = Text(metadata={"description": "登记人的编号"})
    at = Moment()


class LaidDowns(Reply):
    """Changes, the latest first."""

    items = fields.List(fields.Nested(LaidDown))


class ChangedDay(Request):
    """What a day, or every day of a span, is to be."""

    day = Day(required=True)
    until = Day(load_default=None, allow_none=True, metadata={"description": "到这一天为止"})
    working = Flag(
        required=True, allow_none=True, metadata={"description": "null：恢复为原来的安排"}
    )
    name = Text(longest=100, load_default="", metadata={"description": "节日名称"})


class CalendarChanges(Request):
    """A change of the calendar of an agency, with its source."""

    org = Text(longest=32, load_default="", metadata={"description": _ORG})
    days = fields.List(fields.Nested(ChangedDay), load_default=list)
    hours = Text(longest=100, load_default=None, allow_none=True)
    source = Text(
        required=True,
        also=[validate.Regexp(r"(?s).*\S", error="请写明依据，例如国务院办公厅的通知文号")],
    )


class MovedLimit(Reply):
    """A limit that a change moves."""

    case_id = Id()
    reference = Text()
    title = Text()
    limit = Text()
    before = Day(allow_none=True)
    after = Day(allow_none=True)


class MovedLimits(Reply):
    """The limits that a change moves."""

    items = fields.List(fields.Nested(MovedLimit))
