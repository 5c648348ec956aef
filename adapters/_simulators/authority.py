"""The certificate authority of the simulated seal system: roots, seals, a time-stamp authority.

Invariant: what was made once lies in its folder and is used again, so that what was sealed before
a restart still verifies.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import cached_property, partial
from pathlib import Path
from typing import Any, Final

from asn1crypto import cms, tsp
from asn1crypto import keys as asn1_keys
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    pkcs12,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from pyhanko.sign import general
from pyhanko.sign.timestamps import DummyTimeStamper

from adapters._shared import ofd_seal, pades, ses, sm2, sm2_cms, sm2_seal, standing
from adapters._shared.mould import tlv
from adapters._shared.seals import NATIONAL
from adapters._shared.standing import Revocation
from adapters._simulators import lists, seal_picture
from adapters._simulators.national import NationalAuthority
from engine import clock

PASSWORD: Final = b"only for the simulated seals"
_GRANTED: Final = tsp.PKIStatusInfo({"status": tsp.PKIStatus("granted")}).dump()
_SIGNED_DATA: Final = cms.ContentType("signed_data").dump()
_TST_INFO: Final = cms.ContentType("tst_info").dump()
_DAYS: Final = (-1500, 3650)
"""From when and until when certificates hold, in days from now: a demo's past was sealed too."""


def _head(data: cms.SignedData) -> tuple[bytes, bytes, bytes, bytes]:
    """What is the same in every time stamp: before the content, behind it, of the signer."""
    signer = data["signer_infos"][0]
    return (
        data["version"].dump() + data["digest_algorithms"].dump(),
        data["certificates"].dump(),
        b"".join(signer[name].dump() for name in ("version", "sid", "digest_algorithm")),
        signer["signature_algorithm"].dump(),
    )


class StampingAuthority(DummyTimeStamper):
    """A time-stamp authority whose key is loaded once."""

    def __init__(self, key: rsa.RSAPrivateKey, certificate: x509.Certificate) -> None:
        der = key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
        super().__init__(_asn1(certificate), asn1_keys.PrivateKeyInfo.load(der))
        self._key = key
        self._heads: dict[str, tuple[bytes, bytes, bytes, bytes]] = {}

    def request_tsa_response(self, req: tsp.TimeStampReq) -> tsp.TimeStampResp:
        """The time stamp, cast in the mould of the first one: a demo asks for many."""
        imprint, dt = req["message_imprint"], clock.now()
        algorithm = str(imprint["hash_algorithm"]["algorithm"].native)
        told = self._build_tst_info(imprint, dt, req).dump()
        signature, attributes = self._sign_tst_info(told, algorithm, dt)
        if algorithm not in self._heads:
            signed = cms.SignedData(self._build_signed_data(told, algorithm, signature, attributes))
            self._heads[algorithm] = _head(signed)
        before, certificates, signer, by = self._heads[algorithm]
        content = tlv(0x30, _TST_INFO, tlv(0xA0, tlv(0x04, told)))
        own = tlv(0x30, signer, tlv(0xA0, attributes.contents), by, tlv(0x04, signature))
        data = tlv(0x30, before, content, certificates, tlv(0x31, own))
        return tsp.TimeStampResp.load(tlv(0x30, _GRANTED, tlv(0x30, _SIGNED_DATA, tlv(0xA0, data))))

    def _sign_tst_info(
        self, tst_info_data: bytes, md_algorithm: str, dt: datetime
    ) -> tuple[bytes, cms.CMSAttributes]:
        digest = hashes.Hash(getattr(hashes, md_algorithm.upper())())
        digest.update(tst_info_data)
        told = {
            "signing_time": cms.Time({"utc_time": dt}),
            "message_digest": digest.finalize(),
        }
        changing = [
            cms.CMSAttribute({"type": name, "values": (value,)}).dump()
            for name, value in told.items()
        ]
        encoded = tlv(0x31, *sorted((*self._staying, *changing)))
        return pades.sign(self._key, encoded, md_algorithm), cms.CMSAttributes.load(encoded)

    @cached_property
    def _staying(self) -> tuple[bytes, ...]:
        told = {
            "content_type": "tst_info",
            "signing_certificate": general.as_signing_certificate(self.tsa_cert),
        }
        return tuple(
            cms.CMSAttribute({"type": name, "values": (value,)}).dump()
            for name, value in told.items()
        )

    def answer(self, body: bytes) -> bytes:
        """The answer to a request over HTTP (RFC 3161)."""
        answered: bytes = self.request_tsa_response(tsp.TimeStampReq.load(body)).dump()
        return answered


