"""A seal system for plays: real seals and time stamps, in this process, without a network."""

import tempfile
from functools import cache
from pathlib import Path
from typing import BinaryIO, Final

from adapters._shared import pades
from adapters._shared.seals import (
    SealListWorker,
    SealOrder,
    SealWorker,
    refusal,
)
from adapters._simulators.authority import Authority
from adapters._simulators.kept_seals import KeptSeals
from engine.errors import Retry
from engine.ports import Result, Work
from processes.play import Play

SIGN: Final = "eseal.sign"


@cache
def authority() -> Authority:
    """The keys of a test run."""
    folder = tempfile.TemporaryDirectory(prefix="banli-seals-")
    made = Authority(Path(folder.name))
    made.keeper = folder  # type: ignore[attr-defined] - gone when the run ends
    return made


class DeskSeals(KeptSeals):
    """The keeper: refuses what it is told to refuse, is down when it is told to be."""

    def __init__(self) -> None:
        super().__init__(authority())
        self.refuses = ""
        self.down = False
        self.asked: list[SealOrder] = []

    def seal(self, order: SealOrder, document: BinaryIO) -> bytes:
        self.asked.append(order)
        if self.down:
            raise Retry("省政务电子印章系统无法连接或超时")
        if self.refuses:
            raise refusal(self.refuses)
        return super().seal(order, document)


class Counting(SealWorker):
    """The worker, which remembers what it was asked."""

    def __init__(self, seals: DeskSeals) -> None:
        super().__init__(SIGN, seals)
        self.desk = seals
        self.keys: list[str] = []

    def execute(self, work: Work) -> Result:
        self.keys.append(work.key)
        return super().execute(work)


class Signatures(DeskSeals):
    """The signature server: the name of the signer takes the place of the seal."""

    def seal(self, order: SealOrder, document: BinaryIO) -> bytes:
        self.asked.append(order)
        if self.down:
            raise Retry("电子签名服务器无法连接或超时")
        if self.refuses:
            raise refusal(self.refuses)
        signer = authority().signer(order.seal.encode().hex()[:32], order.seal)
        return pades.seal(document.read(), die=signer, reason=order.reason, place=order.place)


def signing(play: Play) -> Signatures:
    """The signature server of a play, anew."""
    made = Signatures()
    play.employ(SealWorker("esign.sign", made))
    return made


def employed(play: Play) -> DeskSeals:
    """The seal system of a play; one that the play has already stays."""
    known = play.worker.workers.get(SIGN)
    if isinstance(known, Counting):
        return known.desk
    desk = DeskSeals()
    if known is None:
        play.employ(Counting(desk))
        play.employ(SealListWorker("eseal.seals", desk))
    return desk
