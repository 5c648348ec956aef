"""Brings a database to the schema of this program, and refuses any other.

Invariant: one upgrade at a time; a SQLite file is copied aside before it is changed. A server that
only looks at the revision does without the library that makes upgrades.
"""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Final

from sqlalchemy import Connection, Engine, inspect, text

if TYPE_CHECKING:
    from alembic.config import Config

HERE: Final = Path(__file__).parent
_TABLE: Final = "alembic_version"
_LOCK: Final = 0x62616E6C69  # "banli"


class SchemaMismatch(Exception):
    """The database is not of this program's schema; the message says what to do."""


def revisions() -> list[str]:
    """Every revision, the first one first: the numbers that the files of `versions` begin with."""
    return sorted(path.name.split("_")[0] for path in (HERE / "versions").glob("[0-9]*_*.py"))


def head() -> str:
    """The revision that this program works on."""
    return revisions()[-1]


def current(engine: Engine) -> str | None:
    """The revision of a database; None for an empty one."""
    with engine.connect() as connection:
        if not inspect(connection).has_table(_TABLE):
            return None
        found: str | None = connection.scalar(text(f"SELECT version_num FROM {_TABLE}"))  # noqa: S608
        return found


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
    if present in revisions():
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
    from alembic import command  # noqa: PLC0415 - see above

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


def _config() -> "Config":
    from alembic.config import Config  # noqa: PLC0415 - see above

    config = Config()
    config.set_main_option("script_location", str(HERE))
    config.set_main_option("version_locations", str(HERE / "versions"))
    config.set_main_option("path_separator", "os")
    config.set_main_option("file_template", "%%(rev)s_%%(slug)s")
    return config
