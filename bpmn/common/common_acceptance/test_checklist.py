"""Rows of case-operations B.2 on materials: each test is named after its row.

Material checklist, one-time notice, second notice, conditional acceptance, commitment, return,
preliminary review and certificates in place of papers.
"""

from datetime import date
from typing import Any

import pytest
from sqlalchemy import select

from bpmn.beginnings import once
from bpmn.yacht import story
from forms.definition import FormInvalid
from processes.casework import cases
from processes.clock import clock as ledger
from processes.clock.reckoning import State
from processes.documents import checklist, materials
from processes.model.cases import MaterialItem, SupervisionEntry
from processes.model.people import AuditEvent
from processes.play import Play, PlayedCase

# plays begin on Monday 2 March 2026 at 09:00
LISTED = [
    {"code": "application", "title": "申请表", "kind": "original", "grade": "D", "present": True},
    {"code": "medical", "title": "体检证明", "file_code": "medical_scan", "basis": "办法第七条"},
    {"code": "proxy", "title": "委托书", "deferrable": True, "basis": "办法第九条"},
]
OK = {"state": "ok", "grade": "B"}
MISSING = {"state": "missing", "reason": "未提交"}
DEFECTIVE = {"state": "defective", "reason": "印章不清晰"}
DEFERRED = {"state": "deferred", "reason": "原件邮寄途中"}


@once
def received(play: Play, **more: Any) -> PlayedCase:
    facts = {"case_title": "某项许可", "materials_required": LISTED, "decide_days": 15}
    applicant = {"user": play.user("applicant").id, "name": "申请人"}
    return play("common_acceptance", **{**facts, "applicant": applicant, **more})


def decide(case: PlayedCase, decision: str, *rows: dict[str, Any], **more: Any) -> None:
    case.complete("accept", as_="acceptor", materials=[*rows], decision=decision, **more)


def listed(case: PlayedCase) -> dict[str, MaterialItem]:
    found = case.play.run(lambda session: checklist.of_case(session, case.id))
    return {one.code: one for one in found}


def limits(case: PlayedCase) -> dict[str, State]:
    found = case.play.run(lambda session: ledger.standings(session, case.id, org_code="370001"))
    return {one.kind: one.reckoning.state for one in found}


def reported(case: PlayedCase) -> list[tuple[str, str]]:
    query = select(SupervisionEntry).where(SupervisionEntry.case_id == case.id)
    found = case.play.run(lambda session: session.scalars(query).all())
    return [(one.kind, one.reason) for one in found]


def test_row_received_a_receipt_lists_the_materials(play: Play) -> None:
    case = received(play)
    assert case.letters == ["letter_receipt"]
    states = {code: (one.state, one.grade, one.kind) for code, one in listed(case).items()}
    assert states == {
        "application": ("ok", "D", "original"),
        "medical": ("missing", "", ""),
        "proxy": ("missing", "", ""),
    }


def test_row_material_checklist_each_item_has_kind_grade_state_and_reason(play: Play) -> None:
    case = received(play)
    decide(case, "supplement", {**OK, "kind": "copy"}, DEFECTIVE, MISSING)
    found = listed(case)
    assert (found["application"].kind, found["application"].grade) == ("copy", "B")
    assert (found["medical"].state, found["medical"].reason) == ("defective", "印章不清晰")
    assert (found["medical"].basis, found["medical"].file_code) == ("办法第七条", "medical_scan")


@pytest.mark.parametrize("state", [MISSING, DEFECTIVE, DEFERRED])
def test_row_accepted_not_while_a_material_is_open(play: Play, state: dict[str, Any]) -> None:
    case = received(play)
    with pytest.raises(FormInvalid) as refused:
        decide(case, "accept", OK, OK, state)
    assert "受理须全部材料符合" in str(refused.value.errors["decision"])


def test_row_accepted_the_clock_starts_on_the_legal_date_not_with_the_click(play: Play) -> None:
    case = received(play)
    play.passes(working_days=2)
    decide(case, "accept", OK, OK, OK, accepted_on="2026-03-02")
    found = case.play.run(lambda session: ledger.standings(session, case.id, org_code="370001"))
    statutory = next(one for one in found if one.limit == "statutory")
    assert statutory.reckoning.due_on == date(2026, 3, 30)


