"""Files of transactions that were never committed go after a day, others never (rule 19)."""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from processes.documents import files, sweeping
from processes.documents.sweeping import FOLDERS

PDF = b"%PDF-1.7\n"
AGO = time.time() - 2 * 24 * 3600


def swept(session: Session) -> int:
    """How many files go in a round over all folders."""

    @contextmanager
    def look() -> Iterator[Session]:
        yield session

    return sum(sweeping.sweep(look, number) for number in range(FOLDERS))


def laid_down(session: Session, content: bytes, *, named: bool, old: bool) -> Path:
    stored = files.store(session, content, by=None)
    path = files.folder(stored.sha256[:2]) / stored.sha256
    if not named:
        session.delete(stored)
        session.flush()
    if old:
        os.utime(path, (AGO, AGO))
    return path


@pytest.mark.parametrize(
    ("named", "old", "stays"),
    [(True, True, True), (False, False, True), (True, False, True), (False, True, False)],
)
def test_what_nothing_names_goes_when_it_is_old(
    session: Session, *, named: bool, old: bool, stays: bool
) -> None:
    path = laid_down(session, PDF + b"1", named=named, old=old)
    assert swept(session) == (not stays)
    assert path.exists() is stays


def test_what_a_broken_write_left_behind_goes_as_well(session: Session) -> None:
    path = laid_down(session, PDF + b"2", named=True, old=True)
    part = path.with_name(f".{path.name}.0123abcd")
    part.write_bytes(b"half")
    os.utime(part, (AGO, AGO))
    assert swept(session) == 1
    assert (path.exists(), part.exists()) == (True, False)


def test_what_is_laid_down_again_is_young_again(session: Session) -> None:
    path = laid_down(session, PDF + b"3", named=False, old=True)
    files.lay_down(PDF + b"3")
    assert swept(session) == 0
    assert path.exists()


def test_what_is_laid_down_again_while_the_sweep_looks_stays(session: Session) -> None:
    path = laid_down(session, PDF + b"4", named=False, old=True)

    @contextmanager
    def look() -> Iterator[Session]:
        yield session
        files.store(session, PDF + b"4", by=None)  # another transaction, just then

    assert sweeping.sweep(look, int(path.name[:2], 16)) == 0
    assert files.read(session, path.name) == PDF + b"4"
    assert [one.name for one in path.parent.iterdir()] == [path.name]
