"""What case management may be told: where files lie, the master key, sessions, pass words.

Invariant: set once at the start by `configure`; until then the environment decides, with the same
files the pages use (`BANLI_HOME/secret.key`).
"""

import os
import secrets
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from engine import limits

_KEY_BYTES = 32


@dataclass(frozen=True, kw_only=True)
class Settings:
    """The defaults are those of a demo on one machine."""

    home: Path
    secret_key: str
    idle: timedelta = timedelta(minutes=15)
    absolute: timedelta = timedelta(hours=8)
    lock_failures: int = 5
    lock_window: timedelta = timedelta(minutes=15)
    address_failures: int = 50
    password_length: int = 10
    password_classes: int = 2
    """How many of lower case, upper case, digits, others; 等保三级 asks for 3."""
    second_person_release: bool = True
    upload_bytes: int = limits.UPLOAD_BYTES
    public_url: str = ""
    """Address of the public pages for QR codes; empty: the code carries the number alone."""

    def __post_init__(self) -> None:
        if len(self.secret_key.encode()) < _KEY_BYTES:
            raise ValueError(f"the master key needs at least {_KEY_BYTES} bytes")


_configured: Settings | None = None


def configure(settings: Settings | None) -> None:
    """Lay the settings down; None forgets them (tests)."""
    global _configured  # noqa: PLW0603 - one installation per process
    _configured = settings


def current() -> Settings:
    """The settings in force."""
    if _configured is None:
        configure(from_environment())
    assert _configured is not None  # noqa: S101 - narrows for the type checker
    return _configured


def from_environment() -> Settings:
    """Settings of a process started without the pages (a script, a test)."""
    home = Path(os.environ.get("BANLI_HOME", "var")).absolute()
    key = os.environ.get("BANLI_SECRET_KEY", "")
    if path := os.environ.get("BANLI_SECRET_KEY_FILE"):
        key = Path(path).read_text(encoding="utf-8").strip()
    if not key:
        if os.environ.get("BANLI_PROFILE") == "production":
            raise ValueError("BANLI_SECRET_KEY_FILE is not set")
        key = _own_key(home)
    public_url = os.environ.get("BANLI_PUBLIC_URL", "")
    return Settings(home=home, secret_key=key, public_url=public_url)


def _own_key(home: Path) -> str:
    file = home / "secret.key"
    if not file.exists():
        home.mkdir(parents=True, exist_ok=True)
        file.touch(mode=0o600)
        file.write_text(secrets.token_urlsafe(_KEY_BYTES), encoding="utf-8")
    return file.read_text(encoding="utf-8").strip()
