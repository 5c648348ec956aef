"""通知方式: everybody chooses by which ways he is told, and sees how far each came (P-71, P-72)."""

from collections.abc import Iterator

import pytest
from flask import Flask
from sqlalchemy import select

from processes.casefile import deliveries, notices
from processes.casefile.notices import Notice
from processes.model.cases import NoticeChoice, NoticeDelivery
from processes.model.people import PublicIdentity
from tests.web.public.conftest import Entered, send
from web.database import database


@pytest.fixture
def outside() -> Iterator[None]:
    deliveries.reach({"sms.send", "mail.send"})
    yield
    deliveries.reach(())


def who(app: Flask, subject: str) -> int:
    with app.app_context(), database().read_session() as session:
        query = select(PublicIdentity.account_id).where(PublicIdentity.subject == subject)
        return session.scalars(query).one()


@pytest.mark.usefixtures("outside")
def test_a_citizen_chooses_and_sees_how_far_a_message_came(portal: Flask, citizen: Entered) -> None:
    client = citizen("p1003")
    shown = client.get("/public/ways").get_data(as_text=True)
    assert "短信" in shown
    assert "微信公众号" not in shown, "what is not connected is not offered"
    send(client, "/public/ways", way_1="mail", way_2="sms", mail="a@example.com")
    account = who(portal, "p1003")
    with portal.app_context(), database().transaction() as session:
        assert deliveries.choice(session, account).channels == ("mail", "sms")
        notices.send(session, [account], Notice(kind="told", title="登记已办结"))
    page = client.get("/public/messages").get_data(as_text=True)
    assert "邮件 正在发送" in page
    with portal.app_context(), database().transaction() as session:
        session.scalars(select(NoticeDelivery)).one().state = "sent"
    assert "邮件 已送达" in client.get("/public/messages").get_data(as_text=True)


@pytest.mark.usefixtures("outside")
@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"way_1": "mail"}, "请填写邮件地址"),
        ({"way_1": "sms", "mail": "张三"}, "应如 name@example.com"),
    ],
)
def test_a_wrong_mail_address_is_told_and_what_was_typed_stays(
    portal: Flask, citizen: Entered, given: dict[str, str], words: str
) -> None:
    client = citizen("p1002")
    answer = send(client, "/public/ways", **given)
    page = answer.get_data(as_text=True)  # type: ignore[attr-defined]
    assert answer.status_code == 422  # type: ignore[attr-defined]
    assert words in page
    assert given.get("mail", "") in page
    with portal.app_context(), database().read_session() as session:
        assert session.get(NoticeChoice, who(portal, "p1002")) is None


def test_where_nothing_is_connected_the_page_says_so(portal: Flask, citizen: Entered) -> None:
    page = citizen("p1002").get("/public/ways").get_data(as_text=True)
    assert "通知只在站内" in page
