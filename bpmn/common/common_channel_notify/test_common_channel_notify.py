"""渠道通知: the message in the portal always, the channel as far as it answers (P-13, P-81)."""

import pytest

from bpmn.citizens import begun, citizen
from bpmn.property.story import notices_of
from processes.play import Play

KEY = "common_channel_notify"
TOLD = {"push_title": "已受理", "push_text": "申请已受理。"}
CHANNELS = [
    ("portal", "gov_portal.progress", "not_registered"),
    ("app", "qinwuyuan_app.notify", "not_registered"),
    ("wechat", "wechat.notify", "not_followed"),
]
every = pytest.mark.parametrize(("channel", "topic", "refusal"), CHANNELS)


@every
def test_each_channel_is_told_by_its_own_service(
    play: Play, channel: str, topic: str, refusal: str
) -> None:
    del refusal
    by = citizen(play)
    case = begun(play, KEY, by, channel=channel, **TOLD)
    case.works(topic, receipt_no="1")
    assert (case.ended, case.variables["push_result"]) == ("notified", "sent")
    assert notices_of(play, by.login) == ["已受理"]


@every
def test_a_channel_that_refuses_or_is_silent_holds_nothing_up(
    play: Play, channel: str, topic: str, refusal: str
) -> None:
    by = citizen(play)
    case = begun(play, KEY, by, channel=channel, **TOLD)
    case.fails(topic, code=refusal)
    late = begun(play, KEY, by, channel=channel, **TOLD)
    late.passes(minutes=61)
    assert (case.ended, late.ended) == ("notified", "notified")
    assert len(notices_of(play, by.login)) == 2


def test_whoever_came_by_the_counter_is_told_in_the_portal_alone(play: Play) -> None:
    by = citizen(play)
    case = begun(play, KEY, by, channel="counter", **TOLD)
    assert (case.ended, notices_of(play, by.login)) == ("told_here", ["已受理"])
