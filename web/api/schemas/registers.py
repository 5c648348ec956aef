"""Ledgers and their records."""

from marshmallow import fields

from web.api.schemas.base import Id, Object, Page, Paging, Reply, Request, Text


class Ledger(Reply):
    """A ledger: what its records are, how many the caller sees, whether it is his to keep."""

    register = Text()
    title = Text()
    count = fields.Integer()
    keeps = fields.Boolean()


class Ledgers(Reply):
    """The ledgers of the caller."""

    items = fields.List(fields.Nested(Ledger))


class LedgerRecord(Reply):
    """A record; sensitive values are masked."""

    id = Id()
    key = Text()
    status = Text()
    org_code = Text(allow_none=True)
    values = fields.Dict(keys=fields.String())


class LedgerRecords(Page):
    """A page of records, by key."""

    items = fields.List(fields.Nested(LedgerRecord))


class RecordQuery(Paging):
    """Which records: the beginning of a key or a whole searchable value; a status."""

    after = Text(longest=200, load_default="")
    text = Text(longest=60, load_default="")
    status = Text(longest=64, load_default="")


class RecordAnswers(Request):
    """What the form of the ledger asks for."""

    answers = Object(required=True)
