"""The child of `engine.confined`: calls one function after the other under bounds.

Invariant: the bounds are set before a byte is read; a call that fails for want of memory is the
last one.
"""

import importlib
import json
import resource
import select
import sys
from collections.abc import Callable
from typing import Any, BinaryIO, Final

from engine import limits

_LENGTH: Final = 8


def main(idle: float | None) -> None:
    """Answer calls until the other side closes, or asks nothing for so many seconds."""
    bound()
    given, told = sys.stdin.buffer, sys.stdout.buffer
    sys.stdout = sys.stderr  # what a library prints is no answer
    while select.select([given], [], [], idle)[0]:
        head = given.read(_LENGTH)
        if len(head) < _LENGTH:
            return
        request = json.loads(given.read(int.from_bytes(head, "big")))
        blobs = [_frame(given) for _ in range(request["blobs"])]
        answer = _answer(request, blobs)
        told.write(len(answer).to_bytes(_LENGTH, "big") + answer)
        told.flush()


def bound() -> None:
    """Memory, files, core dumps; time is given call by call."""
    memory = limits.CHILD_MEMORY
    for kind, most in (
        (resource.RLIMIT_DATA, memory),
        (resource.RLIMIT_AS, 4 * memory),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_NOFILE, 64),
    ):
        resource.setrlimit(kind, (most, most))


def _allow_time() -> None:
    used = resource.getrusage(resource.RUSAGE_SELF)
    seconds = used.ru_utime + used.ru_stime + limits.CHILD_CPU.total_seconds()
    hard = resource.getrlimit(resource.RLIMIT_CPU)[1]
    resource.setrlimit(resource.RLIMIT_CPU, (int(seconds) + 1, hard))


def _function(module: str, name: str) -> Callable[..., Any]:
    """A function; what its module needs is loaded and laid down before its time begins."""
    _free_time()
    new = module not in sys.modules
    found = importlib.import_module(module)
    if new and hasattr(found, "prepare_child"):
        found.prepare_child()
    function: Callable[..., Any] = getattr(found, name)
    return function


def _free_time() -> None:
    hard = resource.getrlimit(resource.RLIMIT_CPU)[1]
    resource.setrlimit(resource.RLIMIT_CPU, (hard, hard))


def _frame(given: BinaryIO) -> bytes:
    return given.read(int.from_bytes(given.read(_LENGTH), "big"))


def _answer(request: dict[str, Any], blobs: list[bytes]) -> bytes:
    module, _, name = request["target"].partition(":")
    try:
        function = _function(module, name)
        _allow_time()
        result = function(*blobs, **request["options"])
        return json.dumps({"result": result}).encode()
    except MemoryError:
        return b'{"exhausted": true}'
    except Exception as error:
        return json.dumps({"failed": f"{type(error).__name__}: {error}"[:500]}).encode()


if __name__ == "__main__":
    main(float(sys.argv[1]) if sys.argv[1] else None)
