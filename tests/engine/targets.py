"""What the child process of `engine.confined` is asked to do in its tests."""

import os
import time
from pathlib import Path
from typing import Any


def echo(*blobs: bytes, **options: Any) -> dict[str, Any]:
    return {"sizes": [len(one) for one in blobs], **options}


def spin() -> None:
    while True:
        pass


def sleep() -> None:
    time.sleep(3600)


def pause(*, seconds: float) -> None:
    time.sleep(seconds)


def devour() -> int:
    return len(bytearray(4 << 30))


def die() -> None:
    os.abort()


def fail() -> None:
    raise KeyError("reason")


def surroundings() -> dict[str, Any]:
    return {"env": sorted(os.environ), "pid": os.getpid()}


def write() -> str:
    try:
        Path("/tmp/written-by-a-confined-child").write_text("x")  # noqa: S108 - never written
    except OSError as error:
        return type(error).__name__
    return "written"
