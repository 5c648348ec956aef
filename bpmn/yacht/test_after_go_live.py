"""After go-live: one system for all, looking things up, change requests, dictionaries by hand.

Requirements Y-02, Y-07, Y-12, Y-19, Y-57, Y-58, Y-81, Y-82, Y-84, Y-85, Y-90, Y-91, Y-92, Y-93,
Y-96.
"""

from typing import Any

import pytest
from sqlalchemy.orm import Session

from bpmn.yacht import story
from forms.lookups import Option
from processes import registers
from processes.casework import cases, sources
from processes.casework.applications import services
from processes.deployed import offers
from processes.desk import inbox
from processes.documents import documents
from processes.domains import domains
from processes.ledgers import maintenance, record_lists
from processes.ledgers.record_lists import Asked
from processes.modelling import deployment
from processes.play import Play, PlayedCase


def found(play: Play, as_: str, text: str) -> list[str]:
    who = play.user(as_)
    rows = play.run(lambda session: cases.search(session, by=who, text=text))
    return [row.process_key for row in rows]


def test_work_orders_of_every_kind_are_found_by_number_and_name(play: Play) -> None:
    """Y-90: 工作单查询."""
    licence = story.applied(play)
    plan = story.filed(play)
    assert found(play, "acceptor", licence.row.reference) == ["yacht_licence_issue"]
    assert found(play, "acceptor", "申请人") == ["yacht_licence_issue"]
    assert found(play, "plan_acceptor", plan.row.reference) == ["yacht_training_plan_filing"]
    assert found(play, "local_admin", licence.row.reference) == []


def test_the_to_do_list_has_yacht_business_by_role_and_agency(play: Play) -> None:
    """Y-91: 待办业务功能."""
    story.applied(play)
    story.filed(play)
    story.enrolled(play)
    for login, title in (
        ("acceptor", "游艇驾驶证"),
        ("plan_acceptor", "培训计划报备"),
        ("arranger", "考试"),
    ):
        page = play.run(lambda s, login=login: inbox.page(s, play.user(login)))
        assert len(page.rows) == 1
        assert title in page.rows[0].title
    other = play.run(lambda s: inbox.page(s, play.user("local_admin")))
    assert not list(other.rows)


def test_the_boxes_offer_the_processes_that_cases_are_of(play: Play) -> None:
    """Y-91: what is only ever called, such as 受理与补正, would find nothing."""
    begun = {one.key for one in play.run(lambda s: offers.begun(s, play.user("acceptor")))}
    called = {key for keys in play.run(deployment.calls).values() for key in keys}
    assert {"yacht_licence_issue", "yacht_training_plan_filing", "common_person_merge"} <= begun
    assert {"common_acceptance", "common_notify", "yacht_licence_card"} <= called - begun


def test_a_case_is_urged_and_its_letters_can_be_printed(play: Play) -> None:
    """Y-92, Y-93: 业务催办, 许可文书打印."""
    case = story.applied(play)
    story.accept(case)
    case.passes(working_days=2)
    case.receives("urge", urge_text="请尽快审核")
    assert case.variables["urge_count"] == 1
    letters = play.run(lambda s: documents.issued(s, case.id))
    assert {"letter_acceptance", "letter_urge"} <= {one.template for one in letters}


def test_licences_are_looked_up_by_holder_class_officer_and_origin(play: Play) -> None:
    """Y-12, Y-96: 游艇驾驶证查询和管理."""
    number = story.held(play, signing_officer="审批人")
    for where in (
        {"holder_name": "申请人"},
        {"licence_class": "A1E"},
        {"signing_officer": "审批人"},
        {"origin": "normal"},
    ):
        rows = play.run(lambda s, where=where: registers.find(s, "yacht_licence", where=where))
        assert [one.key for one in rows] == [number]
    assert play.run(lambda s: registers.log(s, "yacht_licence", number))


