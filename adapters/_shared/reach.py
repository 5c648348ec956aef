"""Who may be called: an address is looked at after it is resolved, whatever name led to it.

Invariant: a name never leads to a metadata service, and without TLS never off this machine.
"""

import ipaddress
import socket
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


def check_address(name: str, host: str, port: int, *, plain: bool) -> None:
    """Refuse an address that nobody may call; `plain`: without TLS.

    Raises:
        WorkRefused: it is one. OSError: the name leads nowhere.
    """
    for *_, address in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM):
        ip = ipaddress.ip_address(str(address[0]).split("%", 1)[0])
        if ip.is_link_local or ip.is_multicast or ip.is_unspecified:
            raise WorkRefused(f"『{name}』的地址 {ip} 不允许访问")
        if plain and not ip.is_loopback:
            raise WorkRefused(f"『{name}』在本机之外必须加密（TLS）")
