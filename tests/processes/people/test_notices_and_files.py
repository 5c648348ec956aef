import hashlib
import os
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from engine.errors import NotFound
from processes import settings
from processes.casefile import notices
from processes.casefile.notices import Notice
from processes.documents import files
from processes.documents.files import FileRefused
from tests.processes.people.cast import People

PNG = b"\x89PNG\r\n\x1a\n" + bytes(40)
PDF = b"%PDF-1.7\n" + b"x" * 100


def test_the_same_bytes_are_kept_once_and_come_back(session: Session) -> None:
    first, second = files.store(session, PNG, by=1), files.store(session, PNG, by=2)
    assert first is second
    assert files.read(session, first.sha256) == PNG
    assert len([path for path in settings.current().home.rglob("*") if path.is_file()]) == 1


def test_what_lies_on_the_disk_is_sealed(session: Session) -> None:
    stored = files.store(session, PDF, by=None)
    path = next(path for path in settings.current().home.rglob(stored.sha256))
    assert b"PDF" not in path.read_bytes()
    assert path.stat().st_size > len(PDF)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "空"),
        (b"MZ\x90\x00" + bytes(60), "PDF、OFD、PNG、JPG"),
        (b"<html><script>alert(1)</script></html>", "PDF、OFD、PNG、JPG"),
        (b"PK\x03\x04" + bytes(60), "PDF、OFD、PNG、JPG"),
    ],
)
def test_the_content_decides_what_may_come_in(session: Session, content: bytes, words: str) -> None:
    with pytest.raises(FileRefused, match=words):
        files.store(session, content, by=1)


def test_a_file_above_its_bound_is_refused(session: Session) -> None:
    with pytest.raises(FileRefused, match="200 KB"):
        files.store(session, PNG + bytes(300_000), by=1, at_most=200 << 10)


def test_a_scan_can_refuse(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "scans", [lambda content: "检测到病毒" if b"x" in content else None])
    with pytest.raises(FileRefused, match="病毒"):
        files.store(session, PDF, by=1)
    assert list(Path(settings.current().home).rglob("files/*/*")) == []


def test_a_full_disk_leaves_neither_row_nor_file(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        files.store(session, PDF, by=1)
    assert [path for path in settings.current().home.rglob("*") if path.is_file()] == []
    assert session.get(files.StoredFile, "0" * 64) is None
    assert session.query(files.StoredFile).count() == 0


def test_a_file_and_the_folders_it_lies_in_are_synced_before_its_row(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rule 19: the entry of a folder too, by each program once, whoever made the folder."""
    synced: list[Path] = []
    real = os.fsync

    def noted(handle: int) -> None:
        synced.append(Path(f"/proc/self/fd/{handle}").resolve())
        real(handle)

    monkeypatch.setattr(os, "fsync", noted)
    monkeypatch.setattr(files, "_synced", set())
    digest = hashlib.sha256(PDF).hexdigest()
    folder = files.folder(digest[:2])
    folder.mkdir(parents=True)  # by another program, which may not have come to sync it
    files.store(session, PDF, by=None)
    assert synced[0] == folder.parent
    assert (synced[1].parent, synced[2:]) == (folder, [folder])
    del synced[:]
    (folder / digest).unlink()
    files.lay_down(PDF)
    assert (synced[0].parent, synced[1:]) == (folder, [folder])


def test_an_unknown_file_is_not_found(session: Session) -> None:
    with pytest.raises(NotFound):
        files.read(session, "../../etc/passwd")


def test_a_notice_reaches_each_box_once(session: Session, people: People) -> None:
    first, second = people.user("first"), people.user("second")
    notice = Notice(kind="task", title="新任务", dedupe_key="task:1")
    notices.send(session, [first.id, second.id, first.id], notice)
    notices.send(session, [first.id], notice)
    assert [notices.unread(session, one) for one in (first, second)] == [1, 1]


def test_the_box_is_by_time_and_goes_on_after_the_last_one_seen(
    session: Session, people: People
) -> None:
    """What a made-up country wrote late tells of an earlier day."""
    first = people.user("first")
    made = {}
    for title, day in (("后来", 3), ("先前", 1), ("中间", 2)):
        (made[title],) = notices.send(session, [first.id], Notice(kind="task", title=title))
        made[title].created_at = datetime(2026, 3, day, tzinfo=UTC)
    session.flush()
    assert [one.title for one in notices.box(session, first)] == ["后来", "中间", "先前"]
    rest = notices.box(session, first, after=made["后来"].id)
    assert [one.title for one in rest] == ["中间", "先前"]


def test_reading_is_for_the_owner(session: Session, people: People) -> None:
    first, second = people.user("first"), people.user("second")
    (made,) = notices.send(session, [first.id], Notice(kind="task", title="新任务"))
    with pytest.raises(NotFound):
        notices.mark_read(session, second, made.id)
    notices.mark_read(session, first, made.id)
    assert notices.unread(session, first) == 0
    assert [one.id for one in notices.box(session, first)] == [made.id]
    assert notices.box(session, first, after=made.id) == []
