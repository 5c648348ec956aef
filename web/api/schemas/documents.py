"""Letters, materials and the timeline of a case."""

from marshmallow import fields

from web.api.schemas.base import Flag, Id, Moment, Reply, Text


class Document(Reply):
    """A letter or card as issued."""

    id = Id()
    kind = Text()
    title = Text()
    number = Text(allow_none=True)
    pages = fields.Integer()
    issued_at = Moment()
    verification_code = Text()
    status = Text()
    sha256 = Text(metadata={"description": "PDF 的 SHA-256"})
    ofd_sha256 = Text(
        allow_none=True, metadata={"description": "OFD 的 SHA-256；没有以 OFD 制发的为空"}
    )


class Documents(Reply):
    """The documents of a case."""

    items = fields.List(fields.Nested(Document))


class Archived(Reply):
    """An archived case."""

    case_id = Id()
    sha256 = Text(metadata={"description": "归档包的 SHA-256"})
    keep_until = fields.Date(metadata={"description": "保管至"})
    archived_at = Moment()


class Material(Reply):
    """A file handed in."""

    id = Id()
    code = Text(metadata={"description": "表单中的字段"})
    title = Text()
    file_name = Text()
    size = fields.Integer()
    content_type = Text()
    uploaded_at = Moment()


class Materials(Reply):
    """The files of a case."""

    items = fields.List(fields.Nested(Material))


class Entry(Reply):
    """One line of the timeline."""

    title = Text()
    at = Moment()
    person = Text()
    unit = Text()
    decision = Text()
    opinion = Text()
    duration = Text()
    open = Flag()
    system = Flag()


class Timeline(Reply):
    """What happened in a case."""

    items = fields.List(fields.Nested(Entry))


class LimitShown(Reply):
    """One limit; `colour` is green, yellow, red, suspended or ended; amounts in `unit`."""

    limit = Text()
    title = Text()
    state = Text()
    colour = Text()
    text = Text()
    unit = Text()
    total = fields.Integer()
    used = fields.Integer()
    left = fields.Integer()
    due_on = Text()
    basis = Text()
    explanation = Text(longest=4000)
    provisional = Flag()


class LedgerLine(Reply):
    """One line of the ledger: what happened to a limit, from when, why and by whom."""

    at = Moment()
    event = Text()
    title = Text()
    amount = Text()
    reason = Text(longest=4000)
    basis = Text(longest=4000)
    actor = Text()
    entered_at = Moment()


class LegalClock(Reply):
    """The limits of a case and their ledger."""

    limits = fields.List(fields.Nested(LimitShown))
    ledger = fields.List(fields.Nested(LedgerLine))
