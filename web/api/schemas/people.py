"""Organisations, accounts and their roles."""

from marshmallow import fields, validate

from web.api.schemas.base import Day, Flag, Id, Moment, Page, Paging, Reply, Request, Text


class Org(Reply):
    """An organisation."""

    org_code = Text()
    name = Text()
    name_en = Text()
    kind = Text()
    parent_code = Text(allow_none=True)
    region_code = Text()
    status = Text()


class Orgs(Reply):
    """Organisations, parents first."""

    items = fields.List(fields.Nested(Org))


class ChangedOrg(Request):
    """What is kept of an organisation; the top of the caller's tree keeps its parent."""

    name = Text(longest=200, required=True)
    kind = Text(longest=64, required=True)
    parent_code = Text(longest=64, load_default=None, allow_none=True)
    region_code = Text(longest=6, load_default="")
    document_mark = Text(longest=32, load_default="")
    address = Text(longest=300, load_default="")
    phone = Text(longest=64, load_default="")
    name_en = Text(longest=200, load_default="")


class NewOrg(ChangedOrg):
    """An organisation to be added."""

    org_code = Text(longest=32, required=True)


class OrgUse(Request):
    """Whether an organisation is in use."""

    active = Flag(required=True)


class Role(Reply):
    """A role: its code, its names, and whether it handles cases or administers."""

    role = Text()
    name = Text()
    name_en = Text()
    category = Text()


class Roles(Reply):
    """All roles."""

    items = fields.List(fields.Nested(Role))


class Notice(Reply):
    """A notice in a person's own box."""

    id = Id()
    case_id = Id(allow_none=True)
    kind = Text()
    title = Text()
    body = Text()
    link = Text()
    created_at = Moment()
    read_at = Moment(allow_none=True)


class Notices(Page):
    """A page of notices, and how many are unread in all."""

    items = fields.List(fields.Nested(Notice))
    unread = fields.Integer()


class Position(Reply):
    """A post that somebody holds in an organisation."""

    id = Id()
    post = Text()
    title = Text()
    user_id = Id()
    user_name = Text()
    valid_from = Day(allow_none=True)
    valid_to = Day(allow_none=True)


class Positions(Reply):
    """Posts, the newest first."""

    items = fields.List(fields.Nested(Position))


class NewPosition(Request):
    """Who gets which post, from when to when."""

    post = Text(longest=64, required=True)
    user_id = Id(required=True)
    valid_from = Day(allow_none=True, load_default=None)
    valid_to = Day(allow_none=True, load_default=None)


class GivenPosition(Reply):
    """The number of a post that was given."""

    id = Id()


class PositionEnd(Request):
    """The last day of a post; today, if none is given."""

    on = Day(allow_none=True, load_default=None)


class HeldRole(Reply):
    """A role at an organisation."""

    role = Text()
    org_code = Text()


class Account(Reply):
    """An account; never its identity number, phone or password."""

    id = Id()
    login = Text()
    name = Text()
    kind = Text()
    org_code = Text(allow_none=True)
    status = Text()
    roles = fields.List(fields.Nested(HeldRole))


class NewAccount(Request):
    """Whose account, where."""

    login = Text(longest=64, required=True)
    name = Text(longest=100, required=True)
    org_code = Text(longest=64, required=True)
    id_no = Text(longest=40, required=True)


class OpenedAccount(Account):
    """The account and its first password, which is told this once."""

    password = Text()


class NewGrant(Request):
    """Who lets whom do which business."""

    grantor = Text(longest=64, required=True)
    grantee = Text(longest=64, required=True)
    scope = Text(longest=64, required=True)
    business = fields.List(Text(longest=64), required=True, validate=validate.Length(1, 20))
    may_delegate = Flag(load_default=False)
    valid_from = Day(required=True)
    valid_to = Day(load_default=None, allow_none=True)
    basis = Text(longest=300, required=True)


class Grant(Reply):
    """A grant; `status` is active or revoked."""

    id = Id()
    grantor = Text()
    grantee = Text()
    scope = Text()
    business = fields.List(Text())
    may_delegate = fields.Boolean()
    valid_from = Day()
    valid_to = Day(allow_none=True)
    basis = Text()
    status = Text()


class Grants(Reply):
    """Grants, the newest first."""

    items = fields.List(fields.Nested(Grant))


class Revocation(Request):
    """Why a grant is revoked."""

    reason = Text(longest=500, required=True)


class Accounts(Page):
    """A page of accounts."""

    items = fields.List(fields.Nested(Account))


class AccountQuery(Paging):
    """Which accounts."""

    text = Text(longest=60, load_default="")


class RoleChange(Request):
    """Which role at which organisation, given or withdrawn."""

    role = Text(longest=64, required=True)
    org_code = Text(longest=64, required=True)
    withdraw = Flag(load_default=False)


class StatusChange(Request):
    """Lock an account or open it."""

    status = Text(
        required=True,
        also=[validate.OneOf(("active", "locked"), error="只能是 active 或 locked")],
    )


class Signature(Reply):
    """The signature that signs the caller's opinions now; `reference` shows the picture."""

    sha256 = Text(allow_none=True)
    since = Moment(allow_none=True)
    reference = Text(allow_none=True)


class NewSignature(Request):
    """The reference that the upload of a picture gave; null: sign no more."""

    signature = Text(longest=2000, required=True, allow_none=True)
