"""Cases: applications, progress, what an applicant or a manager does with one."""

from marshmallow import fields

from web.api.schemas.base import Answers, Id, Moment, Reply, Request, Text


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


class Urged(Reply):
    """The steps reminded of."""

    steps = fields.List(fields.String())
