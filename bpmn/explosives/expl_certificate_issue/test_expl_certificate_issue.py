"""证书打印与审批: numbers, printing and approval in either order, what comes of a refusal."""

import re
from itertools import permutations

import pytest

from bpmn.explosives import story
from forms.definition import FormInvalid
from processes import registers
from processes.desk import worklist
from processes.play import Play


@pytest.mark.parametrize("order", list(permutations(["printed", "approved"])))
def test_printing_and_approval_come_in_either_order(play: Play, order: tuple[str, str]) -> None:
    """E-59, E-60: valid only after both, and the days of both are kept."""
    case, person_no = story.certified(play)
    steps = {"printed": story.printed, "approved": story.approved_certificates}
    steps[order[0]](case)
    (certificate,) = story.records(play, "expl_certificate", person_no=person_no)
    assert (certificate["status"], len(case.waits_for)) == ("pending", 1)
    case.passes(days=1)
    steps[order[1]](case)
    (certificate,) = story.records(play, "expl_certificate", person_no=person_no)
    days = [str(certificate[f"{step}_on"]) for step in order]
    assert (certificate["status"], days, case.ended) == (
        "valid", ["2026-03-17", "2026-03-18"], "completed",
    )  # fmt: skip


def test_no_certificate_bears_a_date_to_come(play: Play) -> None:
    """E-22, E-60: a class planned till the 26th whose scores were confirmed on the 17th."""
    case, person_no = story.certified(play)
    assert str(case.variables["end"]) == "2026-03-26"
    (certificate,) = story.records(play, "expl_certificate", person_no=person_no)
    assert [str(certificate[name]) for name in ("obtained_on", "issued_on", "expires_on")] == [
        "2026-03-17", "2026-03-17", "2029-03-16",
    ]  # fmt: skip


def test_the_number_has_fourteen_digits_and_none_comes_twice(play: Play) -> None:
    """E-43: year, province, kind, sequence."""
    one = story.approved(play)
    other = story.approved(
        play, name="另一人", id_no="370902198001010035", qualification_kind="principal"
    )
    third = story.approved(play, name="第三人", id_no="370902198001010051")
    case = story.opened(play)
    story.confirmed(story.enrolled(play, case.variables["class_no"], one, other, third))
    story.checked_in(case)
    story.scored(case)
    story.confirmed_scores(case)
    numbers = {
        row["name"]: row["certificate_no"] for row in story.records(play, "expl_certificate")
    }
    assert numbers == {
        "安全员": "20263702000001", "另一人": "20263701000001", "第三人": "20263702000002",
    }  # fmt: skip
    assert all(re.fullmatch(r"\d{11}|\d{14}", number) for number in numbers.values())


def test_a_number_that_is_taken_is_passed_over(play: Play) -> None:
    """E-43: unique over all statuses."""
    holder = story.approved(play, name="持证人", id_no="370902198001010035")
    story.holding(play, holder, certificate_no="20263702000001", expires_on="2029-01-01")
    _case, person_no = story.certified(play)
    (certificate,) = story.records(play, "expl_certificate", person_no=person_no)
    assert certificate["certificate_no"] == "20263702000002"


def test_a_renewal_gives_a_new_certificate_with_the_old_number_for_three_more_years(
    play: Play,
) -> None:
    """E-46, E-72: the old one is void."""
    one = story.approved(play)
    old = story.holding(play, one, expires_on="2026-09-30")
    case = story.opened(play, "renew")
    story.confirmed(story.enrolled(play, case.variables["class_no"], one))
    story.checked_in(case)
    story.scored(case)
    story.confirmed_scores(case)
    story.approved_certificates(case)
    assert story.record(play, "expl_certificate", old)["status"] == "valid"
    story.printed(case)
    assert story.record(play, "expl_certificate", old)["status"] == "void"
    (new,) = [row for row in story.records(play, "expl_certificate") if row["key"] != old]
    assert (new["certificate_no"], str(new["expires_on"]), new["status"]) == (
        "20230370010001", "2029-09-30", "valid",
    )  # fmt: skip


