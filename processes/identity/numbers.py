"""Numbers: work orders, licences, letters; counted in rows.

Invariant: a counter only rises, and in the transaction that uses its number: committed numbers have
no gaps, a number rolled back is the next one given, none is given twice.
"""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Final

from sqlalchemy import select, text, update
from sqlalchemy.orm import Session
from stdnum.iso7064 import mod_37_36

from engine.errors import LimitExceeded, NotFound
from processes.model.people import Org
from processes.model.records import NumberSequence

FLOOR: Final = "restored:"
"""Of a year, or of a day: where a series that is new then begins, after a restore."""
LETTERS: Final = frozenset("YVEMPS")
"""The domains, and S for what serves all of them."""


def next_value(
    session: Session, key: str, *, year: int = 0, at_most: int | None = None, floor: str = FLOOR
) -> int:
    """The next number of a series, from 1; year 0 for a series that never starts anew.

    `floor` is the series that says where a new one begins, should it be there: after a restore.

    Raises:
        LimitExceeded: the series is used up.
    """
    taken = _raise(session, key, year=year, to=None, floor=floor)
    if at_most is not None and taken > at_most:
        raise LimitExceeded(f"编号序列『{key}』已用完", key=key, year=year)
    return taken


def advance_past(session: Session, key: str, value: int, *, year: int = 0) -> int:
    """Let a series go on after a number known from elsewhere (restore, back-entry); never back."""
    return _raise(session, key, year=year, to=value)


def work_order(session: Session, domain: str, region_code: str, day: date) -> str:
    """A work-order number: domain letter, region 6, date 8, daily sequence 5, check character."""
    if domain not in LETTERS or len(region_code) != 6 or not _digits(region_code):
        raise ValueError(f"no work order for domain {domain!r}, region {region_code!r}")
    series = f"work_order:{domain}{region_code}{day:%m%d}"
    sequence = next_value(session, series, year=day.year, at_most=99_999, floor=_floor(day))
    return _with_check(f"{domain}{region_code}{day:%Y%m%d}{sequence:05d}")


def licence(session: Session, region_code: str, year: int, *, series: str = "yacht_licence") -> str:
    """A licence number: region 6, year 4, sequence 6, check character."""
    if len(region_code) != 6 or not _digits(region_code):
        raise ValueError(f"no licence number for region {region_code!r}")
    sequence = next_value(session, f"{series}:{region_code}", year=year, at_most=999_999)
    return _with_check(f"{region_code}{year:04d}{sequence:06d}")


def letter(session: Session, org_code: str, kind: str, year: int) -> str:
    """A letter's number, as 鲁海事受〔2026〕第00001号: one series per agency, kind and year.

    Raises:
        NotFound: no such organisation, or it has no mark for documents (发文机关代字).
    """
    org = session.get(Org, org_code)
    if org is None or not org.document_mark:
        raise NotFound(f"机构『{org_code}』没有维护发文机关代字", org=org_code)
    sequence = next_value(session, f"letter:{org_code}:{kind}", year=year, at_most=99_999)
    return f"{org.document_mark}{kind}〔{year}〕第{sequence:05d}号"


def is_valid(number: str) -> bool:
    """Whether the check character of a work-order or licence number is right."""
    return bool(mod_37_36.is_valid(number)) if number.isascii() and number.isalnum() else False


def _with_check(base: str) -> str:
    return base + str(mod_37_36.calc_check_digit(base))


def _digits(text: str) -> bool:
    return text.isascii() and text.isdigit()


def move_on(session: Session, margin: int, *, since: date, until: date) -> None:
    """Let every series leave out numbers, as those given between two days are not known.

    A series that was opened in that time is not known either: what is new in those years, for work
    orders on those days, begins behind the margin.
    """
    session.execute(
        update(NumberSequence)
        .where(~NumberSequence.key.startswith(FLOOR))
        .values(value=NumberSequence.value + margin)
        .execution_options(synchronize_session=False)
    )
    for year in (0, *range(since.year, until.year + 1)):
        advance_past(session, FLOOR, margin, year=year)
    for ahead in range((until - since).days + 1):
        day = since + timedelta(days=ahead)
        advance_past(session, _floor(day), margin, year=day.year)


def series(session: Session) -> Sequence[NumberSequence]:
    """Every series, by name; of those by day and year the latest first."""
    query = select(NumberSequence).where(~NumberSequence.key.startswith(FLOOR))
    return session.scalars(query.order_by(NumberSequence.key, NumberSequence.year.desc())).all()


def _floor(day: date) -> str:
    return f"{FLOOR}{day:%m%d}"


def _raise(session: Session, key: str, *, year: int, to: int | None, floor: str = "") -> int:
    # one statement: the row lock it takes is held until the commit, so nobody overtakes
    dialect = session.get_bind().dialect.name
    statement = _NEXT if to is None else _PAST[dialect]
    given: dict[str, object] = {"key": key, "year": year}
    given |= {"floor": floor} if to is None else {"value": to}
    return int(session.execute(statement, given).scalar_one())


# in the words both databases know: SQLAlchemy would build its own anew each time
_RAISED: Final = (
    "INSERT INTO number_sequence (key, year, value) VALUES (:key, :year, {})"
    " ON CONFLICT (key, year) DO UPDATE SET value = {} RETURNING value"
)
_BEGINS: Final = (
    "1 + coalesce((SELECT value FROM number_sequence WHERE key = :floor AND year = :year), 0)"
)
_NEXT: Final = text(_RAISED.format(_BEGINS, "number_sequence.value + 1"))
_PAST: Final = {
    "sqlite": text(_RAISED.format(":value", "max(number_sequence.value, excluded.value)")),
    "postgresql": text(_RAISED.format(":value", "greatest(number_sequence.value, excluded.value)")),
}


def last(session: Session, key: str, *, year: int = 0) -> int:
    """The number given last; 0 if none was."""
    found = session.scalar(
        select(NumberSequence.value).where(NumberSequence.key == key, NumberSequence.year == year)
    )
    return found or 0
