"""Group commit for SQLite: commands that wait at the same moment share one commit.

Invariant: each command has a session and a savepoint of its own and is confirmed only after the
commit that covers it; one that fails leaves the others untouched. Whoever finds nobody at work
goes ahead alone; the first of those who came meanwhile then carries out all that wait, each in the
context of the thread that gave it.
"""

import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from contextvars import Context, copy_context
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy import Connection
from sqlalchemy.orm import Session

from engine import cache

Command = Callable[[Session], Any]
MOST: Final = 32


def _held() -> threading.Lock:
    lock = threading.Lock()
    lock.acquire()
    return lock


@dataclass(slots=True, eq=False)
class Waiting:
    """A command on its way."""

    command: Command
    context: Context = field(default_factory=copy_context)
    turn: threading.Lock = field(default_factory=_held)
    """Let go once: when the command is carried out, or when its thread is to lead."""
    finished: bool = False
    result: Any = None
    error: BaseException | None = None


class TransactionGone(Exception):
    """SQLite gave up the whole transaction (disk full, I/O error); nothing of it is stored."""


class Group:
    """Lets one thread at a time carry out what has gathered.

    `alone` runs a command in a transaction of its own; `together` opens a connection, hands it to
    the function and confirms; `within` runs a command in a savepoint on that connection.
    """

    def __init__(
        self,
        *,
        alone: Callable[[Command], Any],
        together: Callable[[Callable[[Connection], None]], None],
        within: Callable[[Connection, Command], Any],
    ) -> None:
        self._alone = alone
        self._together = together
        self._within = within
        self._mutex = threading.Lock()
        self._queue: deque[Waiting] = deque()
        self._busy = False
        self._leader = 0  # the thread at work; nobody else has its number meanwhile

    def run(self, command: Command) -> Any:
        """Carry out a command, perhaps together with others."""
        me = threading.get_ident()
        if self._leader == me:
            return self._alone(command)  # given by a command that is itself being carried out
        with self._mutex:
            mine = Waiting(command) if self._busy else None
            if mine is not None:
                self._queue.append(mine)
            self._busy = True
        if mine is None:
            return self._at_once(command, me)
        mine.turn.acquire()
        if not mine.finished:
            self._lead()
        if mine.error is not None:
            raise mine.error
        return mine.result

    def _at_once(self, command: Command, me: int) -> Any:
        self._leader = me
        try:
            return self._alone(command)  # as nobody else was there: no queue, no other context
        finally:
            self._hand_over(())

    def _hand_over(self, done: Sequence[Waiting]) -> None:
        with self._mutex:
            self._leader = 0
            following = self._queue[0] if self._queue else None
            self._busy = following is not None
        for one in done:
            one.finished = True
            one.turn.release()
        if following is not None:
            following.turn.release()

    def _lead(self) -> None:
        self._let_come()
        with self._mutex:
            batch = [self._queue.popleft() for _ in range(min(len(self._queue), MOST))]
        self._leader = threading.get_ident()
        try:
            self._carry_out(batch)
        finally:
            self._hand_over(batch)

    def _let_come(self) -> None:
        """Let those just let go come again: they would fight for the interpreter with the batch."""
        waiting = -1
        while waiting != len(self._queue) < MOST:
            waiting = len(self._queue)
            time.sleep(0)

    def _carry_out(self, batch: list[Waiting]) -> None:
        if len(batch) == 1:
            batch[0].context.run(self._by_itself, batch[0])
            return
        try:
            self._together(lambda connection: self._each(connection, batch))
        except TransactionGone:
            # one of them cost all of them the transaction, so each by itself
            cache.clear()
            for one in batch:
                one.error = None
                one.context.run(self._by_itself, one)
        except Exception as error:
            cache.clear()
            for one in batch:
                one.error = one.error or error

    def _by_itself(self, one: Waiting) -> None:
        try:
            one.result = self._alone(one.command)
        except Exception as error:
            one.error = error

    def _each(self, connection: Connection, batch: list[Waiting]) -> None:
        for one in batch:
            one.context.run(self._in_savepoint, connection, one)

    def _in_savepoint(self, connection: Connection, one: Waiting) -> None:
        try:
            one.result = self._within(connection, one.command)
        except TransactionGone:
            raise
        except Exception as error:
            one.error = error
