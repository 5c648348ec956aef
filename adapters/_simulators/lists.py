"""Revocation lists as the simulated authority issues them, by ECDSA and by SM2.

Source: RFC 5280, 5; GM/T 0015 for the list by SM2 with SM3.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from asn1crypto import algos, core, crl
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding

from adapters._shared import sm2_cms
from adapters._shared.standing import Entry

PLACE: Final = "http://crl.simulated.example"
"""Where certificates say that lists are; whoever asks here has it as `<ADAPTER>_CRL` instead."""
USUAL: Final = "ecdsa.crl"
NATIONAL: Final = "sm2.crl"
_LASTS: Final = timedelta(days=1)
_REASONS: Final = {one.value: one for one in x509.ReasonFlags}
_SNAKE: Final = {
    "keyCompromise": "key_compromise",
    "cACompromise": "ca_compromise",
    "affiliationChanged": "affiliation_changed",
    "superseded": "superseded",
    "cessationOfOperation": "cessation_of_operation",
    "certificateHold": "certificate_hold",
    "privilegeWithdrawn": "privilege_withdrawn",
    "aACompromise": "aa_compromise",
}


def usual(key: Any, issuer: x509.Certificate, entries: Sequence[Entry], at: datetime) -> bytes:
    """The list of an issuer with a key on an ordinary curve, as DER."""
    made = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(issuer.subject)
        .last_update(at)
        .next_update(at + _LASTS)
        .add_extension(x509.CRLNumber(int(at.timestamp())), critical=False)
        .add_extension(_identifier(issuer), critical=False)
    )
    for one in entries:
        told = one.revocation
        entry = (
            x509.RevokedCertificateBuilder().serial_number(one.serial).revocation_date(told.since)
        )
        if told.reason != "unspecified":
            reason = x509.CRLReason(_REASONS[told.reason])
            entry = entry.add_extension(reason, critical=False)
        made = made.add_revoked_certificate(entry.build())
    return made.sign(key, hashes.SHA256()).public_bytes(Encoding.DER)


def national(signer: sm2_cms.Signer, entries: Sequence[Entry], at: datetime) -> bytes:
    """The list of an issuer with a key of SM2, as DER."""
    algorithm = algos.SignedDigestAlgorithm({"algorithm": sm2_cms.SM2_WITH_SM3})
    told = {
        "version": "v2",
        "signature": algorithm,
        "issuer": signer.certificate.subject,
        "this_update": _time(at),
        "next_update": _time(at + _LASTS),
        "crl_extensions": [
            {"extn_id": "crl_number", "extn_value": core.Integer(int(at.timestamp()))}
        ],
    }
    if entries:  # an empty list is left out (5.1.2.6)
        told["revoked_certificates"] = [_entry(one) for one in entries]
    body = crl.TbsCertList(told)
    made: bytes = crl.CertificateList(
        {
            "tbs_cert_list": body,
            "signature_algorithm": algorithm,
            "signature": signer.sign(body.dump()),
        }
    ).dump()
    return made


def _entry(one: Entry) -> dict[str, Any]:
    made: dict[str, Any] = {
        "user_certificate": one.serial,
        "revocation_date": _time(one.revocation.since),
    }
    if one.revocation.reason in _SNAKE:
        reason = crl.CRLReason(_SNAKE[one.revocation.reason])
        made["crl_entry_extensions"] = [{"extn_id": "crl_reason", "extn_value": reason}]
    return made


def _time(at: datetime) -> asn1_x509.Time:
    return asn1_x509.Time({"utc_time": at.replace(microsecond=0)})


def _identifier(issuer: x509.Certificate) -> x509.AuthorityKeyIdentifier:
    told = issuer.extensions.get_extension_for_class(x509.SubjectKeyIdentifier)
    return x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(told.value)
