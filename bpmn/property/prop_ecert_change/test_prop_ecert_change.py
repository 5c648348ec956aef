"""电子证照更新与注销: a new version replaces the old; an annulled one fails verification.

P-15, P-45: life cycle; domain section 6.
"""

from datetime import timedelta
from typing import Any

from bpmn.property import seals, story
from engine import correlation
from processes.documents import documents
from processes.play import Play, PlayedCase

PROCESS = "prop_ecert_change"


def proposed(play: Play, held: dict[str, Any], **answers: Any) -> PlayedCase:
    told = {"ecert_id": held["ecert_id"], "reason": "权利人更名", "basis": "条例第十四条"}
    return play.apply(PROCESS, as_="prop_ecert", **{**told, **answers})


def annulled(case: PlayedCase) -> None:
    case.complete("check_annul", as_="prop_ecert", annul_check="submit", annul_reason="权利消灭")
    case.complete("decide_annul", as_="prop_ecert_reviewer", annul_decision="annul")


def status(play: Play, held: dict[str, Any]) -> str:
    with play.session() as session:
        return documents.verify(session, held["verification_code"]).status


def test_an_update_is_a_new_version_and_the_old_one_is_superseded(play: Play) -> None:
    held = story.certified(play)
    case = proposed(
        play, held, action="update", new_holder_name="更名后的权利人", evidence=[story.paper(play)]
    )
    assert case.waits_for == {"approve"}
    case.complete("approve", as_="prop_ecert_reviewer", check_decision="pass")
    assert (case.ended, case.row.outcome) == ("updated", "updated")
    versions = {one["version"]: one for one in story.records(play, "ecert")}
    assert (versions[1]["status"], versions[2]["status"]) == ("superseded", "issued")
    assert versions[2]["holder_name"] == "更名后的权利人"
    assert versions[2]["certificate_no"] == held["certificate_no"]
    assert versions[2]["content"]["area"] == versions[1]["content"]["area"]
    assert ".002." in versions[2]["ecert_id"]
    assert (status(play, versions[1]), status(play, versions[2])) == ("replaced", "issued")


def test_an_update_that_is_refused_changes_nothing(play: Play) -> None:
    held = story.certified(play)
    case = proposed(play, held, action="update", evidence=[story.paper(play)])
    case.complete(
        "approve", as_="prop_ecert_reviewer", check_decision="refuse", check_reason="没有依据"
    )
    assert (case.ended, case.row.outcome) == ("refused", "update_refused")
    assert story.record(play, "ecert", held["ecert_id"])["status"] == "issued"


def test_a_new_version_that_cannot_be_sealed_leaves_the_old_one_valid(play: Play) -> None:
    held = story.certified(play)
    case = proposed(play, held, action="update", evidence=[story.paper(play)])
    seals.employed(play).refuses = "印章已停用"
    case.complete("approve", as_="prop_ecert_reviewer", check_decision="pass")
    assert case.ended == "not_issued"
    assert story.record(play, "ecert", held["ecert_id"])["status"] == "issued"
    assert status(play, held) == "issued"


def test_an_annulled_certificate_fails_verification(play: Play) -> None:
    """Two people (common_certificate_annul); the file is still sealed, but no longer holds."""
    held = story.certified(play)
    case = proposed(play, held, action="annul", reason="权利消灭")
    annulled(case)
    assert (case.ended, case.row.outcome) == ("annulled_end", "annulled")
    gone = story.record(play, "ecert", held["ecert_id"])
    assert (gone["status"], gone["end_reason"]) == ("annulled", "权利消灭")
    assert status(play, held) == "revoked"
    kinds = [one["kind"] for one in story.records(play, "ecert_event", ecert_id=held["ecert_id"])]
    assert kinds == ["issued", "annulled"]


def test_an_annulment_that_is_not_decided_keeps_the_certificate(play: Play) -> None:
    held = story.certified(play)
    case = proposed(play, held, action="annul")
    case.complete("check_annul", as_="prop_ecert", annul_check="stop", annul_reason="权利仍在")
    assert case.ended == "kept"
    assert status(play, held) == "issued"


def test_a_right_that_ended_in_the_book_starts_the_annulment(play: Play) -> None:
    held = story.certified(play)
    told = {
        "unit_code": held["unit_code"],
        "ended_right": held["right_kind"],
        "org": held["org"],
        "reason": "所有权注销登记",
        "basis": "条例第十四条",
    }
    play.run(
        lambda session: correlation.correlate(
            session, "right_cancelled", told["unit_code"], told,
            message_id="m-9", channel="registration_local", ttl=timedelta(days=1),
        )
    )  # fmt: skip
    play.drain()
    case = play.case(PROCESS)
    annulled(case)
    assert case.row.outcome == "annulled"


def test_a_certificate_no_longer_in_force_is_not_changed(play: Play) -> None:
    held = story.certified(play)
    first, second = (proposed(play, held, action="annul") for _ in range(2))
    annulled(first)
    second.complete("check_annul", as_="prop_ecert", annul_check="stop", annul_reason="已注销")
    assert second.ended == "kept"
