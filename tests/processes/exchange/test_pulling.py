"""Pull (P-19, P-20): a department that cannot be called fetches its messages and confirms them."""

from datetime import timedelta

import pytest

from bpmn.property import story
from engine import clock
from engine.errors import MessageRefused
from processes.exchange import nonces, pulling
from processes.play import Play
from tests.processes.exchange.lines import Lines


@pytest.fixture
def lines(play: Play) -> Lines:
    """The tax system fetches, the housing office is called."""
    return Lines(play, tax_prov="pull")


def fetched(lines: Lines) -> list[str]:
    interface = lines.interface("tax_prov")
    found = lines.play.run(lambda s: pulling.fetch(s, interface, limit=10))
    return [pulling.enveloped(one)["message_id"] for one in found]


def confirmed(lines: Lines, ids: list[str]) -> list[str]:
    interface = lines.interface("tax_prov")
    return lines.play.run(lambda s: pulling.confirm(s, interface, ids))


def test_its_messages_wait_until_they_are_fetched_and_are_gone_when_confirmed(
    play: Play, lines: Lines
) -> None:
    case = story.accepted(play)
    assert lines["housing_local"].sent, "the other is called as before"
    (one,) = fetched(lines)
    assert fetched(lines) == [], "held under a lease"
    assert confirmed(lines, [one]) == [one]
    assert confirmed(lines, [one]) == [], "a second confirmation changes nothing"
    assert case.incidents == []
    taken = lines.says(
        "tax_prov", "tax_rejected", case.row.reference, number="m1", reason="价格明显偏低"
    )
    assert taken == "delivered", "it hands its results in as everybody does"


def test_what_is_not_confirmed_in_time_is_given_out_again(play: Play, lines: Lines) -> None:
    story.accepted(play)
    first = fetched(lines)
    with clock.travel(pulling.LEASE + timedelta(seconds=1)):
        assert fetched(lines) == first, "under the same id"


def test_what_is_not_its_own_is_not_confirmed(play: Play, lines: Lines) -> None:
    story.accepted(play)
    (one,) = fetched(lines)
    housing = lines.interface("housing_local")
    assert play.run(lambda s: pulling.confirm(s, housing, [one])) == []
    assert confirmed(lines, ["outbox_message-1", "x", "outbox_message-", "outbox_message-٣"]) == []


def test_a_recorded_request_opens_nothing_a_second_time(play: Play) -> None:
    play.run(lambda s: nonces.spend(s, "tax_prov", "n-1"))
    play.run(lambda s: nonces.spend(s, "housing_local", "n-1"))
    with pytest.raises(MessageRefused, match="一次性数重复"):
        play.run(lambda s: nonces.spend(s, "tax_prov", "n-1"))
    for bad in ("", "n" * 101):
        with pytest.raises(MessageRefused):
            play.run(lambda s, bad=bad: nonces.spend(s, "tax_prov", bad))
