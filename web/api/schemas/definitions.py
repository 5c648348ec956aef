"""Processes, their versions, drafts, findings and forms."""

from marshmallow import fields

from web.api.schemas.base import Flag, Id, Moment, Reply, Request, Text


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


class FormSchema(Reply):
    """A JSON schema of a form's answers."""

    type = Text()
    title = Text()
    properties = fields.Dict(keys=fields.String())
    required = fields.List(fields.String())
    additionalProperties = Flag()  # noqa: N815 - the name in JSON Schema


class ModelDraft(Reply):
    """A bundle on its way to release."""

    id = Id()
    key = Text()
    status = Text()
    revision = fields.Integer()
    digest = Text()
    note = Text()
    author = Id()
    submitted_at = Moment(allow_none=True)


class OpenDraft(ModelDraft):
    """A draft with its files by name, as text."""

    files = fields.Dict(keys=fields.String(), values=fields.String())


class Drafts(Reply):
    """Drafts handed in."""

    items = fields.List(fields.Nested(ModelDraft))
