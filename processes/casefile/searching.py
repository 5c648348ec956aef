"""The words that find a case: its numbers, names from any character on, initials, identity tail.

Invariant: a search is a range of an index, however many cases there are; the words of a case are
derived from its row and rewritten when number, names or identity change.
"""

import os
import re
import unicodedata
from collections.abc import Iterable, Iterator
from functools import lru_cache
from itertools import islice, product
from typing import Final

from sqlalchemy import ColumnElement, CompoundSelect, Select, delete, insert, select, union
from sqlalchemy.orm import Session

from processes import keys
from processes.model.cases import Case
from processes.model.desk import WORD_LENGTH, CaseWord

Hit = Select[tuple[int]] | CompoundSelect[tuple[int]]

_MOST_WORDS: Final = 4
_NAME: Final = 24
"""From so many first characters of a name a search may begin."""
_PERSON: Final = 4
"""A name of at most so many characters is a person's: each reading of each character counts."""
_READINGS: Final = 12
_TAIL: Final = " "
"""In front of the end of an identity number; no word typed has one, so it is found whole only."""
_TAIL_SHAPE: Final = re.compile(r"[0-9]{3}[0-9X]")
_IDENTITY_SHAPE: Final = re.compile(r"[0-9]{15}|[0-9]{17}[0-9X]")


def words_of(numbers: Iterable[str], names: Iterable[str], id_no_tail: str = "") -> frozenset[str]:
    """Every word under which a case is found, as it is stored.

    Args:
        numbers: its reference and, where it came with somebody else's, its own.
        names: the applicant's and the case's.
        id_no_tail: the last four characters of the applicant's identity number.
    """
    found = {word for number in numbers if number for word in _of_number(number)}
    for name in names:
        wanted = _folded(name)[: WORD_LENGTH + _NAME]
        found.update(_endings(wanted))
        for reading in initials(wanted):
            found.update(_endings(reading))
    if id_no_tail:
        found.add(_TAIL + id_no_tail.upper())
    return frozenset(found)


def initials(name: str) -> Iterator[str]:
    """The pinyin initials of a name, in each of its readings if it is short; none without Chinese.

    A surname of two readings (单: Shan, Dan) is found under both.
    """
    letters = [_letters(character) for character in name]
    if all(found == (character,) for found, character in zip(letters, name, strict=True)):
        return
    if len(name) > _PERSON:
        letters = [found[:1] for found in letters]
    yield from islice(("".join(reading) for reading in product(*letters)), _READINGS)


def rewrite(session: Session, case_id: int, *, own: str = "") -> None:
    """Bring the words of a case to what its row says, and the number of `own` beside it."""
    row = session.execute(
        select(Case.reference, Case.applicant_name, Case.title, Case.id_no_tail).where(
            Case.id == case_id
        )
    ).one()
    session.execute(delete(CaseWord).where(CaseWord.case_id == case_id))
    lay_down(session, case_id, words_of((row[0], own), row[1:3], row[3]))


def lay_down(session: Session, case_id: int, words: Iterable[str]) -> None:
    """Insert the words of a case that has none yet."""
    session.execute(insert(CaseWord), [{"word": word, "case_id": case_id} for word in words])


def conditions(text: str) -> list[ColumnElement[bool]]:
    """What a case has to fulfil to be found by a text; all of its words count."""
    return [Case.id.in_(found) for found in hits(text)]


def hits(text: str) -> list[Hit]:
    """For each word typed, the ids of the cases that it finds."""
    return [_hit(_folded(word)) for word in text.split()[:_MOST_WORDS]]


def _hit(word: str) -> Hit:
    begins = (CaseWord.word >= word) & (CaseWord.word < word + chr(0x10FFFF))
    found = select(CaseWord.case_id).where(begins).distinct()
    if _TAIL_SHAPE.fullmatch(word):
        return union(found, select(CaseWord.case_id).where(CaseWord.word == _TAIL + word))
    if _IDENTITY_SHAPE.fullmatch(word):
        return select(Case.id).where(Case.id_no_hash == keys.keyed_hash(word, purpose="identity"))
    return found


def _folded(text: str) -> str:
    return "".join(unicodedata.normalize("NFKC", text).upper().split())


def _of_number(reference: str) -> Iterator[str]:
    """A number whole and from each of its parts on: the year, the running number without zeros."""
    number = _folded(reference)[:WORD_LENGTH]
    yield number
    for place, character in enumerate(number):
        if character == "-" and number[place + 1 :]:
            yield number[place + 1 :]
    running = number.rpartition("-")[2].lstrip("0")
    if running:
        yield running


def _endings(name: str) -> Iterator[str]:
    for start in range(min(len(name), _NAME)):
        yield name[start : start + WORD_LENGTH]


@lru_cache(maxsize=4096)
def _letters(character: str) -> tuple[str, ...]:
    """The initials of a character's readings, the usual one first; itself if it is no Chinese."""
    if character.isascii():
        return (character,)
    os.environ.setdefault("PYPINYIN_NO_PHRASES", "true")  # 30 MB that single characters do not need
    from pypinyin import Style, pinyin  # noqa: PLC0415 - a tenth of a second of each start

    found = pinyin(character, style=Style.FIRST_LETTER, heteronym=True)[0]
    return tuple(dict.fromkeys(reading.upper() for reading in found))
