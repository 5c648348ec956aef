"""申办单位: basic data first, then its people, accounts in the outer system for direct bureaus only.

Requirements Y-07, Y-08, Y-75, Y-76, Y-80, Y-103.
"""

from typing import Any

import pytest
from sqlalchemy import select

from bpmn.yacht import story
from engine import clock
from forms.definition import FormInvalid
from processes.model.people import Org, UserAccount, UserRole
from processes.play import Play, PlayedCase

CODE = "91370200MA3YT00097"
PEOPLE = [
    {
        "kind": "manager",
        "name": "管理人员",
        "id_type": "resident_id",
        "id_no": "370202198808080087",
        "phone": "13900000001",
        "login": "club_manager",
    },
    {
        "kind": "clerk",
        "name": "业务人员",
        "id_type": "resident_id",
        "id_no": "37020219890909009X",
        "phone": "13900000002",
        "login": "club_clerk2",
    },
]


def registered(play: Play, *, as_: str = "admin", **changes: Any) -> PlayedCase:
    answers = {
        "unit_name": "蓝湾游艇俱乐部",
        "uscc": CODE,
        "unit_kind": "yacht_club",
        "address": "山东省青岛市演示路 20 号",
        "contact": "联系人",
        "phone": "0532-80000020",
        **changes,
    }
    return play.apply("yacht_applicant_org_registration", as_=as_, **answers)


def roles(play: Play) -> dict[str, str]:
    query = select(UserAccount.login, UserRole.role).join(UserRole).where(UserAccount.org_code == CODE)  # fmt: skip
    return dict(play.run(lambda s: s.execute(query).tuples().all()))


def test_a_club_gets_its_people_after_its_data_and_then_its_accounts(play: Play) -> None:
    """Y-75, Y-76, Y-80, Y-103."""
    case = registered(play)
    assert case.waits_for == {"add_people"}
    held = story.record(play, "applicant_org", CODE)
    assert (held["name"], held.get("people")) == ("蓝湾游艇俱乐部", None)
    case.complete("add_people", as_="admin", people=PEOPLE)
    assert (case.ended, case.status) == ("opened", "completed")
    held = story.record(play, "applicant_org", CODE)
    assert [one["kind"] for one in held["people"]] == ["manager", "clerk"]
    assert roles(play) == {"club_manager": "org_manager", "club_clerk2": "org_clerk"}
    kind = play.run(lambda s: s.scalar(select(Org.kind).where(Org.org_code == CODE)))
    assert kind == "yacht_club"
    assert (held["status"], held["account_opened_on"]) == ("opened", clock.today())
    assert "申办单位已开户" in story.told(play, "admin")


def test_a_unit_of_a_local_bureau_gets_no_account_and_comes_to_the_counter(play: Play) -> None:
    """Y-08."""
    case = registered(play, as_="local_admin")
    people = [{**one, "login": ""} for one in PEOPLE]
    case.complete("add_people", as_="local_admin", people=people)
    assert case.ended == "counter_only"
    assert "申办单位已登记" in story.told(play, "local_admin")
    assert roles(play) == {}
    assert story.record(play, "applicant_org", CODE)["status"] == "registered"


def test_a_credit_code_that_is_registered_is_told_and_nothing_changes(play: Play) -> None:
    """Y-75."""
    registered(play)
    again = registered(play)
    assert again.ended == "known_already"
    assert again.variables["case_reason"] == "该统一社会信用代码已登记"
    assert "申办单位未登记" in story.told(play, "admin")


def test_a_unit_asks_online_and_the_administrator_decides(play: Play) -> None:
    """Y-07, Y-103."""
    case = registered(play, as_="applicant", org="370001")
    case.complete("decide", as_="admin", decision="refuse", reason="材料不符")
    assert (case.ended, case.row.outcome) == ("refused", "declined")
    assert case.variables["case_reason"] == "材料不符"
    assert "不予开户" in story.told(play, "applicant")
    case = registered(play, as_="applicant", org="370001")
    case.complete("decide", as_="admin", decision="open")
    assert case.waits_for == {"add_people"}
    case.complete("add_people", as_="admin", people=PEOPLE)
    assert "申办单位已开户" in story.told(play, "applicant")


def test_of_two_requests_for_one_credit_code_the_second_is_not_registered(play: Play) -> None:
    """Y-75, Y-103: both were agreed to; the unit and the administrator are told why."""
    first = registered(play, as_="applicant", org="370001")
    second = registered(play, as_="applicant", org="370001")
    first.complete("decide", as_="admin", decision="open")
    second.complete("decide", as_="admin", decision="open")
    assert first.waits_for == {"add_people"}
    assert (second.ended, second.row.outcome) == ("known_already", "declined")
    assert second.variables["case_reason"] == "该统一社会信用代码已登记"
    for login in ("applicant", "admin"):
        assert "申办单位未登记" in story.told(play, login)


def test_a_unit_of_a_local_bureau_that_asked_online_is_told_to_come_to_the_counter(
    play: Play,
) -> None:
    """Y-07, Y-08."""
    case = registered(play, as_="applicant", org="320002")
    case.complete("decide", as_="local_admin", decision="open")
    case.complete("add_people", as_="local_admin", people=[{**PEOPLE[0], "login": ""}])
    assert case.ended == "counter_only"
    assert "申办单位已登记" in story.told(play, "applicant")


def test_a_unit_needs_at_least_one_person(play: Play) -> None:
    """Y-76."""
    case = registered(play)
    with pytest.raises(FormInvalid):
        case.complete("add_people", as_="admin", people=[])


def test_a_log_in_name_that_is_taken_is_told_and_can_be_changed(play: Play) -> None:
    """Y-103."""
    case = registered(play)
    taken = [{**PEOPLE[0], "login": "acceptor"}]
    case.complete("add_people", as_="admin", people=taken)
    assert case.variables["account_problem"] == "用户名『acceptor』已被使用"
    case.complete("add_people", as_="admin", people=PEOPLE[:1])
    assert case.ended == "opened"


def test_the_accounts_that_were_opened_are_not_opened_again_when_one_name_was_taken(
    play: Play,
) -> None:
    """Y-103."""
    case = registered(play)
    case.complete("add_people", as_="admin", people=[PEOPLE[0], {**PEOPLE[1], "login": "acceptor"}])
    assert case.variables["account_problem"] == "用户名『acceptor』已被使用"
    assert roles(play) == {"club_manager": "org_manager"}
    case.complete("add_people", as_="admin", people=PEOPLE)
    assert case.ended == "opened"
    assert roles(play) == {"club_manager": "org_manager", "club_clerk2": "org_clerk"}


def test_two_people_of_a_unit_cannot_have_one_log_in_name(play: Play) -> None:
    """Y-103."""
    case = registered(play)
    twice = [PEOPLE[0], {**PEOPLE[1], "login": "club_manager"}]
    with pytest.raises(FormInvalid) as refused:
        case.complete("add_people", as_="admin", people=twice)
    assert refused.value.errors == {"people.1.login": ["与第 1 行重复"]}
