"""Paths a browser names: only paths of this site are followed."""

from urllib.parse import urlsplit

_FORBIDDEN = frozenset("\\\r\n\t\0")


def own_path(path: str | None, default: str = "/") -> str:
    """The path if it stays on this site, else the default; never another host, never a scheme."""
    if not path or not path.startswith("/") or path.startswith("//") or _FORBIDDEN & set(path):
        return default
    parts = urlsplit(path)
    return path if not parts.scheme and not parts.netloc else default
