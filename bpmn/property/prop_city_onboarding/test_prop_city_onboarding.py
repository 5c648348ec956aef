"""市县系统接入: applied for, examined, tested stage by stage, switched on (P-21, P-69, P-83, P-84, P-85)."""

import pytest

from bpmn.property import story
from forms.errors import FormInvalid
from processes.play import Play, PlayedCase

ONBOARDING = "prop_city_onboarding"


def applied(play: Play, **changes: str) -> PlayedCase:
    answers = {
        "subsystem": "one_window",
        "mode": "city_county_split",
        "system_name": "不动产登记信息系统",
        "supplier": "本地技术单位",
        "contact": "信息科 0913-0000001",
        **({"way": "interface"} if changes.get("subsystem") == "info_query" else {}),
        **changes,
    }
    return play.apply(ONBOARDING, as_="prop_access", **answers)


def granted(play: Play, **changes: str) -> PlayedCase:
    case = applied(play, **changes)
    access = {"endpoint": "https://10.0.0.1/exchange", "key_id": "WN-1"}
    if changes.get("way") == "file":
        del access["endpoint"]
    case.complete("examine", as_="prop_admin", decision="grant", **access)
    return case


def stage_done(case: PlayedCase) -> None:
    who = {"query_admin@PR610500": "prop_access", "platform_admin@PC610000": "prop_admin"}
    while tasks := [one for one in case.tasks if one.activity == "do_task"]:
        candidate = story.candidates(case.play, tasks[0].id)[0]
        case.complete("do_task", as_=who[candidate], result="通过")


def test_a_city_is_connected_when_every_stage_is_signed(play: Play) -> None:
    """P-21, P-69, P-85: 渭南市尚未接入."""
    case = granted(play)
    assert story.record(play, "onboarding", case.row.reference)["status"] == "testing"
    for _stage in range(4):
        stage_done(case)
        case.complete("sign_stage", as_="prop_admin", decision="pass")
    assert (case.ended, case.row.outcome) == ("connected", "connected")
    held = story.record(play, "onboarding", case.row.reference)
    assert (held["status"], held["region"]) == ("connected", "PR610500")
    assert case.letters[-1] == "letter_onboarding_report"


def test_what_fails_in_the_joint_test_is_done_again(play: Play) -> None:
    case = granted(play)
    stage_done(case)
    case.complete("sign_stage", as_="prop_admin", decision="pass")
    stage_done(case)
    number = case.variables["rollout_tasks"][-5]["no"]
    case.complete(
        "sign_stage", as_="prop_admin", decision="return", redo=[number], reason="签名错误未拒收"
    )
    assert [one.activity for one in case.tasks] == ["do_task"]
    assert story.record(play, "onboarding", case.row.reference)["status"] == "testing"


def test_a_city_says_whether_it_exchanges_by_interface_or_by_files(play: Play) -> None:
    """P-69, P-77, P-79: asked for the query network alone; files need no address of access."""
    with pytest.raises(FormInvalid) as refused:
        applied(play, subsystem="info_query", way="")
    assert set(refused.value.errors) == {"way"}
    case = applied(play, subsystem="info_query", way="interface")
    with pytest.raises(FormInvalid) as refused:
        case.complete("examine", as_="prop_admin", decision="grant", key_id="WN-1")
    assert set(refused.value.errors) == {"endpoint"}
    case.complete("examine", as_="prop_admin", decision="refuse", reason="改以文件接入")
    case = granted(play, subsystem="info_query", way="file")
    held = story.record(play, "onboarding", case.row.reference)
    assert held["way"] == "file"
    assert "endpoint" not in held


@pytest.mark.parametrize(
    ("mode", "words"),
    [("city_county_split", "逐县（区）"), ("city_centralised", "全市集中系统")],
)
def test_the_tasks_follow_the_mode_of_the_city(mode: str, words: str, play: Play) -> None:
    """P-83, P-84: 市县分散的逐县配置."""
    tasks = granted(play, mode=mode).variables["rollout_tasks"]
    assert len([one for one in tasks if words in one["title"]]) == 1
    assert len([one for one in tasks if "联调" in one["title"]]) == 1


def test_a_subsystem_is_connected_once(play: Play) -> None:
    granted(play)
    assert applied(play).ended == "duplicate"
    assert applied(play, subsystem="info_query").waits_for == {"examine"}


def test_an_application_without_ground_is_refused(play: Play) -> None:
    case = applied(play)
    case.complete("examine", as_="prop_admin", decision="refuse", reason="系统未通过等保测评")
    assert (case.ended, case.status) == ("refused", "decided_refused")
    assert "不予接入" in story.notices_of(play, "prop_access")
