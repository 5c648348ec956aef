"""机构授权与开户: grants by the table, accounts after grants, all roles, branches by their bureau.

Requirements Y-29, Y-35, Y-36, Y-37, Y-40, Y-41, Y-42, Y-46, Y-47, Y-48 至 Y-66, Y-78, Y-79,
Y-86, Y-107.
"""

from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from forms.definition import FormInvalid
from processes.casework import sources
from processes.domains import domains
from processes.identity import authority, identity
from processes.identity.roles import ROLES
from processes.model.people import AuthorityGrant, UserAccount, UserRole
from processes.play import Play, PlayedCase

ALL = ["training", "exam", "licence_issue"]
SEEDED = [
    "training_plan_acceptor",
    "training_plan_confirmer",
    "training_daily_supervisor",
    "exam_arranger",
    "exam_score_recorder",
    "exam_score_checker",
    "exam_confirmer",
    "admission_ticket_printer",
    "training_plan_viewer",
    "local_dictionary_maintainer",
    "licence_acceptor",
    "licence_reviewer",
    "licence_approver",
    "licence_verifier",
    "licence_issuer",
    "licence_manager",
    "licence_backentry_recorder",
    "licence_backentry_confirmer",
]


def granting(play: Play, grantee: str, *, delegate: bool, as_: str = "hq_admin", **more: Any) -> PlayedCase:  # fmt: skip
    answers = {
        "grantee": grantee,
        "scope": "inland_yacht",
        "business": ALL,
        "may_delegate": delegate,
        "valid_from": "2026-03-02",
        "basis": "通知",
        **more,
    }
    return play.apply("yacht_user_authorization", as_=as_, **answers)


def person(
    login: str, *roles: str, id_no: str = "320102198505050054", **more: Any
) -> dict[str, Any]:
    told = {"login": login, "name": "新用户", "id_no": id_no, "phone": "13900000088"}
    return {**told, "roles": list(roles), **more}


def roles_of(play: Play, login: str) -> set[str]:
    query = select(UserRole.role).join(UserAccount).where(UserAccount.login == login)
    return set(play.run(lambda session: session.scalars(query).all()))


def test_the_ten_training_and_eight_licence_roles_of_the_seed_are_there() -> None:
    """Y-48 至 Y-66."""
    assert set(SEEDED) <= set(ROLES)
    assert len(SEEDED) == 18
    assert ROLES["training_plan_viewer"].name == "培训计划查询人"


def test_a_local_bureau_gets_its_grant_its_administrator_and_its_users(play: Play) -> None:
    """Y-29, Y-35, Y-36, Y-40, Y-42, Y-46, Y-86."""
    case = granting(play, "320002", delegate=False)
    assert case.waits_for == {"create_admin"}
    assert case.row.title == "机构授权：江苏地方海事局"
    admin = {"login": "js_admin2", "name": "管理员", "id_no": "320102197001010011"}
    case.complete("create_admin", as_="hq_admin", **admin, phone="13900000077")
    assert roles_of(play, "js_admin2") == {"system_admin"}
    case.complete("assign", as_="local_admin", people=[person("js_user1", *SEEDED)])
    assert (case.ended, case.status) == ("granted", "completed")
    assert roles_of(play, "js_user1") == set(SEEDED)
    held = play.run(lambda s: authority.has_grant(s, "320002", "training", "inland_yacht"))
    assert held


def test_a_direct_bureau_without_the_tick_is_refused_and_may_be_corrected(play: Play) -> None:
    """Y-41: 需选中是否下授框."""
    case = granting(play, "370001", delegate=False)
    assert case.waits_for == {"revise"}
    assert case.variables["refusal"] == "授权直属海事局时须选中『是否下授』"
    again = {"grantee": "370001", "scope": "inland_yacht", "business": ALL, "may_delegate": True}
    case.complete("revise", as_="hq_admin", **again, again=True)
    assert case.waits_for == {"assign"}


def test_a_local_bureau_with_the_tick_is_refused(play: Play) -> None:
    """Y-42: 不可选中是否下授框."""
    case = granting(play, "320002", delegate=True)
    assert case.variables["refusal"] == "授权地方海事局时不可选中『是否下授』"
    told = {"grantee": "320002", "scope": "inland_yacht", "business": ALL, "may_delegate": True}
    case.complete("revise", as_="hq_admin", **told, again=False)
    assert (case.ended, case.status) == ("refused", "cancelled")


