"""The diagram of a case: done, current, returned and passed over (issue 4 §4; case-operations A.3)."""

from collections.abc import Iterator

import pytest
from flask import Flask

from engine import repository
from processes.model.cases import Case
from processes.play import Play, PlayedCase
from tests.engine.core.scenario import (
    Node,
    boundary,
    each,
    event,
    gateway,
    script,
    sub,
    timer,
    user,
    xml,
)
from tests.play import Player
from web.clerk import diagrams

KEY = "yacht_licence_drawn"
REVIEWER = "licence_reviewer@370001"
NOBODY = "licence_verifier@320999"


@pytest.fixture
def play() -> Iterator[Play]:
    made = Player()
    try:
        yield made
    finally:
        made.close()


def begun(play: Play, flows: str, **nodes: Node) -> PlayedCase:
    model = xml(flows, key=KEY, **nodes)
    play.run(lambda s: repository.deploy(s, {"p.bpmn": model}, by="admin"))
    return play.start(KEY, way="a")


def marks(app: Flask, case: PlayedCase) -> dict[str, str]:
    with app.test_request_context(), case.play.session() as session:
        drawn = diagrams.of_case(session, session.get_one(Case, case.id))
    return {name: one["mark"] for name, one in drawn["state"]["elements"].items()}


def task(extensions: str = "", to: str = REVIEWER) -> Node:
    return user(extensions, candidateGroups=to)


def test_the_branch_not_taken_is_faint_once_the_case_is_past_it(app: Flask, play: Play) -> None:
    case = begun(
        play,
        'start -> first -> fork; fork -> left if way = "a"; fork -> right default;'
        "left -> last -> end; right -> end_other",
        first=task(),
        fork=gateway("exclusive"),
        left=task(),
        right=task(),
        last=task(),
    )
    at_first = marks(app, case)
    assert at_first["first"] == "current"
    assert "right" not in at_first
    case.complete("first", as_="reviewer")
    shown = marks(app, case)
    assert (shown["first"], shown["left"]) == ("done", "current")
    assert (shown["right"], shown["end_other"]) == ("skipped", "skipped")
    assert "last" not in shown
    assert "end" not in shown


def test_a_task_that_passed_by_itself_was_not_done(app: Flask, play: Play) -> None:
    passes = '<banli:policies empty="approve"/>'
    result = '<banli:approval mode="single" decision="=&quot;approve&quot;" result="outcome"/>'
    case = begun(
        play,
        "start -> first -> second -> third -> end",
        first=task(),
        second=task(result + passes, NOBODY),
        third=task(),
    )
    case.complete("first", as_="reviewer")
    shown = marks(app, case)
    assert (shown["first"], shown["second"], shown["third"]) == ("done", "skipped", "current")


def test_what_a_boundary_event_leads_to_may_still_come_until_the_end(
    app: Flask, play: Play
) -> None:
    case = begun(
        play,
        "start -> first -> end; late -> chased -> end_other",
        first=task(),
        late=boundary("first", timer("duration", "P1D"), interrupting=False),
        chased=task(),
    )
    assert "chased" not in marks(app, case)
    case.complete("first", as_="reviewer")
    shown = marks(app, case)
    assert (shown["end"], shown["chased"], shown["end_other"]) == ("done", "skipped", "skipped")


def test_several_at_once_are_not_taken_for_one_that_was_returned(app: Flask, play: Play) -> None:
    several = '=["a", "b"]'
    flow = "start -> box -> last -> end"
    inner = sub("s1 -> note -> e1", s1=event("start"), e1=event("end"), note=script("1", "n"),
                loop=each(several[1:], "one"))  # fmt: skip
    case = begun(play, flow, box=inner, last=task())
    shown = marks(app, case)
    assert (shown["note"], shown["box"], shown["last"]) == ("done", "done", "current")
