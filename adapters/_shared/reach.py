"""Who may be called: an address is looked at after it is resolved, whatever name led to it.

Invariant: a name never leads to a metadata service, and without TLS never off this machine;
what was looked at is what is connected to.
"""

import ipaddress
import socket
from collections.abc import Sequence
from typing import Protocol, runtime_checkable

from adapters._shared.breaker import Breaker
from engine.errors import WorkRefused


@runtime_checkable
class Reachable(Protocol):
    """The far side of an adapter, as an operator sees it."""

    name: str
    address: str
    breaker: Breaker

    def probe(self) -> float:
        """Whether somebody answers; the seconds it took, outside of the circuit breaker.

        Raises:
            Retry: no connection, or no answer in time. WorkRefused: the address is not allowed.
        """
        ...


def addresses(name: str, host: str, port: int, *, plain: bool) -> Sequence[str]:
    """Where a host leads just now, each of them allowed; `plain`: without TLS.

    Whoever connects, connects to one of these and not to the name: resolved once more it might lead
    elsewhere (DNS rebinding).

    Raises:
        WorkRefused: one of them nobody may call. OSError: the name leads nowhere.
    """
    found: dict[str, None] = {}
    for *_, address in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM):
        text = str(address[0])
        ip = ipaddress.ip_address(text.split("%", 1)[0])
        ip = getattr(ip, "ipv4_mapped", None) or ip
        if ip.is_link_local or ip.is_multicast or ip.is_unspecified:
            raise WorkRefused(f"『{name}』的地址 {ip} 不允许访问")
        if plain and not ip.is_loopback:
            raise WorkRefused(f"『{name}』在本机之外必须加密（TLS）")
        found[text] = None
    return [*found]