def test_row_supplement_one_notice_lists_every_missing_and_defective_item(play: Play) -> None:
    case = received(play)
    extra = [{"item": "申请表第三栏", "reason": "未填写", "basis": "办法第五条"}]
    decide(case, "supplement", OK, DEFECTIVE, MISSING, missing_list=extra)
    asked = case.variables["supplement_list"]
    assert [(one["item"], one["reason"]) for one in asked] == [
        ("体检证明", "印章不清晰"),
        ("委托书", "未提交"),
        ("申请表第三栏", "未填写"),
    ]


@pytest.mark.parametrize("decision", ["supplement", "conditional"])
def test_row_supplement_needs_something_to_supplement(play: Play, decision: str) -> None:
    case = received(play)
    with pytest.raises(FormInvalid):
        decide(case, decision, OK, OK, OK)


def test_row_supplement_the_applicant_hands_in_item_by_item(play: Play) -> None:
    case = received(play)
    decide(case, "supplement", OK, DEFECTIVE, MISSING)
    file = story.upload(play, "体检证明.pdf")
    case.sends(
        "提交补正材料", supplement_items=[{"files": [file]}, {"note": "委托书随后到窗口提交"}]
    )
    found = listed(case)
    assert (found["application"].state, found["application"].grade) == ("ok", "B")
    assert (found["medical"].state, found["medical"].grade) == ("submitted", "C")
    assert found["proxy"].state == "submitted"
    kept = play.run(lambda session: [one.code for one in materials.of_case(session, case.id)])
    assert kept == ["medical_scan"]


def test_row_supplement_every_item_is_answered(play: Play) -> None:
    case = received(play)
    decide(case, "supplement", OK, DEFECTIVE, MISSING)
    with pytest.raises(FormInvalid) as refused:
        case.sends("提交补正材料", supplement_items=[{"note": "已重新盖章"}, {}])
    assert set(refused.value.errors) == {"supplement_items.1.note"}


def test_row_supplement_a_second_notice_needs_a_reason_and_is_reported(play: Play) -> None:
    case = received(play)
    decide(case, "supplement", OK, DEFECTIVE, OK)
    case.sends("提交补正材料", supplement_items=[{"note": "已重新盖章"}])
    assert reported(case) == []
    with pytest.raises(FormInvalid) as refused:
        decide(case, "supplement", OK, DEFECTIVE, OK)
    assert set(refused.value.errors) == {"repeat_reason"}
    decide(case, "supplement", OK, DEFECTIVE, OK, repeat_reason="补正件仍不清晰")
    assert reported(case) == [("second_notice", "补正件仍不清晰")]
    assert case.letters.count("letter_supplement") == 2


def test_row_deemed_accepted_is_reported(play: Play) -> None:
    case = received(play)
    play.passes(working_days=6)
    assert case.ended == "accepted"
    assert [kind for kind, _reason in reported(case)] == ["deemed_accepted"]


def test_row_not_accepted_is_reported_with_its_reason(play: Play) -> None:
    """B.1 效能监督, B.2 不予受理: refusing without a reason is impossible, each refusal is seen."""
    case = received(play)
    with pytest.raises(FormInvalid) as refused:
        decide(case, "refuse", OK, OK, OK)
    assert "reason" in refused.value.errors
    assert reported(case) == []
    decide(case, "refuse", OK, OK, OK, reason="不属于许可范围")
    assert case.ended == "not_accepted"
    assert reported(case) == [("refused", "不属于许可范围")]


def test_row_deemed_accepted_not_while_the_clock_of_acceptance_rests(play: Play) -> None:
    case, manager = story.applied(play), play.user("manager")
    play.run(lambda session: cases.suspend(session, case.id, by=manager, reason="系统维护"))
    play.passes(working_days=8)
    play.run(lambda session: cases.resume(session, case.id, by=manager, reason="维护结束"))
    assert case.waits_for == {"accept"}
    play.passes(working_days=6)
    assert case.waits_for == {"review"}


def test_row_conditional_acceptance_names_what_has_to_follow_and_when(play: Play) -> None:
    case = received(play)
    decide(case, "conditional", OK, OK, DEFERRED, deferred_due_on="2026-03-13")
    assert (case.ended, case.variables["acceptance_kind"]) == ("accepted", "conditional")
    assert case.letters == ["letter_receipt", "letter_acceptance", "letter_deferred"]
    assert limits(case)["statutory"] is State.RUNNING, "the main clock runs"
    proxy = listed(case)["proxy"]
    assert (proxy.state, proxy.due_on) == ("deferred", date(2026, 3, 13))


