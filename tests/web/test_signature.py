"""The page of one's own handwritten signature, and where it is seen (case-operations A.4)."""

import io
import re
from collections.abc import Callable

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import delete, select, text, update

from engine.model import UserTask
from processes.model.cases import Opinion
from processes.model.documents import PrintedForm
from tests.web.conftest import csrf, picture
from web.database import database

Clients = Callable[[str], FlaskClient]
Filed = Callable[[], int]


def post(client: FlaskClient, path: str, **data: object) -> object:
    return client.post(path, data={**data, "csrf_token": csrf(client, "/inbox")})


def sign(client: FlaskClient, content: bytes, name: str = "签名.png") -> object:
    """Without script: the picture comes with the form."""
    return post(client, "/signature", signature=(io.BytesIO(content), name))


def accepted(app: Flask, client: FlaskClient, task: int) -> int:
    """Do the first step; the case."""
    with app.app_context(), database().read_session() as session:
        case = session.get_one(UserTask, task).instance_id
    post(client, f"/tasks/{task}/claim")
    done = post(client, f"/tasks/{task}/complete", decision="accept", remark="齐全")
    assert done.status_code == 303
    return case


def html(client: FlaskClient, path: str) -> str:
    return client.get(path).get_data(as_text=True)


def test_a_clerk_sets_replaces_and_stops_the_signature(as_: Clients) -> None:
    client = as_("reviewer")
    assert "没有签名" in html(client, "/signature")
    assert sign(client, picture()).status_code == 303
    page = html(client, "/signature")
    assert "没有签名" not in page
    shown = re.search(r'class="signature large" src="([^"]+)"', page)[1]
    assert client.get(shown).data == picture()
    assert post(client, "/signature/remove").status_code == 303
    page = html(client, "/signature")
    assert "没有签名" in page
    assert "历次签名" in page


def test_a_picture_that_is_none_is_refused_beside_its_field(as_: Clients) -> None:
    client = as_("reviewer")
    for content in (b"%PDF-1.4 nothing", picture()[:40], b""):
        refused = sign(client, content)
        assert refused.status_code == 422
        assert re.search(r'class="field[^"]* bad"', refused.get_data(as_text=True))
    assert client.post("/signature/remove").status_code == 400, "CSRF"


def test_an_applicant_has_no_such_page(as_: Clients) -> None:
    assert as_("applicant").get("/signature").status_code == 403


def test_the_timeline_shows_the_signature_and_what_was_altered(
    app: Flask, as_: Clients, filed: Filed
) -> None:
    client = as_("acceptor")
    sign(client, picture())
    case = accepted(app, client, filed())
    page = html(client, f"/cases/{case}")
    assert page.count('<img class="signature"') == 1
    assert "已被改动" not in page
    with app.app_context(), database().transaction() as session:
        session.execute(text("DROP TRIGGER opinion_keeps_values"))
        session.execute(update(Opinion).where(Opinion.case_id == case).values(text="改了"))
    assert "已被改动" in html(client, f"/cases/{case}")


def test_the_applicant_sees_neither_signature_nor_hash(
    app: Flask, as_: Clients, filed: Filed
) -> None:
    client = as_("acceptor")
    sign(client, picture())
    case = accepted(app, client, filed())
    page = html(as_("applicant"), f"/portal/cases/{case}")
    assert "受理" in page
    assert 'class="signature"' not in page
    assert "SHA-256" not in page


def test_a_printed_form_is_verified_by_anybody_on_the_page_and_by_api(
    app: Flask, as_: Clients, filed: Filed
) -> None:
    """A.5 审批单: by its code or its file, without a name or a word of an opinion."""
    case = accepted(app, as_("acceptor"), filed())
    printed = as_("manager").get(f"/cases/{case}/form")
    assert printed.status_code == 200
    with app.app_context(), database().read_session() as session:
        code = str(session.scalar(select(PrintedForm.code).where(PrintedForm.case_id == case)))
    anybody = app.test_client()
    page = html(anybody, f"/verify/{code}")
    assert "意见未改动" in page
    assert "受理人" not in page
    told = anybody.post("/api/v1/verifications/form", json={"code": code}).json
    assert (told["whole"], told["opinions"], told["later"]) == (True, 2, 0)
    assert all(len(one["digest"]) == 64 and one["digest"][:32] in page for one in told["lines"])
    same = anybody.post("/api/v1/verifications/form-file", data=printed.data).json
    assert same == told
    given = {
        "file": (io.BytesIO(printed.data), "审批单.pdf"),
        "csrf_token": csrf(anybody, "/verify"),
    }
    shown = anybody.post("/verify/file", data=given).get_data(as_text=True)
    assert "意见未改动" in shown
    assert code in shown
    with app.app_context(), database().transaction() as session:
        session.execute(text("DROP TRIGGER opinion_keeps_rows"))
        first = select(Opinion.id).where(Opinion.case_id == case).order_by(Opinion.id).limit(1)
        session.execute(delete(Opinion).where(Opinion.id == session.scalar(first)))
    page = html(anybody, f"/verify/{code}")
    assert "意见有改动" in page
    assert "意见被删除、插入或调换" in page
    missing = anybody.post("/api/v1/verifications/form", json={"code": "2" * 16})
    assert missing.status_code == 404
