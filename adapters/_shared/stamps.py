"""Time stamps over signatures (RFC 3161): asked for, and looked at.

Invariant: a time stamp counts only if it is whole, valid, and of an authority trusted here.
"""

import hashlib
from collections.abc import Sequence
from datetime import datetime
from typing import Final

from asn1crypto import cms, x509
from pyhanko.sign.timestamps import TimeStamper
from pyhanko.sign.validation.status import TimestampSignatureStatus
from pyhanko_certvalidator import ValidationContext

from adapters._shared import sm2

DIGEST: Final = "sha256"


async def over(signature: bytes, stamper: TimeStamper) -> cms.ContentInfo:
    """The time stamp over a bare signature."""
    return await stamper.async_timestamp(hashlib.sha256(signature).digest(), DIGEST)


def certain(stamp: TimestampSignatureStatus | None) -> datetime | None:
    """The instant of a time stamp that counts."""
    counts = stamp is not None and stamp.intact and stamp.valid and stamp.trusted
    return stamp.timestamp if stamp is not None and counts else None


def context(trust: Sequence[x509.Certificate]) -> ValidationContext:
    """What the library needs to know of those trusted here; it knows nothing of SM2."""
    roots = [one for one in trust if not sm2.is_key(one.public_key)]
    return ValidationContext(trust_roots=roots, allow_fetching=False)
