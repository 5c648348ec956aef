"""企业信息管理: entering, completing, renaming, converting and deleting units, and by whom."""

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from bpmn.beginnings import once
from bpmn.explosives import story
from engine import dmn
from engine.errors import BanliError, Forbidden
from processes.identity import organisations
from processes.model.people import Org, UserAccount, UserRole
from processes.play import Play, PlayedCase

UNIT = "expl_enterprise_management"
DECISIONS = dmn.read_all(
    {path.name: path.read_bytes() for path in Path(__file__).parent.glob("*.dmn")}
)
DATA = {
    "uscc": "91370900MA3EXPL04H",
    "business_kind": "production",
    "address": "山东省泰安市演示路 8 号",
    "legal_rep": "法定代表人",
    "phone": "0538-80000008",
}


@once
def entered(play: Play, as_: str = "expl_province", **changes: Any) -> PlayedCase:
    """A unit entered."""
    answers = {
        "unit_action": "new",
        "kind": "expl_enterprise",
        "org_no": "EN370009",
        "name": "泰山民爆公司",
        "region": "370900",
        **changes,
    }
    return play.apply(UNIT, as_=as_, **answers)


@once
def done(play: Play, action: str, as_: str = "expl_province", **more: Any) -> PlayedCase:
    """Something done to the factory in Tai'an."""
    own = as_.startswith(("expl_enterprise", "expl_group"))
    field = "own_unit" if own else "any_unit" if as_ == "expl_association" else "managed_unit"
    unit = {field: more.pop("unit", "EN370001")}
    why = {} if action == "edit" else {"reason": "机构调整"}
    return play.apply(UNIT, as_=as_, unit_action=action, **unit, **why, **more)


def org(play: Play, code: str) -> Org:
    """An organisation as it is now."""
    return play.run(lambda session: organisations.get(session, code))


def unit(play: Play, code: str = "EN370001") -> dict[str, Any]:
    """A unit as the ledger has it."""
    return story.record(play, "expl_enterprise", code)


def test_the_province_enters_a_unit_which_completes_its_own_data(play: Play) -> None:
    """E-14, E-15, E-30, E-68, E-88, E-89: 企业录入."""
    assert entered(play).ended == "created"
    held = unit(play, "EN370009")
    assert (held["status"], held["province_org"], org(play, "EN370009").parent_code) == (
        "draft", "EP370000", "EP370000",
    )  # fmt: skip


def test_a_unit_completes_its_data_before_anything_else(play: Play) -> None:
    """E-08, E-29, E-68: until then it enters nobody."""
    assert unit(play, "EN320001")["status"] == "draft"
    with pytest.raises(Forbidden, match="请先完善单位信息"):
        story.entered(play, as_="expl_enterprise_js", id_no="320302198001010017")
    assert done(play, "edit", "expl_enterprise_js", unit="EN320001", **DATA).ended == "edited"
    assert unit(play, "EN320001")["status"] == "active"
    again = story.entered(play, as_="expl_enterprise_js", id_no="320302198001010017")
    assert again.waits_for == {"approve"}


def test_a_group_and_a_branch_are_entered_and_a_branch_needs_its_group(play: Play) -> None:
    """E-30, E-90: 企业分公司录入."""
    assert entered(play, kind="expl_group", org_no="EG370009").ended == "created"
    with pytest.raises(BanliError):
        entered(play, kind="expl_branch", org_no="EB370009")
    branch = entered(
        play, kind="expl_branch", org_no="EB370009", name="泰山分公司", parent_unit="EG370001"
    )
    assert (branch.ended, unit(play, "EB370009")["parent"]) == ("created", "EG370001")


def test_a_code_is_given_once(play: Play) -> None:
    """E-89."""
    case = entered(play, org_no="EN370001")
    assert (case.ended, case.variables["unit_check"]["reason"]) == ("refused", "该单位代码已登记")


def test_the_association_adds_an_academy_and_units_of_any_province(play: Play) -> None:
    """E-99, E-101: 添加院校."""
    case = entered(
        play, "expl_association", kind="expl_academy", org_no="EA110009", name="民爆学院"
    )
    assert case.ended == "created", case.variables.get("org_refused")
    assert (unit(play, "EA110009")["status"], unit(play, "EA110009")["province_org"]) == (
        "active", "EASSOC01",
    )  # fmt: skip
    with pytest.raises(BanliError):
        entered(play, kind="expl_academy", org_no="EA110010")
    far = entered(play, "expl_association", org_no="EN320009", province_for="EP320000")
    assert (far.ended, unit(play, "EN320009")["province_org"]) == ("created", "EP320000")


def test_the_province_renames_and_the_old_name_is_kept(play: Play) -> None:
    """E-67: the history tells, certificates show the name at issue."""
    person_no = story.approved(play)
    record_no = story.holding(play, person_no)
    assert done(play, "rename", new_name="泰安民爆有限公司").ended == "renamed"
    held = unit(play)
    assert (held["name"], held["name_history"][0]["old"], org(play, "EN370001").name) == (
        "泰安民爆有限公司", "泰安民爆器材厂", "泰安民爆有限公司",
    )  # fmt: skip
    assert story.record(play, "expl_person", person_no)["unit_name"] == "泰安民爆有限公司"
    assert story.record(play, "expl_certificate", record_no)["unit_name"] == "泰安民爆器材厂"
    assert story.told(play, "expl_enterprise")[0] == "单位已更名"


