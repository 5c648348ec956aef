"""通知: one notice to one receiver, and what happens when a channel fails."""

from processes.casefile import notices
from processes.play import Play


def test_a_notice_reaches_a_role(play: Play) -> None:
    """Y-91: a notice beside the to-do list."""
    case = play(
        "common_notify",
        notify_to="licence_reviewer@370001",
        notify_title="提醒",
        notify_text="请审核",
    )
    assert case.ended == "notified"
    box = play.run(lambda session: notices.box(session, play.user("reviewer")))
    assert [(one.title, one.body) for one in box] == [("提醒", "请审核")]
    assert case.variables["notify_channel"] == "in_app"


def test_a_notice_to_nobody_is_no_fault(play: Play) -> None:
    case = play("common_notify", notify_to="licence_reviewer@320002", notify_title="提醒")
    assert case.ended == "notified"
