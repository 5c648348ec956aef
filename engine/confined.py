"""Work on bytes of strangers in a child process that may take so much time and memory, not more.

`run("package.module:function", content, name=value)` calls the function in the child with the
bytes and the named JSON values; what it returns, JSON again, comes back. The child is kept for the
next call, so that a call costs what it does and some milliseconds; the first one starts Python.
One child stays for as long as we do, with what it has loaded; others end when they are idle.

Invariant: the child has none of our environment, writes no file, and its answer is JSON, never an
object: whoever took it over through a parser's fault has gained nothing but its own bounds. It is
thrown away after a call that broke one of them.
Source: rules 6 and 8 of the reliability rules; limits in `engine.limits`.
"""

import atexit
import contextlib
import json
import os
import select
import subprocess
import sys
import threading
import time
from datetime import timedelta
from typing import Any, Final

from engine import limits
from engine.errors import LimitExceeded

_LENGTH: Final = 8
_CALLS: Final = 500
"""After so many a child is made anew: what a library keeps for itself must not pile up."""

_IDLE: Final = timedelta(minutes=10)
"""After so long without a call a child ends, except the one that stays."""
_LOADING: Final = timedelta(seconds=20)


class Exhausted(LimitExceeded):
    """The bytes cost more than anything that is meant well would."""

    code = "too_costly"


TOO_LONG: Final = "文件内容异常：处理所需的时间超过限度，未予处理"
TOO_LARGE: Final = "文件内容异常：处理所需的内存超过限度，未予处理"
BUSY: Final = "正在处理的文件过多，请稍后再试"


class _Vanished(Exception):
    """The child ended without an answer."""


class _Child:
    """One child process, at rest between two calls."""

    def __init__(self, *, stays: bool) -> None:
        self.stays = stays
        self.calls = 0
        self._loaded: set[str] = set()
        self._process = subprocess.Popen(  # noqa: S603 - a module of ours, no word of a stranger
            [
                sys.executable,
                "-m",
                "engine.confined_child",
                "" if stays else str(_IDLE.total_seconds()),
            ],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={"PYTHONPATH": os.pathsep.join(filter(None, sys.path)), "LANG": "C.UTF-8"},
            start_new_session=True,  # an interrupt of the terminal is for us
        )

    @property
    def alive(self) -> bool:
        """Whether it may be asked again."""
        return self.runs and self.calls < _CALLS

    @property
    def runs(self) -> bool:
        """Whether its process is there."""
        return self._process.poll() is None

    def ask(self, module: str, request: bytes, blobs: tuple[bytes, ...]) -> dict[str, Any]:
        """Hand a call over and wait for its answer; longer while its module is being loaded."""
        self.calls += 1
        wait = limits.CHILD_WALL if module in self._loaded else limits.CHILD_WALL + _LOADING
        self._loaded.add(module)
        deadline = time.monotonic() + wait.total_seconds()
        into = self._process.stdin
        assert into is not None  # noqa: S101 - narrows for the type checker
        try:
            for part in (request, *blobs):
                into.write(len(part).to_bytes(_LENGTH, "big"))
                into.write(part)
            into.flush()
        except OSError as error:
            raise _Vanished from error
        size = int.from_bytes(self._read(_LENGTH, deadline), "big")
        answer: dict[str, Any] = json.loads(self._read(size, deadline))
        return answer

    def _read(self, size: int, deadline: float) -> bytes:
        out = self._process.stdout
        assert out is not None  # noqa: S101 - narrows for the type checker
        found = bytearray()
        while len(found) < size:
            left = deadline - time.monotonic()
            if left <= 0 or not select.select([out], [], [], left)[0]:
                raise TimeoutError
            part = os.read(out.fileno(), min(size - len(found), 1 << 16))
            if not part:
                raise _Vanished
            found += part
        return bytes(found)

    def end(self) -> int:
        """Let it go, by force if need be; its return code."""
        self._process.kill()
        code = self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            assert pipe is not None  # noqa: S101 - narrows for the type checker
            try:
                pipe.close()
            except OSError:  # what it did not read any more
                continue
        return code


_places: Final = threading.BoundedSemaphore(limits.CHILDREN)
_lock: Final = threading.Lock()
_resting: list[_Child] = []
_staying: _Child | None = None


def run(target: str, *blobs: bytes, **options: Any) -> Any:
    """What a function answers to bytes, in the child.

    Raises:
        Exhausted: it took too much time or memory, or too many wait.
    """
    if not _places.acquire(timeout=limits.CHILD_WALL.total_seconds()):
        raise Exhausted(BUSY)
    try:
        return _run(target, blobs, options)
    finally:
        _places.release()


def warm(target: str, after: timedelta, **options: Any) -> threading.Timer:
    """Call a function of no bytes after a while, so that who comes first finds its module loaded.

    Returns the timer, which ends with the program; a call that fails is left to who comes first.
    """

    def call() -> None:
        with contextlib.suppress(Exhausted, RuntimeError, OSError):
            run(target, **options)

    timer = threading.Timer(after.total_seconds(), call)
    timer.daemon = True
    timer.start()
    return timer


def _run(target: str, blobs: tuple[bytes, ...], options: dict[str, Any]) -> Any:
    request = json.dumps({"target": target, "blobs": len(blobs), "options": options}).encode()
    child = _taken()
    again = child.calls > 0
    try:
        answer = child.ask(target.partition(":")[0], request, blobs)
    except TimeoutError as error:
        child.end()
        raise Exhausted(TOO_LONG, target=target) from error
    except (_Vanished, ValueError) as error:
        code = child.end()
        if again and code == 0:  # it had gone to rest by itself just then
            return _run(target, blobs, options)
        # killed by the system: SIGXCPU and SIGKILL for time, whatever else for memory
        text = TOO_LONG if code in (-24, -9) else TOO_LARGE
        raise Exhausted(text, target=target) from error
    if "exhausted" in answer:
        child.end()
        raise Exhausted(TOO_LARGE, target=target)
    with _lock:
        _resting.append(child)
    if "failed" in answer:
        raise RuntimeError(f"{target}: {answer['failed']}")
    return answer["result"]


def _taken() -> _Child:
    """A child at rest, or a new one."""
    while True:
        with _lock:
            child = _resting.pop() if _resting else None
        if child is None:
            return _made()
        if child.alive:
            return child
        child.end()


def _made() -> _Child:
    """A new child; it stays if no other does."""
    global _staying  # noqa: PLW0603 - the one of this program
    with _lock:
        stays = _staying is None or not _staying.runs
        made = _Child(stays=stays)
        if stays:
            _staying = made
    return made


@atexit.register
def close() -> None:
    """End the children at rest."""
    with _lock:
        ended = [*_resting]
        _resting.clear()
    for child in ended:
        child.end()
