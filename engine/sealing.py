"""The stored form of engine state: authenticated, bound to its instance and its definition.

Invariant: only what this installation wrote, for this instance of this definition, is ever loaded.
The MAC covers the variables too: the state carries the end of a hash chain over the last snapshot
and every delta since, and what is read has to lead to the same end.
"""

import hashlib
import hmac
from typing import Final

from engine.errors import BanliError

START: Final = bytes(32)
_VERSION: Final = b"\x01"
_MAC: Final = slice(1, 33)
_CHAIN: Final = slice(33, 65)
_STATE: Final = slice(65, None)
_SHORTEST_KEY: Final = 32

# copied for each use: to set up a hash anew costs more than a small content does
_sha256 = hashlib.sha256()
_state_key: hmac.HMAC | None = None


class StateForged(BanliError):
    """A stored state or its variables are not what this installation wrote for the instance."""

    code = "state_forged"


def configure(*, state_key: bytes) -> None:
    """Lay down the key, once at the start of the program.

    Raises:
        ValueError: it is too short to be a key.
    """
    global _state_key  # noqa: PLW0603 - one installation per program
    if len(state_key) < _SHORTEST_KEY:
        raise ValueError(f"the state key needs at least {_SHORTEST_KEY} bytes")
    _state_key = hmac.new(state_key, digestmod="sha256")


def seal(state: bytes, *, instance_id: int, digest: str, chain: bytes) -> bytes:
    """State as stored; the one place where encryption would go."""
    mac = _mac(state, instance_id, digest, chain)
    return b"".join((_VERSION, mac, chain, state))


def unseal(stored: bytes, *, instance_id: int, digest: str, chain: bytes) -> bytes:
    """The state of a stored form, if the variables read with it lead to `chain`.

    Raises:
        StateForged: it was not written by this installation, or belongs to something else.
    """
    state = stored[_STATE]
    mac = _mac(state, instance_id, digest, chain)
    if stored[:1] != _VERSION or stored[_CHAIN] != chain or not _same(stored[_MAC], mac):
        raise StateForged("流程状态的校验码不符，已停止办理", instance=instance_id)
    return state


def snapshot(content: bytes) -> bytes:
    """The beginning of a chain: a snapshot of all variables."""
    return _hash(b"snapshot\0" + content)


def link(chain: bytes, content: bytes) -> bytes:
    """The chain after one more delta."""
    return _hash(chain + content)


def _hash(content: bytes) -> bytes:
    made = _sha256.copy()
    made.update(content)
    return made.digest()


def _same(one: bytes, other: bytes) -> bool:
    return hmac.compare_digest(one, other)


def _mac(state: bytes, instance_id: int, digest: str, chain: bytes) -> bytes:
    if _state_key is None:
        raise RuntimeError("engine.store.configure was not called: there is no state key")
    head = b"%d\0%s\0%s" % (instance_id, digest.encode(), chain)
    made = _state_key.copy()
    made.update(head + state)
    return made.digest()
