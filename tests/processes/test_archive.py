"""B.2 归档: the package of a finished case is whole, frozen, and verified without this system."""

import hashlib
import io
import json
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select, update
from sqlalchemy.exc import DatabaseError

from bpmn.yacht import story
from engine.errors import Conflict, Forbidden
from processes import archive, keys
from processes.archive import verify
from processes.model.documents import CaseArchive
from processes.model.people import AuditEvent
from processes.play import PlayedCase
from tests.play import Player


@pytest.fixture(scope="module")
def play() -> Iterator[Player]:
    player = Player()
    yield player
    player.close()


@pytest.fixture(scope="module")
def refused(play: Player) -> PlayedCase:
    """A case that ended with a letter."""
    case = story.applied(play)
    story.accept(case, "refuse", reason="不属于本机关职权", competent_org="370201")
    assert case.ended == "not_accepted"
    return case


def packed(play: Player, case: PlayedCase) -> bytes:
    by = play.user("manager")
    return play.run(lambda session: archive.package(session, case.id, by=by))[1]


def unpacked(content: bytes, to: Path) -> Path:
    with zipfile.ZipFile(io.BytesIO(content)) as opened:
        opened.extractall(to)
    return to


def verified(place: Path, *more: str) -> subprocess.CompletedProcess[str]:
    """As somebody does who has but the package."""
    program = [sys.executable, "-I", str(place / "verify.py"), str(place), *more]
    return subprocess.run(program, capture_output=True, text=True, encoding="utf-8", check=False)


def test_the_package_holds_materials_letters_opinions_clocks_history_and_audit(play, refused):
    with zipfile.ZipFile(io.BytesIO(packed(play, refused))) as opened:
        names = opened.namelist()
        manifest = json.loads(opened.read("manifest.json"))
        opinions = json.loads(opened.read("records/opinions.json"))
        history = json.loads(opened.read("records/history.json"))
        application = json.loads(opened.read("records/application.json"))
        listed = json.loads(opened.read("records/checklist.json"))
    assert {"photo", "medical"} <= {one["code"] for one in listed}
    assert {one.split("/")[0] for one in names} >= {"materials", "documents", "records", "diagram"}
    assert next(one for one in names if one.startswith("documents/")).endswith(".pdf")
    assert manifest["reference"] == refused.row.reference
    assert manifest["keep_until"] == f"{refused.row.ended_at.year + 10}-12-31"
    assert {one["path"] for one in manifest["files"]} == {*names} - {
        "manifest.json",
        "manifest.sha256",
        "manifest.sig",
    }
    assert [one["activity_name"] for one in opinions] == ["申请", "受理"]
    assert history[0]["type"] == "instance.started"
    assert application["labels"]["name"] == "姓名"


def test_a_whole_package_is_verified_by_the_script_in_it(play, refused, tmp_path):
    done = verified(unpacked(packed(play, refused), tmp_path))
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"核验通过：{refused.row.reference}" in done.stdout


def test_what_was_changed_lost_or_added_is_named(play, refused, tmp_path):
    place = unpacked(packed(play, refused), tmp_path)
    (place / "records" / "opinions.json").write_text("[]")
    letter = next((place / "documents").iterdir())
    letter.unlink()
    (place / "materials" / "extra.txt").write_text("x")
    done = verified(place)
    assert done.returncode == 1
    assert "文件已被改动：records/opinions.json" in done.stdout
    assert f"缺少文件：documents/{letter.name}" in done.stdout
    assert "清单以外的文件：materials/extra.txt" in done.stdout


def test_a_changed_manifest_is_noticed(play, refused, tmp_path):
    place = unpacked(packed(play, refused), tmp_path)
    manifest = place / "manifest.json"
    manifest.write_text(manifest.read_text("utf-8").replace('"outcome"', '"outcome "'), "utf-8")
    assert "清单 manifest.json 已被改动" in verified(place).stdout


def test_the_manifest_is_signed_by_the_installation(play, refused, tmp_path):
    place = unpacked(packed(play, refused), tmp_path)
    assert f"签名公钥：{keys.public_key()}" in verified(place).stdout
    assert verified(place, "--key", keys.public_key()).returncode == 0
    assert "签名公钥与给出的公钥不同" in verified(place, "--key", "0" * 64).stdout
    (place / "manifest.sig").unlink()
    assert "缺少清单的电子签名" in verified(place, "--key", keys.public_key()).stdout


