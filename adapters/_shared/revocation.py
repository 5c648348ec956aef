"""Revocation lists: what the issuer of a certificate says of it.

Invariant: a list counts only if it is the issuer's own, signed by it, for the place that the
certificate names, and complete; whatever it says that we would have to understand and do not, ends
it.
Source: RFC 5280, 5 (lists) and 6.3.3 (their use); X.509, 9.5.2.8 (lists that keep what expired);
GM/T 0015 (lists by SM2 with SM3).
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from asn1crypto import core, crl
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding

from adapters._shared import sm2, sm2_cms
from adapters._shared.standing import Revocation

_PEM: Final = b"-----BEGIN"
_KEEPS_EXPIRED: Final = x509.ObjectIdentifier("2.5.29.60")
_SKEW: Final = timedelta(minutes=5)
_UNREADABLE: Final = (ValueError, TypeError, LookupError, UnsupportedAlgorithm, InvalidSignature)


class ListForeign(ValueError):
    """The bytes are no list of this issuer, or one that does not speak of the certificate."""


class RevocationList:
    """A list that its issuer signed."""

    def __init__(self, content: bytes, issuer: bytes) -> None:
        """`content` is DER or PEM, `issuer` the certificate (DER) that must have signed it.

        Raises:
            ListForeign: it is no list, or not the issuer's, or only part of one.
        """
        try:
            pem = content.lstrip().startswith(_PEM)
            load = x509.load_pem_x509_crl if pem else x509.load_der_x509_crl
            self._list = load(content)
            by = x509.load_der_x509_certificate(issuer)
            good = (
                self._list.issuer == by.subject
                and _may_sign(by)
                and _is_whole(self._list)
                and _signed(self._list, issuer, by)
            )
            self._expired_since = _expired_since(self._list)
        except _UNREADABLE as error:
            raise ListForeign(f"no revocation list: {error}") from error
        if not good:
            raise ListForeign("not a list of this issuer")

    @property
    def made_at(self) -> datetime:
        """When its issuer made it."""
        return self._list.last_update_utc

    def is_current(self, at: datetime) -> bool:
        """Whether it still counts; one that does not say until when never does."""
        until = self._list.next_update_utc
        return until is not None and self.made_at - _SKEW <= at <= until

    def covers(self, certificate: bytes) -> bool:
        """Whether it is for certificates of that kind, at the place that the certificate names."""
        told = _place(self._list)
        return told is None or _covers(told, x509.load_der_x509_certificate(certificate))

    def leaves_out(self, certificate: bytes) -> bool:
        """Whether a certificate had expired when the list was made, so that it may be left out."""
        ended = x509.load_der_x509_certificate(certificate).not_valid_after_utc
        kept = self._expired_since is not None and self._expired_since <= ended
        return ended < self.made_at and not kept

    def revocation(self, certificate: bytes) -> Revocation | None:
        """What it says of a certificate; of two dates the earlier.

        Raises:
            ListForeign: its entry cannot be read, or is of another issuer.
        """
        try:
            serial = x509.load_der_x509_certificate(certificate).serial_number
            found = self._list.get_revoked_certificate_by_serial_number(serial)
            return None if found is None else _told(found)
        except _UNREADABLE as error:
            raise ListForeign(f"an entry that cannot be read: {error}") from error


def points(certificate: bytes) -> Sequence[str]:
    """Where a certificate (DER) says its list is, by HTTP.

    Raises:
        ListForeign: it cannot be read.
    """
    try:
        return _points(x509.load_der_x509_certificate(certificate))
    except _UNREADABLE as error:
        raise ListForeign(f"no certificate: {error}") from error


def _points(certificate: x509.Certificate) -> Sequence[str]:
    try:
        found = certificate.extensions.get_extension_for_class(x509.CRLDistributionPoints)
    except x509.ExtensionNotFound:
        return []
    return [url for one in found.value for url in _urls(one.full_name)]


def _urls(names: Sequence[x509.GeneralName] | None) -> list[str]:
    found = [one.value for one in names or () if isinstance(one, x509.UniformResourceIdentifier)]
    return [one for one in found if one.startswith(("http://", "https://"))]


def _told(found: x509.RevokedCertificate) -> Revocation:
    since, reason = found.revocation_date_utc, "unspecified"
    for one in found.extensions:
        if isinstance(one.value, x509.CRLReason):
            reason = one.value.reason.value
        elif isinstance(one.value, x509.InvalidityDate):
            since = min(since, one.value.invalidity_date_utc)
        elif one.critical:
            raise ListForeign(f"an entry with {one.oid.dotted_string}")
    return Revocation(since, reason)


def _may_sign(issuer: x509.Certificate) -> bool:
    try:
        return issuer.extensions.get_extension_for_class(x509.KeyUsage).value.crl_sign
    except x509.ExtensionNotFound:
        return True


def _is_whole(found: x509.CertificateRevocationList) -> bool:
    """Whether the list stands by itself and tells of all reasons."""
    for one in found.extensions:
        told = one.value
        if isinstance(told, x509.IssuingDistributionPoint):
            partial = (
                told.relative_name is not None
                or told.indirect_crl
                or told.only_some_reasons is not None
                or told.only_contains_attribute_certs
            )
            if partial:
                return False
        elif one.critical:  # also what only adds to another list
            return False
    return True


def _place(found: x509.CertificateRevocationList) -> x509.IssuingDistributionPoint | None:
    told = (one.value for one in found.extensions)
    return next((one for one in told if isinstance(one, x509.IssuingDistributionPoint)), None)


def _covers(told: x509.IssuingDistributionPoint, own: x509.Certificate) -> bool:
    place = told.full_name is None or bool({*_urls(told.full_name)} & {*_points(own)})
    other = told.only_contains_user_certs if _is_authority(own) else told.only_contains_ca_certs
    return place and not other


def _is_authority(certificate: x509.Certificate) -> bool:
    try:
        return certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except x509.ExtensionNotFound:
        return False


def _signed(found: x509.CertificateRevocationList, issuer: bytes, by: x509.Certificate) -> bool:
    key = asn1_x509.Certificate.load(issuer).public_key
    if sm2.is_key(key):
        read = crl.CertificateList.load(found.public_bytes(Encoding.DER))
        named = {
            one["algorithm"].dotted
            for one in (read["signature_algorithm"], read["tbs_cert_list"]["signature"])
        }
        return named == {sm2_cms.SM2_WITH_SM3} and sm2.verifies(
            sm2.point_of(key), found.tbs_certlist_bytes, found.signature
        )
    public = by.public_key()
    return isinstance(public, rsa.RSAPublicKey | ec.EllipticCurvePublicKey) and bool(
        found.is_signature_valid(public)
    )


def _expired_since(found: x509.CertificateRevocationList) -> datetime | None:
    """Of certificates that ended since then the list keeps telling (X.509, 9.5.2.8)."""
    for one in found.extensions:
        if one.oid == _KEEPS_EXPIRED and isinstance(one.value, x509.UnrecognizedExtension):
            told: datetime = core.GeneralizedTime.load(one.value.value).native
            return told
    return None
