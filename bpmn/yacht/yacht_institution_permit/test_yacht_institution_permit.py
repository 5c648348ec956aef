"""培训机构许可: permits by headquarters, projects, staff by the agency, reminders, the end.

Requirements Y-43, Y-44, Y-45, Y-67, Y-71, Y-80.
"""

from typing import Any

import pytest

from bpmn.beginnings import once
from bpmn.yacht import story
from engine.errors import NotFound
from forms.definition import FormInvalid
from processes import registers
from processes.casefile import notices
from processes.casework import cases, sources
from processes.deployed import offers
from processes.play import Play, PlayedCase

STAFF = {
    "name": "新教员",
    "id_type": "resident_id",
    "id_no": "320102198808080082",
    "phone": "13900000099",
    "staff_kind": "teacher",
    "courses": ["YT01", "YT04"],
}


@once
def requested(play: Play, **changes: Any) -> PlayedCase:
    answers = {
        "permit_action": "grant",
        "institution": "YT320001",
        "msa_org": "320002",
        "permit_no": "苏地海培许字001号",
        "issued_on": "2026-03-01",
        "expires_on": "2027-02-28",
        **changes,
    }
    return play.apply("yacht_institution_permit", as_="hq_admin", **answers)


def moved(play: Play, action: str, permit: str = "苏地海培许字001号") -> PlayedCase:
    told = {"permit_action": action, "held_permit": permit, "reason": "检查"}
    return play.apply("yacht_institution_permit", as_="hq_admin", **told)


@once
def granted(play: Play) -> PlayedCase:
    case = requested(play)
    project = {"project": "yacht_operator", "licence_classes": ["B1E", "B2E"]}
    case.complete("add_project", as_="hq_admin", **project, valid_to="2027-02-28")
    case.complete("maintain_staff", as_="local_admin", new_staff=[STAFF])
    return case


def permit(play: Play) -> dict[str, Any]:
    return story.record(play, "institution_permit", "苏地海培许字001号")


def test_headquarters_adds_permit_and_project_and_the_agency_its_staff(play: Play) -> None:
    """Y-43, Y-44, Y-45, Y-67, Y-71, Y-80."""
    case = granted(play)
    held = permit(play)
    assert (held["status"], held["project"], held["licence_classes"]) == (
        "active",
        "yacht_operator",
        ["B1E", "B2E"],
    )
    found = play.run(
        lambda s: registers.find(s, "institution_staff", where={"institution": "YT320001"})
    )
    assert [(one.values["msa_org"], one.values["courses"]) for one in found] == [
        ("320002", ["YT01", "YT04"])
    ]
    assert case.ended is None


def test_the_administrator_sees_the_matters_that_he_filed_and_no_others(play: Play) -> None:
    """Y-43: the page of the case follows what he filed; his role sees no case by itself."""
    mine, other = requested(play), story.applied(play)
    by = play.user("hq_admin")
    assert play.run(lambda session: cases.get(session, mine.id, by=by).id) == mine.id
    with pytest.raises(NotFound):
        play.run(lambda session: cases.get(session, other.id, by=by))


def test_one_agency_has_one_valid_permit_for_one_institution(play: Play) -> None:
    """Y-43."""
    granted(play)
    case = requested(play, permit_no="苏地海培许字002号")
    assert (case.ended, case.variables["problem"]) == (
        "refused",
        "该海事机构对该培训机构已有有效许可",
    )


def test_the_agency_is_reminded_and_the_permit_ends_with_its_day(play: Play) -> None:
    """Y-43."""
    case = granted(play)
    assert case.row.step == "许可有效期至 2027-02-28"
    case.passes(days=365)
    told = play.run(lambda s: notices.box(s, play.user("local_admin")))
    assert [one.title for one in told].count("培训许可即将到期") == 2
    assert (case.ended, permit(play)["status"]) == ("permit_expired", "expired")
    assert (case.status, case.row.outcome) == ("completed", "permit_expired")


def test_a_permit_is_suspended_resumed_and_withdrawn(play: Play) -> None:
    """Y-43."""
    first = granted(play)
    for action, status in (
        ("suspend", "suspended"),
        ("resume", "active"),
        ("withdraw", "withdrawn"),
    ):
        case = moved(play, action)
        assert (case.ended, permit(play)["status"]) == ("maintained", status)
    assert first.ended == "permit_withdrawn"


def refusal(case: PlayedCase) -> tuple[str | None, str]:
    """Why a matter was not carried out; it is on the page of the case."""
    assert case.row.outcome == "declined"
    return case.ended, case.variables["case_reason"]


