"""The seals of the simulated seal system, set in this process: for plays and generated demos.

Invariant: they are set with the keys that the simulated system itself uses, so that what was sealed
here and what was sealed there verify against one root.
"""

from collections.abc import Sequence
from functools import cached_property, lru_cache
from typing import BinaryIO

from asn1crypto.x509 import Certificate

from adapters._shared import pades, sealing
from adapters._shared.seals import Examined, SealInfo, SealOrder, refusal
from adapters._simulators.authority import Authority
from adapters._simulators.seal_system import SEALS
from engine import clock


class KeptSeals:
    """Keeps the seals of the demo's agencies (`adapters._shared.seals.Seals`)."""

    def __init__(self, authority: Authority) -> None:
        self.authority = authority
        self._die = lru_cache(maxsize=64)(self._die_of)

    def seal(self, order: SealOrder, document: BinaryIO) -> bytes:
        """The sealed file.

        Raises:
            BpmnError: `seal_refused`: there is no such seal.
        """
        if order.seal not in SEALS:
            raise refusal(f"没有编码为“{order.seal}”的印章")
        return sealing.to_order(document.read(), die=self._die(order.seal), order=order)

    def examine(self, content: bytes) -> Examined:
        """What the seals of a file are worth."""
        return sealing.examine(content, self._roots)

    def kept(self) -> Sequence[SealInfo]:
        """The seals there are."""
        day = clock.today()
        return [
            SealInfo(code, f"{holder}{use}", holder, day.replace(year=2024), day, "in_use")
            for code, (holder, use) in SEALS.items()
        ]

    @cached_property
    def _roots(self) -> list[Certificate]:
        return pades.roots(self.authority.trust)

    def _die_of(self, code: str) -> pades.Die:
        return self.authority.die(self.authority.seal(code, *SEALS[code]))
