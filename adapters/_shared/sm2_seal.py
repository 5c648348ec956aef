"""What sets a seal by SM2 on a PDF: the signed data of `sm2_cms` with an ordinary time stamp."""

from pathlib import Path
from typing import Any, Final

from asn1crypto import cms
from pyhanko.sign import signers
from pyhanko.sign.timestamps import TimeStamper

from adapters._shared import sm2_cms, stamps
from engine import clock
from engine.errors import WorkRefused

ROOM: Final = 24_000
"""Hexadecimal digits kept for signature, certificates and time stamp of a seal not set before."""


class NationalSigner(signers.Signer):
    """Signs by SM2 with SM3, with a time stamp over its signature."""

    def __init__(self, signer: sm2_cms.Signer, timestamper: TimeStamper) -> None:
        super().__init__(signing_cert=signer.certificate)
        self.certificate = signer.certificate
        self.room = ROOM
        self._signer = signer
        self._timestamper = timestamper

    async def async_sign(  # type: ignore[override]
        self, data_digest: bytes, digest_algorithm: str, **_told: Any
    ) -> cms.ContentInfo:
        """The signed data over the digest of a file."""
        del digest_algorithm  # SM3, as `seal_nationally` asks for
        info = sm2_cms.signed(data_digest, self._signer, clock.now())
        token = await stamps.over(info["signature"].native, self._timestamper)
        info["unsigned_attrs"] = cms.CMSAttributes(
            [cms.CMSAttribute({"type": "signature_time_stamp_token", "values": (token,)})]
        )
        return sm2_cms.container(info, self._signer)


def signer_of(key: Path, certificate: Path, stamp: TimeStamper) -> NationalSigner | None:
    """The signer of two PEM files by SM2; None where there is no key.

    Raises:
        WorkRefused: they cannot be read, or are no pair.
    """
    if not key.is_file():
        return None
    try:
        return NationalSigner(sm2_cms.signer_of(key, certificate), stamp)
    except ValueError as error:
        raise WorkRefused(f"印章的 SM2 密钥不能使用：{error}") from error
