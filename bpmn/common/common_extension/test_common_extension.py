"""延长办理期限: proposed by the handler, approved by the head, once and capped (B.2 延期)."""

from datetime import date

import pytest

from bpmn.yacht import story
from engine import repository
from engine.errors import Forbidden
from forms.definition import FormInvalid
from processes.clock import clock as ledger
from processes.clock import explanation
from processes.clock.reckoning import Reckoning
from processes.play import Play, PlayedCase
from tests.engine.core.scenario import Node, call, xml

APPROVED = {"extension_decision": "approve"}
CLOCK = (
    '<banli:clock do="start" limit="{}" title="{}" amount="{}" at="=today()" extendMost="10"'
    ' basis="服务指南"/>'
)
STARTED = CLOCK.format("statutory", "法定期限", 20) + CLOCK.format("promised", "承诺期限", 15)
MODEL = xml(
    "start -> begun -> more -> end",
    key="extending",
    begun=Node("intermediateThrowEvent", extensions=f"<banli:clocks>{STARTED}</banli:clocks>"),
    more=call("common_extension"),
)


@pytest.fixture
def case(play: Play) -> PlayedCase:
    """A case whose limits have begun on 2 March 2026; its extension is to be proposed."""
    play.run(lambda session: repository.deploy(session, {"e.bpmn": MODEL}, by="admin"))
    return play.start("extending", case_title="某项许可", decide_days=15)


def limits(case: PlayedCase) -> dict[str, Reckoning]:
    found = case.play.run(lambda session: ledger.standings(session, case.id, org_code="370001"))
    return {one.limit: one.reckoning for one in found}


def test_row_extension_is_proposed_approved_by_the_head_and_told(case: PlayedCase) -> None:
    case.complete("propose_extension", as_="reviewer", extend_days=5, extend_reason="案情复杂")
    assert case.waits_for == {"approve_extension"}
    case.complete("approve_extension", as_="head", **APPROVED)
    assert case.letters == ["letter_extension"]
    found = limits(case)
    assert {name: (one.budget, one.extended) for name, one in found.items()} == {
        "statutory": (20, 5),
        "promised": (15, 5),
    }
    assert found["promised"].due_on == date(2026, 3, 30)
    said = case.play.run(lambda session: ledger.standings(session, case.id, org_code="370001"))
    assert "经批准延长 5 个工作日" in explanation.explain(said[0])


def test_row_extension_not_beyond_what_the_law_allows(case: PlayedCase) -> None:
    with pytest.raises(FormInvalid) as refused:
        case.complete("propose_extension", as_="reviewer", extend_days=11, extend_reason="复杂")
    assert set(refused.value.errors) == {"extend_days"}


def test_row_extension_once_only(play: Play) -> None:
    case = play("common_extension", case_title="某项许可", extended=True)
    assert (case.ended, case.variables["extension_result"]) == ("not_permitted", "used")


def test_row_extension_refused_by_the_head_leaves_the_limits(case: PlayedCase) -> None:
    case.complete("propose_extension", as_="reviewer", extend_days=5, extend_reason="案情复杂")
    refused = {"extension_decision": "refuse", "extension_opinion": "可按期办结"}
    case.complete("approve_extension", as_="head", **refused)
    assert {one.extended for one in limits(case).values()} == {0}
    assert case.letters == []


def test_row_extension_nobody_approves_what_he_proposed(case: PlayedCase) -> None:
    story.also(case.play, "head", "licence_reviewer")
    case.complete("propose_extension", as_="head", extend_days=5, extend_reason="案情复杂")
    with pytest.raises(Forbidden):
        case.complete("approve_extension", as_="head", **APPROVED)
