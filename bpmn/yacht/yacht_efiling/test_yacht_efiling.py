"""电子申报: packages of the outer side become cases inside, their state goes back out.

Requirements Y-02 至 Y-06, Y-08, Y-10, Y-104, Y-106.
"""

from datetime import date
from typing import Any

import pytest

from bpmn.beginnings import once
from bpmn.yacht import story
from engine import correlation, ids
from processes.casefile import notices
from processes.play import Play, PlayedCase


def filing(play: Play, **changes: Any) -> dict[str, Any]:
    """What the outer system sends of an application."""
    told = story.application(play, **changes)
    return {
        **told,
        "birth_date": date(1990, 3, 7),
        "medical_issued_on": date(2026, 1, 10),
        "filed_by": changes.get("filed_by", "person"),
        "filing_org": changes.get("filing_org", "YC3702001"),
    }


@once
def received(play: Play, *, org: str = "370001", kind: str = "licence", **changes: Any) -> PlayedCase:  # fmt: skip
    user = play.user("applicant")
    payload = {
        "outer_no": "W2026000001",
        "org": org,
        "filing_kind": kind,
        "filing": filing(play, **changes),
        "applicant": {"user": str(user.id), "name": "申请人", "org": None, "id_no": None},
    }
    play.run(
        lambda session: correlation.correlate(
            session,
            "efiling_received",
            "W2026000001",
            payload,
            message_id=f"E{ids.next_id()}",
            channel="play",
            ttl=play_ttl(),
        )
    )
    play.drain()
    return play.case("yacht_efiling")


def play_ttl() -> Any:
    from datetime import timedelta  # noqa: PLC0415

    return timedelta(days=1)


def test_a_package_becomes_a_case_inside_and_its_number_goes_back_out(play: Play) -> None:
    """Y-03, Y-06, Y-10: 电子申报单接收（直属海事局）."""
    case = received(play)
    assert case.incidents == []
    assert case.messages[:2] == ["application_submitted", "status_changed"]
    inner = play.case("yacht_licence_issue")
    assert inner.variables["work_order_no"] == case.variables["work_order_no"]
    assert inner.waits_for == {"accept"}


@pytest.mark.parametrize("by", ["person", "unit"])
def test_units_and_persons_file_alike(play: Play, by: str) -> None:
    """Y-104: 支持单位、个人两种申报方式."""
    received(play, filed_by=by)
    assert play.case("yacht_licence_issue").variables["filed_by"] == by


def test_the_home_page_reminds_the_applicant(play: Play) -> None:
    """Y-106."""
    received(play)
    told = play.run(lambda s: notices.box(s, play.user("applicant")))
    assert "游艇证书申报已接收" in [one.title for one in told]


def test_each_change_of_state_goes_back_out_until_the_end(play: Play) -> None:
    """Y-02, Y-05: the inner side decides, the outer side is told."""
    case = received(play)
    before = case.messages.count("status_changed")
    case.receives("efiling_status", status="accepted", text="已受理", ended=False)
    case.receives("efiling_status", status="completed", text="已办结", ended=True)
    assert case.messages.count("status_changed") == before + 2
    assert (case.ended, case.status) == ("completed", "completed")


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"org": "320002"}, "地方海事局不接收电子申报，请到政务受理窗口办理"),
        ({"kind": "crew"}, "不认识的申报种类"),
        (
            {"filed_by": "unit", "filing_org": "YC000001"},
            "申办单位没有登记，请先向管辖机构登记并开户",
        ),
    ],
)
def test_what_cannot_be_taken_is_sent_back_with_its_reason(
    play: Play, changes: dict[str, str], reason: str
) -> None:
    """Y-04, Y-08: applicants of local bureaus come to the counter."""
    case = received(play, **changes)
    assert (case.ended, case.variables["package_problem"]) == ("rejected_package", reason)
    assert case.messages == ["status_changed"]


def test_an_application_is_withdrawn_from_outside(play: Play) -> None:
    """Y-06."""
    case = received(play)
    case.receives("efiling_withdrawn")
    assert case.ended == "withdrawn_end"
    assert case.messages[-1] == "application_withdrawn"
