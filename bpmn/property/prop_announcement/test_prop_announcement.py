"""系统消息发布: written, sent to the roles of chosen agencies, read, reminded, filed away (P-72)."""

from typing import Any

import pytest

from bpmn.property import story
from engine.errors import BanliError
from processes.casefile import notices
from processes.play import Play, PlayedCase

TITLE = "系统消息：停机维护"


def published(play: Play, **changes: Any) -> PlayedCase:
    answers = {
        "title": "停机维护",
        "text": "周六 22 时至次日 6 时停机。",
        "roles": ["query_executor", "query_admin"],
        **changes,
    }
    return play.apply("prop_announcement", as_="prop_admin", **answers)


def test_a_message_reaches_the_chosen_roles_of_every_agency(play: Play) -> None:
    published(play)
    for login, told in (
        ("prop_executor", True),
        ("prop_executor_wn", True),
        ("prop_window", False),
    ):
        assert (TITLE in story.notices_of(play, login)) is told


def test_it_may_go_to_one_agency_alone(play: Play) -> None:
    published(play, targets=["PR610500"])
    assert TITLE not in story.notices_of(play, "prop_executor")
    assert TITLE in story.notices_of(play, "prop_access")


def test_who_has_read_it_is_seen_and_the_others_are_reminded(play: Play) -> None:
    case = published(play)
    reader = play.user("prop_executor")
    play.run(lambda s: notices.mark_read(s, reader, notices.box(s, reader)[0].id))
    case.complete("manage", as_="prop_admin", announcement_action="refresh")
    assert case.variables["read_count"] == 1
    case.complete("manage", as_="prop_admin", announcement_action="remind")
    assert story.notices_of(play, "prop_executor_wn").count(TITLE) == 2
    case.complete("manage", as_="prop_admin", announcement_action="archive")
    assert (case.ended, case.status) == ("archived", "completed")


def test_a_city_does_not_publish(play: Play) -> None:
    with pytest.raises(BanliError):
        play.apply("prop_announcement", as_="prop_executor", title="甲", text="乙", roles=[])
