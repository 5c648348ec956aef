"""Statistics: what there are, and the numbers of one."""

from marshmallow import fields

from web.api.schemas.base import Reply, Request, Text


class StatisticHead(Reply):
    """A statistic that may be looked at."""

    id = Text()
    title = Text()
    title_en = Text()
    note = Text()


class Statistics(Reply):
    """The statistics that may be looked at."""

    items = fields.List(fields.Nested(StatisticHead))


class StatisticQuery(Request):
    """How a statistic is wanted."""

    by = Text(longest=64, load_default="")
    year = Text(longest=8, load_default="")
    since = fields.Date(load_default=None, allow_none=True)
    until = fields.Date(load_default=None, allow_none=True)
    org = Text(longest=64, load_default="")
    process = Text(longest=128, load_default="")
    kind = Text(longest=64, load_default="")
    channel = Text(longest=32, load_default="")


class StatisticColumn(Reply):
    """A column: text, number, or percent (a part of one)."""

    key = Text()
    title = Text()
    kind = Text()


class StatisticLine(Reply):
    """A line, with a cell for each column."""

    key = Text()
    cells = fields.List(fields.Raw(allow_none=True))


class StatisticTable(Reply):
    """The numbers of a statistic as of a day."""

    statistic = fields.Nested(StatisticHead)
    columns = fields.List(fields.Nested(StatisticColumn))
    lines = fields.List(fields.Nested(StatisticLine))
    totals = fields.Nested(StatisticLine, allow_none=True)
    as_of = fields.Date()
    cut = fields.Integer()
