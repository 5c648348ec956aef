"""What the seals of a stranger's file are worth, found out in a child process with bounds."""

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from adapters._shared.seals import Change, Examined, Signature
from engine import confined
from engine.confined import Exhausted

if TYPE_CHECKING:
    from asn1crypto import x509


def examine(content: bytes, trust: "Sequence[x509.Certificate]") -> Examined:
    """As `sealing.examine`; a file that takes more than the bounds has the fault `costly`."""
    try:
        told = confined.run(
            "adapters._shared.sealing:told", content, *(one.dump() for one in trust)
        )
    except Exhausted as error:
        if error.message == confined.BUSY:
            raise
        return Examined(fault="costly")
    changes = tuple(Change(**one) for one in told["changes"])
    signatures = tuple(_signature(one) for one in told["signatures"])
    return Examined(signatures, told["fault"], changes)


def _signature(told: dict[str, Any]) -> Signature:
    at = told.pop("signed_at")
    signed_at = datetime.fromisoformat(str(at)) if at else None
    paths = tuple(tuple(bytes.fromhex(der) for der in path) for path in told.pop("paths"))
    return Signature(**told, signed_at=signed_at, paths=paths)
