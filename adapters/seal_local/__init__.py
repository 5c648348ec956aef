"""Seals kept by this installation itself, where there is no seal system: the topics of `eseal`.

Switch on either this or `eseal`. Each seal is a folder `<FOLDER>/<seal>/` with `key.p12` (key and
certificate), `seal.pdf` (its picture, one page without ground) and, if it is stopped, an empty file
`stopped`; to seal by SM2 also, `sm2.pem` (private key, mode 600) and `sm2.crt` (its certificate and
those between it and the root); to seal OFD files `seal.esl` beside these, the seal as its maker
signed it (GB/T 38540). What is revoked here stands in `revoked.json`; the list of whoever issued
the certificates counts as well. Time stamps come from a time-stamp authority by RFC 3161.
Settings: `FOLDER`, `PASSWORD` (of the key files), `TSA_URL`, `TRUST` (PEM file with the roots, also
those of SM2), optional `FORMAT` (`sm2`: everything is sealed by SM2 also), `CRL` (where revocation
lists lie by their file names, instead of where certificates say).
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from adapters._shared import seals
from adapters._shared.client import Department
from adapters._shared.revocation_lists import Lists
from adapters._shared.seals import AGENCIES, SealKeeper
from adapters.seal_local.keeper import Dies, LocalSeals

TOPICS: Final = seals.topics(AGENCIES)


def create(settings: Mapping[str, str]) -> SealKeeper:
    """Make the adapter.

    Raises:
        ValueError: a setting is missing.
    """
    for name in ("FOLDER", "PASSWORD", "TRUST"):
        if not settings.get(name):
            raise ValueError(f"适配器『seal_local』没有设置 {name}")
    authority = Department("时间戳服务", settings.get("TSA_URL", ""))
    folder, trust = Path(settings["FOLDER"]), Path(settings["TRUST"])
    dies = Dies(settings["PASSWORD"].encode(), authority)
    local = LocalSeals(folder, dies, trust, Lists(settings.get("CRL", "")))
    return SealKeeper(AGENCIES, local, authority, usual=seals.usual_format(settings, "seal_local"))
