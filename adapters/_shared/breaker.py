"""The circuit breaker of one department: after failures in a row it is left in peace for a while.

Invariant: after the pause one call is let through; it closes the circuit or opens it anew.
"""

import threading
from datetime import timedelta
from typing import Final

from engine import clock

FAILURES: Final = 5
PAUSE: Final = timedelta(seconds=30)


class Breaker:
    """Safe to share between threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._failures = 0
        self._open_until = clock.now()

    @property
    def state(self) -> str:
        """`closed`: calls pass; `open`: none does; `half_open`: the next one decides."""
        if self._failures < FAILURES:
            return "closed"
        return "open" if clock.now() < self._open_until else "half_open"

    def admits(self) -> bool:
        """Whether a call may be made now; the one that tries after a pause goes alone."""
        with self._lock:
            if self.state == "half_open":
                self._open_until = clock.now() + PAUSE
                return True
            return self.state == "closed"

    def succeeded(self) -> None:
        """The department answered, whatever it said."""
        with self._lock:
            self._failures = 0

    def failed(self) -> None:
        """No connection, no answer in time, or it said that it cannot now."""
        with self._lock:
            self._failures += 1
            if self._failures >= FAILURES:
                self._open_until = clock.now() + PAUSE
