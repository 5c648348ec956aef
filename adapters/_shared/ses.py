"""Electronic seals and what they sign, as the national standard writes them.

Invariant: signatures are checked over the bytes that came, never over bytes made anew.
Source: GB/T 38540-2020, 6.1 (electronic seal, version 4), 6.2 (its making: the maker signs the
seal's information), 7.1 (electronic seal signature), 7.3 (its verification).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from asn1crypto import core, x509

from adapters._shared import sm2, sm2_cms

VERSION: Final = 4
_VENDOR: Final = "Banli"
_CERTIFICATES, _DIGESTS = 1, 2
AGENCY: Final = 1
"""The seal of an agency; of a person it is 2."""
PERSON: Final = 2


class _Header(core.Sequence):  # type: ignore[misc]
    _fields = [("id", core.IA5String), ("version", core.Integer), ("vid", core.IA5String)]


class _Digest(core.Sequence):  # type: ignore[misc]
    _fields = [("type", core.PrintableString), ("value", core.OctetString)]


class _Certificates(core.SequenceOf):  # type: ignore[misc]
    _child_spec = core.OctetString


class _Digests(core.SequenceOf):  # type: ignore[misc]
    _child_spec = _Digest


class _Property(core.Sequence):  # type: ignore[misc]
    _fields = [
        ("type", core.Integer),
        ("name", core.UTF8String),
        ("cert_list_type", core.Integer),
        ("cert_list", core.Any),
        ("create_date", core.GeneralizedTime),
        ("valid_start", core.GeneralizedTime),
        ("valid_end", core.GeneralizedTime),
    ]


class _Picture(core.Sequence):  # type: ignore[misc]
    _fields = [
        ("type", core.IA5String),
        ("data", core.OctetString),
        ("width", core.Integer),
        ("height", core.Integer),
    ]


class _Extension(core.Sequence):  # type: ignore[misc]
    _fields = [
        ("extn_id", core.ObjectIdentifier),
        ("critical", core.Boolean, {"default": False}),
        ("extn_value", core.OctetString),
    ]


class _Extensions(core.SequenceOf):  # type: ignore[misc]
    _child_spec = _Extension


class SealInfo(core.Sequence):  # type: ignore[misc]
    """SES_SealInfo."""

    _fields = [
        ("header", _Header),
        ("es_id", core.IA5String),
        ("property", _Property),
        ("picture", _Picture),
        ("extensions", _Extensions, {"explicit": 0, "optional": True}),
    ]


class Seal(core.Sequence):  # type: ignore[misc]
    """SESeal: a seal as its maker signed it; the content of a file `Seal.esl`."""

    _fields = [
        ("info", SealInfo),
        ("cert", core.OctetString),
        ("sign_alg_id", core.ObjectIdentifier),
        ("signed_value", core.OctetBitString),
    ]


class ToSign(core.Sequence):  # type: ignore[misc]
    """TBS_Sign."""

    _fields = [
        ("version", core.Integer),
        ("eseal", Seal),
        ("time_info", core.GeneralizedTime),
        ("data_hash", core.OctetBitString),
        ("property_info", core.IA5String),
        ("extensions", _Extensions, {"explicit": 0, "optional": True}),
    ]


class Signature(core.Sequence):  # type: ignore[misc]
    """SES_Signature: the content of a file `SignedValue.dat`."""

    _fields = [
        ("to_sign", ToSign),
        ("cert", core.OctetString),
        ("signature_alg_id", core.ObjectIdentifier),
        ("signature", core.OctetBitString),
        ("time_stamp", core.OctetBitString, {"explicit": 0, "optional": True}),
    ]


@dataclass(frozen=True, slots=True)
class Design:
    """What a seal shows and for whom it is made; `png` is so many millimetres wide and high."""

    id: str
    name: str
    png: bytes
    side: int
    signers: Sequence[x509.Certificate]
    valid: tuple[datetime, datetime]
    kind: int = AGENCY


def make(design: Design, *, maker: sm2_cms.Signer, at: datetime) -> Seal:
    """A seal, signed by its maker (6.2)."""
    certificates = _Certificates([one.dump() for one in design.signers])
    begins, ends = design.valid
    info = SealInfo(
        {
            "header": {"id": "ES", "version": VERSION, "vid": _VENDOR},
            "es_id": design.id,
            "property": {
                "type": design.kind,
                "name": design.name,
                "cert_list_type": _CERTIFICATES,
                "cert_list": core.Any(certificates),
                "create_date": at,
                "valid_start": begins,
                "valid_end": ends,
            },
            "picture": {
                "type": "png",
                "data": design.png,
                "width": design.side,
                "height": design.side,
            },
        }
    )
    return Seal(
        {
            "info": info,
            "cert": maker.certificate.dump(),
            "sign_alg_id": sm2_cms.SM2_WITH_SM3,
            "signed_value": maker.sign(info.dump()),
        }
    )


def sign(
    digest: bytes, where: str, *, seal: Seal, signer: sm2_cms.Signer, at: datetime
) -> Signature:
    """What a seal says of the file `where` with this digest; without a time stamp (7.2)."""
    told = ToSign(
        {
            "version": VERSION,
            "eseal": seal,
            "time_info": at,
            "data_hash": digest,
            "property_info": where,
        }
    )
    return Signature(
        {
            "to_sign": told,
            "cert": signer.certificate.dump(),
            "signature_alg_id": sm2_cms.SM2_WITH_SM3,
            "signature": signer.sign(told.dump()),
        }
    )


def holds(signature: Signature, digest: bytes) -> bool:
    """Whether the signer signed this digest with this seal."""
    told = signature["to_sign"]
    return (
        told["version"].native == VERSION
        and signature["signature_alg_id"].dotted == sm2_cms.SM2_WITH_SM3
        and told["data_hash"].native == digest
        and sm2.verifies(_key(signature["cert"].native), told.dump(), signature["signature"].native)
    )


def made_well(seal: Seal) -> bool:
    """Whether its maker signed the seal as it is (6.3)."""
    info = seal["info"]
    return (
        info["header"]["id"].native == "ES"
        and info["header"]["version"].native == VERSION
        and seal["sign_alg_id"].dotted == sm2_cms.SM2_WITH_SM3
        and sm2.verified(_key(seal["cert"].native), info.dump(), seal["signed_value"].native)
    )


def is_for(seal: Seal, certificate: bytes) -> bool:
    """Whether a certificate may use the seal: it is among those in it, or its digest is."""
    told = seal["info"]["property"]
    listed = told["cert_list"]
    if told["cert_list_type"].native == _CERTIFICATES:
        return certificate in [one.native for one in listed.parse(_Certificates)]
    digest = sm2_cms.digest(certificate)
    return digest in [one["value"].native for one in listed.parse(_Digests)]


def in_force(seal: Seal, at: datetime) -> bool:
    """Whether the seal was within its time."""
    told = seal["info"]["property"]
    return bool(told["valid_start"].native <= at <= told["valid_end"].native)


def _key(certificate: bytes) -> bytes:
    return sm2.point_of(x509.Certificate.load(certificate, strict=True).public_key)
