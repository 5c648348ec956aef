"""Lists of records sorted by a column: each record once, in order, whatever the page (P-45, A.5)."""

from collections.abc import Iterator
from datetime import date, datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import insert
from sqlalchemy.orm import Session

from engine import clock
from processes import keyset, registers
from processes.keyset import Lines, Place
from processes.model.records import RegisterIndex, RegisterRecord
from processes.registers import ordering
from processes.registers.ordering import Sort
from web.database import Database

REGISTER = "yacht_licence"
FIELD = "holder_name"
NAMES = st.one_of(
    st.none(), st.sampled_from(["王甲", "王乙", "李", "a", "B", "b", "Ä", "~", "1~b"])
)


@pytest.fixture
def session(database: Database) -> Iterator[Session]:
    with database.transaction() as opened:
        yield opened
        opened.rollback()


def laid_down(session: Session, names: list[str | None]) -> None:
    """Records of another ledger among them, and other fields of the same ones."""
    session.rollback()
    now = clock.now()
    facts = {"data": {}, "revision": 1, "created_at": now, "updated_at": now}
    records = [
        {
            "id": number,
            "register": REGISTER if number % 4 else "another",
            "key": f"K{number * 7919 % 1000:03}",
            "status": "valid" if number % 3 else "expired",
            **facts,
        }
        for number in range(1, len(names) + 1)
    ]
    session.execute(insert(RegisterRecord), records)
    held = [
        {"record_id": one["id"], "register": one["register"], "field": field, "value": value}
        for one, name in zip(records, names, strict=True)
        for field, value in ((FIELD, name), ("origin", "x"))
        if value is not None
    ]
    session.execute(insert(RegisterIndex), held)


def walked(session: Session, sort: Sort, where: ordering.Where, limit: int) -> list[int]:
    """Every page forwards, which has to be every page backwards."""

    def page(after: Place | None) -> Lines:
        return sort.page(session, where, after=str(after or ""), limit=limit)

    pages = [page(None)]
    while following := pages[-1].next:
        pages.append(page(following))
    back = [pages[-1]]
    while previous := back[-1].previous:
        back.append(page(previous))
    assert [one.ids for one in back[::-1]] == [one.ids for one in pages]
    assert pages[0].previous is None
    found = [one for part in pages for one in part.ids]
    assert {part.total for part in pages} == {len(found)}
    assert all(len(part.ids) == limit for part in pages[:-1])
    return found


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    names=st.lists(NAMES, min_size=1, max_size=24),
    limit=st.integers(1, 7),
    way=st.tuples(st.sampled_from([ordering.KEY, FIELD]), st.booleans()),
    few=st.sampled_from([0, ordering.FEW]),
    narrowed=st.booleans(),
)
def test_the_pages_of_a_sorted_list_hold_each_record_once_in_order(
    session: Session,
    names: list[str | None],
    limit: int,
    way: tuple[str, bool],
    few: int,
    narrowed: bool,
) -> None:
    laid_down(session, names)
    (name, down), where = way, [RegisterRecord.register == REGISTER]
    if narrowed:
        where.append(RegisterRecord.status == "valid")
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(ordering, "FEW", few)
        sort = Sort(registers.definition(REGISTER), name, down)
        found = walked(session, sort, where, limit)
        assert found == list(sort.every(session, where))
    fitting = [
        (one, names[one - 1] if name == FIELD else f"K{one * 7919 % 1000:03}")
        for one in range(1, len(names) + 1)
        if one % 4 and (one % 3 or not narrowed)
    ]
    valued = sorted(((value, one) for one, value in fitting if value is not None), reverse=down)
    empty = sorted((one for one, value in fitting if value is None), reverse=down)
    assert found == [one for _value, one in valued] + empty


@pytest.mark.parametrize(
    "after",
    ["", "x", "K001", "1~x", "1~b~a\0b", "-1", "9223372036854775808", "1~2~3~4", "①"],
)
def test_what_is_no_place_is_the_first_page(session: Session, after: str) -> None:
    laid_down(session, ["a", "b", None])
    sort = Sort(registers.definition(REGISTER), FIELD)
    where = [RegisterRecord.register == REGISTER]
    assert sort.page(session, where, after=after, limit=2).ids == [1, 2]


@pytest.mark.parametrize(
    ("text", "kind"),
    [("1~f~2026-13-01", date), ("1~f~0001-01-01T00:00:00+23:00", datetime), ("1~f~", date)],
)
def test_a_value_of_another_kind_is_no_place(text: str, kind: type) -> None:
    assert keyset.place(text, kind) is None


def test_only_columns_whose_index_has_their_order_are_offered() -> None:
    """No number, which the index has as text; no hash of what is sensitive; no reference."""
    ledger = registers.definition(REGISTER)
    assert FIELD in ordering.fields(ledger, ledger.fields)
    for name in ordering.fields(ledger, ledger.fields):
        spec = ledger.fields[name]
        assert name in ledger.search
        assert not spec.sensitive
        assert not spec.refers
        assert spec.type not in ("integer", "decimal", "datetime")


def test_a_list_is_sorted_by_nothing_else() -> None:
    ledger = registers.definition(REGISTER)
    for asked in ("data", "id_no", "-", "", "--key", "holder_name; drop"):
        assert ordering.sort(ledger, asked, [FIELD]) == Sort(ledger)
    assert ordering.sort(ledger, "-holder_name", [FIELD]) == Sort(ledger, FIELD, down=True)
    assert ordering.sort(ledger, "holder_name", ["origin"], newest=True) == Sort(ledger, down=True)
