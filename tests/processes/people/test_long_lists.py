"""Lists of very many records: found by words, counted, read part by part (P-45, P-39)."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from processes import keyset, registers
from processes.ledgers import record_lists
from processes.model.records import RegisterRecord
from processes.registers import search
from processes.registers.ordering import Sort
from processes.registers.search import among, holding, holding_whole
from tests.processes.people.test_registers import blanks
from web.database import Database


@pytest.mark.parametrize("few", [0, 1_000], ids=["many", "few"])
@pytest.mark.parametrize("find", ["within", "whole"])
def test_words_find_the_same_records_however_many_they_are(
    database: Database, monkeypatch: pytest.MonkeyPatch, few: int, find: str
) -> None:
    monkeypatch.setattr(search, "_FEW", few)
    ledger = registers.definition("blank_item")

    def found(session: Session, words: str) -> list[str]:
        ids = (
            holding(ledger, ledger.search, words)
            if find == "within"
            else holding_whole(ledger, words)
        )
        keyed = select(RegisterRecord.key).where(among(session, ids))
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
    ledger = registers.definition("blank_item")
    for part, parts in ((4, 3), (5, 3), (12, 1), (500, 1)):
        for down in (False, True):
            monkeypatch.setattr(keyset, "PART", part)
            opened.clear()
            total, every = record_lists.every(
                reading,
                where,
                lambda _, rows: [one.key for one in rows],
                sort=Sort(ledger, down=down),
            )
            found = list(every)
            assert found == sorted(set(found), reverse=down)
            assert (total, len(found), len(opened)) == (12, 12, 1 + parts)
