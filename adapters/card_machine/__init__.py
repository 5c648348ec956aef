"""The card machine of the certificate centre: topic `card_machine.print`.

The machine takes a print job once per key and is asked for the result; a misprint or a fault of the
machine is a result of the job, not a failure of the call.
Settings: `URL`, optional `WAIT` (seconds to wait for a print, default 20).
"""

import time
from collections.abc import Mapping
from typing import Final

from adapters._shared import wire
from adapters._shared.client import Department
from engine.errors import Retry, WorkRefused
from engine.ports import Work
from engine.variables import Variables

_RESULTS: Final = {"printed", "misprint", "fault"}
_POLL_SECONDS: Final = 0.3


class CardMachine:
    """Prints one card on the blank that was allotted."""

    topic = "card_machine.print"

    def __init__(self, department: Department, *, wait: float) -> None:
        self.department = department
        self._wait = wait

    def execute(self, work: Work) -> Variables:
        """Print; returns `result` (printed, misprint, fault), `machine`, `printed_at`, `reason`."""
        job = {"key": work.key, "card": work.variables}
        answer = self.department.post("/jobs", job)
        deadline = time.monotonic() + self._wait
        while answer.get("state") == "printing":
            if time.monotonic() > deadline:
                raise Retry("制证机尚未完成打印")
            time.sleep(_POLL_SECONDS)
            answer = self.department.get(f"/jobs/{work.key}")
        return self._result(work, answer)

    def _result(self, work: Work, answer: Mapping[str, object]) -> Variables:
        serial = work.variables.get("blank_serial")
        if answer.get("key") != work.key or answer.get("blank_serial") != serial:
            raise WorkRefused("制证机的答复与打印任务不符（印刷号或任务号不同）")
        if answer.get("result") not in _RESULTS:
            raise WorkRefused(f"制证机的打印结果无法识别：{answer.get('result')!r}")
        return wire.variables(
            {name: answer.get(name) for name in ("result", "machine", "printed_at", "reason")}
        )


def create(settings: Mapping[str, str]) -> CardMachine:
    """Make the adapter; `URL` is required."""
    department = Department("制证机", settings.get("URL", ""))
    return CardMachine(department, wait=float(settings.get("WAIT", "20")))
