"""The session of a command: as cheap as a bare connection until something asks the ORM.

Invariant: one transaction on one connection, whether its statements come from the engine's driver,
from the ORM or from both. What waits in the driver is sent before the ORM reads or writes.
"""

from collections import deque
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Final

from sqlalchemy import Connection, Engine, event
from sqlalchemy.orm import Session
from sqlalchemy.pool import Pool, PoolProxiedConnection

from engine import connection, driver
from engine.driver import Driver

Info = dict[Any, Any]
ended: Final[list[Callable[[Info, bool], None]]] = []
"""Called when a transaction that never asked the ORM is over: its `info`, whether committed."""


class Lender:
    """Connections for commands: the one used last is at hand, without the ways of the pool.

    These ways cost a tenth of a step. Where all share one connection (`keeps` false) there is
    nothing to keep.
    """

    def __init__(self, engine: Engine, *, keeps: bool) -> None:
        self.engine = engine
        self._most = int(keeps)
        self._spare: deque[tuple[Pool, PoolProxiedConnection]] = deque()
        if keeps:
            event.listen(engine, "engine_disposed", self._let_go)

    def take(self) -> PoolProxiedConnection:
        """A connection in no transaction."""
        while self._spare:
            try:
                pool, pooled = self._spare.pop()
            except IndexError:
                break  # somebody else was faster
            if pool is self.engine.pool:
                return pooled
            _end(pooled)  # the pool was disposed of meanwhile
        return self.engine.raw_connection()

    def _let_go(self, _engine: Engine) -> None:
        """Close what is at hand when the pool it came from is disposed of."""
        with suppress(IndexError):  # somebody else was faster
            while self._spare:
                _end(self._spare.pop()[1])

    def give_back(self, pooled: PoolProxiedConnection) -> None:
        """Take a connection back."""
        wanted = len(self._spare) < self._most and pooled.is_valid
        if wanted and not connection.is_busy(pooled.dbapi_connection):
            self._spare.append((self.engine.pool, pooled))
        else:
            pooled.close()


def _end(pooled: PoolProxiedConnection) -> None:
    pooled.detach()  # its pool is no more, and would never close it
    pooled.close()


class CommandSession(Session):
    """A session on a connection of its own, or (`opened`) on one that others share.

    `Session.__init__` runs when the first attribute of the ORM is asked for; a step of the engine
    asks for none. On a shared connection the transaction is its owner's: to commit only hands on
    what was written.
    """

    def __init__(self, lender: Lender, opened: Connection | None = None) -> None:
        self._lender = lender
        self._engine = lender.engine
        self._opened = opened
        self._pooled: PoolProxiedConnection | None = None
        self._driver: Driver | None = None
        self._awake = False
        self.info: Info = {}  # there it is made when first asked for

    def __getattr__(self, name: str) -> Any:
        # only for what is not there yet: what Session.__init__ would have set
        if self.__dict__.get("_awake", True) or name.startswith("__"):
            raise AttributeError(name)
        self._wake()
        return getattr(self, name)

    def _wake(self) -> None:
        if self._driver is not None:
            self._driver.flush()  # should it fail, the transaction is still the driver's to undo
        self._awake = True
        bind, mode = self._opened, "create_savepoint"
        if self._pooled is not None:
            # the ORM goes on where the driver is
            bind, mode = Connection(self._engine, connection=self._pooled), "control_fully"
            bind.begin()
        super().__init__(
            bind or self._engine,
            expire_on_commit=False,
            join_transaction_mode=mode,  # type: ignore[arg-type] # one of its literals
        )

    @property
    def driver(self) -> Driver | None:
        """The driver in this transaction; None once the ORM is awake (`driver.of` knows it)."""
        if self._awake:
            return None
        if self._driver is None:
            if self._opened is not None:
                pooled = self._opened.connection
            else:
                pooled = self._pooled = self._lender.take()
            self._driver = driver.on(pooled, self._engine.dialect, waits=True)
        return self._driver

    @property
    def asleep(self) -> bool:
        """Whether nothing has asked the ORM so far."""
        return not self._awake

    def commit(self) -> None:
        """Commit, with what waits in the driver."""
        if self._awake:
            super().commit()
            return
        if self._driver is not None:
            self._driver.flush(commit=self._opened is None)
        self._over(committed=True)

    def rollback(self) -> None:
        """Undo everything; on a shared connection its owner goes back to the savepoint."""
        if self._awake:
            super().rollback()
            return
        if self._pooled is not None:
            try:
                self._pooled.rollback()
            except self._engine.dialect.loaded_dbapi.Error:
                self._pooled.invalidate()
        self._over(committed=False)

    def _over(self, *, committed: bool) -> None:
        for hook in ended:
            hook(self.info, committed)

    def close(self) -> None:
        """Give the connection back."""
        if self._awake:
            super().close()
        if self._pooled is not None:
            self._lender.give_back(self._pooled)
            self._pooled = None