def test_the_agency_of_a_running_application_sees_the_applicant(play: Play) -> None:
    """Y-12, Y-94: he is registered by the case; other agencies have nothing to do with him."""

    def seen(login: str) -> list[str]:
        by, asked = play.user(login), Asked(words="换证人")
        page = play.run(lambda s: record_lists.page(s, "yacht_persons", by=by, asked=asked))
        return [one.row.data["name"] for one in page.rows]

    case = story.applied(play, as_="acceptor", name="换证人", id_no="370202199003070038")
    assert seen("acceptor") == []
    story.accept(case)
    assert seen("acceptor") == seen("manager") == ["换证人"]


def test_each_applicant_has_exactly_the_services_of_its_kind(play: Play) -> None:
    """Y-02, Y-07: institutions, clubs, persons."""

    def offered(login: str) -> set[str]:
        who = play.user(login)
        return {one.definition.key for one in play.run(lambda s: services(s, who))}

    assert {"yacht_training_plan_filing", "yacht_exam"} <= offered("institution_clerk")
    assert "yacht_licence_issue" in offered("applicant")
    assert "yacht_training_plan_filing" not in offered("applicant")
    assert "yacht_licence_issue" in offered("unit_clerk")


def test_who_keeps_which_dictionary_is_data(play: Play) -> None:
    """Y-57, Y-58: the maintainer keeps sites, rooms, examiners, assessors and nothing else."""
    by = play.user("dictionary_maintainer")
    assert set(maintenance.offered(by)) == {"examiner", "assessor", "exam_site", "exam_room"}
    kept = {
        name for name, one in domains.current().maintained.items() if "system_admin" in one.roles
    }
    assert {"mailing_address", "institution_staff", "course", "examiner"} <= kept


def reported(play: Play, kind: str) -> PlayedCase:
    return play.apply(
        "common_support_ticket",
        as_="business_info",
        ticket_kind=kind,
        subject="考务安排",
        text="汇总自各业务岗位。",
    )


@pytest.mark.parametrize(
    ("kind", "task", "who", "title"),
    [
        ("defect", "answer", "support_staff", "系统缺陷：考务安排"),
        ("improvement", "answer_lead", "support_lead", "改进建议：考务安排"),
    ],
)
def test_the_business_information_manager_reports_and_the_right_side_answers(
    play: Play, kind: str, task: str, who: str, title: str
) -> None:
    """Y-19, Y-81, Y-82, Y-84, Y-85."""
    case = reported(play, kind)
    assert (case.row.title, case.waits_for) == (title, {task})
    more: dict[str, Any] = {"answer_action": "answer"} if task == "answer" else {}
    case.complete(task, as_=who, answer_text="已列入下一版本。", **more)
    assert case.waits_for == {"confirm_answer"}


def test_a_defect_that_is_not_answered_in_a_working_day_is_urged(play: Play) -> None:
    """Y-84: 缺陷由开发单位及时修复."""
    case = reported(play, "defect")
    case.passes(working_days=3)
    assert "letter_urge" in case.letters
    assert "answer" in case.waits_for


def test_a_clerk_chooses_among_the_matters_of_his_own_domain(play: Play) -> None:
    """Y-91: 受理人 is not offered the processes of other domains; the analyst is offered all."""

    def domains_offered(login: str) -> set[str]:
        begun = play.run(lambda session: offers.begun(session, play.user(login)))
        return {offers.domain_of(one.key) for one in begun}

    assert domains_offered("acceptor") == {"yacht", "common"}
    assert domains_offered("analyst") > {"yacht", "common"}


def test_the_unit_of_an_application_is_called_by_its_name_whoever_reads_it(play: Play) -> None:
    """Y-104: 审核人 is offered no units, and sees the name of the one that filed."""

    def named(session: Session, *, as_filed: bool) -> Option | None:
        by = play.user("reviewer")
        units = sources.lookups(session, by, as_filed=as_filed).sources["own_units"]
        return units.find("YC3702001", {})

    assert play.run(lambda session: named(session, as_filed=False)) is None
    filed = play.run(lambda session: named(session, as_filed=True))
    assert filed is not None
    assert filed.label == "青岛海之星游艇俱乐部"
