"""The provincial seal system and the signature server, in one program that holds all keys.

They know nothing of cases: an order names a seal, a place and the hash of a file; the file follows.
What was sealed under an order is kept and given again, also after a restart.
"""

import contextlib
import hashlib
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any, Final
from urllib.parse import unquote

from adapters._shared import pades, sealing, signing, sm2, standing, wire
from adapters._shared.seals import NATIONAL, OFD, Place, SealOrder
from adapters._shared.signing import Keys, Subject
from adapters._shared.standing import Revocation
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


@dataclass(frozen=True, slots=True)
class Offer:
    """What the page of the desk offers to do to a seal."""

    title: str
    seal: str


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
        if method == "POST" and path == "/revocations":
            self._verify("revocation", method, path, body, headers)
            return 200, self._revoked(wire.load(body))
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
        return self.authority.die(self.folder_of(code))

    def refusal(self, order: Mapping[str, Any]) -> str:
        """Why an order is refused, or nothing."""
        code = str(order.get("seal"))
        if code == STOPPED:
            return "该印章已停用"
        if order.get("format") in (NATIONAL, OFD) and not sm2.installed():
            return "签章系统没有安装国密组件"
        if code not in SEALS:
            return f"没有编码为“{code}”的印章"
        revoked = self.authority.revocation(self.folder_of(code))
        return f"印章证书{standing.words(revoked)}，不能再签章" if revoked else ""

    def folder_of(self, code: str) -> Path:
        """Where the keys of a seal lie.

        Raises:
            Refused: there is no such seal.
        """
        if code not in SEALS:
            raise Refused(f"没有编码为“{code}”的印章")
        return self.authority.seal(code, *SEALS[code])

    def examples(self) -> list[Offer]:
        """A seal whose key was lost is revoked where it is kept."""
        return [Offer(f"吊销“{holder}{use}”", code) for code, (holder, use) in SEALS.items()]

    def say(self, told: Mapping[str, Any]) -> None:
        chosen = self.examples()[int(told["example"])]
        self._revoked({"seal": chosen.seal, "reason": "keyCompromise"})

    def _revoked(self, told: Mapping[str, Any]) -> dict[str, Any]:
        code, reason = wire.text(told, "seal"), wire.text(told, "reason")
        if reason not in standing.REASONS:
            raise Refused(f"没有“{reason}”这种吊销原因")
        since = datetime.fromisoformat(str(told.get("since") or clock.now().isoformat()))
        if since.tzinfo is None or since > clock.now() + signing.WINDOW:
            raise Refused("吊销时间有误")
        with self._lock:
            folder = self.folder_of(code)
            if known := self.authority.revocation(folder):
                raise Refused(f"印章证书{standing.words(known)}")
            self.authority.revoke(folder, Revocation(since, reason))
        return {"seal": code, "state": "revoked"}

    def listed(self) -> list[dict[str, Any]]:
        """The seals that the caller may use."""
        return [
            {
                "seal": code,
                "name": f"{holder}{use}",
                "holder": holder,
                "valid_from": self._days(code)[0],
                "valid_to": self._days(code)[1],
                "state": "revoked" if self.authority.revocation(self.folder_of(code)) else "in_use",
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
        return self.authority.signer(_digest(code), code)

    def folder_of(self, code: str) -> Path:
        folder = self.authority.person(_digest(code))
        if not (folder / "key.p12").exists():
            raise Refused(f"没有“{code}”的签名证书")
        return folder

    def examples(self) -> list[Offer]:
        return []

    def refusal(self, order: Mapping[str, Any]) -> str:
        if order.get("format") in (NATIONAL, OFD) and not sm2.installed():
            return "签名服务器没有安装国密组件"
        if not str(order.get("seal", "")).strip():
            return "没有写明签名人"
        revoked = self.authority.revocation(self.authority.person(_digest(str(order["seal"]))))
        return f"签名证书{standing.words(revoked)}，不能再签名" if revoked else ""

    def listed(self) -> list[dict[str, Any]]:
        return []


class SealSystem(Simulator):
    """Both behind one address, the time-stamp authority at `/tsa`, revocation lists in `/crl`."""

    title = "电子印章与签名"

    def __init__(self, folder: Path, *, keys: Mapping[str, Keys]) -> None:
        super().__init__()
        authority = Authority(folder)
        self.parts = {
            "eseal": SealDesk(authority, keys=keys["eseal"]),
            "esign": SignatureServer(authority, keys=keys["esign"]),
        }
        self._authority = authority
        self._stamping = authority.stamping

    def answer(self, method: str, path: str, body: bytes, headers: dict[str, str]) -> Answer:
        del headers
        if method == "POST" and path == "/tsa":
            return 200, Raw(self._stamping.answer(body), "application/timestamp-reply")
        if method == "GET" and path.startswith("/crl/"):
            with contextlib.suppress(LookupError):
                name = path.removeprefix("/crl/")
                return 200, Raw(self._authority.revocation_list(name), "application/pkix-crl")
        return 404, {"reason": "没有这项服务"}


def _digest(code: str) -> str:
    return hashlib.sha256(code.encode()).hexdigest()[:16]
