"""Brings a database to the schema of this program, and refuses any other.

Invariant: one upgrade at a time; a SQLite file is copied aside before it is changed.
"""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Final

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, text

HERE: Final = Path(__file__).parent
_LOCK: Final = 0x62616E6C69  # "banli"


class SchemaMismatch(Exception):
    """The database is not of this program's schema; the message says what to do."""


def head() -> str:
    """The revision that this program works on."""
    found = ScriptDirectory.from_config(_config()).get_current_head()
    assert found is not None  # noqa: S101 - there is at least one migration
    return found


def current(engine: Engine) -> str | None:
    """The revision of a database; None for an empty one."""
    with engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def check(engine: Engine) -> None:
    """Refuse a database of another schema.

    Raises:
        SchemaMismatch: older (upgrade it) or newer (use the newer program).
    """
    present, wanted = current(engine), head()
    if present == wanted:
        return
    if present is None:
        raise SchemaMismatch("数据库尚未初始化，请先运行：banli db upgrade")
    known = {script.revision for script in ScriptDirectory.from_config(_config()).walk_revisions()}
    if present in known:
        raise SchemaMismatch(
            f"数据库结构版本为 {present}，本程序需要 {wanted}，请先备份并运行：banli db upgrade"
        )
    raise SchemaMismatch(
        f"数据库结构版本 {present} 比本程序（{wanted}）更新，请使用与之相配的程序版本"
    )


def upgrade(engine: Engine) -> str:
    """Bring a database to this program's schema; returns the revision.

    Raises:
        SchemaMismatch: it is newer than this program.
    """
    present, wanted = current(engine), head()
    if present == wanted:
        return wanted
    if present is not None:
        try:
            check(engine)
        except SchemaMismatch as error:
            if "更新，请使用" in str(error):
                raise
        _copy_aside(engine, present)
    with engine.connect() as connection:
        _lock(connection)
        config = _config()
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
        connection.commit()
    return wanted


def _lock(connection: Connection) -> None:
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
    else:
        connection.exec_driver_sql("BEGIN IMMEDIATE")


def _copy_aside(engine: Engine, present: str) -> None:
    path = engine.url.database
    if engine.dialect.name != "sqlite" or not path or path == ":memory:":
        return
    copy = Path(f"{path}.before-{head()}-from-{present}")
    with closing(sqlite3.connect(path)) as source, closing(sqlite3.connect(copy)) as target:
        source.backup(target)


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(HERE))
    config.set_main_option("version_locations", str(HERE / "versions"))
    config.set_main_option("path_separator", "os")
    config.set_main_option("file_template", "%%(rev)s_%%(slug)s")
    return config
