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
    """One good signature on a file; `signed_at` is the instant of its time stamp.

    `kind` is pades; sm2 for one by the national algorithms; ofd for an electronic seal on an OFD.
    `certificate` is what became of its certificate: good, revoked (before it signed), unknown or,
    where nobody looked, null; `unknown_because` says why. `revoked_since` and `revocation_reason`
    (of RFC 5280, 5.3.1) also tell of one revoked after it signed: the signature stays good.
    """

    signer = Text()
    kind = Text()
    signed_at = Moment(allow_none=True)
    certificate = Text(allow_none=True)
    unknown_because = Text()
    revoked_since = Moment(allow_none=True)
    revocation_reason = Text(allow_none=True)


class VerifiedChange(Reply):
    """A file inside an OFD: changed, added or missing since it was sealed, or another seal."""

    kind = Text()
    name = Text()


class VerifiedFile(Reply):
    """What a file is worth; `fault` says in a word what is wrong with its seals.

    Faults: unreadable, unsigned, unknown, changed, untrusted, unstamped, costly, unsupported,
    revoked, unchecked (seals good, but whether their certificates were revoked cannot be told).
    """

    valid = fields.Boolean()
    document = fields.Nested(VerifiedDocument, allow_none=True)
    sealed = fields.Boolean()
    fault = Text()
    changes = fields.List(fields.Nested(VerifiedChange))
    signatures = fields.List(fields.Nested(VerifiedSignature))


class VerifiedOpinion(Reply):
    """An opinion on a printed approval form; `digest` is the hash printed beside it."""

    activity = Text()
    at = Moment()
    digest = Text()
    fault = Text()


class VerifiedForm(Reply):
    """A printed approval form; `whole`: all its opinions are as they were given, none missing.

    `head` is the hash at the end of the chain, as printed; `later` counts opinions given since.
    """

    code = Text()
    reference = Text()
    agency = Text()
    printed_at = Moment()
    opinions = fields.Integer()
    head = Text()
    whole = fields.Boolean()
    faults = fields.List(Text())
    later = fields.Integer()
    lines = fields.List(fields.Nested(VerifiedOpinion))
