"""市县系统接入: applied for, examined, tested stage by stage, switched on (P-21, P-69, P-83, P-84, P-85)."""

import pytest

from bpmn.beginnings import once
from bpmn.property import story
from forms.errors import FormInvalid
from processes.play import Play, PlayedCase

ONBOARDING = "prop_city_onboarding"


def applied(play: Play, **changes: str) -> PlayedCase:
    answers = {
        "access_request": "join",
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
    assert "一窗受理接入已开通" in story.notices_of(play, "prop_access")
    assert "一窗受理接入已开通" not in story.notices_of(play, "prop_executor_wn")


def test_a_stopped_access_is_open_again_by_a_new_application(play: Play) -> None:
    """P-69, P-85: tested anew; who answered by hand meanwhile is told."""
    former = opened(play, subsystem="info_query").row.reference
    asked_to(play, "stop").complete("examine", as_="prop_admin", decision="grant")
    again = granted(play, subsystem="info_query")
    for _stage in range(4):
        stage_done(again)
        again.complete("sign_stage", as_="prop_admin", decision="pass")
    assert again.ended == "connected"
    assert story.record(play, "onboarding", former)["status"] == "stopped"
    assert story.record(play, "onboarding", again.row.reference)["status"] == "connected"
    for login in ("prop_access", "prop_executor_wn"):
        assert story.notices_of(play, login)[0] == "信息网络查询接入已开通"


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


@once
def opened(play: Play, **changes: str) -> PlayedCase:
    """An access that is open."""
    case = granted(play, **changes)
    for _stage in range(4):
        stage_done(case)
        case.complete("sign_stage", as_="prop_admin", decision="pass")
    return case


def asked_to(play: Play, request: str, subsystem: str = "info_query") -> PlayedCase:
    """A city asks for a change of its access."""
    told = {"access_request": request, "subsystem": subsystem, "change_reason": "本地系统改造"}
    return play.apply(ONBOARDING, as_="prop_access", **told)


def test_an_open_access_is_changed_to_files_and_in_the_end_stopped(play: Play) -> None:
    """P-69, P-79: asked with its reason, decided by the province, in the ledger, the city told."""
    key = opened(play, subsystem="info_query").row.reference
    case = asked_to(play, "to_files")
    assert story.record(play, "onboarding", key)["way"] == "interface"
    case.complete("examine", as_="prop_admin", decision="grant")
    assert (case.ended, case.status, case.row.outcome) == ("changed", "completed", "changed")
    held = story.record(play, "onboarding", key)
    assert (held["status"], held["way"], held["change_reason"]) == (
        "connected",
        "file",
        "本地系统改造",
    )
    for login in ("prop_access", "prop_executor_wn"):
        assert "信息网络查询已改为文件方式" in story.notices_of(play, login)
    case = asked_to(play, "stop")
    case.complete("examine", as_="prop_admin", decision="grant")
    assert (case.ended, case.row.outcome) == ("changed", "stopped")
    assert story.record(play, "onboarding", key)["status"] == "stopped"
    assert "信息网络查询接入已停用" in story.notices_of(play, "prop_executor_wn")
    assert applied(play, subsystem="info_query").waits_for == {"examine"}, "it may join again"


@pytest.mark.parametrize("second", ["stop", "to_files"])
def test_of_two_requests_at_once_the_second_changes_nothing_more(second: str, play: Play) -> None:
    """P-69: both are granted; the later one finds the access stopped and says so."""
    key = opened(play, subsystem="info_query").row.reference
    first, later = asked_to(play, "stop"), asked_to(play, second)
    first.complete("examine", as_="prop_admin", decision="grant")
    later.complete("examine", as_="prop_admin", decision="grant")
    assert later.incidents == []
    assert (later.ended, later.status, later.row.outcome) == ("changed", "cancelled", "unfit")
    held = story.record(play, "onboarding", key)
    assert (held["status"], held["way"]) == ("stopped", "interface")
    assert "信息网络查询接入此前已停用" in story.notices_of(play, "prop_access")


def test_a_change_that_is_refused_leaves_the_access_as_it_was(play: Play) -> None:
    key = opened(play, subsystem="info_query").row.reference
    case = asked_to(play, "stop")
    case.complete("examine", as_="prop_admin", decision="refuse", reason="查询任务正在办理")
    assert (case.ended, case.status) == ("refused", "decided_refused")
    assert "不予停用" in story.notices_of(play, "prop_access")
    assert story.record(play, "onboarding", key)["status"] == "connected"


def test_only_what_is_open_can_be_changed(play: Play) -> None:
    """Nothing there, still under test, files already, no query network: told at once why."""
    case = asked_to(play, "stop")
    assert (case.row.outcome, case.row.title) == ("unfit", "市县系统停用（信息网络查询）")
    assert "该子系统尚未开通" in story.notices_of(play, "prop_access")
    granted(play, subsystem="info_query", way="file")
    assert asked_to(play, "to_files").ended == "duplicate"


@pytest.mark.parametrize(("subsystem", "way"), [("info_query", "file"), ("ecert", "")])
def test_files_are_for_the_query_network_alone_and_once(
    subsystem: str, way: str, play: Play
) -> None:
    opened(play, subsystem=subsystem, **({"way": way} if way else {}))
    assert asked_to(play, "to_files", subsystem).row.outcome == "unfit"
    assert "该子系统不能改为文件方式" in story.notices_of(play, "prop_access")


def test_a_change_says_its_reason(play: Play) -> None:
    with pytest.raises(FormInvalid) as refused:
        play.apply(ONBOARDING, as_="prop_access", access_request="stop", subsystem="ecert")
    assert set(refused.value.errors) == {"change_reason"}
