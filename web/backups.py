"""A copy of a whole installation while it runs, and taking one back.

Invariant: the database is copied before the files. Files are written before the transaction that
names them and never changed, so whatever the copied database names is among the copied files.
The master key is never in a copy: who has only the copy can read neither files nor sealed values.
With a secret of copies the database is encrypted as a whole and the manifest is proved by it;
files are encrypted as they lie. Nothing is written before all of a copy was looked at.
"""

import filecmp
import hashlib
import hmac
import json
import os
import shutil
import sqlite3
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from sqlalchemy import URL, make_url

from engine import clock
from engine.errors import BanliError
from web import sealed_copies
from web.config import Settings
from web.sealed_copies import Secret

MANIFEST: Final = "manifest.json"
DATABASE: Final = "database"
_CHUNK: Final = 1 << 20


class BackupRefused(BanliError):
    """A copy that cannot be made, or is not what was copied."""

    code = "backup_refused"


@dataclass(slots=True)
class Times:
    """How long each part took, in seconds: what a rehearsal of disaster recovery has to show."""

    parts: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def of(self, part: str) -> Iterator[None]:
        began = time.perf_counter()
        yield
        self.parts[part] = round(time.perf_counter() - began, 2)


def back_up(
    settings: Settings, target: Path, *, version: str, head: str, secret: Secret | None = None
) -> tuple[Path, Times]:
    """Copy database and files into a new folder of `target`.

    A file that an earlier copy in `target` holds is linked to it instead of copied again.

    Raises:
        BackupRefused: PostgreSQL's tools are missing, or the database cannot be copied.
    """
    made = target / f"banli-{clock.now().astimezone(clock.SHANGHAI):%Y%m%d-%H%M%S}"
    earlier = sorted(path for path in target.glob("banli-*") if (path / MANIFEST).is_file())
    target.mkdir(parents=True, exist_ok=True)
    made.mkdir(mode=0o700)  # of the database only what is personal is sealed
    times, url = Times(), make_url(settings.database_url)
    with times.of("数据库"):
        _dump(url, made / DATABASE)
        if secret is not None:
            plain = (made / DATABASE).rename(made / ".database")
            sealed_copies.seal(plain, made / DATABASE, secret)
            plain.unlink()
    with times.of("附件"):
        _copy_files(
            settings.home / "files", made / "files", earlier[-1] / "files" if earlier else None
        )
    with times.of("校验值"):
        listed = {path.relative_to(made).as_posix(): _digest(path) for path in _files(made)}
    manifest = {
        "version": version,
        "schema": head,
        "dialect": url.get_backend_name(),
        "key": _key_check(settings),
        "made_at": clock.now().isoformat(),
        "seconds": times.parts,
        "files": listed,
    }
    if secret is not None:
        salt = os.urandom(16)
        manifest |= {"salt": salt.hex(), "proof": secret.proof(salt, _canonical(manifest))}
    text = json.dumps(manifest, ensure_ascii=False, indent=1, sort_keys=True)
    (made / MANIFEST).write_text(text + "\n", encoding="utf-8")
    return made, times


def read(source: Path, secret: Secret | None = None) -> Mapping[str, Any]:
    """What a copy says of itself, after every byte of it was compared.

    Raises:
        BackupRefused: no copy, or a file of it is missing, added or changed; it is encrypted and
            there is no secret, or another.
    """
    try:
        manifest: dict[str, Any] = json.loads((source / MANIFEST).read_text(encoding="utf-8"))
        listed = manifest["files"]
    except (OSError, ValueError, KeyError) as error:
        raise BackupRefused(f"{source} 不是完整的备份：没有可读的 {MANIFEST}") from error
    _prove(manifest, secret)
    there = {path.relative_to(source).as_posix(): path for path in _files(source)}
    there.pop(MANIFEST)
    if odd := sorted(set(listed) ^ set(there)):
        raise BackupRefused(f"备份缺少或多出文件：{odd[0]}")
    for name, path in there.items():
        if _digest(path) != listed[name]:
            raise BackupRefused(f"备份中的文件已被改动：{name}")
    return manifest


def _prove(manifest: Mapping[str, Any], secret: Secret | None) -> None:
    if "proof" not in manifest:
        if secret is not None:
            raise BackupRefused("备份没有加密，而设置了备份密钥：请确认来源后去掉密钥设置再恢复")
        return
    if secret is None:
        raise BackupRefused("备份是加密的：请设置 BANLI_BACKUP_KEY_FILE，或加 --passphrase")
    bare = {name: value for name, value in manifest.items() if name not in {"salt", "proof"}}
    proof = secret.proof(bytes.fromhex(str(manifest.get("salt"))), _canonical(bare))
    if not hmac.compare_digest(proof, str(manifest["proof"])):
        raise BackupRefused(f"备份密钥不对，或 {MANIFEST} 已被改动")


