"""A seal on a file of any format we know, and what the seals on a file are worth.

Invariant: which format it is, the bytes say, never a name or a type that was told.
"""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from asn1crypto import x509

from adapters._shared import ofd_seal, pades
from adapters._shared.pades import Die
from adapters._shared.seals import NATIONAL, OFD, Examined, SealOrder

_ZIP = b"PK\x03\x04"


def to_order(content: bytes, *, die: Die, order: SealOrder) -> bytes:
    """The file sealed as it was ordered; the die has the keys for what is ordered.

    Raises:
        ValueError: the bytes cannot be sealed in that way.
    """
    if order.format == OFD:
        own = die.ofd
        if own is None:
            raise ValueError("印章没有用于 OFD 的电子印章（seal.esl）和 SM2 密钥")
        return ofd_seal.seal(content, die=own, place=order.place)
    made = pades.seal(content, die=die, reason=order.reason, place=order.place)
    if order.format != NATIONAL:
        return made
    if die.national is None:
        raise ValueError("印章没有 SM2 密钥和证书")
    return pades.seal_nationally(made, signer=die.national)


def examine(content: bytes, trust: Sequence[x509.Certificate]) -> Examined:
    """What the seals of a file are worth to whoever trusts these roots; asks nobody outside."""
    if content.startswith(_ZIP):
        return ofd_seal.examine(content, trust)
    return pades.examine(content, trust)


def told(content: bytes, *trust: bytes) -> dict[str, Any]:
    """The same as JSON for the child process: roots in DER, instants in ISO 8601, paths in hex."""
    found = asdict(examine(content, [x509.Certificate.load(one) for one in trust]))
    for one in found["signatures"]:
        one["signed_at"] = one["signed_at"] and one["signed_at"].isoformat()
        one["paths"] = [[der.hex() for der in path] for path in one["paths"]]
    return found
