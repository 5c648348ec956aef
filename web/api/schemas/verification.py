"""Verification: what is asked, and what anybody may learn."""

from marshmallow import fields

from web.api.schemas.base import Moment, Reply, Request, Text


class VerificationByCode(Request):
    """The code that is printed beside the QR code."""

    code = Text(longest=32, required=True)


class VerificationByHolder(Request):
    """A certificate's number or identifier, and its holder as written on it."""

    number = Text(longest=120, required=True)
    holder = Text(longest=120, required=True)


class VerifiedDocument(Reply):
    """A document that was issued; `status` is issued, replaced or revoked."""

    title = Text()
    number = Text()
    agency = Text()
    issued_on = fields.Date()
    status = Text()
    sha256 = Text()


class VerifiedSignature(Reply):
    """One good signature on a file; `signed_at` is the instant of its time stamp."""

    signer = Text()
    signed_at = Moment(allow_none=True)


class VerifiedFile(Reply):
    """What a file is worth; `fault` says in a word what is wrong with its seals.

    Faults: unreadable, unsigned, changed, untrusted, unstamped.
    """

    valid = fields.Boolean()
    document = fields.Nested(VerifiedDocument, allow_none=True)
    sealed = fields.Boolean()
    fault = Text()
    signatures = fields.List(fields.Nested(VerifiedSignature))
