"""The signature server (电子签名): signatures of persons by their certificates (P-02, P-131).

Topics: `esign.sign`, where `seal` is the code of the signer; `esign.verify`, `esign.seals`.
Settings: `URL`, `KEY` (shared secret, at least 16 bytes), `TRUST` (PEM file with the roots whose
signatures count, those of SM2 as well), optional `KEY_ID`, `FORMAT` (`sm2`: persons sign by SM2
also), `CRL` (where revocation lists lie by their file names, instead of where certificates say).
"""

from collections.abc import Mapping
from typing import Final

from adapters._shared import seal_service, seals
from adapters._shared.seals import SealKeeper

TOPICS: Final = seals.topics("esign")


def create(settings: Mapping[str, str]) -> SealKeeper:
    """Make the adapter; `URL`, `KEY` and `TRUST` are required."""
    service = seal_service.create("电子签名服务器", "esign", settings)
    usual = seals.usual_format(settings, "esign")
    return SealKeeper("esign", service, service.department, usual=usual)
