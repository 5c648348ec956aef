"""The e-filing system of a direct bureau: applicants file here and read what became of it.

It keeps what is attached until that is fetched, and never decides anything.
"""

import hashlib
import io
from collections.abc import Iterator, Mapping
from typing import Any, Final
from urllib.parse import unquote

from PIL import Image

from adapters._shared import signing
from adapters._shared.signing import Keys, Subject
from adapters._simulators.correspondent import Body, Correspondent, Example, Reply
from adapters._simulators.simulator import Answer, Raw
from engine import clock

_SCAN: Final = b"%PDF-1.4\n%%EOF\n"
_PERSON: Final = {
    "name": "外网申请人",
    "sex": "male",
    "birth_date": "1990-03-07",
    "nationality": "CHN",
    "id_type": "resident_id",
    "id_no": "370202199003070011",
    "phone": "13800000000",
    "address": "山东省青岛市演示路 1 号",
}
_MEDICAL: Final = ("视力", "色觉", "听力", "口头表达", "肢体")
_BY_UNIT: Final = {
    "filed_by": "unit",
    "filing_org": "YC3702001",
    "agent_name": "俱乐部经办人",
    "agent_id_no": "370202198001010011",
}


class BureauSystem(Correspondent):
    """Files applications by a person or a unit, gives their files out, shows their state."""

    title = "直属局海船船员电子申报系统"
    key_member = "outer_no"

    def __init__(self, callback: str, *, keys: Keys, seconds: float = 1.0) -> None:
        super().__init__(callback, keys=keys, seconds=seconds)
        self._files: dict[str, bytes] = {}
        self.home: dict[str, list[str]] = {}
        """What the applicant reads on the home page, by the number given outside."""

    def answer(self, method: str, path: str, body: bytes, headers: dict[str, str]) -> Answer:
        if method != "GET" or not path.startswith("/attachments/"):
            return super().answer(method, path, body, headers)
        signing.verify(Subject("attachment", path, "GET"), b"", headers, keys=self.keys)
        number = unquote(path.removeprefix("/attachments/"))
        with self.lock:
            content = self._files.get(number)
        if content is None:
            return 404, {"reason": "没有这个附件"}
        self._note("attachment", number)
        if self.faults.mode == "wrong_answer":
            content = _SCAN + b"another"
        return 200, Raw(content, "application/octet-stream")

    def replies(self, name: str, number: str, body: Body, mode: str) -> Iterator[Reply]:
        del mode
        if name == "status_changed":
            with self.lock:
                self.home.setdefault(number, []).append(str(body.get("text") or ""))
        yield from ()

    def filing(self, number: str, **changes: Any) -> dict[str, Any]:
        """What is sent of an application; its files are kept here until they are fetched."""
        proxy = {"proxy_scan": ("委托书.pdf", _SCAN + b"proxy")}
        files = {
            "photo": ("照片.png", _portrait()),
            "medical_scan": ("体检证明.pdf", _SCAN),
            "signature": ("签名.png", _portrait((300, 120))),
            **(proxy if changes.get("filed_by") == "unit" else {}),
        }
        today = clock.today().isoformat()
        return {
            "org": "370001",
            "filing_kind": "licence",
            "applicant": {name: _PERSON[name] for name in ("name", "id_type", "id_no", "phone")},
            "attachments": [self._kept(number, name, *told) for name, told in files.items()],
            "filing": {
                "application_kind": "first",
                "licence_class": "A1E",
                "filed_by": "person",
                **_PERSON,
                "medical_issued_on": today,
                "medical_items": [{"item": item, "result": "pass"} for item in _MEDICAL],
                "delivery": "collect",
                "declaration": True,
                **changes,
            },
        }

    def examples(self) -> list[Example]:
        number = f"W{clock.now():%Y%m%d%H%M%S}"
        by_unit = self.filing(f"{number}U", **_BY_UNIT)
        return [
            Example("个人申报一件", "efiling_received", number, self.filing(number)),
            Example("单位申报一件", "efiling_received", f"{number}U", by_unit),
            Example("撤回最近一件", "efiling_withdrawn", self.last or number, {"reason": "自愿"}),
        ]

    def _kept(self, number: str, member: str, name: str, content: bytes) -> Mapping[str, str]:
        told = f"{number}-{member}"
        with self.lock:
            self._files[told] = content
        digest = hashlib.sha256(content).hexdigest()
        return {"member": member, "attachment_no": told, "name": name, "sha256": digest}


def _portrait(size: tuple[int, int] = (350, 450)) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size, "white").save(out, "PNG")
    return out.getvalue()
