"""免提交: nothing is fetched without consent; what cannot be fetched is asked for (P-25, P-88, P-89)."""

from typing import Any

import pytest

from bpmn.citizens import begun, citizen
from bpmn.property import shares, story
from processes.play import Play, PlayedCase

KEY = "prop_shared_data"
NEEDED = [
    {
        "code": "identity",
        "title": "申请人身份证明",
        "fetched": True,
        "exempt": True,
        "present": True,
    },
    {
        "code": "certificate",
        "title": "不动产权属证书",
        "fetched": True,
        "exempt": True,
        "present": True,
    },
]


def fetched(play: Play, subject: str = "p1001", **changes: Any) -> PlayedCase:
    told = {
        "share_consent": True,
        "materials_required": NEEDED,
        "fetch_process": "prop_one_window",
        "fetch_purpose": "办理二手房转移登记",
        "fetch_marriage": True,
        "work_order_no": "P1",
        **changes,
    }
    return begun(play, KEY, citizen(play, subject), **told)


def identity(case: PlayedCase) -> dict[str, Any]:
    needed: Any = case.variables["materials_required"]
    return next(one for one in needed if one["code"] == "identity")


def test_after_consent_each_service_is_asked_with_its_number(play: Play) -> None:
    desk = shares.employed(play)
    case = fetched(play)
    (consent,) = story.records(play, "data_consent", work_order_no="P1")
    assert (consent["subject_name"], consent["items"]) == ("甲某", "申请人身份证明、不动产权属证书")
    for name in ("identity", "marriage"):
        (asked,) = desk[name].asked
        assert asked.variables["consent_no"] == consent["consent_no"]
        assert asked.variables["purpose"] == "办理二手房转移登记"
    assert desk["licence"].asked == []
    shared: Any = case.variables["shared"]
    assert shared["identity"]["name"] == "甲某"
    assert shared["marriage"]["marital_status"] == "married"
    assert "spouse_name" not in shared["marriage"], "the tax office does not need it"
    assert (case.ended, identity(case)["exempt"]) == ("fetched", True)


def test_without_consent_nobody_is_asked_and_nothing_is_on_record(play: Play) -> None:
    desk = shares.employed(play)
    case = fetched(play, share_consent=False)
    assert case.ended == "asked"
    assert [one.asked for one in desk.values()] == [[], [], []]
    assert story.records(play, "data_consent", work_order_no="P1") == []


def test_of_an_enterprise_the_licence_is_fetched(play: Play) -> None:
    desk = shares.employed(play)
    case = fetched(play, "e2001", fetch_marriage=False)
    assert case.ended == "fetched"
    assert [len(one.asked) for one in desk.values()] == [0, 0, 1]


@pytest.mark.parametrize("fault", ["unknown", "down"])
@pytest.mark.parametrize("subject", ["p1001", "e2001"])
def test_what_cannot_be_fetched_is_asked_for(play: Play, fault: str, subject: str) -> None:
    desk = shares.employed(play)
    for one in desk.values():
        setattr(one, fault, True)
    case = fetched(play, subject)
    if fault == "down":
        assert case.ended is None
        case.passes(minutes=130)
    assert case.ended == "fetched"
    assert identity(case) == {**NEEDED[0], "exempt": False, "present": False}


@pytest.mark.parametrize("subject", ["p1001", "e2001"])
def test_where_no_platform_is_connected_it_is_asked_for_at_once(play: Play, subject: str) -> None:
    for topic in shares.TOPICS:
        play.dismiss(topic)
    case = fetched(play, subject)
    assert case.ended == "fetched"
    assert identity(case) == {**NEEDED[0], "exempt": False, "present": False}
