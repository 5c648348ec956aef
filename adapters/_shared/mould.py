"""Signed data of one signer, encoded once: what differs from file to file is put into its place.

Invariant: the library makes the first signature, and what is cast afterwards has byte for byte its
form; only digest, bare signature and time stamp are new. A form with anything in it that could
differ otherwise is never used again.
Source: RFC 5652, 5 (SignedData); ETSI EN 319 122-1, 5 (attributes); X.690, 10 and 11.6 (DER).
"""

from dataclasses import dataclass
from typing import Final

from asn1crypto import cms

_SEQUENCE, _SET, _OCTETS = 0x30, 0x31, 0x04
_SIGNED_ATTRIBUTES, _UNSIGNED_ATTRIBUTES, _CONTENT = 0xA0, 0xA1, 0xA0
_SAME: Final = frozenset(
    {"content_type", "message_digest", "signing_certificate_v2", "cms_algorithm_protection"}
)
"""Signed attributes that are the same for every file, but for the digest."""
_STAMP: Final = ("signature_time_stamp_token",)
_SIGNED_DATA: Final = cms.ContentType("signed_data").dump()
_MESSAGE_DIGEST: Final = cms.CMSAttributeType("message_digest").dump()
_TIME_STAMP: Final = cms.CMSAttributeType("signature_time_stamp_token").dump()


def tlv(tag: int, *parts: bytes) -> bytes:
    """One value in DER."""
    content = b"".join(parts)
    length = len(content)
    if length < 0x80:
        return bytes((tag, length)) + content
    told = length.to_bytes((length.bit_length() + 7) // 8, "big")
    return bytes((tag, 0x80 | len(told))) + told + content


@dataclass(frozen=True, slots=True)
class Mould:
    """The parts of signed data that stay, encoded."""

    head: bytes
    signer: bytes
    attributes: tuple[bytes, ...]
    algorithm: bytes

    def attributes_for(self, digest: bytes) -> bytes:
        """The content of the signed attributes over a file."""
        own = tlv(_SEQUENCE, _MESSAGE_DIGEST, tlv(_SET, tlv(_OCTETS, digest)))
        return b"".join(sorted((*self.attributes, own)))

    def cast(self, attributes: bytes, signature: bytes, token: bytes) -> cms.ContentInfo:
        """The signed data with a signature over these attributes and a time stamp over it."""
        stamped = tlv(_SEQUENCE, _TIME_STAMP, tlv(_SET, token))
        signer = tlv(
            _SEQUENCE,
            self.signer,
            tlv(_SIGNED_ATTRIBUTES, attributes),
            self.algorithm,
            tlv(_OCTETS, signature),
            tlv(_UNSIGNED_ATTRIBUTES, stamped),
        )
        data = tlv(_SEQUENCE, self.head, tlv(_SET, signer))
        return cms.ContentInfo.load(tlv(_SEQUENCE, _SIGNED_DATA, tlv(_CONTENT, data)))


def to_sign(attributes: bytes) -> bytes:
    """What the bare signature is over: the attributes as a set (RFC 5652, 5.4)."""
    return tlv(_SET, attributes)


def of(made: bytes) -> Mould | None:
    """The mould of signed data; None where more than a digest may differ."""
    data = cms.ContentInfo.load(made)["content"]
    if len(data["signer_infos"]) != 1:
        return None
    signer = data["signer_infos"][0]
    signed = {one["type"].native: one.dump() for one in signer["signed_attrs"]}
    unsigned = tuple(one["type"].native for one in signer["unsigned_attrs"])
    if unsigned != _STAMP or not signed.keys() <= _SAME or "message_digest" not in signed:
        return None
    del signed["message_digest"]
    head = ("version", "digest_algorithms", "encap_content_info", "certificates")
    return Mould(
        head=b"".join(data[name].dump() for name in head),
        signer=b"".join(signer[name].dump() for name in ("version", "sid", "digest_algorithm")),
        attributes=tuple(signed.values()),
        algorithm=signer["signature_algorithm"].dump(),
    )
