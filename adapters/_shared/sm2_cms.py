"""Detached signatures by SM2 with SM3 in CMS: made over a digest, and checked with their chain.

Invariant: a signature counts only with signed attributes that name the digest, by a certificate
that leads to a root trusted here through certificates that may issue others, each valid at the
instant asked about; an extension that is critical and unknown ends the chain.
The structure has the object ids of RFC 5652, so that ordinary programs read it, not those that
GM/T 0010 has for the same.
Source: GB/T 35275-2017 and GM/T 0010 (signed data), GM/T 0015 (certificates), GM/T 0006 (object
ids); RFC 5652, 5.4; RFC 5280, 6.1; RFC 5035 (signing certificate).
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from asn1crypto import algos, cms, core, pem, tsp, x509
from cryptography.hazmat.primitives import hashes

from adapters._shared import sm2

SM3: Final = "1.2.156.10197.1.401"
SM2_WITH_SM3: Final = "1.2.156.10197.1.501"
_SIGNED_BY: Final = frozenset({SM2_WITH_SM3, "1.2.156.10197.1.301.1"})
"""What signer infos say of their signature: the id with its digest, and that of GM/T 0010."""
_KNOWN: Final = frozenset({"basic_constraints", "key_usage", "extended_key_usage"})
_LONGEST: Final = 4
"""Certificates between a signer and a root, both counted."""


@dataclass(frozen=True, slots=True)
class Signer:
    """A private key with its certificate and those between it and the root."""

    private: bytes
    certificate: x509.Certificate
    chain: Sequence[x509.Certificate] = ()

    def sign(self, text: bytes) -> bytes:
        """The signature (DER) of a text."""
        public = sm2.point_of(self.certificate.public_key)
        made: bytes = sm2.library().sm2_sign(self.private, public, text, signer_id=sm2.IDENTITY)
        return made


def signer_of(key: Path, certificate: Path) -> Signer:
    """The signer of two PEM files; the first certificate is its own.

    Raises:
        ValueError: a file cannot be read, others may read the key, or they are no pair.
    """
    private, public = sm2.private_key(key)
    try:
        found = [
            x509.Certificate.load(der, strict=True)
            for _kind, _headers, der in pem.unarmor(certificate.read_bytes(), multiple=True)
        ]
    except (OSError, ValueError) as error:
        raise ValueError(f"SM2 证书文件 {certificate} 不能读取：{error}") from error
    if not found or sm2.point_of(found[0].public_key) != public:
        raise ValueError(f"SM2 证书文件 {certificate} 的首张证书与私钥 {key} 不是一对")
    return Signer(private, found[0], found[1:])


def digest(content: bytes) -> bytes:
    """SM3."""
    made = hashes.Hash(hashes.SM3())
    made.update(content)
    return made.finalize()


def signed(told: bytes, signer: Signer, at: datetime) -> cms.SignerInfo:
    """What a signer says of a digest at an instant of its own clock."""
    attributes = cms.CMSAttributes(
        [
            cms.CMSAttribute({"type": name, "values": (value,)})
            for name, value in {
                "content_type": "data",
                "signing_time": cms.Time({"utc_time": at}),
                "signing_certificate_v2": _named(signer.certificate),
                "message_digest": told,
            }.items()
        ]
    )
    own = signer.certificate
    sid = cms.IssuerAndSerialNumber({"issuer": own.issuer, "serial_number": own.serial_number})
    return cms.SignerInfo(
        {
            "version": "v1",
            "sid": cms.SignerIdentifier({"issuer_and_serial_number": sid}),
            "digest_algorithm": algos.DigestAlgorithm({"algorithm": SM3}),
            "signed_attrs": attributes,
            "signature_algorithm": algos.SignedDigestAlgorithm({"algorithm": SM2_WITH_SM3}),
            "signature": signer.sign(attributes.dump()),
        }
    )


def container(info: cms.SignerInfo, signer: Signer) -> cms.ContentInfo:
    """Signed data without the content, with the signer's certificates."""
    certificates = [signer.certificate, *signer.chain]
    content = cms.SignedData(
        {
            "version": "v1",
            "digest_algorithms": [algos.DigestAlgorithm({"algorithm": SM3})],
            "encap_content_info": {"content_type": "data"},
            "certificates": [cms.CertificateChoices({"certificate": one}) for one in certificates],
            "signer_infos": [info],
        }
    )
    return cms.ContentInfo({"content_type": "signed_data", "content": content})


def certificates(data: cms.SignedData) -> list[x509.Certificate]:
    """The certificates that came along."""
    found = data["certificates"]
    return [one.chosen for one in found if isinstance(one.chosen, x509.Certificate)]