def test_row_conditional_acceptance_only_of_materials_that_allow_it(play: Play) -> None:
    case = received(play)
    with pytest.raises(FormInvalid) as refused:
        decide(case, "conditional", OK, DEFERRED, OK, deferred_due_on="2026-03-13")
    assert "materials.1.state" in refused.value.errors


def test_row_commitment_needs_the_signed_paper_and_a_service_that_allows_it(play: Play) -> None:
    case = received(play)
    signed = story.upload(play, "承诺书.pdf")
    with pytest.raises(FormInvalid):
        decide(case, "commitment", OK, OK, DEFERRED, commitment_file=signed)
    open_to_it = received(play, commitment_allowed=True)
    with pytest.raises(FormInvalid) as refused:
        decide(open_to_it, "commitment", OK, OK, DEFERRED, deferred_due_on="2026-03-13")
    assert set(refused.value.errors) == {"commitment_file"}
    decide(
        open_to_it,
        "commitment",
        *(OK, OK, DEFERRED),
        deferred_due_on="2026-03-13",
        commitment_file=signed,
    )
    assert open_to_it.variables["acceptance_kind"] == "commitment"


def test_row_returned_by_the_authority_ends_with_reason_and_letter(play: Play) -> None:
    case = received(play)
    decide(case, "return", OK, OK, MISSING, reason="重复申请")
    assert (case.ended, case.variables["acceptance_result"]) == ("returned", "returned")
    assert case.letters[-1] == "letter_return"
    assert set(limits(case).values()) == {State.STOPPED}


@pytest.mark.parametrize(("counts", "running"), [(True, {"acceptance"}), (False, set())])
def test_row_preliminary_review_runs_the_clock_or_not_by_item(
    play: Play, *, counts: bool, running: set[str]
) -> None:
    case = received(play, pre_review=True, pre_review_counts=counts)
    assert case.waits_for == {"pre_review"}
    assert set(limits(case)) == running
    play.passes(working_days=1)
    case.complete("pre_review", as_="acceptor", pre_review_decision="pass")
    assert case.waits_for == {"accept"}
    found = case.play.run(lambda session: ledger.standings(session, case.id, org_code="370001"))
    assert found[0].reckoning.due_on == date(2026, 3, 9 if counts else 10)


def test_row_preliminary_review_asks_for_changes_as_often_as_needed(play: Play) -> None:
    case = received(play, pre_review=True)
    amend = {"pre_review_decision": "amend", "pre_review_text": "请补填联系电话"}
    for _round in range(2):
        case.complete("pre_review", as_="acceptor", **amend)
        assert case.waits_for == {"await_amendment"}
        case.sends("按预审意见修改", amend_note="已补填")
    assert case.waits_for == {"pre_review"}
    assert case.letters == ["letter_receipt"], "one receipt"


def test_row_preliminary_review_not_amended_in_time_is_returned(play: Play) -> None:
    case = received(play, pre_review=True, pre_review_counts=False)
    amend = {"pre_review_decision": "amend", "pre_review_text": "请补填联系电话"}
    case.complete("pre_review", as_="acceptor", **amend)
    play.passes(hours=24 * 31)
    assert case.ended == "returned"


CERTIFICATE = {"register": "yacht_licence", "filter": {"id_no": "370202199003070011"}}


def with_licence(play: Play, **more: Any) -> PlayedCase:
    story.held(play, id_no="370202199003070011")
    held = [*LISTED[:1], {"code": "old", "title": "原证", "certificate": CERTIFICATE}]
    return received(play, materials_required=held, **more)


def test_row_certificate_pulled_with_consent_stands_for_the_paper(play: Play) -> None:
    case = with_licence(play, certificate_consent=True)
    old = listed(case)["old"]
    assert (old.state, old.grade, old.kind) == ("exempt", "A", "electronic")
    assert old.source.startswith("游艇驾驶证台账 ")
    assert case.variables["acceptance_hint"] == "complete"
    with play.session() as session:
        actions = [one.action for one in session.query(AuditEvent)]
    assert actions.count("certificate.pulled") == 1


def test_row_certificate_without_consent_nothing_is_pulled(play: Play) -> None:
    case = with_licence(play)
    assert listed(case)["old"].state == "missing"
    with play.session() as session:
        assert "certificate.pulled" not in [one.action for one in session.query(AuditEvent)]