def rewritten(place: Path, opinions: list[dict[str, object]]) -> str:
    """What the script says when somebody changes opinions, and the hashes of files to fit."""
    content = json.dumps(opinions, ensure_ascii=False).encode()
    (place / "records" / "opinions.json").write_bytes(content)
    manifest = json.loads((place / "manifest.json").read_text("utf-8"))
    (entry,) = [one for one in manifest["files"] if one["path"] == "records/opinions.json"]
    entry.update(size=len(content), sha256=hashlib.sha256(content).hexdigest())
    listed = json.dumps(manifest).encode()
    (place / "manifest.json").write_bytes(listed)
    (place / "manifest.sha256").write_text(f"{hashlib.sha256(listed).hexdigest()}  manifest.json")
    done = verified(place)
    assert done.returncode == 1
    return done.stdout


def test_opinions_changed_or_taken_out_of_a_package_are_named(play, refused, tmp_path):
    place = unpacked(packed(play, refused), tmp_path)
    first, second = json.loads((place / "records" / "opinions.json").read_text("utf-8"))
    told = rewritten(place, [first, {**second, "text": "同意"}])
    assert "第 2 条意见已被改动：受理" in told
    assert "清单 manifest.json 的电子签名不符" in told
    assert "第 1 条意见之前有意见被删除、插入或调换" in rewritten(place, [second])
    assert "第 2 条意见之前有意见被删除" in rewritten(place, [first, first, second])


@settings(max_examples=15, deadline=None)
@given(content=st.binary(max_size=200), other=st.binary(min_size=1, max_size=200))
def test_the_script_checks_signatures_as_the_library_does(content, other):
    """Ed25519 of the script, against that of the library that signs (RFC 8032)."""
    public, signature = bytes.fromhex(keys.public_key()), keys.sign(content)
    assert verify.signed(public, content, signature)
    assert verify.signed(public, other, signature) == (other == content)
    spoilt = bytes([signature[0] ^ 1]) + signature[1:]
    assert not verify.signed(public, content, spoilt)


def test_a_running_case_is_not_archived(play):
    case = story.applied(play)
    by = play.user("manager")
    with pytest.raises(Conflict, match="尚未办结"):
        play.run(lambda session: archive.package(session, case.id, by=by))


def test_who_may_not_export_gets_no_package(play, refused):
    by = play.user("acceptor")
    with pytest.raises(Forbidden):
        play.run(lambda session: archive.package(session, refused.id, by=by))


def archived(play: Player) -> PlayedCase:
    case = story.applied(play)
    story.accept(case, "refuse", reason="不属于本机关职权", competent_org="370201")
    by = play.user("manager")
    play.run(lambda session: archive.archive(session, case.id, by=by))
    return case


def test_row_archive_freezes_the_package_and_says_until_when_it_is_kept(play, tmp_path):
    """B.2 归档: frozen package with manifest and hashes, retention period; verified offline."""
    case = archived(play)
    kept = play.run(lambda session: archive.of_case(session, case.id))
    first = packed(play, case)
    play.passes(days=30)
    later = packed(play, case)
    assert later == first, "taking it out is on record, and is not in the package"
    assert hashlib.sha256(first).hexdigest() == kept.sha256
    assert kept.keep_until == date(case.row.ended_at.year + 10, 12, 31)
    place = unpacked(first, tmp_path)
    manifest = json.loads((place / "manifest.json").read_text("utf-8"))
    assert (case.row.status, manifest["status"]) == ("archived", "archived")
    assert (case.row.outcome, manifest["outcome"]) == ("not_accepted", "not_accepted")
    assert manifest["keep_until"] == str(kept.keep_until)
    assert verified(place).returncode == 0
    by_whom = select(AuditEvent.action).where(AuditEvent.subject_id == str(case.id))
    events = play.run(lambda session: session.scalars(by_whom.order_by(AuditEvent.id)).all())
    assert events[-3:] == ["case.archived", "case.exported", "case.exported"]


def test_a_case_is_archived_once_when_it_has_ended_by_those_who_may(play):
    by, acceptor = play.user("manager"), play.user("acceptor")
    running, done = story.applied(play), archived(play)
    with pytest.raises(Conflict, match="尚未办结"):
        play.run(lambda session: archive.archive(session, running.id, by=by))
    with pytest.raises(Conflict, match="已经归档"):
        play.run(lambda session: archive.archive(session, done.id, by=by))
    with pytest.raises(Forbidden):
        play.run(lambda session: archive.archive(session, running.id, by=acceptor))


def test_what_was_archived_is_not_changed_by_the_database_either(play):
    case = archived(play)
    with pytest.raises(DatabaseError, match="append-only"):
        play.run(lambda session: session.execute(
            update(CaseArchive).where(CaseArchive.case_id == case.id).values(sha256="0" * 64)
        ))  # fmt: skip
