"""人员录入与审批: entry, rejection, re-approval after an edit, annulment by the province alone."""

import pytest

from bpmn.explosives import story
from engine.errors import BanliError, Forbidden
from forms import display
from processes.casefile import notices
from processes.desk import worklist
from processes.play import Play, PlayedCase


def test_a_person_entered_by_the_enterprise_is_approved_by_its_province(play: Play) -> None:
    """E-16, E-69, E-25, E-91, E-97."""
    case = story.entered(play)
    assert (case.waits_for, case.row.org_code) == ({"approve"}, "EP370000")
    case.complete("approve", as_="expl_province", decision="approve")
    held = story.record(play, "expl_person", case.variables["person_no"])
    assert (case.ended, held["status"], held["unit"]) == ("approved", "approved", "EN370001")
    assert held["approved"]["name"] == "安全员"


def test_another_province_may_not_approve(play: Play) -> None:
    """E-25: the province of the person's unit."""
    case = story.entered(play)
    with pytest.raises(BanliError):
        case.complete("approve", as_="expl_province_js", decision="approve")


def test_a_rejected_person_is_edited_and_sent_again_any_number_of_times(play: Play) -> None:
    """E-39."""
    case = story.entered(play)
    for _round in range(2):
        case.complete("approve", as_="expl_province", decision="reject", reason="照片不清晰")
        assert story.record(play, "expl_person", case.variables["person_no"])["status"] == (
            "rejected"
        )
        answers = story.person(play, post="副厂长")
        del answers["person_action"], answers["id_no"]
        case.complete("revise", as_="expl_enterprise", **answers)
    case.complete("approve", as_="expl_province", decision="approve")
    held = story.record(play, "expl_person", case.variables["person_no"])
    assert (held["status"], held["post"]) == ("approved", "副厂长")


def test_an_approved_person_who_is_edited_needs_a_new_approval_and_the_old_stays_visible(
    play: Play,
) -> None:
    """E-40."""
    number = story.approved(play)
    case = story.edited(play, number, post="总经理")
    held = story.record(play, "expl_person", number)
    assert (held["status"], held["post"]) == ("pending_reapproval", "总经理")
    assert held["approved"]["post"] == "安全科科长"
    case.complete("approve", as_="expl_province", decision="approve")
    held = story.record(play, "expl_person", number)
    assert (held["status"], held["approved"]["post"]) == ("approved", "总经理")


def test_birth_date_and_sex_are_not_taken_from_the_number_but_the_difference_must_be_ticked(
    play: Play,
) -> None:
    """E-38."""
    case = story.entered(play, birth_date="1981-02-03")
    with pytest.raises(BanliError):
        case.complete("approve", as_="expl_province", decision="approve")
    case.complete("approve", as_="expl_province", decision="approve", identity_checked=True)
    held = story.record(play, "expl_person", case.variables["person_no"])
    assert (str(held["birth_date"]), held["identity_checked"]) == ("1981-02-03", True)


def test_the_province_sees_what_an_edit_changes(play: Play) -> None:
    """E-40: compared with what was approved last, also after a rejection."""
    number = story.approved(play)
    case = story.edited(play, number, post="总经理", qualification_kind="principal")
    case.complete("approve", as_="expl_province", decision="reject", reason="职务不符")
    answers = story.person(play, post="副总经理")
    del answers["person_action"], answers["id_no"]
    case.complete("revise", as_="expl_enterprise", **answers)
    (task,) = case.tasks
    by = play.user("expl_province")
    view = play.run(lambda session: worklist.view(session, task.id, by=by))
    assert view.form is not None
    sections = display.layout(view.form, {}, context=view.variables, rights=display.Rights())
    (told,) = [field for one in sections for field in one.fields if field.name == "changes"]
    assert [[cell.text for cell in row.cells] for row in told.rows] == [
        ["职务", "安全科科长", "副总经理"]
    ]


def test_a_number_registered_already_is_refused_with_the_reason(play: Play) -> None:
    """E-69: one record for each person."""
    story.approved(play)
    case = story.entered(play)
    assert case.ended == "refused"
    assert case.variables["check"]["reason"] == "该身份证号码已登记"


def test_a_unit_whose_data_are_incomplete_enters_nobody(play: Play) -> None:
    """E-29: unit data before everything else."""
    with pytest.raises(Forbidden, match="请先完善单位信息"):
        story.entered(play, as_="expl_enterprise_js", id_no="320302198001010017")


def test_another_unit_does_not_edit_the_person(play: Play) -> None:
    """E-08: enterprises maintain their own people."""
    number = story.approved(play)
    case = story.edited(play, number, as_="expl_group")
    assert case.variables["check"]["reason"] == "该人员不属于本单位"


def test_the_province_annuls_logically_and_the_unit_is_told(play: Play) -> None:
    """E-42, E-92."""
    number = story.approved(play)
    case = annulled(play, number, as_="expl_province")
    held = story.record(play, "expl_person", number)
    assert (case.ended, held["status"], held["annul_reason"]) == (
        "annulled",
        "annulled",
        "离开本行业",
    )


def annulled(play: Play, number: str, *, as_: str) -> PlayedCase:
    """Somebody annuls a person."""
    answers = {"province_person": number, "annul_reason": "离开本行业"}
    return play.apply(story.PERSON, as_=as_, person_action="annul", **answers)


@pytest.mark.parametrize(
    "who", ["expl_enterprise", "expl_group", "expl_province_js", "expl_association"]
)
def test_nobody_but_the_province_of_the_unit_annuls_a_person(play: Play, who: str) -> None:
    """E-41, E-42: groups and enterprises never delete people."""
    number = story.approved(play)
    with pytest.raises(BanliError):
        annulled(play, number, as_=who)
    assert story.record(play, "expl_person", number)["status"] == "approved"


def test_people_of_an_academy_are_kept_by_the_association_without_approval(play: Play) -> None:
    """E-99: 院校人员管理（添加、修改、注销）."""
    number = story.academy_person(play)
    held = story.record(play, "expl_person", number)
    assert (held["status"], held["unit_kind"], held["province_org"]) == (
        "approved", "expl_academy", "EASSOC01",
    )  # fmt: skip
    answers = story.person(play, name="院校人员", post="副教授", academy="EA110001")
    del answers["id_no"]
    answers |= {"person_action": "edit", "province_person": number}
    case = play.apply(story.PERSON, as_="expl_association", **answers)
    assert (case.ended, story.record(play, "expl_person", number)["post"]) == (
        "registered", "副教授",
    )  # fmt: skip
    annulled(play, number, as_="expl_association")
    assert story.record(play, "expl_person", number)["status"] == "annulled"


def test_the_province_is_reminded_after_five_working_days(play: Play) -> None:
    """E-10."""
    case = story.entered(play)
    case.passes(working_days=6)
    told = play.run(lambda session: notices.box(session, play.user("expl_province")))
    assert [one.title for one in told] == ["人员审批催办"]
    assert case.waits_for == {"approve"}
