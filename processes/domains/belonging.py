"""Which domain defines what: the roles and the kinds of organisations of each.

Invariant: the same files as `domains.current`, so every role and kind there belongs to one domain.
"""

from collections.abc import Mapping
from functools import cache

from processes.domains import domains


@cache
def of_roles() -> Mapping[str, str]:
    """Role → the beginning of the keys of its domain."""
    return _defined("roles")


@cache
def of_org_kinds() -> Mapping[str, str]:
    """Kind of organisation → the beginning of the keys of its domain."""
    return _defined("org_kinds")


def _defined(part: str) -> Mapping[str, str]:
    found: dict[str, str] = {}
    for path in sorted(domains.FOLDER.glob("*/domain.yaml")):
        told = domains.read(path.read_text(encoding="utf-8"), path.parent.name)
        found |= dict.fromkeys(told.get(part, {}), told["prefix"] or path.parent.name)
    return found
