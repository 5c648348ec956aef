"""The processes that the filter of an inbox offers are those of the reader's business (E-100, E-101)."""

import pytest

from processes.deployed import offers
from tests.play import Player, play

__all__ = ["play"]


@pytest.mark.parametrize(
    ("login", "businesses"),
    [
        ("expl_group", {"expl", "common"}),
        ("expl_institution", {"expl", "common"}),
        ("expl_province", {"expl", "common"}),
        ("licence_acceptor", {"yacht", "common"}),
    ],
)
def test_a_user_is_offered_the_processes_of_the_own_business(
    play: Player, login: str, businesses: set[str]
) -> None:
    """A unit's user too, whose role sees no cases of others."""
    by = play.user(login)
    begun = play.run(lambda session: offers.begun(session, by))
    assert {offers.domain_of(one.key) for one in begun} == businesses


def test_who_works_in_no_business_may_meet_any(play: Player) -> None:
    by = play.user("applicant")
    begun = play.run(lambda session: offers.begun(session, by))
    assert {"expl", "yacht", "prop"} <= {offers.domain_of(one.key) for one in begun}
