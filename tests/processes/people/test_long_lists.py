"""Lists of very many records: found by words, counted, read part by part (P-45, P-39)."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from processes import registers
from processes.ledgers import record_lists
from processes.model.records import RegisterRecord
from processes.registers import search
from processes.registers.search import among, holding, holding_whole
from tests.processes.people.test_registers import blanks
from web.database import Database


@pytest.mark.parametrize("few", [0, 1_000], ids=["many", "few"])
@pytest.mark.parametrize("in_turn", [False, True])
@pytest.mark.parametrize("find", ["within", "whole"])
def test_words_find_the_same_records_however_many_they_are(
    database: Database, monkeypatch: pytest.MonkeyPatch, few: int, in_turn: bool, find: str
) -> None:
    monkeypatch.setattr(search, "_FEW", few)
    ledger = registers.definition("blank_item")

    def found(session: Session, words: str) -> list[str]:
        ids = (
            holding(ledger, ledger.search, words)
            if find == "within"
            else holding_whole(ledger, words)
        )
        keyed = select(RegisterRecord.key).where(among(session, ids, in_turn=in_turn))
        return list(session.scalars(keyed.order_by(RegisterRecord.key)))

    database.run(blanks, 12)
    with database.read_session() as session:
        every = list(session.scalars(select(RegisterRecord.key).order_by(RegisterRecord.key)))
        assert len(every) == 12
        assert found(session, every[3]) == [every[3]]
        assert found(session, every[0][:3]) == every
        assert found(session, "没有") == []


def test_a_list_is_read_whole_whatever_the_size_of_its_parts(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """None is left out or comes twice where a part ends, the last one full or not."""
    database.run(blanks, 12)
    opened = []

    @contextmanager
    def reading() -> Iterator[Session]:
        opened.append(1)
        with database.read_session() as session:
            yield session

    where = [RegisterRecord.register == "blank_item"]
    for part, parts in ((4, 3), (5, 3), (12, 1), (500, 1)):
        monkeypatch.setattr(record_lists, "MOST", part)
        opened.clear()
        found = list(record_lists.every(reading, where, lambda _, rows: [one.key for one in rows]))
        assert found == sorted(set(found))
        assert (len(found), len(opened)) == (12, parts)


@pytest.mark.parametrize("part", [4, 5, 12, 500])
def test_a_list_whose_newest_come_first_is_read_whole_from_its_end(
    database: Database, monkeypatch: pytest.MonkeyPatch, part: int
) -> None:
    database.run(blanks, 12)
    monkeypatch.setattr(record_lists, "MOST", part)
    found = list(
        record_lists.every(
            database.read_session,
            [RegisterRecord.register == "blank_item"],
            lambda _, rows: [one.key for one in rows],
            newest=True,
        )
    )
    assert len(found) == 12
    assert found == sorted(set(found), reverse=True)
