"""报名与确认: who enrols whom for which class, and which province confirms."""

import pytest

from bpmn.explosives import story
from engine.errors import BanliError
from forms import display
from processes.casework import overview
from processes.play import Play, PlayedCase


def lines(case: object) -> list[tuple[str, str]]:
    return [(line["result"], line["message"]) for line in case.variables["lines"]]  # type: ignore[attr-defined]


def test_the_enterprise_enrols_and_the_province_of_the_person_confirms(play: Play) -> None:
    """E-09, E-10, E-50, E-51, E-57, E-98."""
    one = story.approved(play)
    case = story.opened(play)
    filed = story.enrolled(play, case.variables["class_no"], one)
    assert (filed.waits_for, lines(filed)) == ({"confirm"}, [("submitted", "待省级主管部门确认")])
    story.confirmed(filed)
    assert (filed.ended, story.told(play, "expl_enterprise")[0]) == ("done", "报名结果")
    assert [row["status"] for row in story.records(play, "expl_enrolment")] == ["confirmed"]


def test_the_province_rejects_with_a_reason_that_the_enterprise_reads(play: Play) -> None:
    """E-25, E-51."""
    one = story.approved(play)
    filed = story.enrolled(play, story.opened(play).variables["class_no"], one)
    with pytest.raises(BanliError):
        story.confirmed(filed, decision="reject")
    story.confirmed(filed, decision="reject", reason="岗位不符")
    (held,) = story.records(play, "expl_enrolment")
    assert (held["status"], held["reject_reason"]) == ("rejected", "岗位不符")


def test_a_group_enrols_the_people_of_its_members(play: Play) -> None:
    """E-56."""
    one = story.approved(play)
    filed = story.enrolled(play, story.opened(play).variables["class_no"], one, as_="expl_group")
    assert [row["enrolled_by"] for row in story.records(play, "expl_enrolment")] == ["EG370001"]
    assert filed.waits_for == {"confirm"}


def test_an_enterprise_is_not_offered_the_people_of_others(play: Play) -> None:
    """E-96, E-98: nor those of the group above it."""
    one = story.approved(play, id_no="370102198001010015", name="集团安全员", as_="expl_group")
    number = story.opened(play).variables["class_no"]
    for login in ("expl_enterprise", "expl_enterprise_js"):
        with pytest.raises(BanliError):
            story.enrolled(play, number, one, as_=login)


@pytest.mark.parametrize("kind", ["obtain", "renew", "retrain"])
def test_the_province_confirms_each_of_the_three_kinds(play: Play, kind: str) -> None:
    """E-57."""
    one = story.approved(play)
    if kind != "obtain":
        expires = "2026-09-30" if kind == "renew" else "2028-05-31"
        story.holding(play, one, obtained_on="2025-06-01", expires_on=expires)
    filed = story.enrolled(play, story.opened(play, kind).variables["class_no"], one)
    assert filed.waits_for == {"confirm"}


def test_a_class_in_another_province_is_confirmed_by_the_province_of_the_unit(play: Play) -> None:
    """E-61: 跨省参加培训."""
    one = story.approved(play)
    story.holding(play, one, expires_on="2026-09-30")
    case = story.opened(play, "renew", as_="expl_province")
    own = story.enrolled(play, case.variables["class_no"], one)
    story.confirmed(own, decision="reject", reason="改报外省")
    plan = story.planned(play, "renew", as_="expl_province_js")
    elsewhere = play.apply(
        story.CLASS,
        as_="expl_province_js",
        plan_no=plan.variables["plan_no"],
        title="江苏换证培训班",
        place="徐州市",
        enrol_to="2026-03-16",
        start="2026-03-20",
        end="2026-03-22",
        hours=16,
        contact="培训部",
    )
    filed = story.enrolled(play, elsewhere.variables["class_no"], one)
    (line,) = filed.variables["lines"]
    assert (line["confirm_org"], line["note"]) == ("EP370000", "跨省参加；")
    with pytest.raises(BanliError):
        story.confirmed(filed, as_="expl_province_js")
    story.confirmed(filed)
    assert filed.ended == "done"


