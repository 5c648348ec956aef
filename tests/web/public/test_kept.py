"""Nothing typed is lost when a log-in runs out on the way to the unified identity (P-01, P-09)."""

import io
import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import delete, select, update

from adapters._simulators.citizens import CITIZENS
from engine import clock
from processes.identity import identity
from processes.model.people import KeptForm, PublicIdentity, UserAccount
from processes.public import kept
from tests.web.conftest import csrf, picture
from tests.web.public.conftest import Provider
from tests.web.public.test_portal import APPLY, applied, html, realty, sale, work_off
from web.database import database

Entered = Callable[..., FlaskClient]
__all__ = ["realty"]
SECRET_WORDS = "西安市雁塔区没有暂存过的路 7 号"


@pytest.fixture(autouse=True)
def nothing_kept(realty: Flask) -> None:
    with realty.app_context(), database().transaction() as session:
        session.execute(delete(KeptForm))


def end_all(app: Flask) -> None:
    """Every log-in of the public is over."""
    with app.app_context(), database().transaction() as session:
        for account in session.scalars(select(PublicIdentity.account_id)):
            identity.revoke_sessions(session, account)


def typed(client: FlaskClient) -> dict[str, str]:
    return {**sale(location=SECRET_WORDS), **tokens(client, APPLY)}


def tokens(client: FlaskClient, way: str) -> dict[str, str]:
    """What the page of a form sends beside what is typed there."""
    return {"_page": page_token(html(client, way)), "csrf_token": csrf(client, way)}


def page_token(page: str) -> str:
    return re.search(r'name="_page" value="([^"]+)"', page)[1]


def back(client: FlaskClient, provider: Provider, subject: str, *, way: str = APPLY) -> str:
    """Through the unified identity; what the browser is shown afterwards."""
    started = client.get(f"/public/login/start?next={way}")
    answer = client.get(provider.chosen(started.headers["Location"], subject))
    return str(answer.get_data(as_text=True)) if answer.status_code == 200 else ""


def test_what_was_typed_comes_back_after_the_log_in(
    realty: Flask, citizen: Entered, provider: Provider
) -> None:
    client = citizen("p1001")
    form = typed(client)
    end_all(realty)
    answer = client.post(APPLY, data=form)
    assert answer.status_code == 303
    assert "已经暂存" in html(client, answer.headers["Location"])
    page = back(client, provider, "p1001")
    assert SECRET_WORDS in page
    assert SECRET_WORDS in restored(client, page, APPLY)
    with realty.app_context(), database().read_session() as session:
        assert session.scalars(select(KeptForm)).all() == [], "given back once"


def asked_to_sign(realty: Flask, client: FlaskClient, room: int) -> tuple[str, str]:
    """The page of a case and of the signature that it waits for; a room is sold once."""
    case = applied(client, unit_code=f"610113001002GB00001F0001000{room}")
    work_off(realty)
    return case, re.search(r'href="(/public/cases/\d+/actions/\d+)"', html(client, case))[1]


def restored(client: FlaskClient, page: str, way: str) -> str:
    """The form as it is shown again by the page that stands after the log-in."""
    assert f'action="{way}"' in page
    fields = dict(re.findall(r'<textarea name="([^"]+)" hidden>\s*([^<]*)</textarea>', page))
    token = re.search(r'name="csrf_token" value="([^"]+)"', page)[1]
    shown = client.post(way, data={**fields, "csrf_token": token, "_restore": "1"})
    assert shown.status_code == 200
    return str(shown.get_data(as_text=True))


def test_what_was_typed_into_an_answer_to_the_office_comes_back_and_is_not_sent(
    realty: Flask, citizen: Entered, provider: Provider
) -> None:
    """P-09: a supplement, a withdrawal, whatever a case asks of its applicant or lets him send."""
    client = citizen("p1001")
    case, way = asked_to_sign(realty, client, 2)
    form = tokens(client, way)
    end_all(realty)
    answer = client.post(way, data={**form, "sign_confirmed": "true"})
    assert answer.status_code == 303
    assert "已经暂存" in html(client, answer.headers["Location"])
    shown = restored(client, back(client, provider, "p1001", way=way), way)
    assert "已恢复登录前填写的内容" in shown
    assert re.search(r'name="sign_confirmed" value="true" checked', shown)
    assert way in html(client, case), "it waits to be sent"


