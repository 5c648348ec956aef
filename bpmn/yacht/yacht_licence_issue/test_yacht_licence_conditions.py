"""容缺受理, 告知承诺 and 特别程序 in a real case (case-operations B.2 by row)."""

from datetime import date
from typing import Any

import pytest

from bpmn.beginnings import once
from bpmn.yacht import story
from forms.definition import FormInvalid
from processes.casefile import opinions
from processes.clock import clock as ledger
from processes.clock.reckoning import State
from processes.play import Play, PlayedCase

DEFERRED = {"state": "deferred", "reason": "邮寄中"}


@once
def conditional(play: Play, **changes: Any) -> PlayedCase:
    """Filed by a unit; accepted though the proxy is still to come by 13 March 2026."""
    case = story.applied(
        play,
        as_="unit_clerk",
        filed_by="unit",
        filing_org="YC3702001",
        agent_name="俱乐部业务员",
        agent_id_no="370202198805060021",
        proxy_scan=story.upload(play, "委托书.pdf"),
    )
    rows = [
        DEFERRED if row["code"] == "proxy" else {"state": "ok", "grade": "B"}
        for row in story.seen(case, "accept")["checklist"]
    ]
    case.complete(
        "accept",
        as_="acceptor",
        materials=rows,
        decision="conditional",
        deferred_due_on="2026-03-13",
        **changes,
    )
    return case


def states(case: PlayedCase) -> dict[str, State]:
    found = case.play.run(lambda session: ledger.standings(session, case.id, org_code="370001"))
    return {one.limit: one.reckoning.state for one in found}


def test_row_conditional_acceptance_main_clock_and_follow_up_clock_run_together(
    play: Play,
) -> None:
    case = conditional(play)
    assert case.waits_for == {"review", "check_deferred"}
    assert states(case)["statutory"] is State.RUNNING
    assert states(case)["follow_up"] is State.RUNNING


def test_row_conditional_acceptance_is_told_in_words_though_only_some_cases_offer_it(
    play: Play,
) -> None:
    case = conditional(play)
    said = play.run(lambda s: opinions.of_case(s, case.id))
    assert said[-1].decision == "容缺受理"


def test_row_conditional_acceptance_no_grant_before_it_is_complete(play: Play) -> None:
    case = conditional(play)
    story.review(case)
    with pytest.raises(FormInvalid) as refused:
        story.approve(case)
    assert "容缺材料尚未补齐" in str(refused.value.errors["decision"])
    case.complete("check_deferred", as_="acceptor", deferred_rows=[{"state": "ok", "grade": "B"}])
    story.approve(case)
    assert case.row.outcome == "granted"


def test_row_conditional_acceptance_not_kept_ends_the_case(play: Play) -> None:
    case = conditional(play)
    story.review(case)
    case.passes(working_days=10)
    assert (case.ended, case.status) == ("terminated", "cancelled")
    assert case.letters[-2:] == ["letter_benefit_withdrawn", "letter_termination"]


def test_row_conditional_acceptance_is_followed_no_longer_when_the_case_is_over(
    play: Play,
) -> None:
    case = conditional(play)
    case.sends("撤回申请", as_="unit_clerk", withdraw_reason="不办了", withdraw_confirmed=True)
    assert (case.ended, case.waits_for) == ("withdrawn_in_review", set())
    assert set(states(case).values()) == {State.STOPPED}


def test_row_commitment_lets_the_decision_be_made_and_is_checked_afterwards(play: Play) -> None:
    old = story.held(play)
    case = story.applied(
        play,
        application_kind="replace",
        old_licence_no=old,
        replace_reason="lost",
        loss_statement=story.upload(play, "遗失声明.pdf"),
    )
    rows = [
        DEFERRED if row["code"] == "loss_statement" else {"state": "ok", "grade": "B"}
        for row in story.seen(case, "accept")["checklist"]
    ]
    case.complete(
        "accept",
        as_="acceptor",
        materials=rows,
        decision="commitment",
        deferred_due_on="2026-03-13",
        commitment_file=story.upload(play, "承诺书.pdf"),
    )
    story.review(case, finding_overrides=[])
    story.approve(case)
    assert case.row.outcome == "granted"
    assert "check_deferred" in case.waits_for


def test_row_special_procedure_called_by_the_review_suspends_every_clock(play: Play) -> None:
    case = story.applied(play)
    story.accept(case)
    due = case.row.due_on
    story.review(case, "special", reason="体检结论需要鉴定")
    assert case.waits_for == {"propose"}
    case.complete("propose", as_="reviewer", special_kind="appraisal", expected_days=10)
    assert states(case)["statutory"] is State.SUSPENDED
    case.passes(working_days=8)
    case.complete("await_result", as_="reviewer", conclusion="符合健康标准")
    assert case.waits_for == {"review"}
    assert [one["conclusion"] for one in case.variables["special_results"]] == ["符合健康标准"]
    found = case.play.run(lambda session: ledger.standings(session, case.id, org_code="370001"))
    statutory = next(one for one in found if one.limit == "statutory")
    assert due == date(2026, 3, 30)
    assert statutory.reckoning.due_on == date(2026, 4, 10)
    assert case.letters[-1] == "letter_special_procedure"