def test_what_the_state_of_the_permit_forbids_is_told_and_changes_nothing(play: Play) -> None:
    """Y-43."""
    granted(play)
    assert refusal(moved(play, "resume")) == (
        "refused",
        "该许可现为『有效』，不能恢复",
    )
    moved(play, "suspend")
    assert refusal(moved(play, "suspend")) == (
        "refused",
        "该许可现为『暂停』，不能暂停",
    )
    assert permit(play)["status"] == "suspended"
    assert "许可事项未办理" in story.told(play, "hq_admin")


def test_the_permit_is_chosen_among_those_that_can_still_be_changed(play: Play) -> None:
    """Y-43: 许可从辖区内有效、暂停的中选，不必填编号."""
    granted(play)
    held = {"苏地海培许字001号", "鲁海事培许字001号"}

    def offered(login: str) -> set[str]:
        by = play.user(login)
        source = play.run(lambda session: sources.lookups(session, by).sources["yacht_permits"])
        return {one.value for one in source.search("", {})}

    assert offered("hq_admin") == held
    assert offered("local_admin") == {"苏地海培许字001号"}
    assert offered("branch_admin") == set()
    moved(play, "withdraw")
    assert offered("hq_admin") == held - {"苏地海培许字001号"}
    with pytest.raises(FormInvalid) as refused:
        moved(play, "resume")
    assert list(refused.value.errors) == ["held_permit"]


def test_only_headquarters_begin_a_matter_of_a_permit(play: Play) -> None:
    """Y-43: 许可由部局维护；地方局、直属局、分支局的系统管理员只维护本局的机构人员."""

    def begun(login: str) -> bool:
        by = play.user(login)
        return play.run(lambda s: offers.may_start(s, "yacht_institution_permit", by=by))

    logins = ("hq_admin", "admin", "local_admin", "branch_admin")
    assert [begun(one) for one in logins] == [True, False, False, False]


def test_a_number_is_given_once_and_a_second_permit_keeps_the_first_from_being_resumed(
    play: Play,
) -> None:
    """Y-43."""
    granted(play)
    moved(play, "suspend")
    assert refusal(requested(play)) == ("refused", "许可证编号已登记")
    second = requested(play, permit_no="苏地海培许字002号")
    assert second.waits_for == {"add_project"}
    assert refusal(moved(play, "resume")) == (
        "refused",
        "该海事机构对该培训机构已有有效许可",
    )


def test_a_permit_that_is_over_or_outlived_by_its_project_is_refused(play: Play) -> None:
    """Y-43, Y-44."""
    with pytest.raises(FormInvalid) as late:
        requested(play, issued_on="2024-03-01", expires_on="2026-02-28")
    assert list(late.value.errors) == ["expires_on"]
    case = requested(play)
    with pytest.raises(FormInvalid) as long:
        case.complete(
            "add_project",
            as_="hq_admin",
            project="yacht_operator",
            licence_classes=["B1E"],
            valid_to="2027-03-01",
        )
    assert list(long.value.errors) == ["valid_to"]


def test_a_person_whom_the_agency_has_already_is_not_entered_twice(play: Play) -> None:
    """Y-67, Y-80."""
    granted(play)
    moved(play, "withdraw")
    case = requested(play, permit_no="苏地海培许字002号")
    project = {"project": "yacht_operator", "licence_classes": ["B1E"], "valid_to": "2027-02-28"}
    case.complete("add_project", as_="hq_admin", **project)
    with pytest.raises(FormInvalid) as refused:
        case.complete("maintain_staff", as_="local_admin", new_staff=[STAFF, STAFF])
    assert refused.value.errors == {"new_staff.1.id_no": ["与第 1 行重复"]}
    other = {**STAFF, "name": "另一教员", "id_no": "37020219890909009X"}
    case.complete("maintain_staff", as_="local_admin", new_staff=[STAFF, other])
    assert (case.variables["staff_count"], case.row.step) == (1, "许可有效期至 2027-02-28")
    found = play.run(
        lambda s: registers.find(s, "institution_staff", where={"institution": "YT320001"})
    )
    assert sorted(one.values["name"] for one in found) == sorted(["另一教员", "新教员"])


def test_a_permit_that_no_case_watches_is_withdrawn_without_a_message(play: Play) -> None:
    """Y-43: a message that nobody takes would be an incident after 30 days."""
    held = "鲁海事培许字001号"
    case = moved(play, "withdraw", held)
    assert (case.ended, case.messages) == ("maintained", [])
    assert story.record(play, "institution_permit", held)["status"] == "withdrawn"


def test_without_a_permit_no_class_is_accepted_without_the_finding(play: Play) -> None:
    """Y-43, Y-44."""
    for one in play.run(lambda s: registers.find(s, "institution_permit")):
        moved(play, "withdraw", one.key)
    case = story.filed(play)
    assert "没有覆盖培训期的有效许可" in case.variables["findings_text"]