def test_files_sent_with_the_form_come_back_too(
    realty: Flask, citizen: Entered, provider: Provider
) -> None:
    """P-09: without script they travel with the form; they need not be chosen again."""
    client = citizen("p1001")
    _case, way = asked_to_sign(realty, client, 1)
    form = tokens(client, way)
    end_all(realty)
    client.post(way, data={**form, "signature": (io.BytesIO(picture()), "签名.png")})
    shown = restored(client, back(client, provider, "p1001", way=way), way)
    assert "签名.png" in shown
    reference = re.search(r'name="signature" value="([^"]+)"', shown)[1]
    form = {
        "_page": page_token(shown),
        "csrf_token": csrf(client, way),
        "sign_confirmed": "true",
    }
    assert client.post(way, data={**form, "signature": reference}).status_code == 303


def test_a_file_that_may_not_come_in_is_told_of_before_the_log_in(
    realty: Flask, citizen: Entered
) -> None:
    client = citizen("p1001")
    _case, way = asked_to_sign(realty, client, 4)
    form = {"csrf_token": csrf(client, way), "sign_confirmed": "true"}
    end_all(realty)
    sent = {"signature": (io.BytesIO(b"MZ\x90\x00"), "签名.exe")}
    answer = client.post(way, data={**form, **sent})
    assert "没有收下“签名.exe”" in html(client, answer.headers["Location"])


def test_nobody_else_is_given_it(realty: Flask, citizen: Entered, provider: Provider) -> None:
    client = citizen("p1001")
    form = typed(client)
    end_all(realty)
    client.post(APPLY, data=form)
    assert SECRET_WORDS not in back(client, provider, "p1002")
    assert SECRET_WORDS not in back(client, provider, "p1001"), "the key was of the browser before"


def test_it_is_not_kept_for_a_stranger_or_from_another_site(
    realty: Flask, citizen: Entered
) -> None:
    client = citizen("p1001")
    form = typed(client)
    end_all(realty)
    stranger = realty.test_client()
    token = csrf(stranger, "/public")
    assert stranger.post(APPLY, data={**form, "csrf_token": token}).status_code == 303
    assert client.post(APPLY, data={**form, "csrf_token": "forged"}).status_code == 303
    with realty.app_context(), database().read_session() as session:
        assert session.scalars(select(KeptForm)).all() == []


def test_it_is_sealed_one_an_account_and_gone_after_an_hour(
    realty: Flask, citizen: Entered, provider: Provider
) -> None:
    client = citizen("p1001")
    form = typed(client)
    end_all(realty)
    for _ in range(3):
        client.post(APPLY, data=form)
    with realty.app_context(), database().transaction() as session:
        (row,) = session.connection().exec_driver_sql("SELECT typed FROM kept_form").all()
        assert SECRET_WORDS.encode() not in bytes(row[0])
        session.execute(update(KeptForm).values(at=clock.now() - timedelta(hours=2)))
    assert SECRET_WORDS not in back(client, provider, "p1001")
    client.post(APPLY, data=form)
    with realty.app_context(), database().transaction() as session:
        with clock.travel(timedelta(hours=2)):
            kept.forget_old(session)
        assert session.scalars(select(KeptForm)).all() == []


def test_a_corrected_number_is_another_person_for_the_separation_of_duties(
    realty: Flask, provider: Provider, citizen: Entered, monkeypatch: pytest.MonkeyPatch
) -> None:
    def account() -> tuple[str, str | None]:
        with realty.app_context(), database().read_session() as session:
            query = select(UserAccount).join(
                PublicIdentity, PublicIdentity.account_id == UserAccount.id
            )
            one = session.scalars(query.where(PublicIdentity.subject == "p1003")).one()
            return one.person_key, one.id_no

    citizen("p1003")
    before = account()
    number = "610102199003070032"
    monkeypatch.setitem(CITIZENS, "p1003", {**CITIZENS["p1003"], "id_no": number})
    citizen("p1003")
    assert account() == (identity.person_key(number), number) != before
