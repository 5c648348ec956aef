"""A certificate of a bulk issue beside the bare seal on it.

Both are taken from one run: what its seals alone take (PDF by PAdES with a time stamp, OFD by SM2)
is clocked inside the whole (drawn, sealed, examined, kept; two transactions a certificate).
"""

import time
from pathlib import Path
from typing import BinaryIO, Final

from adapters._shared.seals import SealOrder
from adapters._simulators.authority import Authority
from adapters._simulators.kept_seals import KeptSeals
from tests.bench.report import Line
from tests.bench.stock import Site

COUNT: Final = 200


class Clocked(KeptSeals):
    """The seals of the demo, and the seconds of processor that setting them took."""

    def __init__(self, authority: Authority) -> None:
        super().__init__(authority)
        self.spent = 0.0

    def seal(self, order: SealOrder, document: BinaryIO) -> bytes:
        """The sealed file."""
        began = time.process_time()
        try:
            return super().seal(order, document)
        finally:
            self.spent += time.process_time() - began


def measure(folder: Path) -> list[Line]:
    """The ratio, in time of the processor."""
    site = Site(folder)
    site.lay_down(COUNT)
    site.order(batch=50, lanes=2)
    keeper = Clocked(Authority(site.home / "seals"))
    began, at = time.process_time(), time.monotonic()
    site.work(keeper)
    whole, passed = time.process_time() - began, time.monotonic() - at
    issued = len(list(site.certificates()))
    figures = (
        f"{issued} 份，每份处理器 {1000 * whole / issued:.0f} ms，其中盖章"
        f" {1000 * keeper.spent / issued:.1f} ms；每秒 {issued / passed:.1f} 份"
    )
    what = "存量签发一份证照 ÷ 只盖它的章（PDF 和 OFD，处理器时间）"
    return [Line(what, whole / keeper.spent, None, figures)]
