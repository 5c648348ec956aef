"""A seal or signature server over HTTP: order, document, sealed document; one order per key.

`POST /orders` (signed) names seal, format (`pdf`, or `sm2`: a second signature by SM2 over the
sealed file), place, size and SHA-256 of the file; `PUT /orders/<id>/document`
streams it and is answered with the sealed file; `GET` of the same gives it again. An order asked
for twice is the same order, so that a lost answer costs no second seal. `POST /revocations` names
a seal, since when and why its certificates are to be revoked (reasons by RFC 5280, 5.3.1).
"""

import hashlib
from collections.abc import Mapping, Sequence
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Final
from urllib.parse import quote

from adapters._shared import examining, signing, wire
from adapters._shared.client import Department
from adapters._shared.revocation_lists import Lists, settled
from adapters._shared.seals import Examined, SealInfo, SealOrder, refusal
from adapters._shared.signing import Keys, Subject
from adapters._shared.standing import Revocation
from engine.errors import WorkRefused

if TYPE_CHECKING:
    from asn1crypto import x509

_STATES: Final = ("awaiting_document", "done", "refused")


class SealService:
    """The client of one seal or signature server (`Seals`)."""

    def __init__(self, department: Department, *, keys: Keys, trust: Path, lists: Lists) -> None:
        """`trust` holds the roots whose seals count here, as PEM; `lists` what they revoked."""
        self.department = department
        self._keys = keys
        self._trust = trust
        self._lists = lists

    def seal(self, order: SealOrder, document: BinaryIO) -> bytes:
        """Order, hand over the file, take the sealed one."""
        body = wire.dump(_order(order))
        answer = self.department.post("/orders", body, self._signed("order", "/orders", body))
        state = answer.get("state")
        if answer.get("id") != order.id or state not in _STATES:
            raise WorkRefused(f"『{self.department.name}』的答复与签章请求不符", order=order.id)
        if state == "refused":
            raise refusal(str(answer.get("reason") or "签章系统不予签章")[:500])
        path = f"/orders/{quote(order.id, safe='')}/document"
        if state == "done":
            told = self._signed("document", path, b"", "GET")
            sealed = self.department.transfer("GET", path, None, told)
        else:
            signed = self._signed("document", path, document, "PUT")
            told = {**signed, "Content-Length": str(order.size)}
            sealed = self.department.transfer("PUT", path, document, told)
        return sealed

    def examine(self, content: bytes) -> Examined:
        """What the seals of a file are worth, by the roots trusted here."""
        return settled(examining.examine(content, self.roots), self._lists)

    def revoke(self, seal: str, revocation: Revocation) -> None:
        """Have the server revoke the certificates of a seal, or of a person."""
        since = revocation.since.isoformat()
        body = wire.dump({"seal": seal, "since": since, "reason": revocation.reason})
        told = self._signed("revocation", "/revocations", body)
        answer = self.department.post("/revocations", body, told)
        if answer.get("seal") != seal or answer.get("state") != "revoked":
            raise WorkRefused(f"『{self.department.name}』的答复与吊销请求不符", seal=seal)
        self._lists.forget()  # they tell of it from now on

    def kept(self) -> Sequence[SealInfo]:
        """The seals that the server lets us use."""
        body = wire.dump({"question": "seals"})
        answer = self.department.post("/seals", body, self._signed("seals", "/seals", body))
        listed = answer.get("seals")
        if not isinstance(listed, list):
            raise WorkRefused(f"『{self.department.name}』没有给出印章清单")
        return [self._info(one) for one in listed]

    @cached_property
    def roots(self) -> "Sequence[x509.Certificate]":
        """The roots trusted here.

        Raises:
            WorkRefused: the file is missing or holds no certificate.
        """
        from adapters._shared import pades  # noqa: PLC0415 - loads the library

        return pades.roots(self._trust)

    def _signed(
        self, purpose: str, path: str, body: bytes | BinaryIO, method: str = "POST"
    ) -> dict[str, str]:
        return signing.sign(Subject(purpose, path, method), body, keys=self._keys)

    def _info(self, one: Any) -> SealInfo:
        try:
            return SealInfo(
                seal=str(one["seal"]),
                name=str(one["name"]),
                holder=str(one["holder"]),
                valid_from=date.fromisoformat(one["valid_from"]),
                valid_to=date.fromisoformat(one["valid_to"]),
                state=str(one["state"]),
            )
        except (KeyError, TypeError, ValueError) as error:
            raise WorkRefused(f"『{self.department.name}』的印章清单有误：{error}") from error


def create(title: str, adapter: str, settings: Mapping[str, str]) -> SealService:
    """The client from the settings `URL`, `KEY`, `TRUST` (a PEM file), optional `KEY_ID`, `CRL`.

    Raises:
        ValueError: one of them is missing.
    """
    keys = signing.keys_from(settings, adapter)
    if not settings.get("TRUST"):
        raise ValueError(f"适配器『{adapter}』没有设置受信任的根证书（TRUST）")
    department = Department(title, settings.get("URL", ""))
    lists = Lists(settings.get("CRL", ""))
    return SealService(department, keys=keys, trust=Path(settings["TRUST"]), lists=lists)


def digest(content: bytes) -> str:
    """SHA-256 of a file, in hex, as orders name it."""
    return hashlib.sha256(content).hexdigest()


def _order(order: SealOrder) -> dict[str, Any]:
    place = order.place
    where = None
    if place is not None:
        names = ("page", "x", "y", "width", "height")
        where = {name: str(getattr(place, name)) for name in names}
    return {
        "id": order.id,
        "seal": order.seal,
        "format": order.format,
        "reason": order.reason,
        "place": where,
        "document": {"name": order.name, "sha256": order.sha256, "size": order.size},
    }
