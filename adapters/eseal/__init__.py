"""The provincial electronic seal system 省政务电子印章系统 (P-52, P-53, P-131).

Topics: `eseal.sign` sets a seal, `eseal.verify` examines a file, `eseal.seals` lists the seals.
Settings: `URL`, `KEY` (shared secret, at least 16 bytes), `TRUST` (PEM file with the roots whose
seals count, those of SM2 as well), optional `KEY_ID`, `FORMAT` (`sm2`: everything is sealed by SM2
also), `CRL` (where revocation lists lie by their file names, instead of where certificates say).
"""

from collections.abc import Mapping
from typing import Final

from adapters._shared import seal_service, seals
from adapters._shared.seals import AGENCIES, SealKeeper

TOPICS: Final = seals.topics(AGENCIES)


def create(settings: Mapping[str, str]) -> SealKeeper:
    """Make the adapter; `URL`, `KEY` and `TRUST` are required."""
    service = seal_service.create("省政务电子印章系统", "eseal", settings)
    usual = seals.usual_format(settings, "eseal")
    return SealKeeper(AGENCIES, service, service.department, usual=usual)
