"""Whether the certificate of a seal stands, and what its keeper writes down when it does not.

Invariant: a certificate that was revoked once stays revoked; a new one for the same seal is not.
Source: RFC 5280, 5.3.1 (reasons, by these names).
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from engine import clock

GOOD: Final = "good"
REVOKED: Final = "revoked"
UNKNOWN: Final = "unknown"
REASONS: Final[Mapping[str, str]] = {
    "unspecified": "未说明原因",
    "keyCompromise": "私钥泄露或者可能泄露",
    "cACompromise": "认证机构私钥泄露",
    "affiliationChanged": "单位信息变更",
    "superseded": "已换发",
    "cessationOfOperation": "停止使用",
    "certificateHold": "暂停使用",
    "privilegeWithdrawn": "撤销授权",
    "aACompromise": "属性认证机构私钥泄露",
}
_FILE: Final = "revoked.json"


@dataclass(frozen=True, slots=True)
class Revocation:
    """Since when a certificate is revoked, and why (`REASONS`)."""

    since: datetime
    reason: str = "unspecified"


@dataclass(frozen=True, slots=True)
class Standing:
    """What became of the certificate of a signature.

    `state`: `good` in force when it signed, where `revocation` says that it was revoked later;
    `revoked` before it signed; `unknown` for the reason `why`: `unnamed` no list is named in it,
    `unreachable`, `outdated`, `foreign` a list that is not its issuer's, `expired` so that lists
    leave it out by now.
    """

    state: str
    revocation: Revocation | None = None
    why: str = ""


@dataclass(frozen=True, slots=True)
class Entry:
    """A revoked certificate as its keeper has it; `kind` is `sm2` or empty."""

    sha256: str
    serial: int
    kind: str
    revocation: Revocation


def words(revocation: Revocation) -> str:
    """In words: since when and why."""
    since = revocation.since.astimezone(clock.SHANGHAI)
    return f"已于{since:%Y年%m月%d日%H:%M}吊销（{REASONS[revocation.reason]}）"


def entries(folder: Path) -> Sequence[Entry]:
    """What was revoked of the seal in a folder."""
    file = folder / _FILE
    if not file.exists():
        return []
    return [
        Entry(
            one["sha256"],
            int(one["serial"]),
            one["kind"],
            Revocation(datetime.fromisoformat(one["since"]), one["reason"]),
        )
        for one in json.loads(file.read_bytes())
    ]


def of(folder: Path, certificate: bytes) -> Revocation | None:
    """The revocation of a certificate (DER) of the seal in a folder."""
    digest = hashlib.sha256(certificate).hexdigest()
    return next((one.revocation for one in entries(folder) if one.sha256 == digest), None)


def revoke(folder: Path, certificates: Mapping[bytes, tuple[int, str]], told: Revocation) -> None:
    """Write down that certificates (DER: serial number and kind) of a seal are revoked."""
    known = entries(folder)
    added = [
        Entry(hashlib.sha256(der).hexdigest(), serial, kind, told)
        for der, (serial, kind) in certificates.items()
    ]
    kept = [
        {
            "sha256": one.sha256,
            "serial": str(one.serial),
            "kind": one.kind,
            "since": one.revocation.since.isoformat(),
            "reason": one.revocation.reason,
        }
        for one in (*known, *added)
    ]
    part = folder / f"{_FILE}.part"
    part.write_text(json.dumps(kept, indent=1), "utf-8")
    part.replace(folder / _FILE)
