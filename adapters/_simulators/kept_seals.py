"""The seals of the simulated seal system, set in this process: for plays and generated demos.

Invariant: they are set with the keys that the simulated system itself uses, so that what was sealed
here and what was sealed there verify against one root.
"""

from collections.abc import Sequence
from functools import cached_property, lru_cache
from pathlib import Path
from typing import BinaryIO

from asn1crypto.x509 import Certificate

from adapters._shared import pades, sealing, standing
from adapters._shared.revocation_lists import Lists, settled
from adapters._shared.seals import Examined, SealInfo, SealOrder, refusal
from adapters._shared.standing import Revocation
from adapters._simulators.authority import Authority
from adapters._simulators.seal_system import SEALS
from engine import clock
from engine.errors import WorkRefused


class KeptSeals:
    """Keeps the seals of the demo's agencies (`adapters._shared.seals.Seals`)."""

    def __init__(self, authority: Authority) -> None:
        self.authority = authority
        self._die = lru_cache(maxsize=64)(self._die_of)
        self._lists = self._new_lists()

    def seal(self, order: SealOrder, document: BinaryIO) -> bytes:
        """The sealed file.

        Raises:
            BpmnError: `seal_refused`: there is no such seal, or it is revoked.
        """
        if order.seal not in SEALS:
            raise refusal(f"没有编码为“{order.seal}”的印章")
        if revoked := self.authority.revocation(self._folder(order.seal)):
            raise refusal(f"印章证书{standing.words(revoked)}，不能再签章")
        return sealing.to_order(document.read(), die=self._die(order.seal), order=order)

    def examine(self, content: bytes) -> Examined:
        """What the seals of a file are worth."""
        return settled(sealing.examine(content, self._roots), self._lists)

    def revoke(self, seal: str, revocation: Revocation) -> None:
        """Revoke the certificates of a seal."""
        if seal not in SEALS:
            raise WorkRefused(f"没有编码为“{seal}”的印章")
        folder = self._folder(seal)
        if known := self.authority.revocation(folder):
            raise WorkRefused(f"印章证书{standing.words(known)}")
        self.authority.revoke(folder, revocation)
        self._lists = self._new_lists()

    def kept(self) -> Sequence[SealInfo]:
        """The seals there are."""
        day = clock.today()
        return [
            SealInfo(code, f"{holder}{use}", holder, day.replace(year=2024), day, self._state(code))
            for code, (holder, use) in SEALS.items()
        ]

    @cached_property
    def _roots(self) -> list[Certificate]:
        return pades.roots(self.authority.trust)

    def _state(self, code: str) -> str:
        return "revoked" if self.authority.revocation(self._folder(code)) else "in_use"

    def _new_lists(self) -> Lists:
        """The lists as the authority makes them just now."""
        return Lists(get=lambda url: self.authority.revocation_list(url.rpartition("/")[2]))

    def _folder(self, code: str) -> Path:
        return self.authority.seal(code, *SEALS[code])

    def _die_of(self, code: str) -> pades.Die:
        return self.authority.die(self._folder(code))