@pytest.mark.parametrize("who", ["expl_institution", "expl_association"])
def test_people_of_an_academy_are_enrolled_without_confirmation(play: Play, who: str) -> None:
    """E-62, E-63: by the institution, or all together by the association."""
    first = story.academy_person(play)
    second = story.academy_person(play, name="院校另一人", id_no="110101198001010037")
    filed = story.enrolled(play, story.opened(play).variables["class_no"], first, second, as_=who)
    assert filed.ended == "done"
    assert lines(filed) == [("confirmed", "报名成功，无需确认")] * 2


def test_an_institution_is_not_offered_people_of_enterprises(play: Play) -> None:
    """E-62."""
    one = story.approved(play)
    number = story.opened(play).variables["class_no"]
    for login in ("expl_institution", "expl_association"):
        with pytest.raises(BanliError):
            story.enrolled(play, number, one, as_=login)


@pytest.mark.parametrize(
    ("kind", "certificate", "reason"),
    [
        ("renew", None, "没有有效证书，应报取证培训班"),
        ("retrain", None, "没有有效证书，应报取证培训班"),
        ("obtain", "2026-09-30", "证书在计算日期当日或以前到期，应报换证培训班"),
        ("retrain", "2027-02-28", "证书在计算日期当日或以前到期，应报换证培训班"),
        ("renew", "2027-03-02", "证书在计算日期后到期，应报再培训班"),
        ("obtain", "2027-03-02", "证书在计算日期后到期，应报再培训班"),
        ("obtain", "2026-03-01", "证书已过期，须由国家主管部门注销后重新取证"),
        ("renew", "2026-03-01", "证书已过期，须由国家主管部门注销后重新取证"),
    ],
)
def test_the_rule_decides_which_class_and_says_why_not_the_other(
    play: Play, kind: str, certificate: str | None, reason: str
) -> None:
    """E-44 至 E-46, E-71 至 E-73, E-76; today is 2026-03-02, the reference 2027-03-01."""
    one = story.approved(play)
    if certificate:
        story.holding(play, one, obtained_on="2024-01-01", expires_on=certificate)
    filed = story.enrolled(play, story.opened(play, kind).variables["class_no"], one)
    assert (lines(filed), filed.ended) == ([("refused", reason)], "done")
    assert story.records(play, "expl_enrolment") == []


def test_nobody_is_retrained_in_the_year_of_the_first_certificate(play: Play) -> None:
    """E-74."""
    one = story.approved(play)
    story.holding(play, one, obtained_on="2026-01-15", expires_on="2029-01-14")
    filed = story.enrolled(play, story.opened(play, "retrain").variables["class_no"], one)
    assert lines(filed) == [("refused", "当年已取证或已培训，今年不必参加")]


def test_a_certificate_that_ends_on_the_reference_day_is_renewed_and_the_province_told(
    play: Play,
) -> None:
    """E-71, E-72: the boundary day."""
    one = story.approved(play)
    story.holding(play, one, obtained_on="2024-03-02", expires_on="2027-03-01")
    filed = story.enrolled(play, story.opened(play, "renew").variables["class_no"], one)
    (line,) = filed.variables["lines"]
    assert (line["result"], line["note"]) == ("submitted", "证书当日到期")


def test_who_cannot_be_enrolled_is_told_at_once_while_the_others_wait_to_be_confirmed(
    play: Play,
) -> None:
    """E-44, E-73: the enterprise can still enrol him for the right class."""
    one = story.approved(play)
    other = story.approved(play, name="另一人", id_no="370902198001010035")
    story.holding(play, other, obtained_on="2025-06-01", expires_on="2028-05-31")
    filed = story.enrolled(play, story.opened(play).variables["class_no"], one, other)
    assert filed.waits_for == {"confirm"}
    assert story.told(play, "expl_enterprise")[0] == "部分人员不能报名"
    story.confirmed(filed)
    assert story.told(play, "expl_enterprise")[0] == "报名结果"


