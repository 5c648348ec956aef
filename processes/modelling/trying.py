"""Models of strangers are read in a child process first: what breaks its bounds never gets here.

Invariant: what passed is read again here, where the result is needed, under the same bounds of the
parser; the same bytes are tried once.
"""

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Mapping
from contextlib import suppress
from datetime import timedelta
from typing import Final

from engine import compiler, confined, dmn
from engine.confined import Exhausted
from engine.errors import DeploymentRejected, Finding

_KNOWN: Final = 256
_passed: OrderedDict[str, None] = OrderedDict()


def require(files: Mapping[str, bytes]) -> None:
    """Try the models among these files.

    Raises:
        DeploymentRejected: to read them takes more time or memory than a model does.
    """
    models = {name: body for name, body in files.items() if name.endswith((".bpmn", ".dmn"))}
    digest = hashlib.sha256()
    for name, body in sorted(models.items()):
        digest.update(f"{name}\n{len(body)}\n".encode() + body)
    known = digest.hexdigest()
    if not models or known in _passed:
        return
    try:
        confined.run("processes.modelling.trying:read", *models.values(), names=[*models])
    except Exhausted as error:
        found = Finding("error", error.code, error.message, file=next(iter(models)))
        raise DeploymentRejected([found]) from error
    _passed[known] = None
    if len(_passed) > _KNOWN:
        _passed.popitem(last=False)


def warm(after: timedelta) -> threading.Timer:
    """Let a child get ready for the first model, in the background and not before that long."""
    return confined.warm("processes.modelling.trying:read", after, names=[])


def prepare_child() -> None:
    """The functions that models may call, known to the child."""
    from processes.wiring import connect  # noqa: PLC0415 - of the child alone

    connect()


def read(*bodies: bytes, names: list[str]) -> None:
    """Parse, lint and compile; runs in the child process."""
    files = dict(zip(names, bodies, strict=True))
    with suppress(DeploymentRejected):
        dmn.check_all(files)
    with suppress(DeploymentRejected):
        compiler.examine(files)
