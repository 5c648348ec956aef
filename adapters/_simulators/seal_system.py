"""The provincial seal system and the signature server, in one program that holds all keys.

They know nothing of cases: an order names a seal, a place and the hash of a file; the file follows.
What was sealed under an order is kept and given again, also after a restart.
"""

import hashlib
import threading
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any, Final
from urllib.parse import unquote

from adapters._shared import pades, sealing, signing, sm2, wire
from adapters._shared.seals import NATIONAL, OFD, Place, SealOrder
from adapters._shared.signing import Keys, Subject
from adapters._simulators.authority import Authority
from adapters._simulators.simulator import Answer, Raw, Refused, Simulator
from engine import clock

SEALS: Final[Mapping[str, tuple[str, str]]] = {
    "PN610000": ("陕西省自然资源厅", "电子印章"),
    "PC610000": ("陕西省不动产登记服务中心", "业务专用章"),
    "PR610100": ("西安市不动产登记局", "登记专用章"),
    "PR610500": ("渭南市不动产登记局", "登记专用章"),
    "PR610300": ("宝鸡市不动产登记局", "登记专用章"),
    "PR610400": ("咸阳市不动产登记局", "登记专用章"),
    "PR610600": ("延安市不动产登记局", "登记专用章"),
    "PR610700": ("汉中市不动产登记局", "登记专用章"),
    "PR610800": ("榆林市不动产登记局", "登记专用章"),
    "PR610900": ("安康市不动产登记局", "登记专用章"),
}
"""The seals of the demo's agencies, by the code of the agency: holder and use."""
STOPPED: Final = "PR619900"
_FILE: Final = "application/octet-stream"


