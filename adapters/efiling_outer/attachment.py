"""Fetching what was attached to a package: `GET /attachments/<number>`, one file at a time.

Invariant: a file is taken only if it is the one that the signed package named, by its SHA-256.
"""

import hashlib
import mimetypes
from collections.abc import Callable
from typing import Final
from urllib.parse import quote

from adapters._shared.exchange import Exchange
from adapters._shared.signing import Subject
from engine.errors import WorkRefused
from engine.ports import MadeFile, Result, Work

TOPIC: Final = "efiling_outer.attachment"


class Attachment:
    """Takes `attachment_no`, `name`, `sha256`; gives the file as `attachment`."""

    topic = TOPIC

    def __init__(self, place: Callable[[Work], Exchange]) -> None:
        """`place` says which outer system a package came from."""
        self._place = place

    def execute(self, work: Work) -> Result:
        """Fetch.

        Raises:
            Retry: a passing failure. WorkRefused: there is no such file, or it is another one.
        """
        place = self._place(work)
        number, name = str(work.variables.get("attachment_no") or ""), _name(work)
        path = f"/attachments/{quote(number, safe='')}"
        if place.department is None:
            raise WorkRefused(f"{place.contract.title}没有可以取附件的地址")
        content = place.department.transfer(
            "GET", path, None, place.sign(Subject("attachment", path, "GET"), b"")
        )
        if hashlib.sha256(content).hexdigest() != work.variables.get("sha256"):
            raise WorkRefused(f"附件“{name}”与申报单所载的摘要不符", attachment=number)
        kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
        return {"attachment": MadeFile(name, kind, content)}


def _name(work: Work) -> str:
    return str(work.variables.get("name") or "附件").rpartition("/")[2][:100]
