"""Files that no row names: laid down for a transaction that was never committed.

Invariant: nothing goes that a row names or that was laid down, even once more, within a day; a
folder is looked through outside of any transaction.
Source: rule 19 of the reliability rules (orphans are swept later).
"""

import time
from collections.abc import Callable
from contextlib import AbstractContextManager, suppress
from pathlib import Path
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from processes.documents import files
from processes.model.documents import StoredFile

FOLDERS: Final = 256
_DAY: Final = 24 * 3600.0
_BEHIND: Final = "g"
"""Sorts behind every hexadecimal digit."""

Look = Callable[[], AbstractContextManager[Session]]


def sweep(look: Look, number: int) -> int:
    """Remove what nothing names from one of the folders of files; how many that were."""
    prefix = f"{number % FOLDERS:02x}"
    folder = files.folder(prefix)
    old = [one for one in folder.iterdir() if _is_old(one)] if folder.is_dir() else []
    if not old:
        return 0
    with look() as session:
        within = StoredFile.sha256.between(prefix, prefix + _BEHIND)
        named = set(session.scalars(select(StoredFile.sha256).where(within)))
    return sum(_removed(one) for one in old if one.name not in named)


def _is_old(path: Path) -> bool:
    with suppress(FileNotFoundError):
        # what the file system wrote down is compared with the same clock, not with that of cases
        return path.stat().st_mtime < time.time() - _DAY
    return False


def _removed(path: Path) -> bool:
    """Take a file away, unless it was laid down once more meanwhile."""
    aside = path.with_name(f".{path.name}.swept")
    path.rename(aside)
    if _is_old(aside):
        aside.unlink()
        return True
    aside.rename(path)
    return False
