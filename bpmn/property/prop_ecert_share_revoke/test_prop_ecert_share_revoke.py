"""收回共享授权: ordered on the list of permissions; what has ended meanwhile is left alone (P-17, P-59)."""

from bpmn.property import story
from bpmn.property.prop_ecert_use.test_prop_ecert_use import requested, revoke
from processes import registers
from processes.casefile import notices
from processes.casework import applications
from processes.play import Play

KEY = "prop_ecert_share_revoke"


def test_what_ended_between_the_page_and_the_step_is_not_revoked_and_the_manager_told(
    play: Play,
) -> None:
    case = requested(play, story.certified(play))
    case.complete(
        "decide", as_="prop_ecert", share_decision="grant", share_scope="face",
        valid_until="2026-03-05",
    )  # fmt: skip
    manager = play.user("prop_ecert")
    answers = {"revoked_request": "GX1", "reason": "不再承办"}
    play.run(lambda session: applications.apply(session, KEY, by=manager, answers=answers))
    ends = {"to": "expired", "trace": registers.Trace("test")}
    play.run(lambda session: registers.transition(session, "sharing_request", "GX1", **ends))
    play.drain()
    assert play.case(KEY).ended == "too_late"
    assert case.row.ended_at is None
    told = play.run(lambda session: list(notices.box(session, manager)))
    assert told[0].title == "授权没有收回"


def test_a_permission_is_revoked_by_its_manager(play: Play) -> None:
    case = requested(play, story.certified(play))
    case.complete(
        "decide", as_="prop_ecert", share_decision="grant", share_scope="state",
        valid_until="2026-03-05",
    )  # fmt: skip
    done = revoke(play)
    assert (done.ended, done.row.outcome, case.ended) == ("done", "revoked", "revoked")
