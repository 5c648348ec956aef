"""Paths a browser names: only paths of this site are followed, ids are ASCII digits of 63 bits."""

from typing import Final
from urllib.parse import urlsplit

from flask import request, url_for
from werkzeug.routing import BaseConverter, ValidationError

_LARGEST: Final = (1 << 63) - 1
_PASSING: Final = frozenset({"after", "endpoint", "format", "seen"})
"""Parameters that say nothing of what a list holds."""
_FORBIDDEN = frozenset("\\\r\n\t\0")


def own_path(path: str | None, default: str = "/") -> str:
    """The path if it stays on this site, else the default; never another host, never a scheme."""
    if not path or not path.startswith("/") or path.startswith("//") or _FORBIDDEN & set(path):
        return default
    parts = urlsplit(path)
    return path if not parts.scheme and not parts.netloc else default


def here(**changed: str) -> str:
    """The address of this list, of its first page, with some parameters changed; empty: without."""
    args = {
        name: values if len(values) > 1 else values[0]
        for name, values in request.args.to_dict(flat=False).items()
        if name not in _PASSING and not name.startswith("_")
    }
    kept = {**args, **(request.view_args or {}), **changed}
    return url_for(str(request.endpoint), **{name: one for name, one in kept.items() if one})


class IdConverter(BaseConverter):
    """An id in a path: ASCII digits only."""

    regex = "[1-9][0-9]{0,18}"

    def to_python(self, value: str) -> int:
        number = int(value)
        if number > _LARGEST:
            raise ValidationError
        return number
