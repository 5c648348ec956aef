"""Settings of one installation, read from the environment; unsafe combinations stop the start.

Invariant: a demo never starts with production settings and production never with demo ones.
"""

import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any, Literal, cast

from engine import limits
from web.words import N_

Profile = Literal["demo", "production", "test"]
_PROFILES = ("demo", "production", "test")
_SECRET_BYTES = 32


class UnsafeSettings(Exception):
    """The settings contradict each other or would be unsafe; the message says which and why."""


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Everything an installation may decide; the defaults are those of a demo on one machine."""

    profile: Profile = "demo"
    home: Path = field(default_factory=lambda: Path("var"))
    host: str = "127.0.0.1"
    port: int = 8000
    database_url: str = ""
    secret_key: str = ""
    public_url: str = ""
    """Address at which the public reaches the pages; printed in the codes on letters."""
    agency: str = N_("政务服务平台")
    https: bool = False
    trusted_proxies: int = 0
    idle: timedelta = timedelta(minutes=15)
    absolute: timedelta = timedelta(hours=8)
    demo_accounts: bool = False
    second_person_release: bool = True
    confirm_sensitive: bool = False
    """Ask for the password again before sensitive acts: on in production, off in the demo."""
    body_limit: int = limits.BODY_BYTES
    upload_limit: int = limits.UPLOAD_BYTES
    rate_limits: bool = True
    logs: str = ""
    """`json` or `text`; what is not said is json in production and text elsewhere."""

    @property
    def json_logs(self) -> bool:
        return self.logs == "json" or (not self.logs and self.profile == "production")

    @property
    def public_address(self) -> str:
        """The public address, of this machine if none is set."""
        scheme = "https" if self.https else "http"
        return self.public_url.rstrip("/") or f"{scheme}://{self.host}:{self.port}"

    @property
    def is_demo(self) -> bool:
        return self.profile == "demo"

    def check(self) -> None:
        """Refuse settings that may not run together.

        Raises:
            UnsafeSettings: with a sentence for the person who starts the program.
        """
        if self.profile not in _PROFILES:
            raise UnsafeSettings(
                f"BANLI_PROFILE 只能是 {'、'.join(_PROFILES)}，不能是“{self.profile}”。"
            )
        if self.logs not in ("", "json", "text"):
            raise UnsafeSettings(f"BANLI_LOGS 只能是 json 或 text，不能是“{self.logs}”。")
        if self.public_url and not self.public_url.startswith(("http://", "https://")):
            raise UnsafeSettings("BANLI_PUBLIC_URL 应以 http:// 或 https:// 开头。")
        if self.profile == "production":
            self._check_production()
        if self.profile == "demo" and self.https:
            raise UnsafeSettings("演示环境不得使用生产设置：请去掉 BANLI_HTTPS 或改用生产环境。")

    def _check_production(self) -> None:
        if self.demo_accounts:
            raise UnsafeSettings("生产环境不得启用演示账号（BANLI_DEMO_ACCOUNTS）。")
        if not self.https:
            raise UnsafeSettings("生产环境必须经 HTTPS 访问：请设置 BANLI_HTTPS=1。")
        if len(self.secret_key.encode()) < _SECRET_BYTES:
            raise UnsafeSettings(
                f"生产环境的密钥至少 {_SECRET_BYTES} 字节：请设置 BANLI_SECRET_KEY_FILE。"
            )
        if not self.confirm_sensitive:
            raise UnsafeSettings("生产环境的敏感操作须再次输入密码：请去掉 BANLI_CONFIRM=0。")
        if not self.second_person_release:
            raise UnsafeSettings("生产环境发布流程必须由第二人确认。")


def from_environment(env: Mapping[str, str] | None = None) -> Settings:
    """Read the settings; `BANLI_HOME` is created and keeps a demo's own secret key."""
    source = os.environ if env is None else env
    profile = cast(Profile, source.get("BANLI_PROFILE", "demo"))
    home = Path(source.get("BANLI_HOME", "var")).absolute()
    home.mkdir(parents=True, exist_ok=True)
    settings = Settings(
        profile=profile,
        home=home,
        database_url=source.get("BANLI_DATABASE_URL", "") or f"sqlite:///{home / 'banli.db'}",
        secret_key=_secret_key(source, home, profile),
        demo_accounts=_flag(source, "BANLI_DEMO_ACCOUNTS", default=profile == "demo"),
        second_person_release=_flag(source, "BANLI_SECOND_PERSON", default=True),
        rate_limits=_flag(source, "BANLI_RATE_LIMITS", default=profile != "test"),
        confirm_sensitive=_flag(source, "BANLI_CONFIRM", default=profile == "production"),
        https=_flag(source, "BANLI_HTTPS", default=False),
        **_plain(source),
    )
    settings.check()
    return settings


def _plain(source: Mapping[str, str]) -> dict[str, Any]:
    """The settings that are one text or number each; those not given keep their default."""
    found: dict[str, Any] = {}
    for name, key, convert in (
        ("BANLI_HOST", "host", str),
        ("BANLI_AGENCY", "agency", str),
        ("BANLI_PUBLIC_URL", "public_url", str),
        ("BANLI_LOGS", "logs", str),
        ("BANLI_PORT", "port", int),
        ("BANLI_TRUSTED_PROXIES", "trusted_proxies", int),
        ("BANLI_IDLE_MINUTES", "idle", _minutes),
        ("BANLI_ABSOLUTE_MINUTES", "absolute", _minutes),
    ):
        if source.get(name):
            try:
                found[key] = convert(source[name])
            except ValueError:
                raise UnsafeSettings(f"{name} 的值“{source[name]}”不是数字。") from None
    return found


def _minutes(text: str) -> timedelta:
    return timedelta(minutes=int(text))


def _flag(source: Mapping[str, str], name: str, *, default: bool) -> bool:
    text = source.get(name, "").strip().lower()
    return text in ("1", "true", "yes", "on") if text else default


def _secret_key(source: Mapping[str, str], home: Path, profile: Profile) -> str:
    if path := source.get("BANLI_SECRET_KEY_FILE"):
        file = Path(path)
        if profile == "production" and file.stat().st_mode & 0o077:
            raise UnsafeSettings(f"密钥文件 {file} 可被他人读取：请执行 chmod 600。")
        return file.read_text(encoding="utf-8").strip()
    if key := source.get("BANLI_SECRET_KEY"):
        return key
    if profile == "production":
        return ""
    own = home / "secret.key"
    if not own.exists():
        own.touch(mode=0o600)
        own.write_text(secrets.token_urlsafe(_SECRET_BYTES), encoding="utf-8")
    return own.read_text(encoding="utf-8").strip()