class Authority:
    """Root, time-stamp authority and seals in a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.trust = folder / "root.pem"
        folder.mkdir(parents=True, exist_ok=True)
        if not self.trust.exists():
            key, certificate = self._issue("模拟电子政务根证书", "模拟电子认证机构", root=True)
            _write(folder / "root.p12", key, certificate)
            self.trust.write_bytes(certificate.public_bytes(Encoding.PEM))
        self._national = NationalAuthority(folder, self.trust) if sm2.installed() else None

    @cached_property
    def stamping(self) -> StampingAuthority:
        """The time-stamp authority."""
        file = self.folder / "tsa.p12"
        if not file.exists():
            _write(file, *self._issue("模拟时间戳服务", "模拟电子认证机构", stamping=True))
        key, certificate = _read(file)
        return StampingAuthority(key, certificate)

    def seal(self, code: str, holder: str, use: str, *, days: tuple[int, int] = _DAYS) -> Path:
        """The folder of a seal, made if it is not there yet; valid for these days from now."""
        folder = self.folder / "seals" / code
        if not (folder / "key.p12").exists():
            folder.mkdir(parents=True, exist_ok=True)
            seal_picture.draw(folder / "seal.pdf", holder, use)
            key, certificate = self._issue(f"{holder}{use}", holder, days=days)
            _write(folder / "key.p12", key, certificate)
        if self._national is not None:
            picture = partial(seal_picture.png, holder, use)
            self._national.seal(folder, f"{holder}{use}", holder, picture, days=days)
        return folder

    def die(self, folder: Path) -> pades.Die:
        """What sets the seal of a folder."""
        signer = pades.signer_of((folder / "key.p12").read_bytes(), PASSWORD)
        picture = folder / "seal.pdf"
        national = sm2_seal.signer_of(folder / "sm2.pem", folder / "sm2.crt", self.stamping)
        ofd = ofd_seal.die_of(folder, self.stamping)
        shown = picture if picture.exists() else None
        return pades.Die(signer, self.stamping, shown, national, ofd)

    def person(self, code: str) -> Path:
        """The folder of a person."""
        return self.folder / "persons" / code

    def signer(self, code: str, name: str) -> pades.Die:
        """What signs for a person, whose certificate is issued when first asked for."""
        folder = self.person(code)
        if not (folder / "key.p12").exists():
            folder.mkdir(parents=True, exist_ok=True)
            _write(folder / "key.p12", *self._issue(name, "个人"))
        if self._national is not None:
            picture = partial(seal_picture.signature, name)
            self._national.seal(folder, name, "个人", picture, kind=ses.PERSON)
        return self.die(folder)

    def revoke(self, folder: Path, told: Revocation) -> None:
        """Revoke the certificates of the seal, or person, in a folder."""
        _key, own = _read(folder / "key.p12")
        found = {own.public_bytes(Encoding.DER): (own.serial_number, "")}
        if (folder / "sm2.crt").exists():
            national = sm2_cms.signer_of(folder / "sm2.pem", folder / "sm2.crt").certificate
            found[national.dump()] = (national.serial_number, NATIONAL)
        standing.revoke(folder, found, told)

    def revocation(self, folder: Path) -> Revocation | None:
        """Since when the seal, or person, in a folder is revoked."""
        file = folder / "key.p12"
        if not standing.entries(folder) or not file.exists():
            return None
        return standing.of(folder, _read(file)[1].public_bytes(Encoding.DER))

    def revocation_list(self, name: str) -> bytes:
        """The list of that file name, made anew.

        Raises:
            LookupError: there is none.
        """
        entries = [
            entry
            for kind in ("seals", "persons")
            for folder in sorted((self.folder / kind).glob("*"))
            for entry in standing.entries(folder)
        ]
        if name == lists.USUAL:
            key, certificate = self._root
            return lists.usual(key, certificate, [e for e in entries if not e.kind], clock.now())
        if name == lists.NATIONAL and self._national is not None:
            told = [entry for entry in entries if entry.kind]
            return lists.national(self._national.signer, told, clock.now())
        raise LookupError(name)

    @cached_property
    def _root(self) -> tuple[Any, x509.Certificate]:
        return _read(self.folder / "root.p12")  # opened once: that costs more than to sign a list

    def _issue(
        self,
        name: str,
        holder: str,
        *,
        root: bool = False,
        stamping: bool = False,
        days: tuple[int, int] = _DAYS,
    ) -> tuple[Any, x509.Certificate]:
        # time stamps need RSA (the library's authority), seals are shorter and faster on a curve
        key: Any = (
            rsa.generate_private_key(65_537, 2048)
            if stamping
            else ec.generate_private_key(ec.SECP256R1())
        )
        issuer_key, issuer = (key, None) if root else _read(self.folder / "root.p12")
        subject = _name(name, holder)
        now = clock.now()
        made = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(issuer.subject if issuer else subject)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now + timedelta(days=days[0]))
            .not_valid_after(now + timedelta(days=days[1]))
        )
        for extension, critical in _extensions(root=root, stamping=stamping):
            made = made.add_extension(extension, critical)
        identifier = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
        made = made.add_extension(identifier, critical=False)
        return key, made.sign(issuer_key, hashes.SHA256())


def _extensions(*, root: bool, stamping: bool) -> Sequence[tuple[Any, bool]]:
    usage = dict.fromkeys(
        (
            "digital_signature", "content_commitment", "key_encipherment", "data_encipherment",
            "key_agreement", "key_cert_sign", "crl_sign", "encipher_only", "decipher_only",
        ),
        False,
    )  # fmt: skip
    for name in ("key_cert_sign", "crl_sign") if root else ("digital_signature",):
        usage[name] = True
    usage["content_commitment"] = not root and not stamping
    found: list[tuple[Any, bool]] = [
        (x509.BasicConstraints(root, None), True),
        (x509.KeyUsage(**usage), True),
    ]
    if not root:
        place = [x509.UniformResourceIdentifier(f"{lists.PLACE}/{lists.USUAL}")]
        point = x509.DistributionPoint(place, None, None, None)
        found.append((x509.CRLDistributionPoints([point]), False))
    if stamping:
        found.append((x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING]), True))
    return found


def _name(name: str, holder: str) -> x509.Name:
    parts = {
        NameOID.COUNTRY_NAME: "CN",
        NameOID.ORGANIZATION_NAME: holder,
        NameOID.COMMON_NAME: name,
    }
    return x509.Name([x509.NameAttribute(oid, value[:64]) for oid, value in parts.items()])


def _write(file: Path, key: Any, certificate: x509.Certificate) -> None:
    container = pkcs12.serialize_key_and_certificates(
        b"seal", key, certificate, None, BestAvailableEncryption(PASSWORD)
    )
    part = file.with_suffix(".part")
    part.write_bytes(container)
    part.replace(file)


def _read(file: Path) -> tuple[Any, x509.Certificate]:
    found = pkcs12.load_pkcs12(file.read_bytes(), PASSWORD)
    if found.cert is None:
        raise ValueError(f"no certificate in {file}")
    return found.key, found.cert.certificate


def _asn1(certificate: x509.Certificate) -> asn1_x509.Certificate:
    return asn1_x509.Certificate.load(certificate.public_bytes(Encoding.DER))
