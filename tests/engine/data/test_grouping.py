"""Commands on a SQLite file that wait together share a commit, and nothing else."""

import threading
from functools import partial
from typing import Any

from sqlalchemy import event, insert, select, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from engine import clock
from engine.errors import Conflict
from engine.model import ResourceContent
from web.database import Database


class Gate:
    """Holds the first command until others wait behind it."""

    def __init__(self, database: Database, others: int) -> None:
        self.database = database
        self.others = others

    def __call__(self, _session: Session) -> None:
        group = self.database._group
        while len(group._queue) < self.others:
            threading.Event().wait(0.001)


def store(digest: str, session: Session) -> str:
    session.execute(insert(ResourceContent).values(digest=digest, content=b"1"))
    return digest


def gathered(database: Database, *commands: Any) -> list[Any]:
    """Carry out commands as one batch; results, or errors as values."""
    results: list[Any] = [None] * len(commands)

    def do(index: int) -> None:
        try:
            results[index] = database.run(commands[index])
        except Exception as error:
            results[index] = error

    first = threading.Thread(target=database.run, args=(Gate(database, len(commands)),))
    first.start()
    while not database._group._busy:
        threading.Event().wait(0.001)
    threads = [threading.Thread(target=do, args=(index,)) for index in range(len(commands))]
    for thread in threads:
        thread.start()
    for thread in (first, *threads):
        thread.join()
    return results


def stored(database: Database) -> list[str]:
    with database.read_session() as session:
        return sorted(session.scalars(select(ResourceContent.digest)))


def test_several_commands_share_one_commit(sqlite_file: Database) -> None:
    commits: list[object] = []
    event.listen(sqlite_file.engine, "commit", commits.append)
    found = gathered(sqlite_file, *(partial(store, name) for name in "abc"))
    assert found == ["a", "b", "c"]
    assert stored(sqlite_file) == ["a", "b", "c"]
    assert len(commits) == 1


def test_one_that_fails_leaves_the_others_untouched(sqlite_file: Database) -> None:
    def fails(session: Session) -> None:
        store("lost", session)
        raise ZeroDivisionError

    found = gathered(sqlite_file, partial(store, "a"), fails, partial(store, "b"))
    assert (found[0], found[2]) == ("a", "b")
    assert isinstance(found[1], ZeroDivisionError)
    assert stored(sqlite_file) == ["a", "b"]


def test_one_that_conflicts_is_tried_again_later(sqlite_file: Database) -> None:
    tries = []

    def overtaken_once(session: Session) -> str:
        tries.append(1)
        if len(tries) == 1:
            raise Conflict("someone was faster")
        return store("again", session)

    assert gathered(sqlite_file, overtaken_once, partial(store, "a")) == ["again", "a"]


def test_one_that_fills_the_disk_does_not_take_the_others_along(sqlite_file: Database) -> None:
    with sqlite_file.read_session() as session:
        pages = session.scalar(text("PRAGMA page_count"))
    event.listen(
        sqlite_file.engine,
        "connect",
        lambda raw, _record: raw.execute(f"PRAGMA max_page_count={pages + 4}"),
    )
    sqlite_file.engine.dispose()

    def fill(session: Session) -> None:
        session.execute(insert(ResourceContent).values(digest="big", content=b"1" * 1_000_000))

    found = gathered(sqlite_file, partial(store, "a"), fill, partial(store, "b"))
    assert (found[0], found[2]) == ("a", "b")
    assert isinstance(found[1], OperationalError)
    assert stored(sqlite_file) == ["a", "b"]


def test_each_command_runs_in_the_context_of_its_thread(sqlite_file: Database) -> None:
    moments: dict[int, Any] = {}
    start = clock.now()

    def at_its_time(number: int) -> None:
        with clock.travel(start.replace(year=2030 + number)):
            moments[number] = sqlite_file.run(lambda _session: clock.now().year)

    threads = [threading.Thread(target=at_its_time, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert moments == {number: 2030 + number for number in range(6)}


def test_a_command_may_give_another(sqlite_file: Database) -> None:
    assert sqlite_file.run(lambda _session: sqlite_file.run(partial(store, "inner"))) == "inner"
    assert stored(sqlite_file) == ["inner"]
