"""Which outside systems this installation does not reach: forms ask for papers instead.

A form sees their names as `interfaces_off` (`data_share`, …), so that it offers nothing that could
not be done. Nothing is said before `without` is called: in plays and checks everything is there.
"""

from collections.abc import Collection
from typing import Final

NAME: Final = "interfaces_off"
_off: set[str] = set()


def without(names: Collection[str]) -> None:
    """Say which adapters are not switched on; replaces what was said before."""
    _off.clear()
    _off.update(names)


def off() -> list[str]:
    """Their names, in order."""
    return sorted(_off)
