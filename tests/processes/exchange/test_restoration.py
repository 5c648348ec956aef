"""After a restore nothing goes out until it is reconciled, and no number is given twice (P-124)."""

from datetime import date, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from bpmn.property import story
from engine import clock
from processes.casefile import deliveries, notices
from processes.casefile.notices import Notice
from processes.exchange import packages, pulling, restoration
from processes.exchange.directory import Directory
from processes.exchange.packages import PackageRefused
from processes.exchange.restoration import NotHeld
from processes.identity import numbers
from processes.model.people import AuthSession
from processes.model.records import NumberSequence
from processes.play import Play
from tests.processes.exchange.lines import Lines

DAY = date(2026, 3, 2)


@pytest.fixture
def lines(play: Play) -> Lines:
    """The tax system fetches, the housing office is called."""
    return Lines(play, tax_prov="pull")


def restored(play: Play, **told: int) -> None:
    copied_at = clock.now() - timedelta(hours=5)
    play.run(lambda s: restoration.begin(s, copied_at=copied_at, **told))


def reconciled(play: Play) -> None:
    play.run(lambda s: restoration.reconcile(s, by="system"))


def test_nothing_goes_out_until_it_is_reconciled(play: Play, lines: Lines) -> None:
    lines["housing_local"].down()
    story.accepted(play)
    restored(play)
    lines["housing_local"].up()
    with clock.travel(timedelta(hours=2)):
        assert play.worker.run_once() == 0
        _held_then_let_go(play, lines)


def _held_then_let_go(play: Play, lines: Lines) -> None:
    assert lines["housing_local"].sent == [], "not pushed"
    tax = lines.interface("tax_prov")
    assert play.run(lambda s: pulling.fetch(s, tax, limit=10)) == [], "not fetched"
    with pytest.raises(PackageRefused, match="尚未核对"):
        play.run(lambda s: packages.make(s, tax, by=play.user("admin")))
    waiting = play.run(lambda s: restoration.waiting(s, lines.directory))
    assert waiting.outgoing >= 2
    reconciled(play)
    assert play.worker.run_once() > 0
    assert lines["housing_local"].sent, "nothing was lost"
    assert play.run(lambda s: pulling.fetch(s, tax, limit=10))


def test_timers_wait_as_well_and_fire_once_when_it_is_reconciled(play: Play, lines: Lines) -> None:
    case = story.accepted(play)
    before = set(case.waits_for)
    restored(play)
    with clock.travel(timedelta(days=400)):
        play.rest()
        assert set(case.waits_for) == before
        assert play.run(lambda s: restoration.waiting(s, lines.directory)).timers
        assert play.worker.run_once() == 0
        reconciled(play)
        assert play.worker.run_once() > 0
        assert set(case.waits_for) != before


def test_notices_wait_and_are_counted(play: Play) -> None:
    reader, notice = play.user("acceptor").id, Notice(kind="told", title="登记已办结")
    deliveries.reach({"mail.send"})
    try:
        play.run(lambda s: deliveries.choose(s, reader, channels=["mail"], mail="a@example.com"))
        play.run(lambda s: notices.send(s, [reader], notice))
    finally:
        deliveries.reach(())
    restored(play)
    assert play.worker.run_once() == 0
    assert play.run(lambda s: restoration.waiting(s, Directory({}, {}))).notices == 1


def test_a_restore_is_reconciled_once(play: Play) -> None:
    with pytest.raises(NotHeld):
        reconciled(play)
    restored(play)
    reconciled(play)
    assert play.run(restoration.held) is None
    with pytest.raises(NotHeld):
        reconciled(play)


def given(play: Play, key: str, *, year: int = 0) -> int:
    return play.run(lambda s: numbers.next_value(s, key, year=year))


def test_no_series_goes_on_where_the_copy_stood(play: Play) -> None:
    for _ in range(3):
        given(play, "licences", year=2026)
    restored(play, margin=500)
    assert given(play, "licences", year=2026) == 504
    assert given(play, "licences", year=2026) == 505


def test_a_series_opened_after_the_copy_begins_behind_the_margin_too(play: Play) -> None:
    today = clock.today()
    restored(play, margin=500)
    assert given(play, "new", year=today.year) == 501
    assert given(play, "new for ever") == 501
    assert given(play, "next year", year=today.year + 1) == 1
    first = play.run(lambda s: numbers.work_order(s, "Y", "610000", today))
    later = play.run(lambda s: numbers.work_order(s, "Y", "610000", today + timedelta(days=1)))
    assert (first[15:20], later[15:20]) == ("00501", "00001"), "days to come are not concerned"


def test_numbers_known_to_be_given_last_move_a_series_on_and_never_back(play: Play) -> None:
    given(play, "licences", year=2026)
    restored(play, margin=10)
    last = {("licences", 2026): 900}
    play.run(lambda s: restoration.reconcile(s, by="system", last=last))
    assert given(play, "licences", year=2026) == 901
    restored(play, margin=10)
    play.run(lambda s: restoration.reconcile(s, by="system", last={("licences", 2026): 5}))
    assert given(play, "licences", year=2026) == 912


def test_a_series_that_is_not_there_is_refused_by_name_and_all_stays_held(play: Play) -> None:
    restored(play)
    with pytest.raises(NotHeld, match="licenses"):
        play.run(lambda s: restoration.reconcile(s, by="system", last={("licenses", 2026): 5}))
    assert play.run(restoration.held) is not None


def test_log_ins_of_the_copy_are_over(play: Play) -> None:
    def open_one(session: Session) -> None:
        until = clock.now() + timedelta(hours=8)
        user = play.user("admin").id
        session.add(AuthSession(id="x" * 64, user_id=user, expires_at=until))

    play.run(open_one)
    restored(play)
    assert play.run(lambda s: s.scalar(select(AuthSession.revoked_at))) is not None


def test_what_a_restore_wrote_of_new_series_is_no_series(play: Play) -> None:
    restored(play)
    shown = play.run(lambda s: [one.key for one in numbers.series(s)])
    kept = play.run(lambda s: s.scalars(select(NumberSequence.key)).all())
    assert [one for one in kept if one.startswith(numbers.FLOOR)]
    assert not [one for one in shown if one.startswith(numbers.FLOOR)]
