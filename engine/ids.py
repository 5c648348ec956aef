"""Positive 63-bit integers that are unique over processes and restarts and rise with time.

Layout: 41 bits of milliseconds since 2020, 12 bits naming this process, 10 bits of sequence. The
process part is random at start; two processes share it with a chance of 1 : 4096 and would then
also have to draw the same sequence number in the same millisecond, which the primary keys refuse.
"""

import secrets
import threading
import time
from typing import Final

_EPOCH_MS: Final = 1_577_836_800_000
_SEQUENCE_BITS: Final = 10
_PROCESS_BITS: Final = 12
_STAMP_SHIFT: Final = _PROCESS_BITS + _SEQUENCE_BITS

_lock = threading.Lock()
_process = secrets.randbits(_PROCESS_BITS)
_last = 0


def next_id() -> int:
    """A new id; never less than one this process gave before."""
    global _last  # noqa: PLW0603 - one counter per process is the point
    stamp = (int(time.time() * 1000) - _EPOCH_MS) << _STAMP_SHIFT
    with _lock:
        candidate = stamp | (_process << _SEQUENCE_BITS)
        if candidate <= _last:
            candidate = _last + 1
            if (
                candidate & ((1 << _SEQUENCE_BITS) - 1) == 0
            ):  # the sequence ran into our process part
                candidate = (
                    ((_last >> (_PROCESS_BITS + _SEQUENCE_BITS)) + 1)
                    << (_PROCESS_BITS + _SEQUENCE_BITS)
                ) | (_process << _SEQUENCE_BITS)
        _last = candidate
        return candidate


def renew_process_part() -> None:
    """Draw a new process part; a forked child calls it before it hands out ids."""
    global _process  # noqa: PLW0603
    with _lock:
        _process = secrets.randbits(_PROCESS_BITS)
