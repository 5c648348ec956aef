"""The files of a draft as they are stored: names and texts, compressed.

Invariant: only what a bundle may hold by name and size gets in; the content is not looked at.
"""

import zlib
from collections.abc import Mapping

import orjson

from engine import limits
from engine.errors import DeploymentRejected, Finding
from processes.modelling import bundle

Files = Mapping[str, bytes]


def pack(files: Files) -> bytes:
    """The files of a draft as they are stored."""
    texts = {name: content.decode("utf-8") for name, content in sorted(files.items())}
    return zlib.compress(orjson.dumps(texts))


def unpack(stored: bytes) -> dict[str, bytes]:
    """The files of a stored draft."""
    texts: dict[str, str] = orjson.loads(zlib.decompress(stored))
    return {name: text.encode() for name, text in texts.items()}


def accepted(files: Files, key: str) -> dict[str, bytes]:
    """What may be kept: names and sizes of a bundle; what is in the files is the check's matter."""
    made = bundle.make(dict(files), source=key)
    if sum(len(content) for content in made.files.values()) > 4 * limits.MODEL_BYTES:
        raise DeploymentRejected([Finding("error", "bundle", "全部文件合计超过 4 MiB", file=key)])
    return dict(made.files)
