"""The stored form of engine state: authenticated, bound to the definition it belongs to.

Invariant: only what this installation wrote is ever loaded.
"""

import hashlib
import hmac

from engine.errors import Conflict

_MAC_BYTES = 32
_state_key = b""


def configure(*, state_key: bytes) -> None:
    """The key that authenticates stored state, so that only what we wrote is ever loaded."""
    global _state_key  # noqa: PLW0603 - one installation per program
    _state_key = state_key


def seal(state: bytes, digest: str) -> bytes:
    """State as stored: a MAC bound to the definition, then the state."""
    return _mac(state, digest) + state


def unseal(stored: bytes, digest: str) -> bytes:
    """The state of a stored form.

    Raises:
        Conflict: it was not written by this installation, or belongs to another definition.
    """
    mac, state = stored[:_MAC_BYTES], stored[_MAC_BYTES:]
    if not hmac.compare_digest(mac, _mac(state, digest)):
        raise Conflict("流程状态的校验码不符，已停止办理")
    return state


def _mac(state: bytes, digest: str) -> bytes:
    return hmac.new(_state_key, digest.encode() + b"\0" + state, hashlib.sha256).digest()