class SealDesk(Simulator):
    """Takes orders for seals of agencies."""

    title = "省政务电子印章系统"

    def __init__(self, authority: Authority, *, keys: Keys) -> None:
        super().__init__()
        self.authority = authority
        self._keys = keys
        self._orders: dict[str, dict[str, Any]] = {}
        self._lock = threading.Lock()
        self._kept = authority.folder / "orders" / keys.id
        self._kept.mkdir(parents=True, exist_ok=True)
        self._die = lru_cache(maxsize=64)(self.die_of)

    def answer(self, method: str, path: str, body: bytes, headers: dict[str, str]) -> Answer:
        if method == "POST" and path == "/orders":
            self._verify("order", method, path, body, headers)
            return 202, self._order(wire.load(body))
        if method == "POST" and path == "/seals":
            self._verify("seals", method, path, body, headers)
            return 200, {"seals": self.listed()}
        if path.startswith("/orders/") and path.endswith("/document"):
            number = unquote(path.removeprefix("/orders/").removesuffix("/document"))
            self._verify("document", method, path, body, headers)
            if method == "PUT":
                return 201, Raw(self._seal(number, body), _FILE)
            return 200, Raw(self._file(number).read_bytes(), _FILE)
        return 404, {"reason": "没有这项服务"}

    def _verify(
        self, purpose: str, method: str, path: str, body: bytes, headers: Mapping[str, str]
    ) -> None:
        signing.verify(Subject(purpose, path, method), body, headers, keys=self._keys)

    def summary(self) -> list[tuple[str, str]]:
        with self._lock:
            lately = list(reversed(self._orders.values()))[:50]
        return [(str(one["document"]["name"]), f"{one['seal']} {one['state']}") for one in lately]

    def die_of(self, code: str) -> pades.Die:
        """What sets a seal."""
        return self.authority.die(self.authority.seal(code, *SEALS[code]))

    def refusal(self, order: Mapping[str, Any]) -> str:
        """Why an order is refused, or nothing."""
        code = str(order.get("seal"))
        if code == STOPPED:
            return "该印章已停用"
        if order.get("format") in (NATIONAL, OFD) and not sm2.installed():
            return "签章系统没有安装国密组件"
        return "" if code in SEALS else f"没有编码为“{code}”的印章"

    def listed(self) -> list[dict[str, Any]]:
        """The seals that the caller may use."""
        return [
            {
                "seal": code,
                "name": f"{holder}{use}",
                "holder": holder,
                "valid_from": self._days(code)[0],
                "valid_to": self._days(code)[1],
                "state": "in_use",
            }
            for code, (holder, use) in SEALS.items()
        ]

    def _days(self, code: str) -> tuple[Any, Any]:
        certificate = self._die(code).signer.certificate
        ends = (certificate.not_valid_before, certificate.not_valid_after)
        return ends[0].astimezone(clock.SHANGHAI).date(), ends[1].astimezone(clock.SHANGHAI).date()

    def _order(self, order: dict[str, Any]) -> dict[str, Any]:
        number = wire.text(order, "id")
        document = order.get("document")
        if not isinstance(document, dict) or not document.get("sha256"):
            raise Refused("签章请求没有写明文件")
        reason = self.refusal(order) or self._fault()
        with self._lock:
            known = self._orders.setdefault(number, {**order, "state": "awaiting_document"})
            if known["document"] != document:
                raise Refused("同一请求号已用于另一份文件")
            if self._file(number).exists():
                known["state"] = "done"
            elif reason:
                known["state"] = "refused"
                return {"id": number, "state": "refused", "reason": reason}
            else:
                known["state"] = "awaiting_document"
            told = {"id": number, "state": known["state"]}
        return {**told, "id": "other"} if self.faults.mode == "wrong_case" else told

    def _fault(self) -> str:
        return "印章使用审批未通过" if self.faults.mode == "reject_order" else ""

    def _seal(self, number: str, content: bytes) -> bytes:
        order = self._orders.get(number)
        if order is None:
            raise Refused("没有这项签章请求")
        if order["document"]["sha256"] != hashlib.sha256(content).hexdigest():
            raise Refused("收到的文件与签章请求中的摘要不符")
        kept = self._file(number)
        with self._lock:
            if not kept.exists():
                sealed = self._sealed(order, content)
                part = kept.with_suffix(".part")
                part.write_bytes(sealed)
                part.replace(kept)
            order["state"] = "done"
        found = kept.read_bytes()
        # one byte of the page changed on the way: whoever looks at the seal has to notice
        return found if self.faults.mode != "tampered" else found[:200] + b"#" + found[201:]

    def _sealed(self, order: Mapping[str, Any], content: bytes) -> bytes:
        place = order.get("place")
        where = None
        if place:
            numbers = {name: float(place[name]) for name in ("x", "y", "width", "height")}
            where = Place(page=int(place["page"]), **numbers)
        document = order["document"]
        told = SealOrder(
            id=str(order["id"]),
            seal=str(order["seal"]),
            name=str(document["name"]),
            sha256=str(document["sha256"]),
            size=len(content),
            reason=str(order.get("reason", "")),
            place=where,
            format=str(order.get("format", "pdf")),
        )
        try:
            return sealing.to_order(content, die=self._die(told.seal), order=told)
        except ValueError as error:
            raise Refused(str(error)) from error

    def _file(self, number: str) -> Path:
        return self._kept / f"{hashlib.sha256(number.encode()).hexdigest()}.pdf"


class SignatureServer(SealDesk):
    """Signs for persons: the code of the signer takes the place of the seal."""

    title = "电子签名服务器"

    def die_of(self, code: str) -> pades.Die:
        """What signs for a person; in the demo the code is the name of the post."""
        digest = hashlib.sha256(code.encode()).hexdigest()[:16]
        return self.authority.signer(digest, code)

    def refusal(self, order: Mapping[str, Any]) -> str:
        if order.get("format") in (NATIONAL, OFD) and not sm2.installed():
            return "签名服务器没有安装国密组件"
        return "" if str(order.get("seal", "")).strip() else "没有写明签名人"

    def listed(self) -> list[dict[str, Any]]:
        return []


class SealSystem(Simulator):
    """Both behind one address, and the time-stamp authority below `/tsa`."""

    title = "电子印章与签名"

    def __init__(self, folder: Path, *, keys: Mapping[str, Keys]) -> None:
        super().__init__()
        authority = Authority(folder)
        self.parts = {
            "eseal": SealDesk(authority, keys=keys["eseal"]),
            "esign": SignatureServer(authority, keys=keys["esign"]),
        }
        self._stamping = authority.stamping

    def answer(self, method: str, path: str, body: bytes, headers: dict[str, str]) -> Answer:
        del headers
        if method == "POST" and path == "/tsa":
            return 200, Raw(self._stamping.answer(body), "application/timestamp-reply")
        return 404, {"reason": "没有这项服务"}
