"""Organisations, accounts and their roles."""

from marshmallow import fields, validate

from web.api.schemas.base import Flag, Id, Page, Paging, Reply, Request, Text


class Org(Reply):
    """An organisation."""

    org_code = Text()
    name = Text()
    kind = Text()
    parent_code = Text(allow_none=True)
    region_code = Text()
    status = Text()


class Orgs(Reply):
    """Organisations, parents first."""

    items = fields.List(fields.Nested(Org))


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
