"""特别程序: a reason from a closed list, a written notice, suspended and resumed clocks (B.2)."""

import pytest

from forms.errors import FormInvalid
from processes.clock import clock as ledger
from processes.play import Play, PlayedCase


def begun(play: Play) -> PlayedCase:
    return play("common_special_procedure", case_title="某项许可")


def events(case: PlayedCase) -> list[tuple[str, str, str]]:
    found = case.play.run(lambda session: ledger.entries(session, case.id))
    return [(one.event, one.limit, one.reason) for one in found]


def test_row_special_procedure_suspends_with_notice_and_resumes(play: Play) -> None:
    case = begun(play)
    case.complete("propose", as_="reviewer", special_kind="expert_review", expected_days=10)
    assert events(case) == [("suspend", "*", "专家评审")]
    assert (case.waits_for, case.letters) == ({"await_result"}, ["letter_special_procedure"])
    assert case.status == "suspended", "B.2: nobody reads of work in hand while the clocks stand"
    play.passes(working_days=8)
    case.complete("await_result", as_="reviewer", conclusion="评审通过")
    assert events(case) == [("suspend", "*", "专家评审"), ("resume", "*", "专家评审")]
    assert (case.ended, case.variables["special_result"]["conclusion"]) == ("resumed", "评审通过")
    assert case.variables["case_status"] == "in_progress"


def test_a_reason_outside_the_law_s_list_is_refused(play: Play) -> None:
    case = begun(play)
    with pytest.raises(FormInvalid):
        case.complete("propose", as_="reviewer", special_kind="busy", expected_days=10)
    assert events(case) == []
