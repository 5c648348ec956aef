"""Organisation resolver: heads, superiors, posts and authorities at a date (issue 4 §4)."""

from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest

from engine import repository
from engine.errors import NotFound
from processes.people import positions
from processes.people.positions import HEAD, PositionRefused
from processes.play import Play, PlayedCase
from tests.engine.core.scenario import user, xml
from tests.play import Player

TOP, UNIT = "000001", "370001"
FUNCTIONS = xml(
    "start -> first -> second -> end",
    key="yacht_licence_upwards",
    first=user(assignee="=superior(who)"),
    second=user(
        '<banli:approval mode="ordered" people="=superiors(who, 2)"'
        ' decision="=&quot;approve&quot;" result="outcome"/>'
    ),
)


@pytest.fixture
def play() -> Iterator[Play]:
    made = Player()
    try:
        made.run(lambda session: repository.deploy(session, {"u.bpmn": FUNCTIONS}, by="admin"))
        yield made
    finally:
        made.close()


def appoint(play: Play, login: str, org: str = UNIT, post: str = HEAD, **days: Any) -> int:
    by, who = play.user("hq_admin"), play.user(login).id
    return play.run(lambda s: positions.appoint(s, org, post=post, user_id=who, by=by, **days))


def asked(play: Play, command: Any, *arguments: Any, **named: Any) -> Any:
    return play.run(lambda s: command(s, *arguments, **named))


def test_the_head_of_a_unit_is_the_one_of_that_day(play: Play) -> None:
    appoint(play, "manager", valid_to=date(2026, 3, 1))
    appoint(play, "approver", valid_from=date(2026, 3, 2))
    for day, login in ((date(2026, 3, 1), "manager"), (date(2026, 3, 2), "approver")):
        assert asked(play, positions.head, UNIT, on=day) == play.user(login).id


def test_without_a_head_the_unit_is_under_the_one_above(play: Play) -> None:
    assert asked(play, positions.head, UNIT) is None
    appoint(play, "hq_admin", TOP)
    assert asked(play, positions.head, UNIT) == play.user("hq_admin").id


def test_superiors_go_up_and_nobody_is_their_own(play: Play) -> None:
    appoint(play, "manager")
    appoint(play, "hq_admin", TOP)
    reviewer, manager, top = (play.user(one).id for one in ("reviewer", "manager", "hq_admin"))
    assert asked(play, positions.superiors, reviewer) == [manager, top]
    assert asked(play, positions.superior, reviewer, level=2) == top
    assert asked(play, positions.superior, manager) == top
    assert asked(play, positions.superiors, top) == []
    assert asked(play, positions.superior, reviewer, level=3) is None


def test_whoever_has_left_is_nobody_s_superior(play: Play) -> None:
    held = appoint(play, "manager")
    by = play.user("hq_admin")
    play.run(lambda s: positions.dismiss(s, held, by=by, on=date(2026, 2, 27)))
    assert asked(play, positions.superiors, play.user("reviewer").id) == []


def test_a_post_of_the_house_has_its_holders(play: Play) -> None:
    appoint(play, "verifier", post="法制审核岗")
    assert asked(play, positions.holders, "法制审核岗", UNIT) == [play.user("verifier").id]


def test_a_region_s_authority_is_the_nearest_around_it(play: Play) -> None:
    found = asked(play, positions.authority, "370102")
    assert asked(play, positions.authority, "370000") == found is not None


def test_posts_are_given_in_the_own_tree_once_and_to_staff(play: Play) -> None:
    appoint(play, "manager")
    with pytest.raises(PositionRefused, match="已任此岗位"):
        appoint(play, "manager")
    with pytest.raises(PositionRefused, match="工作人员"):
        appoint(play, "applicant")
    admin, who = play.user("admin"), play.user("manager").id
    with pytest.raises(NotFound):
        play.run(lambda s: positions.appoint(s, TOP, post=HEAD, user_id=who, by=admin))


def test_models_ask_for_superiors_in_their_assignment(play: Play) -> None:
    appoint(play, "manager")
    appoint(play, "hq_admin", TOP)
    case = play.start("yacht_licence_upwards", who=str(play.user("reviewer").id))
    assert holders(case) == ["manager"]
    case.complete("first", as_="manager")
    assert holders(case) == ["manager"], "the nearest superior first"
    case.complete("second", as_="manager")
    assert holders(case) == ["hq_admin"]


def holders(case: PlayedCase) -> list[str]:
    names = {str(case.play.user(one).id): one for one in ("manager", "hq_admin")}
    return [names[task.assignee or ""] for task in case.tasks]
