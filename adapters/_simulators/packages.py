"""A department without an interface: a package of tasks comes in, one of results goes out.

Shapes of both: `processes/exchange/packages.py`; the seal is made with the key of the channel.
"""

import hashlib
import io
import secrets
import zipfile
from collections.abc import Callable, Iterable
from email.parser import BytesParser
from typing import Any, Final

from adapters._shared import signing, wire
from adapters._shared.signing import Keys
from adapters._simulators.simulator import Raw, Refused

_MANIFEST: Final = "manifest.json"
_SEAL: Final = "manifest.seal"

Answering = Callable[[dict[str, Any]], Iterable[tuple[str, dict[str, Any]]]]
"""From the envelope of a message to the names and bodies of what is said in return."""


def uploaded(body: bytes, content_type: str) -> bytes:
    """The file of a form: `multipart/form-data` with one file in it.

    Raises:
        Refused: no file was chosen.
    """
    read = BytesParser().parsebytes(f"Content-Type: {content_type}\r\n\r\n".encode() + body)
    for part in read.walk():
        if part.get_filename():
            return bytes(part.get_payload(decode=True) or b"")
    raise Refused("请选择任务包")


def answered(content: bytes, answering: Answering, *, keys: Keys) -> Raw:
    """The package of results for a package of tasks, as a download.

    Raises:
        Refused: the package is not whole, not sealed, or nothing in it is answered.
    """
    parts = _parts(content)
    manifest = parts.get(_MANIFEST, b"")
    if not signing.sealed(manifest, parts.get(_SEAL, b"").decode("ascii", "replace"), keys=keys):
        raise Refused("任务包的封签不正确")
    told = wire.load(manifest)
    said = []
    for one in told["messages"]:
        envelope = wire.load(parts[str(one["file"])])
        said += [
            wire.dump(_envelope(name, str(envelope["correlation_key"]), body))
            for name, body in answering(envelope)
        ]
    number = f"{told['package_no']}-R"
    return Raw(
        _packed(number, said, keys),
        "application/zip",
        {"Content-Disposition": f'attachment; filename="{number}.zip"'},
    )


def _parts(content: bytes) -> dict[str, bytes]:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as opened:
            return {one: opened.read(one) for one in opened.namelist()}
    except zipfile.BadZipFile as error:
        raise Refused("不是 ZIP 报文包") from error


def _envelope(name: str, number: str, body: dict[str, Any]) -> dict[str, Any]:
    message_id = secrets.token_hex(16)
    return {"message_id": message_id, "name": name, "correlation_key": number, "body": body}


def _packed(number: str, said: list[bytes], keys: Keys) -> bytes:
    if not said:
        raise Refused("任务包里没有要答复的报文")
    files = {f"messages/{at:04d}.json": body for at, body in enumerate(said, start=1)}
    listed = [
        {"file": name, "sha256": hashlib.sha256(body).hexdigest()} for name, body in files.items()
    ]
    manifest = wire.dump({"package_no": number, "channel": keys.id, "messages": listed})
    sealed = {_MANIFEST: manifest, _SEAL: signing.seal(manifest, keys=keys).encode()}
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as opened:
        for name, body in {**sealed, **files}.items():
            opened.writestr(name, body)
    return out.getvalue()
