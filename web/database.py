"""Sessions and transactions: the one place that commits.

Invariant: one command is one transaction. If another one was faster, the whole command runs again,
checks included; what it returns is returned only after the commit.
"""

import hashlib
import hmac
import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any, Concatenate, Final, ParamSpec, TypeVar

from flask import Flask, current_app, g, has_request_context
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.orm import Session
from sqlalchemy.orm.exc import StaleDataError

from engine import connection, sealing
from engine.driver import Lost
from engine.errors import Conflict
from engine.model import Base
from engine.session import CommandSession, Lender
from web.grouping import Command, Group, TransactionGone

P = ParamSpec("P")
T = TypeVar("T")

REPEATS: Final = 3
_PAUSE: Final = 0.02
_COMMAND: Final = "banli_command"
# serialization failure, deadlock, lock not available: somebody else holds what we want
_PASSING: Final = frozenset({"40001", "40P01", "55P03"})

db = SQLAlchemy(metadata=Base.metadata)


class Database:
    """Transactions on one engine; the pages, the worker and the commands share this class."""

    def __init__(self, engine: Engine) -> None:
        self.engine = connection.prepare(engine)
        url = engine.url.render_as_string(hide_password=False)
        # PostgreSQL gathers commits itself; a database in memory has one connection
        in_memory = connection.in_memory(url)
        self._gathers = engine.dialect.name == "sqlite" and not in_memory
        self._lender = Lender(engine, keeps=not in_memory)
        within = partial(_within, self._lender)
        self._group = Group(alone=self._alone, together=self._together, within=within)

    @contextmanager
    def transaction(self) -> Iterator[Session]:
        """A session that is committed at the end, or rolled back by any exception.

        Raises:
            Conflict: another transaction was faster.
        """
        session = CommandSession(self._lender)
        try:
            yield session
            session.commit()
        except BaseException as error:
            _undo(session, error)
            raise
        finally:
            session.close()

    @contextmanager
    def read_session(self) -> Iterator[Session]:
        """A session for looking; whatever it changed is rolled back, what it read stays usable."""
        with Session(self.engine, expire_on_commit=False) as session:
            try:
                yield session
            finally:
                session.expunge_all()
                session.rollback()

    def run(
        self, command: Callable[Concatenate[Session, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Carry out a command in one transaction, again if another one was faster.

        On a SQLite file commands that wait at the same moment share the wait for the disk.
        """
        done = False

        def marked(session: Session) -> T:
            nonlocal done
            done = False
            found = command(session, *args, **kwargs)
            done = True
            return found

        for repeat in range(REPEATS + 1):
            try:
                found: T = self._group.run(marked) if self._gathers else self._alone(marked)
            except (Conflict, DBAPIError) as error:
                if repeat == REPEATS or not _may_repeat(error, done=done):
                    raise
                if repeat or not isinstance(error, Lost):
                    # a live object that was left behind is read anew at once; a fight needs a pause
                    time.sleep(random.random() * _PAUSE * (1 << repeat))  # noqa: S311
            else:
                return found
        raise AssertionError("unreachable")

    def _alone(self, command: Command) -> Any:
        session = CommandSession(self._lender)
        try:
            found = command(session)
            session.commit()
        except BaseException as error:
            _undo(session, error)
            raise
        finally:
            session.close()
        return found

    def _together(self, act: Callable[[Connection], None]) -> None:
        pooled = self._lender.take()
        try:
            opened = Connection(self.engine, connection=pooled)
            with opened.begin():  # without it each session would end the transaction, no savepoint
                connection.begin_write_on(opened)
                act(opened)
        finally:
            self._lender.give_back(pooled)


def _undo(session: Session, error: BaseException) -> None:
    session.rollback()
    if _passing(error):
        raise Conflict("数据刚刚被他人修改，请重试") from error


def _within(lender: Lender, opened: Connection, command: Command) -> Any:
    raw: Any = opened.connection.driver_connection
    session = CommandSession(lender, opened)
    try:
        raw.execute(f"SAVEPOINT {_COMMAND}")
        result = command(session)
        session.commit()
        raw.execute(f"RELEASE {_COMMAND}")
    except BaseException as error:
        if not raw.in_transaction:
            _forget(session)
            raise TransactionGone from error
        try:
            _undo(session, error)
        finally:
            session.close()
            raw.execute(f"ROLLBACK TO {_COMMAND}")
            raw.execute(f"RELEASE {_COMMAND}")
        raise
    session.close()
    return result


def _forget(session: CommandSession) -> None:
    if not session.asleep:
        session.invalidate()  # closing it in order would ask for a savepoint that is no more


def _may_repeat(error: Conflict | DBAPIError, *, done: bool) -> bool:
    # a unique key that another transaction has just used: the checks will say so
    if isinstance(error, Conflict | IntegrityError):
        return True
    # a dead connection before the commit: nothing has happened. During the commit nobody knows
    return error.connection_invalidated and not done


def _passing(error: BaseException) -> bool:
    if isinstance(error, StaleDataError):
        return True
    return isinstance(error, DBAPIError) and getattr(error.orig, "sqlstate", None) in _PASSING


def init_app(app: Flask) -> None:
    """Connect an application to the database of its settings, and key the engine's state."""
    settings = app.config["BANLI"]
    url = settings.database_url or f"sqlite:///{settings.home / 'banli.db'}"
    if url.startswith("postgresql://"):
        url = url.replace("postgresql://", "postgresql+psycopg://", 1)
    app.config["SQLALCHEMY_DATABASE_URI"] = url
    app.config["SQLALCHEMY_ENGINE_OPTIONS"] = connection.engine_options(url)
    db.init_app(app)
    with app.app_context():
        app.extensions["banli_database"] = Database(db.engine)
    if settings.secret_key:
        sealing.configure(state_key=state_key(settings.secret_key))


REHEARSAL: Final = "rehearse"
"""In `flask.g`: what takes a command in place of the database, and does not return."""


def state_key(secret_key: str) -> bytes:
    """The key that authenticates the engine's state, derived from the installation's."""
    return hmac.new(secret_key.encode(), b"banli engine state", hashlib.sha256).digest()


def database() -> Database:
    """The database of the present application."""
    found: Database = current_app.extensions["banli_database"]
    return found


@contextmanager
def transaction() -> Iterator[Session]:
    """A session that is committed at the end, or rolled back by any exception."""
    with database().transaction() as session:
        yield session


@contextmanager
def read_session() -> Iterator[Session]:
    """A session for looking; whatever it changed is rolled back."""
    with database().read_session() as session:
        yield session


def run(command: Callable[Concatenate[Session, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Carry out a command in a transaction of its own, again if another one was faster.

    In a request that asks only what it would do, it is rehearsed instead (`web.foretelling`).
    """
    if has_request_context() and (rehearse := g.get(REHEARSAL)):
        rehearse(lambda session: command(session, *args, **kwargs))
    return database().run(command, *args, **kwargs)


def create_tables() -> None:
    """Make every table at once (tests, a new demo); an installation is upgraded by migrations."""
    Base.metadata.create_all(db.engine)