def test_the_ministry_refuses_and_the_printed_certificate_is_called_back(play: Play) -> None:
    """E-55, E-83, E-84: void, everybody told."""
    case, person_no = story.certified(play)
    story.printed(case)
    story.approved_certificates(case, "reject", reason="材料与本人不符")
    (certificate,) = story.records(play, "expl_certificate", person_no=person_no)
    assert (certificate["status"], certificate["end_reason"]) == (
        "void", "审批未通过：材料与本人不符",
    )  # fmt: skip
    for login in ("expl_association", "expl_enterprise"):
        assert "证书审批未通过" in story.told(play, login)


def test_a_misprint_is_printed_again_with_its_reason(play: Play) -> None:
    """E-59."""
    case, person_no = story.certified(play)
    story.printed(case, "misprint", misprint_reason="纸张破损")
    assert "print" in case.waits_for
    story.printed(case)
    story.approved_certificates(case)
    (certificate,) = story.records(play, "expl_certificate", person_no=person_no)
    assert (certificate["print_count"], certificate["status"]) == (2, "valid")


def test_only_what_was_misprinted_counts_as_printed_twice(play: Play) -> None:
    """E-59."""
    people = [story.approved(play), story.approved(play, name="另一人", id_no="370902198001010035")]
    case = story.opened(play)
    story.confirmed(story.enrolled(play, case.variables["class_no"], *people))
    story.checked_in(case)
    story.scored(case)
    story.confirmed_scores(case)
    story.approved_certificates(case)
    rows = [{"result": "printed"}, {"result": "misprint", "misprint_reason": "卡纸"}]
    case.complete("print", as_="expl_association", printed_rows=rows)
    story.printed(case)
    held = story.records(play, "expl_certificate")
    assert [one["print_count"] for one in held] == [1, 2]


def test_scores_and_certificate_are_found_with_the_enrolment(play: Play) -> None:
    """E-11: 成绩、证件在线管理."""
    case, person_no = story.certified(play)
    story.printed(case)
    story.approved_certificates(case)
    (held,) = story.records(play, "expl_enrolment", person_no=person_no)
    assert (held["theory"], held["certificate_no"]) == (85, "20263702000001")


def without_photo(play: Play, *people: str) -> None:
    """As people registered long ago may be."""
    trace = registers.Trace(by="test", reason="早年登记")
    for one in people:
        play.run(
            lambda session, one=one: (
                registers.update(session, "expl_person", one, {"photo": None}, trace=trace) and None
            )
        )


def test_the_photo_of_one_is_not_offered_for_the_next_whose_photo_is_missing(play: Play) -> None:
    """E-54: each is asked for with an empty field."""
    people = [story.approved(play), story.approved(play, name="另一人", id_no="370902198001010035")]
    without_photo(play, *people)
    case = story.opened(play)
    story.confirmed(story.enrolled(play, case.variables["class_no"], *people))
    story.checked_in(case)
    story.scored(case)
    story.confirmed_scores(case)
    case.complete("add_content", as_="expl_association", new_photo=story.photo(play))
    (task,) = case.tasks
    by = play.user("expl_association")
    seen = play.run(lambda session: worklist.view(session, task.id, by=by)).variables
    assert (seen["person"]["name"], seen["new_photo"]) == ("另一人", None)
    with pytest.raises(FormInvalid):
        case.complete("add_content", as_="expl_association")


def test_a_photo_that_is_missing_is_added_by_the_association_and_the_certificate_is_made(
    play: Play,
) -> None:
    """E-54: no retry finds it; the clerk is told whose and what, and the others follow."""
    bare = story.approved(play)
    other = story.approved(play, name="另一人", id_no="370902198001010035")
    without_photo(play, bare)
    case = story.opened(play)
    story.confirmed(story.enrolled(play, case.variables["class_no"], bare, other))
    story.checked_in(case)
    story.scored(case)
    story.confirmed_scores(case)
    assert case.waits_for == {"add_content"}
    (task,) = case.tasks
    by = play.user("expl_association")
    seen = play.run(lambda session: worklist.view(session, task.id, by=by)).variables
    assert seen["content_problem"] == "《安全资格证书》（安全员）不能制发：证件缺少照片"
    with pytest.raises(FormInvalid):
        case.complete("add_content", as_="expl_association")
    case.complete("add_content", as_="expl_association", new_photo=story.photo(play))
    assert case.waits_for == {"print", "approve"}
    assert story.record(play, "expl_person", bare)["photo"]["file"]
    assert len(story.records(play, "expl_certificate")) == 2