def test_no_enrolment_while_a_changed_person_waits_for_approval(play: Play) -> None:
    """E-40: not even offered."""
    one = story.approved(play)
    story.edited(play, one, post="总经理")
    with pytest.raises(BanliError):
        story.enrolled(play, story.opened(play).variables["class_no"], one)


def test_a_full_class_has_a_waiting_list_and_a_closed_class_refuses(play: Play) -> None:
    """E-50; each line of a list has its own result, nobody is enrolled twice."""
    one = story.approved(play)
    other = story.approved(play, name="另一人", id_no="370902198001010035")
    case = story.opened(play, quota=1)
    number = case.variables["class_no"]
    filed = story.enrolled(play, number, one, other)
    assert lines(filed) == [
        ("submitted", "待省级主管部门确认"),
        ("waiting", "名额已满，列为候补第 1 位"),
    ]
    for again in (one, other):
        assert lines(story.enrolled(play, number, again)) == [("refused", "已报名本培训班")]
    case.complete("manage_enrolment", as_="expl_association", class_action="close")
    with pytest.raises(BanliError):
        story.enrolled(play, number, other)


def test_a_late_province_is_urged(play: Play) -> None:
    """E-51: after three working days."""
    one = story.approved(play)
    filed = story.enrolled(play, story.opened(play).variables["class_no"], one)
    filed.passes(working_days=3)
    assert (filed.waits_for, story.told(play, "expl_province")[0]) == ({"confirm"}, "报名确认催办")


def test_whoever_reads_the_case_sees_whom_it_enrols(play: Play) -> None:
    """E-98: which people a form asks for depends on who files; it is shown as it was filed."""
    one = story.approved(play)
    filed = story.enrolled(play, story.opened(play).variables["class_no"], one)
    form, variables = play.run(lambda session: overview.application(session, filed.id))
    shown = [
        field.name
        for section in display.layout(form, {}, context=variables)
        for field in section.fields
        if section.visible and field.visible
    ]
    assert "own_people" in shown
    assert {"academy_people", "province_people"}.isdisjoint(shown)


def standing(case: PlayedCase) -> tuple[str, str, str]:
    return case.row.title, case.row.status, case.row.outcome


def test_an_enrolment_by_which_nobody_gets_in_says_so(play: Play) -> None:
    """E-51: one confirmed is enough; a waiting list on which nobody moved up is none."""
    one = story.approved(play)
    other = story.approved(play, name="另一人", id_no="370902198001010035")
    case = story.opened(play, quota=1)
    number = case.variables["class_no"]
    first, late = story.enrolled(play, number, one), story.enrolled(play, number, other)
    story.confirmed(first)
    again = story.enrolled(play, number, one)
    story.checked_in(case)
    title = case.variables["title"]
    assert standing(first) == (f"报名：安全员，{title}", "completed", "completed")
    assert standing(again) == (f"报名：安全员，{title}", "completed", "declined")
    assert standing(late) == (f"报名：另一人，{title}", "completed", "declined")


def test_an_enrolment_that_was_taken_back_says_so(play: Play) -> None:
    """E-50."""
    one = story.approved(play)
    filed = story.enrolled(play, story.opened(play).variables["class_no"], one)
    (line,) = filed.variables["lines"]
    number = line["enrolment_no"]
    play.apply("expl_enrolment_withdrawal", as_="expl_enterprise", enrolment_no=number)
    assert standing(filed)[1:] == ("withdrawn", "declined")


def test_an_enrolment_that_is_refused_at_once_says_why_on_its_page(play: Play) -> None:
    """E-50: to whoever filed it, who need not look for the message."""
    one = story.approved(play)
    number = story.opened(play).variables["class_no"]
    story.enrolled(play, number, one)
    again = story.enrolled(play, number, one)
    assert (again.row.outcome, again.row.step) == ("declined", "安全员，已报名本培训班")
