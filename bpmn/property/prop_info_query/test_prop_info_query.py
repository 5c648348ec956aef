"""信息网络查询: created with its legal basis, approved by another, asked of the cities, merged."""

from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from bpmn.beginnings import once
from bpmn.property import seals, story
from engine.errors import BanliError
from engine.model import UserTask, UserTaskCandidate
from forms.errors import FormInvalid
from processes.casefile import opinions
from processes.desk import worklist
from processes.documents import documents, files
from processes.people import area
from processes.play import Play, PlayedCase

QUERY = "prop_info_query"
OTHER_UNIT = "610402001002GB00009F00010001"
PERSON = {"name": "被查询人", "id_no": "610102198001010014"}
ROW = {
    "holder_name": "被查询人",
    "unit_code": story.UNIT,
    "location": "西安市雁塔区演示路 1 号",
    "right_kind": "房屋所有权",
}


@pytest.fixture(autouse=True)
def local_systems(play: Play) -> None:
    """What goes to the registration systems of cities stays in the outbox."""
    topics = ("query_dispatched", "query_packed", "query_reminder")
    play.worker.routes = dict.fromkeys(topics, "registration_local")
    play.worker.remote = topics


@pytest.fixture(autouse=True)
def sealing(play: Play) -> seals.DeskSeals:
    """The seal system is there in every test."""
    return seals.employed(play)


@once
def created(play: Play, **changes: Any) -> PlayedCase:
    answers = {
        "purpose_text": "执行案件财产查询",
        "legal_basis": "民事诉讼法第二百五十三条",
        "requester": "西安市中级人民法院",
        "contact": "执行局 029-80000001",
        "due_on": "2026-03-06",
        "persons": [PERSON],
        **changes,
    }
    return play.apply(QUERY, as_="prop_creator", **answers)


@once
def approved(play: Play, **changes: Any) -> PlayedCase:
    case = created(play, **changes)
    case.complete("approve", as_="prop_approver", decision="approve")
    return case


def replied(play: Play, login: str, *rows: dict[str, Any]) -> None:
    """One city answers; without rows that it found nothing."""
    found: dict[str, Any] = {"result_rows": list(rows)} if rows else {"nil_statement": True}
    by = play.user(login)

    def command(session: Session) -> None:
        own = select(UserTask.id).join(UserTaskCandidate, UserTaskCandidate.task_id == UserTask.id)
        task = session.scalars(
            own.where(UserTaskCandidate.candidate == f"query_executor@{by.org_code}")
        ).one()
        worklist.submit(session, task, by=by, answers={**found, "signer": "签发人"})

    play.run(command)
    play.drain()


def test_a_query_is_created_with_its_basis_and_approved_by_another(play: Play) -> None:
    """P-18, P-63, P-64: no legal basis, no query; the creator does not approve."""
    with pytest.raises(FormInvalid):
        created(play, legal_basis="")
    case = created(play)
    with pytest.raises(BanliError):
        case.complete("approve", as_="prop_creator", decision="approve")
    case.complete("approve", as_="prop_approver", decision="approve")
    task = story.record(play, "query_task", case.row.reference)
    assert (task["status"], task["target_count"]) == ("distributed", 4)


def test_a_query_without_good_reason_is_refused(play: Play) -> None:
    case = created(play)
    case.complete("approve", as_="prop_approver", decision="refuse", reason="范围过大")
    assert (case.ended, case.status) == ("refused", "decided_refused")


def test_a_query_may_be_sent_back_and_comes_again(play: Play) -> None:
    case = created(play)
    case.complete("approve", as_="prop_approver", decision="return", reason="补充文书号")
    case.complete(
        "revise",
        as_="prop_creator",
        purpose_text="执行案件财产查询",
        legal_basis="民事诉讼法第二百五十三条、（2026）陕01执1号",
        requester="西安市中级人民法院",
        contact="执行局 029-80000001",
        due_on="2026-03-06",
        persons=[PERSON],
    )
    assert case.waits_for == {"approve"}


def test_the_answers_of_the_cities_are_merged_and_conflicts_marked(play: Play) -> None:
    """P-61, P-62, P-65, P-66, P-78: each city uploads, the result is one letter."""
    case = approved(play)
    for login, rows in (
        ("prop_executor", [ROW]),
        ("prop_executor_bj", []),
        ("prop_executor_xy", [{**ROW, "unit_code": OTHER_UNIT}]),
    ):
        replied(play, login, *rows)
    targets = story.records(play, "query_target", task_no=case.row.reference)
    assert sorted(one["status"] for one in targets) == ["replied"] * 3 + ["sent"]
    replied(play, "prop_executor_wn", {**ROW, "holder_name": "另一人"})
    rows = case.variables["result_rows"]
    assert [(one["region_name"], one["conflict"]) for one in rows] == [
        ("西安市不动产登记局", True),
        ("咸阳市不动产登记局", False),
        ("渭南市不动产登记局", True),
    ]
    assert case.letters == ["letter_query_result"]
    assert case.variables["result_file"]["type"] == "application/pdf"
    with pytest.raises(FormInvalid):  # they differ: how that is settled is written down
        case.complete("view", as_="prop_creator")
    case.complete("view", as_="prop_creator", opinion="两地答复不一致，另行函告核对。")
    assert (case.ended, case.row.outcome) == ("closed", "answered")
    with play.session() as session:
        assert "两地答复不一致，另行函告核对。" in [
            one.text for one in opinions.of_case(session, case.id)
        ]
    assert story.record(play, "query_task", case.row.reference)["status"] == "closed"


