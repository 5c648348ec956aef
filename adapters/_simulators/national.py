"""The certificate authority of the simulated seals by SM2: a root, and a key for each seal.

Invariant: what was made once lies in its files and is used again; the root's certificate stands in
the same file as that of the other seals, so that one setting trusts both.
Source: GM/T 0015 (certificates by SM2 with SM3).
"""

import secrets
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Final

from asn1crypto import algos, keys, pem, x509

from adapters._shared import ses, sm2, sm2_cms
from adapters._simulators import lists
from engine import clock

_DAYS: Final = (-1500, 3650)
_SIDE: Final = 42
"""Millimetres that the picture of a seal is wide and high."""
_MAKER: Final = ("模拟电子印章制作系统", "模拟电子印章制作机构")
_ROOT: Final = ("模拟国密电子政务根证书", "模拟电子认证机构")


class NationalAuthority:
    """The root and what it issues, in a folder."""

    def __init__(self, folder: Path, trust: Path) -> None:
        self._file = folder / "root-sm2"
        if self.issue(self._file, *_ROOT, root=True):
            trust.write_bytes(trust.read_bytes() + self._file.with_suffix(".crt").read_bytes())

    def issue(self, file: Path, name: str, holder: str, *, root: bool = False) -> bool:
        """A key and its certificate in `<file>.pem` and `<file>.crt`; False: they were there."""
        key, certificate = file.with_suffix(".pem"), file.with_suffix(".crt")
        if key.exists():
            return False
        public, private = sm2.library().sm2_key_generate()
        body = _body(_name(name, holder), public, root=root)
        issuer = None if root else self.signer
        if issuer is not None:
            body["issuer"] = issuer.certificate.subject
        made = x509.Certificate(
            {
                "tbs_certificate": body,
                "signature_algorithm": _algorithm(),
                "signature_value": _signed(body, issuer, (private, public)),
            }
        )
        certificate.write_bytes(pem.armor("CERTIFICATE", made.dump()))
        part = file.with_suffix(".part")
        part.touch(mode=0o600)
        part.write_bytes(pem.armor("PRIVATE KEY", _private(private, public)))
        part.replace(key)
        return True

    def seal(
        self,
        folder: Path,
        name: str,
        holder: str,
        picture: Callable[[], bytes],
        *,
        kind: int = ses.AGENCY,
        days: tuple[int, int] = _DAYS,
    ) -> None:
        """Key, certificate and the seal for OFD (`seal.esl`), where they are not there yet.

        The picture is drawn only then: that takes longer than a seal.
        """
        self.issue(folder / "sm2", name, holder)
        file, maker = folder / "seal.esl", self._file.with_name("maker-sm2")
        if file.exists():
            return
        self.issue(maker, *_MAKER)
        now = clock.now().replace(microsecond=0)
        own = sm2_cms.signer_of(folder / "sm2.pem", folder / "sm2.crt")
        design = ses.Design(
            id=folder.name[:32],
            name=name,
            png=picture(),
            side=_SIDE,
            signers=[own.certificate],
            valid=(now + timedelta(days=days[0]), now + timedelta(days=days[1])),
            kind=kind,
        )
        made = ses.make(
            design,
            maker=sm2_cms.signer_of(maker.with_suffix(".pem"), maker.with_suffix(".crt")),
            at=now + timedelta(days=days[0]),
        )
        part = file.with_suffix(".part")
        part.write_bytes(made.dump())
        part.replace(file)

    @property
    def signer(self) -> sm2_cms.Signer:
        """The root's key, with which lists are signed."""
        return sm2_cms.signer_of(*self._paths())

    def _paths(self) -> tuple[Path, Path]:
        return self._file.with_suffix(".pem"), self._file.with_suffix(".crt")


def _signed(
    body: x509.TbsCertificate, issuer: sm2_cms.Signer | None, own: tuple[bytes, bytes]
) -> bytes:
    if issuer is not None:
        return issuer.sign(body.dump())
    made: bytes = sm2.library().sm2_sign(*own, body.dump(), signer_id=sm2.IDENTITY)
    return made


def _body(subject: x509.Name, public: bytes, *, root: bool) -> x509.TbsCertificate:
    usage = {"key_cert_sign", "crl_sign"} if root else {"digital_signature", "non_repudiation"}
    now = clock.now().replace(microsecond=0)
    begins, ends = (now + timedelta(days=days) for days in _DAYS)
    told = keys.PublicKeyInfo(
        {"algorithm": _curve(), "public_key": keys.ECPointBitString(b"\x04" + public)}
    )
    extensions = [
        ("basic_constraints", True, x509.BasicConstraints({"ca": root})),
        ("key_usage", True, x509.KeyUsage(usage)),
        ("key_identifier", False, told.sha1),
    ]
    if not root:
        place = x509.GeneralName("uniform_resource_identifier", f"{lists.PLACE}/{lists.NATIONAL}")
        point = {"distribution_point": x509.DistributionPointName("full_name", [place])}
        extensions.append(("crl_distribution_points", False, x509.CRLDistributionPoints([point])))
    return x509.TbsCertificate(
        {
            "version": "v3",
            "serial_number": secrets.randbits(120) | 1 << 120,
            "signature": _algorithm(),
            "issuer": subject,
            "validity": {
                "not_before": x509.Time({"utc_time": begins}),
                "not_after": x509.Time({"utc_time": ends}),
            },
            "subject": subject,
            "subject_public_key_info": told,
            "extensions": [
                {"extn_id": kind, "critical": critical, "extn_value": value}
                for kind, critical, value in extensions
            ],
        }
    )


def _private(private: bytes, public: bytes) -> bytes:
    inner = keys.ECPrivateKey(
        {
            "version": "ecPrivkeyVer1",
            "private_key": int.from_bytes(private, "big"),
            "public_key": keys.ECPointBitString(b"\x04" + public),
        }
    )
    told = {"version": 0, "private_key_algorithm": _curve(private=True), "private_key": inner}
    made: bytes = keys.PrivateKeyInfo(told).dump()
    return made


def _curve(*, private: bool = False) -> algos.AlgorithmIdentifier:
    kind = keys.PrivateKeyAlgorithm if private else keys.PublicKeyAlgorithm
    named = keys.ECDomainParameters(name="named", value=sm2.CURVE)
    return kind({"algorithm": "ec", "parameters": named})


def _algorithm() -> algos.SignedDigestAlgorithm:
    return algos.SignedDigestAlgorithm({"algorithm": sm2_cms.SM2_WITH_SM3})


def _name(name: str, holder: str) -> x509.Name:
    return x509.Name.build(
        {"country_name": "CN", "organization_name": holder[:64], "common_name": name[:64]}
    )
