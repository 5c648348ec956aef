"""公众权属查询: one's own title, one unit, an interest that is reviewed, refusal (P-16, P-36, P-50)."""

import pytest

from bpmn.citizens import came, citizen
from bpmn.property import seals, story
from bpmn.slots import open_slot, places
from engine import clock
from processes.clock import calendar
from processes.desk import worklist
from processes.documents import documents
from processes.identity.identity import User
from processes.play import Play, PlayedCase

KEY = "prop_public_query"


def asked(play: Play, by: User, **changes: object) -> PlayedCase:
    told = {
        "query_kind": "own",
        "org": "PR610100",
        "purpose": "办理入学",
        "pledge": True,
        **changes,
    }
    return came(play, KEY, by, channel="app", **told)


def unit(**changes: object) -> dict[str, object]:
    return {"query_kind": "unit", "unit_code": story.UNIT, "claim": "holder", **changes}


def logged(play: Play, case: PlayedCase) -> dict[str, object]:
    return story.record(play, "title_query", case.row.reference)


def test_the_own_title_is_proved_with_a_seal(play: Play) -> None:
    """P-16: sealed, downloadable, on record."""
    seals.employed(play)
    case = asked(play, citizen(play, "p1001"))
    assert (case.ended, case.letters) == ("answered", ["letter_title_proof"])
    line = logged(play, case)
    assert (line["basis"], line["row_count"], line["result"]) == ("holder", 1, "answered")


def test_who_got_his_proof_is_invited_to_rate_and_a_poor_rating_opens_a_case(play: Play) -> None:
    """P-37: 一事一评, of queries too; who was refused has been told why and is not asked."""
    seals.employed(play)
    by = citizen(play, "p1001")
    case = asked(play, by)
    rating = play.case("common_evaluation")
    assert rating.row.title == f"服务评价：{case.row.title}"
    rating.sends("评价服务", as_=by.login, stars="1", text="证明打不开")
    assert rating.waits_for == {"handle"}
    shown = story.opened(rating, "prop_evaluation")
    assert (shown["evaluated_no"], shown["rating_stars"]) == (case.row.reference, "1 星")


def test_the_proof_goes_out_as_ofd_too(play: Play) -> None:
    """P-16, P-38: sealed in both formats."""
    pytest.importorskip("gmssl_pyx", reason="no wheel of the optional SM2 library for this machine")
    desk = seals.employed(play)
    case = asked(play, citizen(play, "p1001"))
    with play.session() as session:
        (proof,) = documents.issued(session, case.id)
        assert desk.examine(documents.as_ofd(session, proof)).genuine


def test_who_owns_nothing_is_told_so(play: Play) -> None:
    seals.employed(play)
    case = asked(play, citizen(play, "p1003", level=3))
    assert (case.ended, logged(play, case)["row_count"]) == ("answered", 0)


def test_one_unit_is_shown_to_its_holder(play: Play) -> None:
    seals.employed(play)
    case = asked(play, citizen(play, "p1001"), **unit())
    assert case.ended == "answered"


def test_who_is_neither_holder_nor_interested_is_refused_with_the_reason(play: Play) -> None:
    case = asked(play, citizen(play, "p1003", level=3), **unit())
    assert (case.ended, case.letters) == ("refused", ["letter_query_refused"])
    line = logged(play, case)
    assert (line["basis"], line["result"]) == ("stranger", "refused")
    assert "不是该不动产的权利人" in str(line["reason"])


def test_a_unit_that_the_register_does_not_know_is_not_answered(play: Play) -> None:
    code = "610113001002GB00001F00019999"
    case = asked(play, citizen(play, "p1001"), **unit(unit_code=code))
    assert (case.ended, logged(play, case)["basis"]) == ("refused", "none")


def interested(play: Play) -> PlayedCase:
    more = {"interest_reason": "买卖合同当事人", "interest_evidence": [story.paper(play)]}
    return asked(play, citizen(play, "p1003", level=3), **unit(claim="interested", **more))