def signing_certificate(data: cms.SignedData, info: cms.SignerInfo) -> x509.Certificate:
    """Whose signature it says it is.

    Raises:
        ValueError: the certificate did not come along.
    """
    sid = info["sid"]
    for one in certificates(data):
        if sid.name == "issuer_and_serial_number":
            told = sid.chosen
            if one.issuer == told["issuer"] and one.serial_number == told["serial_number"].native:
                return one
        elif one.key_identifier == sid.chosen.native:
            return one
    raise ValueError("signed data without the certificate of its signer")


def holds(data: cms.SignedData, info: cms.SignerInfo, told: bytes) -> bool:
    """Whether the signature is by the certificate it names, over this digest."""
    attributes = info["signed_attrs"]
    own = signing_certificate(data, info)
    if (
        isinstance(attributes, core.Void)
        or data["encap_content_info"]["content_type"].native != "data"
        or info["digest_algorithm"]["algorithm"].dotted != SM3
        or info["signature_algorithm"]["algorithm"].dotted not in _SIGNED_BY
        or _only(attributes, "content_type") != "data"
        or _only(attributes, "message_digest") != told
        or not _names(attributes, own)
    ):
        return False
    text = attributes.untag().dump()
    return sm2.verifies(sm2.point_of(own.public_key), text, info["signature"].native)


def roots(trust: Sequence[x509.Certificate]) -> list[x509.Certificate]:
    """Those of SM2 among the certificates that are trusted here."""
    return [one for one in trust if sm2.is_key(one.public_key)]


def path(
    own: x509.Certificate,
    others: Sequence[x509.Certificate],
    roots: Sequence[x509.Certificate],
    at: datetime,
) -> list[x509.Certificate]:
    """From a certificate that may sign to one of the roots at an instant; empty: to none."""
    found = [own]
    if not _may(own, "digital_signature", "non_repudiation"):
        return []
    for below in range(_LONGEST):
        current = found[-1]
        if not _in_force(current, at):
            return []
        issuer = next((one for one in (*roots, *others) if _issued(current, one, below)), None)
        if issuer is None:
            return []
        found.append(issuer)
        if any(issuer.dump() == root.dump() for root in roots):
            return found if _in_force(issuer, at) else []
    return []


def _issued(certificate: x509.Certificate, issuer: x509.Certificate, below: int) -> bool:
    """Whether one certificate was issued by another, with so many authorities below that."""
    constraints = issuer.basic_constraints_value
    if (
        certificate.issuer != issuer.subject
        or not sm2.is_key(issuer.public_key)
        or constraints is None
        or not constraints["ca"].native
        or not _may(issuer, "key_cert_sign")
    ):
        return False
    most = constraints["path_len_constraint"].native
    if most is not None and below > most:
        return False
    body = certificate["tbs_certificate"]
    named = {
        one["algorithm"].dotted for one in (certificate["signature_algorithm"], body["signature"])
    }
    return named == {SM2_WITH_SM3} and sm2.verified(
        sm2.point_of(issuer.public_key), body.dump(), certificate["signature_value"].native
    )


def _in_force(certificate: x509.Certificate, at: datetime) -> bool:
    """Whether it is within its time and says nothing that we would have to understand."""
    critical: set[str] = certificate.critical_extensions
    return certificate.not_valid_before <= at <= certificate.not_valid_after and critical <= _KNOWN


def _may(certificate: x509.Certificate, *uses: str) -> bool:
    usage = certificate.key_usage_value
    return usage is None or bool(usage.native & set(uses))


def _only(attributes: cms.CMSAttributes, kind: str) -> Any:
    """The value of an attribute that is there once, with one value; None otherwise."""
    found = [one["values"] for one in attributes if one["type"].native == kind]
    return found[0][0].native if len(found) == 1 and len(found[0]) == 1 else None


def _names(attributes: cms.CMSAttributes, own: x509.Certificate) -> bool:
    """Whether the certificate is the one that was signed along; not all programs sign it."""
    found = [one for one in attributes if one["type"].native == "signing_certificate_v2"]
    if not found:
        return True
    first = found[0]["values"][0]["certs"][0]
    kind = first["hash_algorithm"]["algorithm"]
    told = {SM3: digest, "2.16.840.1.101.3.4.2.1": _sha256}.get(kind.dotted)
    return told is not None and first["cert_hash"].native == told(own.dump())


def _named(certificate: x509.Certificate) -> tsp.SigningCertificateV2:
    one = tsp.ESSCertIDv2(
        {
            "hash_algorithm": algos.DigestAlgorithm({"algorithm": SM3}),
            "cert_hash": digest(certificate.dump()),
        }
    )
    return tsp.SigningCertificateV2({"certs": [one]})


def _sha256(content: bytes) -> bytes:
    return hashlib.sha256(content).digest()