def test_only_the_chosen_cities_are_asked(play: Play) -> None:
    case = approved(play, targets=["PR610500"])
    (target,) = story.records(play, "query_target", task_no=case.row.reference)
    assert target["title"] == "渭南市不动产登记局"


def test_a_city_that_is_late_is_urged_and_in_the_end_left_out_by_name(play: Play) -> None:
    """P-70: urging shown; partial result after the due date, closed with a note."""
    case = approved(play)
    for login in ("prop_executor", "prop_executor_bj", "prop_executor_xy"):
        replied(play, login)
    case.passes(working_days=1)
    assert "查询任务催办" not in story.notices_of(play, "prop_executor_wn")
    case.passes(working_days=10)
    assert story.notices_of(play, "prop_executor_wn").count("查询任务催办") > 2  # not once only
    assert "查询任务催办" in story.notices_of(play, "prop_access")  # in the end its leader
    late = story.records(play, "query_target", region="PR610500")[0]
    assert (late["status"], late["urged_whom"]) == ("overdue", "leader")
    assert case.waits_for == {"view"}
    assert case.variables["missing_cities"] == ["渭南市不动产登记局"]
    with pytest.raises(FormInvalid):
        case.complete("view", as_="prop_creator")
    case.complete("view", as_="prop_creator", opinion="渭南市尚未接入，另行函询。")
    assert case.ended == "closed"


def test_the_centre_manages_who_may_query(play: Play) -> None:
    """P-68: 查询人员管理; a role that is taken away takes the right with it."""
    admin = play.user("prop_sysadmin")

    def opened(session: Session) -> int:
        made, _word = area.open_account(
            session,
            "new_creator",
            name="新查询人员",
            org_code="PC610000",
            id_no="610102199203040014",
            by=admin,
            role="query_creator",
        )
        return made.id

    who = play.run(opened)
    answers = {
        "purpose_text": "执行案件财产查询",
        "legal_basis": "民事诉讼法第二百五十三条",
        "requester": "西安市中级人民法院",
        "contact": "执行局 029-80000001",
        "due_on": "2026-03-06",
        "persons": [PERSON],
    }
    assert play.apply(QUERY, as_="new_creator", **answers).waits_for == {"approve"}
    play.run(
        lambda session: area.withdraw_role(
            session, who, "query_creator", org_code="PC610000", by=admin
        )
    )
    with pytest.raises(BanliError):
        play.apply(QUERY, as_="new_creator", **answers)


def test_the_result_bears_the_seal_of_the_centre(play: Play, sealing: seals.DeskSeals) -> None:
    """P-80: files of the query are made and sealed by the certificate system's services."""
    case = approved(play, targets=["PR610100"])
    replied(play, "prop_executor", ROW)
    assert {(one.seal, one.place is not None) for one in sealing.asked} == {("PC610000", True)}
    with play.session() as session:
        (letter,) = documents.issued(session, case.id)
        found = sealing.examine(files.read(session, letter.sha256))
    assert found.genuine
    assert found.signatures[0].organisation == "陕西省不动产登记服务中心"


def test_the_result_goes_out_as_ofd_too(play: Play, sealing: seals.DeskSeals) -> None:
    """P-38, P-80: the asking court keeps its files as OFD."""
    pytest.importorskip("gmssl_pyx", reason="no wheel of the optional SM2 library for this machine")
    case = approved(play, targets=["PR610100"])
    replied(play, "prop_executor", ROW)
    with play.session() as session:
        (letter,) = documents.issued(session, case.id)
        found = sealing.examine(documents.as_ofd(session, letter))
    assert found.genuine
    assert found.signatures[0].organisation == "陕西省不动产登记服务中心"


def test_a_result_that_cannot_be_sealed_waits_as_an_incident(
    play: Play, sealing: seals.DeskSeals
) -> None:
    """P-80: nothing goes out without its seal; the administrator has it tried again."""
    sealing.refuses = "印章已停用"
    case = approved(play, targets=["PR610100"])
    replied(play, "prop_executor", ROW)
    assert case.letters == []
    assert len(case.incidents) == 1