def test_an_interest_is_reviewed_by_the_window(play: Play) -> None:
    seals.employed(play)
    case = interested(play)
    assert case.waits_for == {"review"}
    case.complete("review", as_="prop_window", decision="agree")
    assert (case.ended, logged(play, case)["basis"]) == ("answered", "interested")


def test_an_interest_that_is_none_is_refused(play: Play) -> None:
    case = interested(play)
    case.complete("review", as_="prop_window", decision="refuse", reason="合同没有备案")
    assert case.ended == "refused"
    assert logged(play, case)["reason"] == "合同没有备案"


def test_a_face_has_to_be_compared(play: Play) -> None:
    """P-50: real name alone is not enough; a check that is never made ends the query."""
    case = asked(play, citizen(play, "p1002"))
    assert case.waits_for == {"face_open"}
    case.works("face_verify.open", check_url="http://127.0.0.1:1/x", expires_at="2026-12-01")
    case.passes(days=4)
    assert (case.ended, case.row.outcome) == ("unverified", "identity_expired")


WITHDRAWN = {"withdraw_reason": "不需要了", "withdraw_confirmed": True}


def booked(play: Play, by: User, slot: str) -> PlayedCase:
    """A query whose face is not compared: shown at the counter, at the time of a slot."""
    case = asked(play, by)
    case.works("face_verify.open", check_url="http://127.0.0.1:1/x", expires_at="2026-12-01")
    case.sends("改为到窗口核验", as_=by.login)
    day = calendar.add_working_days(clock.today(), 2).date
    case.sends("预约到窗口", as_=by.login, visit_on=str(day), slot=slot)
    return case


def test_who_withdraws_frees_the_place_at_the_counter_for_another(play: Play) -> None:
    """Issue 6 §2: at any point before the proof; the check of identity is over with it."""
    day = calendar.add_working_days(clock.today(), 2).date
    slot = open_slot(play, org="PR610100", day=day, matters=[KEY])
    by = citizen(play, "p1002")
    case = booked(play, by, slot)
    assert (case.waits_for, places(play, slot)) == ({"check_in_person"}, ["taken"])
    case.sends("撤回申请", as_=by.login, **WITHDRAWN)
    assert (case.ended, case.status, case.row.outcome) == ("withdrawn", "withdrawn", "withdrawn")
    assert places(play, slot) == ["free"]
    (check,) = story.records(play, "identity_check", work_order_no=case.row.reference)
    assert check["status"] == "ended"
    booked(play, citizen(play, "p1003"), slot)
    assert places(play, slot) == ["taken"]


def test_a_query_may_be_withdrawn_while_the_window_reviews_it(play: Play) -> None:
    case = interested(play)
    by = citizen(play, "p1003", level=3)
    case.sends("撤回申请", as_=by.login, **WITHDRAWN)
    assert (case.ended, case.status, case.letters) == ("review_over", "withdrawn", [])
    assert not story.records(play, "title_query", org="PR610100"), "nothing was told"


def test_a_query_that_is_answered_cannot_be_withdrawn(play: Play) -> None:
    seals.employed(play)
    case = asked(play, citizen(play, "p1001"))
    with pytest.raises(StopIteration):
        case.sends("撤回申请", as_=citizen(play, "p1001").login, **WITHDRAWN)


def test_a_seal_that_is_refused_is_set_again_by_the_window(play: Play) -> None:
    desk = seals.employed(play)
    desk.refuses = "印章使用审批未通过"
    case = asked(play, citizen(play, "p1001"))
    assert case.waits_for == {"retry_seal"}
    case.complete("retry_seal", as_="prop_window", retry_note="已联系印章系统")
    (task,), by = case.tasks, play.user("prop_window")
    view = play.run(lambda session: worklist.view(session, task.id, by=by))
    assert view.variables["retry_note"] is None, "what was done this time is told anew"
    desk.refuses = ""
    case.complete("retry_seal", as_="prop_window", retry_note="已补办用印审批")
    assert case.ended == "answered"
    assert case.variables["proof_document"]["number"].endswith("第00001号"), "its number is kept"
    after = asked(play, citizen(play, "p1001"))
    assert after.variables["proof_document"]["number"].endswith("第00002号"), "and none is left out"
