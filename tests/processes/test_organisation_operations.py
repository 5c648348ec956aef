"""Organisations asked for, added, changed and closed by a process."""

from typing import Any

from processes.operations import Call, all_operations
from processes.play import Play


def does(play: Play, topic: str, **given: Any) -> dict[str, Any]:
    call = Call("k", 1, 1, "E1", "step", given)
    return dict(play.run(lambda session: all_operations()[topic].run(session, call)))


def test_an_organisation_is_read_with_all_above_it(play: Play) -> None:
    org = does(play, "org.get", code="EN370001")["org"]
    assert (org["kind"], org["path"]) == (
        "expl_enterprise",
        ["EMIIT001", "EP370000", "EG370001", "EN370001"],
    )
    assert does(play, "org.get", code="NOBODY")["org"] is None


def test_organisations_are_found_by_kind_below_another(play: Play) -> None:
    found = does(play, "org.find", kinds=["expl_province", "expl_enterprise"], within="EP370000")
    assert [one["code"] for one in found["orgs"]] == ["EN370001", "EP370000"]


def test_what_the_tree_refuses_is_an_answer_of_the_process(play: Play) -> None:
    given = {"code": "EN370009", "name": "新厂", "kind": "expl_group", "parent": "EG370001"}
    assert does(play, "org.create", **given)["refused"] == "民爆集团的上级机构应为省级主管部门"
    made = does(play, "org.create", **{**given, "kind": "expl_enterprise"})
    assert (made["org"]["parent"], made["refused"]) == ("EG370001", None)


def test_an_organisation_is_renamed_converted_and_moved_with_all_below_it(play: Play) -> None:
    changed = does(play, "org.change", code="EN370001", name="泰安厂", kind="expl_branch")
    assert (changed["org"]["name"], changed["org"]["kind"]) == ("泰安厂", "expl_branch")
    moved = does(play, "org.change", code="EN370001", parent="EP320000")["org"]
    assert moved["path"] == ["EMIIT001", "EP320000", "EN370001"]


def test_an_organisation_is_closed_with_its_accounts_unless_others_stand_below_it(
    play: Play,
) -> None:
    assert does(play, "org.close", code="EG370001")["refused"] == "该机构还有1 个在用的下级机构"
    assert does(play, "org.close", code="EN370001")["refused"] is None
    assert does(play, "org.find", kinds=["expl_enterprise"], within="EP370000")["orgs"] == []
