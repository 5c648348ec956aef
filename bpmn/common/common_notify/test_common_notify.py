"""通知: one notice to one receiver, by the ways of his own choice (Y-91, P-13, P-71, P-72, P-81)."""

import pytest
from sqlalchemy.orm import Session

from bpmn.citizens import begun, citizen
from bpmn.property.story import notices_of
from bpmn.ways import TOPICS, Gateway
from engine.errors import BpmnError, Paused, Retry, WorkRefused
from processes.casefile import deliveries, notices
from processes.identity.identity import User
from processes.ledgers import maintenance
from processes.play import Play

KEY = "common_notify"
TOLD = {"notify_to": "applicant", "notify_title": "登记已办结", "notify_text": "甲某的房屋已登簿。"}


def chosen(play: Play, by: User, *channels: str, mail: str = "") -> None:
    play.run(lambda session: deliveries.choose(session, by.id, channels=channels, mail=mail))


def came(play: Play, by: User) -> list[tuple[str, str]]:
    """How far the latest notice has come, way by way."""

    def asked(session: Session) -> list[tuple[str, str]]:
        box = notices.box(session, by)[:1]
        rows = deliveries.of_notices(session, box).get(box[0].id, ())
        return [(row.channel, row.state) for row in rows]

    return play.run(asked)


def test_a_notice_reaches_a_role(play: Play) -> None:
    """Y-91: a notice beside the to-do list."""
    told = {"notify_to": "licence_reviewer@370001", "notify_title": "提醒", "notify_text": "请审核"}
    case = play(KEY, **told)
    assert case.ended == "notified"
    box = play.run(lambda session: notices.box(session, play.user("reviewer")))
    assert [(one.title, one.body) for one in box] == [("提醒", "请审核")]


def test_a_notice_to_nobody_is_no_fault(play: Play) -> None:
    case = play(KEY, notify_to="licence_reviewer@320002", notify_title="提醒")
    assert case.ended == "notified"


@pytest.mark.parametrize("way", TOPICS)
def test_it_goes_by_the_way_that_somebody_chose(
    play: Play, outside: dict[str, Gateway], way: str
) -> None:
    by = citizen(play)
    chosen(play, by, way, mail="a@example.com")
    case = begun(play, KEY, by, **TOLD)
    play.rest()
    assert (case.ended, notices_of(play, by.login)) == ("notified", ["登记已办结"])
    assert [len(one.taken) for one in outside.values()].count(1) == 1
    (sent,) = outside[way].taken
    assert came(play, by) == [(way, "sent")]
    said = str(sent.variables.get("text"))
    assert "登记已办结" in said
    assert case.row.reference in said + str(sent.variables.get("work_order_no"))
    assert "甲某" not in str(sent.variables), "the text itself stays in this system"


def test_whoever_chose_nothing_is_told_by_the_way_he_came(
    play: Play, outside: dict[str, Gateway]
) -> None:
    by = citizen(play)
    begun(play, KEY, by, **TOLD, notify_channel="app")
    begun(play, KEY, by, **TOLD, notify_channel="counter")
    begun(play, KEY, by, **TOLD)
    play.rest()
    assert [len(one.taken) for one in outside.values()] == [0, 0, 0, 1, 0]


def test_who_wants_the_box_alone_gets_nothing_beside_it(
    play: Play, outside: dict[str, Gateway]
) -> None:
    by = citizen(play)
    chosen(play, by)
    begun(play, KEY, by, **TOLD, notify_channel="app")
    play.rest()
    assert [len(one.taken) for one in outside.values()] == [0] * 5


def test_a_way_that_refuses_gives_way_to_the_next(play: Play, outside: dict[str, Gateway]) -> None:
    by = citizen(play)
    chosen(play, by, "wechat", "sms", "mail", mail="a@example.com")
    outside["wechat"].no = BpmnError("not_followed", "没有关注公众号")
    outside["sms"].no = WorkRefused("短信平台拒绝了请求（422）")
    case = begun(play, KEY, by, **TOLD)
    play.rest()
    assert case.ended == "notified"
    assert came(play, by) == [("wechat", "refused"), ("sms", "refused"), ("mail", "sent")]
    assert [outside[way].tried for way in ("wechat", "sms", "mail")] == [1, 1, 1]


@pytest.mark.parametrize("error", [Retry("短信平台无法连接"), Paused("暂停调用")])
def test_a_way_that_is_down_is_tried_again_and_then_given_up(
    play: Play, outside: dict[str, Gateway], error: Retry
) -> None:
    by = citizen(play)
    chosen(play, by, "sms", "mail", mail="a@example.com")
    outside["sms"].no = error
    case = begun(play, KEY, by, **TOLD)
    assert case.ended == "notified", "the case does not wait for it"
    case.passes(minutes=15)
    assert outside["sms"].tried >= 2
    assert came(play, by) == [("sms", "refused"), ("mail", "sent")]


def test_what_came_up_in_time_is_sent_once(play: Play, outside: dict[str, Gateway]) -> None:
    by = citizen(play)
    chosen(play, by, "sms", "mail", mail="a@example.com")
    outside["sms"].no = Retry("短信平台无法连接")
    case = begun(play, KEY, by, **TOLD)
    play.drain()
    outside["sms"].no = None
    case.passes(minutes=5)
    assert came(play, by) == [("sms", "sent")]
    assert len({one.key for one in outside["sms"].taken}) == len(outside["sms"].taken) == 1


def test_when_every_way_is_closed_the_box_has_it(play: Play, outside: dict[str, Gateway]) -> None:
    by = citizen(play)
    chosen(play, by, "sms")
    outside["sms"].no = BpmnError("number_refused", "号码停机")
    begun(play, KEY, by, **TOLD)
    play.rest()
    assert came(play, by) == [("sms", "refused")]
    assert notices_of(play, by.login) == ["登记已办结"]


def test_a_way_without_an_address_is_left_out(play: Play, outside: dict[str, Gateway]) -> None:
    by = citizen(play)
    chosen(play, by, "mail", "sms")
    begun(play, KEY, by, **TOLD)
    play.rest()
    assert came(play, by) == [("sms", "sent")]


def test_a_way_that_is_not_connected_here_is_neither_offered_nor_taken(play: Play) -> None:
    by = citizen(play)
    deliveries.reach({"sms.send"})
    try:
        assert [one.code for one in deliveries.offered()] == ["sms"]
        chosen(play, by, "wechat", "sms")
        assert play.run(lambda s: deliveries.choice(s, by.id)).channels == ("sms",)
    finally:
        deliveries.reach(())


def test_an_administrator_sets_the_text(play: Play, outside: dict[str, Gateway]) -> None:
    """Placeholders are filled in; what is no placeholder stands as it was written."""
    by, admin = citizen(play), play.user("admin")
    answers = {"channel": "sms", "text": "【省登记中心】{标题}{单号} {网址} {其他}"}
    play.run(lambda s: maintenance.add(s, "notice_template", by=admin, answers=answers))
    chosen(play, by, "sms")
    case = begun(play, KEY, by, **TOLD)
    play.rest()
    said = str(outside["sms"].taken[0].variables["text"])
    assert said.startswith(f"【省登记中心】登记已办结（工作单号 {case.row.reference}） ")
    assert said.endswith("/public/messages {其他}")