def _canonical(manifest: Mapping[str, Any]) -> bytes:
    return json.dumps(manifest, ensure_ascii=False, sort_keys=True).encode()


def restore(
    source: Path, settings: Settings, secret: Secret | None = None
) -> tuple[datetime, Times]:
    """Take a copy back into an empty database and an empty home; says when it was made.

    Raises:
        BackupRefused: the copy is damaged, its master key is another, or there is already
            something where it should go.
    """
    times, home = Times(), settings.home
    with times.of("核对"):
        manifest = read(source, secret)
    target = make_url(settings.database_url)
    if manifest["key"] != _key_check(settings):
        raise BackupRefused("主密钥不是备份时的那一把；请先放回原来的密钥文件")
    if target.get_backend_name() != manifest["dialect"]:
        raise BackupRefused(
            f"备份取自 {manifest['dialect']}，不能恢复到 {target.get_backend_name()}"
        )
    if (home / "files").exists() and any((home / "files").iterdir()):
        raise BackupRefused(f"{home / 'files'} 不是空的；请恢复到新的 BANLI_HOME")
    with times.of("数据库"), _opened(source / DATABASE, home, secret) as plain:
        _load(plain, target)
    with times.of("附件"):
        _copy_files(source / "files", home / "files", None)
    return datetime.fromisoformat(manifest["made_at"]), times


@contextmanager
def _opened(database: Path, home: Path, secret: Secret | None) -> Iterator[Path]:
    """The database of a copy in the clear, for as long as it is read."""
    if secret is None:
        yield database
        return
    home.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".restore-", dir=home) as folder:
        plain = Path(folder) / DATABASE
        sealed_copies.open_sealed(database, plain, secret)
        yield plain


def _key_check(settings: Settings) -> str:
    """Tells whether a key is the one of the copy, and nothing about the key."""
    return hmac.digest(settings.secret_key.encode(), b"banli backup", "sha256").hex()[:16]


def _dump(url: URL, target: Path) -> None:
    if url.get_backend_name() == "sqlite":
        with (
            closing(sqlite3.connect(f"file:{url.database}?mode=ro", uri=True)) as source,
            closing(sqlite3.connect(target)) as copy,
        ):
            source.backup(copy)
        return
    _run("pg_dump", url, "--format=custom", "--no-owner", f"--file={target}")


def _load(source: Path, url: URL) -> None:
    if url.get_backend_name() == "sqlite":
        path = Path(str(url.database))
        if path.exists():
            raise BackupRefused(f"{path} 已经存在；请恢复到新的 BANLI_HOME")
        path.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, path)
        return
    options = ("--no-owner", "--exit-on-error", "--single-transaction")
    _run("pg_restore", url, *options, f"--dbname={_plain(url)}", str(source))


def _run(tool: str, url: URL, *options: str) -> None:
    found = shutil.which(tool, path=os.environ.get("BANLI_PG_BIN") or None)
    if found is None:
        raise BackupRefused(
            f"找不到 {tool}：请安装 PostgreSQL 客户端，或以 BANLI_PG_BIN 指明其目录"
        )
    command = [found, *options]
    if tool == "pg_dump":
        command.append(f"--dbname={_plain(url)}")
    env = {**os.environ, **({"PGPASSWORD": str(url.password)} if url.password else {})}
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=False)  # noqa: S603
    if done.returncode:
        raise BackupRefused(f"{tool} 失败：{done.stderr.strip()[-500:]}")


def _plain(url: URL) -> str:
    """For the tools; the password goes by the environment, where no list of processes shows it."""
    shown = url._replace(drivername="postgresql", password=None)  # `set` passes over a None
    return shown.render_as_string(hide_password=False)


def _copy_files(source: Path, target: Path, earlier: Path | None) -> None:
    target.mkdir(parents=True, exist_ok=True)
    for path in _files(source):
        relative = path.relative_to(source)
        to = target / relative
        to.parent.mkdir(parents=True, exist_ok=True)
        try:
            _copy_file(path, to, earlier / relative if earlier else None)
        except FileNotFoundError:
            if path.exists():
                raise
            # swept meanwhile: no row named it


def _copy_file(path: Path, to: Path, kept: Path | None) -> None:
    # compared byte by byte: what decayed in the earlier copy must not pass into this one
    if kept is not None and kept.is_file() and filecmp.cmp(path, kept, shallow=False):
        os.link(kept, to)
    else:
        shutil.copyfile(path, to)


def _files(folder: Path) -> Iterator[Path]:
    """Every file below, but parts that are still being written."""
    for path in sorted(folder.rglob("*")) if folder.exists() else ():
        if path.is_file() and not path.name.startswith("."):
            yield path


def _digest(path: Path) -> str:
    found = hashlib.sha256()
    with path.open("rb") as opened:
        while chunk := opened.read(_CHUNK):
            found.update(chunk)
    return found.hexdigest()
