"""The outer systems of several bureaus behind one channel, each with its own address and key.

Invariant: the key that a package is signed with says which bureau sent it, whatever the package
says itself; what is said of a case goes to the system that it came from and to no other.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import BinaryIO, Final

from adapters._shared import exchange, signing
from adapters._shared.exchange import Contract, Exchange
from adapters._shared.signing import SharedKey, Subject
from adapters.efiling_outer.attachment import TOPIC, Attachment
from engine.errors import MessageRefused, WorkRefused
from engine.ports import Message, Work
from engine.variables import Variables

_BUREAU: Final = "bureau"


class Bureaus(Exchange):
    """One channel for them all; `bureau` in the variables names the one that is meant."""

    def __init__(self, contract: Contract, settings: Mapping[str, str]) -> None:
        """`settings`: `BUREAUS` (codes with commas), and for each `<code>_URL`, `<code>_KEY`.

        Raises:
            ValueError: a setting of one of them is missing; names it.
        """
        codes = [one.strip() for one in settings["BUREAUS"].split(",") if one.strip()]
        super().__init__(contract, None, keys=SharedKey("", b""))
        self._places = {code: _place(contract, code, settings) for code in codes}
        self.department = next(iter(self._places.values())).department
        self.workers = {TOPIC: Attachment(self._asked)}

    def send(self, message: Message) -> None:
        """Post a message to the system of its bureau.

        Raises:
            Retry: not delivered, send again. WorkRefused: no such bureau, or never taken there.
        """
        self._of(message.variables).send(message)

    def sign(self, subject: Subject, body: bytes | BinaryIO) -> dict[str, str]:
        raise WorkRefused(f"{self.contract.title}按直属局分别签名，只能推送")

    def verify(self, subject: Subject, body: bytes, headers: Mapping[str, str]) -> None:
        self._sender(headers).verify(subject, body, headers)

    def receive(self, body: bytes, headers: Mapping[str, str]) -> Message:
        """A signed callback of one bureau's system, marked with that bureau.

        Raises:
            MessageRefused: signature, time, name or a member of the body is wrong, or it speaks for
                another bureau.
        """
        message = self._sender(headers).receive(body, headers)
        code = signing.key_id_of(headers)
        if message.variables.get(_BUREAU) not in (None, code):
            raise MessageRefused("报文所称的直属局与签名的密钥不符")
        return replace(message, variables={**message.variables, _BUREAU: code})

    def _sender(self, headers: Mapping[str, str]) -> Exchange:
        place = self._places.get(signing.key_id_of(headers))
        if place is None:
            raise MessageRefused("报文没有签名，或签名所用的密钥未登记")
        return place

    def _asked(self, work: Work) -> Exchange:
        return self._of(work.variables)

    def _of(self, variables: Variables) -> Exchange:
        place = self._places.get(str(variables.get(_BUREAU)))
        if place is None:
            raise WorkRefused(f"没有为直属局『{variables.get(_BUREAU)}』配置电子申报系统")
        return place


def _place(contract: Contract, code: str, settings: Mapping[str, str]) -> Exchange:
    own = {key.removeprefix(f"{code}_"): v for key, v in settings.items() if key.startswith(code)}
    try:
        return exchange.create(contract, {**own, "KEY_ID": code})
    except ValueError as error:
        raise ValueError(f"直属局『{code}』：{error}") from error