def test_roles_whose_business_is_not_granted_cannot_be_given(play: Play) -> None:
    """Y-37: first the grant, then the roles."""
    case = granting(play, "370001", delegate=True)
    people = [person("sd_user", "card_maker"), person("sd_user2", "licence_acceptor")]
    with pytest.raises(FormInvalid):
        case.complete("assign", as_="admin", people=people)
    case.complete("assign", as_="admin", people=[person("acceptor", "training_plan_acceptor")])
    assert case.waits_for == {"assign"}
    assert case.variables["account_problem"] == "用户名『acceptor』已被使用"
    existing = person("acceptor", "training_plan_viewer", existing=True)
    case.complete("assign", as_="admin", people=[existing], wants_branch=False)
    assert case.ended == "granted"
    assert "training_plan_viewer" in roles_of(play, "acceptor")


@pytest.mark.parametrize("field", ["login", "name", "id_no", "phone"])
def test_the_starred_fields_of_a_user_have_to_be_filled_in(play: Play, field: str) -> None:
    """Y-47: 标红色*的项目为必填项."""
    case = granting(play, "320002", delegate=False)
    admin = {"login": "js_admin2", "name": "管理员", "id_no": "320102197001010011", "phone": "13900000077"}  # fmt: skip
    with pytest.raises(FormInvalid) as refused:
        case.complete("create_admin", as_="hq_admin", **{**admin, field: ""})
    assert list(refused.value.errors) == [field]


def test_a_branch_gets_its_grant_before_its_users_who_are_opened_by_its_own_administrator(
    play: Play,
) -> None:
    """Y-78, Y-79, Y-107."""
    case = granting(play, "370001", delegate=True)
    someone = person("sd_new", "licence_acceptor", id_no="370102198505050053")
    case.complete("assign", as_="admin", people=[someone], wants_branch=True)
    branch = {"branch_org": "370201", "branch_scope": "inland_yacht", "branch_business": ["licence_issue"]}  # fmt: skip
    case.complete("grant_branch", as_="admin", **branch, branch_delegate=True)
    assert "只能下授一级" in case.variables["branch_problem"]
    case.complete("grant_branch", as_="admin", **branch)
    assert case.waits_for == {"assign_branch"}
    clerk = person("qd_user", "licence_approver", id_no="370202198505050059")
    case.complete("assign_branch", as_="branch_admin", branch_people=[clerk])
    assert (case.ended, roles_of(play, "qd_user")) == ("granted", {"licence_approver"})


def test_a_branch_without_a_grant_gets_no_users(play: Play) -> None:
    """Y-79: 进行权限分工后，再进行分支局用户的开户."""
    by = play.user("hq_admin")
    held = select(AuthorityGrant.id).where(AuthorityGrant.grantee == "370201")
    for one in play.run(lambda s: s.scalars(held).all()):
        play.run(lambda s, one=one: authority.revoke(s, one, by=by, reason="收回"))
    case = granting(play, "370001", delegate=True)
    someone = person("sd_new", "licence_acceptor", id_no="370102198505050053")
    case.complete("assign", as_="admin", people=[someone], wants_branch=True)
    branch = {"branch_org": "370201", "branch_scope": "inland_yacht", "branch_business": ["licence_issue"]}  # fmt: skip
    case.complete("grant_branch", as_="admin", **branch)
    clerk = person("qd_user", "training_plan_acceptor", id_no="370202198505050059")
    case.complete("assign_branch", as_="branch_admin", branch_people=[clerk])
    assert case.waits_for == {"assign_branch"}
    assert "没有『培训』业务授权" in case.variables["branch_problem"]


def test_the_scopes_and_businesses_are_told_by_the_domain() -> None:
    """Y-40."""
    assert set(domains.current().scopes) >= {"sea_yacht", "inland_yacht"}
    assert set(domains.current().businesses) >= set(ALL)


def test_a_new_account_cannot_log_in_until_a_password_is_handed_out(play: Play) -> None:
    """Y-46."""
    case = granting(play, "370001", delegate=True)
    someone = person("sd_new", "licence_acceptor", id_no="370102198505050053")
    case.complete("assign", as_="admin", people=[someone], wants_branch=False)
    account = play.run(lambda s: s.scalar(select(UserAccount).where(UserAccount.login == "sd_new")))
    assert account is not None
    assert not account.password_hash
    assert play.run(lambda s: identity.by_login(s, "sd_new")) is not None


def test_the_granting_agency_is_not_offered_and_no_unit_is(play: Play) -> None:
    """Y-35: whoever reads the case later still sees the agency by its name."""

    def offered(session: Session, login: str, *, as_filed: bool) -> set[str]:
        source = sources.lookups(session, play.user(login), as_filed=as_filed).sources["grantees"]
        return {one.value for one in source.search("", {}, limit=200)}

    to_grant = play.run(lambda s: offered(s, "hq_admin", as_filed=False))
    assert {"370001", "320002", "370201"} <= to_grant
    assert not {"000001", "YT370001", "VD000001", "900001"} & to_grant
    assert "370001" in play.run(lambda s: offered(s, "admin", as_filed=True))