@pytest.mark.parametrize("who", ["expl_enterprise", "expl_group", "expl_association"])
def test_nobody_else_renames(play: Play, who: str) -> None:
    """E-67."""
    with pytest.raises(BanliError):
        done(play, "rename", who, new_name="另一名称")


def test_a_unit_of_another_province_is_not_offered(play: Play) -> None:
    """E-92: 本省."""
    with pytest.raises(BanliError):
        done(play, "rename", "expl_province_js", new_name="另一名称")


def test_an_enterprise_becomes_a_group_with_its_users_and_back(play: Play) -> None:
    """E-32, E-65: 集团用户与企业用户之间可相互转换."""
    assert done(play, "to_group").ended == "converted"
    assert (unit(play)["kind"], org(play, "EN370001").kind) == ("expl_group", "expl_group")
    assert roles(play, "expl_enterprise") == {("group_user", "EN370001")}
    assert done(play, "to_enterprise").ended == "converted"
    assert roles(play, "expl_enterprise") == {("enterprise_user", "EN370001")}


def roles(play: Play, login: str) -> set[tuple[str, str]]:
    """The roles of an account."""
    who = play.user(login).id

    def command(session: Any) -> set[tuple[str, str]]:
        return {(one.role, one.org_code) for one in session.query(UserRole).filter_by(user_id=who)}

    return play.run(command)


def test_a_group_with_members_becomes_no_branch_before_they_have_moved(play: Play) -> None:
    """E-65, E-89, E-90: 转分公司、转集团."""
    entered(play, kind="expl_group", org_no="EG370009", name="新集团")
    refused = done(play, "to_branch", unit="EG370001", parent_unit="EG370009")
    assert refused.variables["unit_check"]["reason"] == "集团还有所属单位，请先转出"
    moved = done(play, "to_branch", parent_unit="EG370009")
    assert (moved.ended, org(play, "EN370001").parent_code) == ("converted", "EG370009")
    gone = done(play, "to_branch", "expl_association", unit="EG370001", parent_unit="EG370009")
    assert (gone.ended, unit(play, "EG370001")["kind"]) == ("converted", "expl_branch")


def test_a_unit_is_not_put_below_itself(play: Play) -> None:
    """E-65."""
    case = done(play, "to_branch", unit="EG370001", parent_unit="EG370001")
    assert case.variables["unit_check"]["reason"] == "不能以自己为上级"


def test_a_unit_with_people_cannot_be_deleted_and_is_told_so(play: Play) -> None:
    """E-34."""
    story.entered(play)
    case = done(play, "delete", "expl_enterprise")
    assert (case.ended, unit(play)["status"]) == ("not_deleted", "active")
    assert story.told(play, "expl_enterprise")[0] == "无法删除单位"
    assert case.variables["deletion"]["reason"] == "企业下有人员，无法删除"


@pytest.mark.parametrize("who", ["expl_enterprise", "expl_province", "expl_association"])
def test_an_empty_unit_is_deleted_by_itself_its_province_or_the_association(
    play: Play, who: str
) -> None:
    """E-33."""
    case = done(play, "delete", who)
    assert (case.ended, unit(play)["status"]) == ("deleted", "archived"), case.variables
    assert org(play, "EN370001").status != "active"
    account = select(UserAccount.status).where(UserAccount.login == "expl_enterprise")
    assert play.run(lambda session: session.scalar(account)) != "active"
    assert story.told(play, "expl_province")[0] == "单位已删除"


def test_annulled_people_do_not_keep_a_unit(play: Play) -> None:
    """E-33, E-42."""
    number = story.approved(play)
    play.apply(
        story.PERSON,
        as_="expl_province",
        person_action="annul",
        province_person=number,
        annul_reason="离开本行业",
    )
    assert done(play, "delete").ended == "deleted"


@pytest.mark.parametrize(
    ("people", "members", "result"),
    [(0, 0, "ok"), (1, 0, "refuse"), (0, 1, "refuse"), (2, 3, "refuse")],
)
def test_only_an_empty_unit_may_go(people: int, members: int, result: str) -> None:
    """E-33, E-34."""
    known = {"people": [{}] * people, "members": members}
    assert dmn.evaluate(DECISIONS["expl_enterprise_delete"], known).value["result"] == result


def test_no_unit_is_entered_or_renamed_to_the_name_of_another(play: Play) -> None:
    """E-67, E-88: rosters and certificates know units by their names; the case says why."""
    renamed = done(play, "rename", new_name="鲁岳民爆集团")
    again = entered(play, name="泰安民爆器材厂")
    for case in (renamed, again):
        assert (case.ended, case.row.outcome, case.row.step) == (
            "refused", "declined", "已有同名的单位",
        )  # fmt: skip
    assert unit(play)["name"] == "泰安民爆器材厂"


def test_a_deleted_name_is_free_again(play: Play) -> None:
    """E-33, E-67."""
    entered(play)
    done(play, "delete", unit="EN370009")
    assert done(play, "rename", new_name="泰山民爆公司").row.outcome != "declined"


def test_a_unit_with_people_says_on_its_page_why_it_cannot_be_deleted(play: Play) -> None:
    """E-34: 系统提示无法删除."""
    story.approved(play)
    case = done(play, "delete")
    assert (case.row.outcome, case.row.step) == ("declined", "企业下有人员，无法删除")
