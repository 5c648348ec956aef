"""The public side: apply step by step, follow without log-in and without guessing."""

import io
import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient

from engine import clock, ids
from engine.model import ExternalTask, UserTask
from processes.model.cases import Case
from processes.public import guides
from tests.web.conftest import csrf, picture
from web import references
from web.database import database

Clients = Callable[[str], FlaskClient]
Filed = Callable[[], int]
APPLY = "/portal/apply/yacht_licence_sample"


def send(client: FlaskClient, path: str, **data: object) -> object:
    return client.post(path, data={**data, "csrf_token": csrf(client, "/portal")})


def upload(client: FlaskClient, content: bytes, name: str = "照片.png") -> object:
    return send(client, "/files", file=(io.BytesIO(content), name), field="photo")


def test_anybody_sees_the_services(client: FlaskClient) -> None:
    page = client.get("/portal").get_data(as_text=True)
    assert "游艇驾驶证办理" in page
    assert APPLY in page


def test_a_service_is_told_in_one_line_and_found_by_words(
    as_: Clients, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The line of its guide if it has one, else one sentence of its description, no more."""
    client = as_("applicant")
    page = client.get("/portal").get_data(as_text=True)
    assert "初次申领、换证、补证、增驾，凭培训考试合格结果或适任证书申领。</p>" in page
    guide = guides.guides()["yacht_licence_issue"]
    monkeypatch.setattr(guides, "guides", lambda: {"yacht_licence_sample": guide})
    assert f"{guide.summary.title}</p>" in client.get("/portal").get_data(as_text=True)
    assert APPLY in client.get("/portal?q=驾驶证").get_data(as_text=True)
    none = client.get("/portal?q=没有这样的服务").get_data(as_text=True)
    assert "没有找到相符的服务" in none
    assert APPLY not in none


def test_a_step_must_be_right_before_the_next_one_opens(as_: Clients) -> None:
    client = as_("applicant")
    answer = send(client, APPLY, _step="0", _go="next", application_kind="first")
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert "请选择发证机构" in page
    first = {"application_kind": "first", "licence_class": "A1E", "org": "370001"}
    on = send(client, APPLY, _step="0", _go="next", filed_by="person", **first)
    assert on.status_code == 200
    assert "第 2 步" in on.get_data(as_text=True)
    back = send(client, APPLY, _step="1", _go="back", filed_by="person", name="甲", **first)
    assert "第 1 步" in back.get_data(as_text=True)
    assert 'value="甲"' in back.get_data(as_text=True)


def test_the_steps_follow_the_answers_while_one_types(as_: Clients) -> None:
    """A section that an answer opens is a step at once, not only on the next page."""
    client = as_("applicant")
    path = APPLY

    def progress(kind: str) -> str:
        data = {"csrf_token": csrf(client, path), "_step": "0", "application_kind": kind}
        told = client.post(f"{path}/refresh", data=data).json
        return str(told["progress"])

    before, after = progress("first"), progress("renew")
    assert "第 1 步" in before
    assert after.count("<li") == before.count("<li") + 1


def test_a_file_is_known_by_a_reference_nobody_else_can_use(as_: Clients) -> None:
    client = as_("applicant")
    made = upload(client, picture())
    assert made.status_code == 201
    href = re.search(r'href="(/files/[^"]+)"', made.json["html"])[1]
    assert client.get(href).mimetype == "image/png"
    assert as_("acceptor").get(href).status_code == 404
    assert client.get(f"{href}x").status_code == 404


def test_the_address_of_a_file_ends_and_says_the_way_out(
    as_: Clients, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = as_("applicant")
    made = upload(client, picture()).json["html"]
    href = re.search(r'href="(/files/[^"]+)"', made)[1]
    field = re.search(r'value="([^"]+)"', made)[1]
    assert client.get(f"/files/{field}").status_code == 404, "what a form carries opens nothing"
    monkeypatch.setitem(references.LASTS, "view", timedelta(seconds=-1))
    late = client.get(href)
    assert late.status_code == 404
    assert "附件链接已过期" in late.get_data(as_text=True)


def test_a_wrong_file_is_refused_in_words(as_: Clients) -> None:
    client = as_("applicant")
    answer = upload(client, b"MZ\x90\x00 not a picture", "photo.png")
    assert answer.status_code == 422
    assert "只接受" in answer.json["detail"]


def test_an_application_is_filed_and_followed(as_: Clients, app: Flask, filed: Filed) -> None:
    with app.app_context():
        task = filed()
        with database().read_session() as session:
            case = session.get_one(Case, session.get_one(UserTask, task).instance_id)
    client = as_("applicant")
    assert case.reference in client.get("/portal/mine").get_data(as_text=True)
    page = client.get(f"/portal/cases/{case.id}").get_data(as_text=True)
    assert case.query_code in page
    stranger = app.test_client()
    found = send(stranger, "/portal/track", reference=case.reference, code=case.query_code)
    text = found.get_data(as_text=True)
    assert found.status_code == 200
    assert "受理" in text
    assert "申请人甲" not in text


@pytest.mark.parametrize(
    ("job", "moves"),
    [
        ({}, True),
        ({"due_at": clock.now() + timedelta(days=1)}, False),
        ({"retries": 0}, False),
        ({"suspended": True}, False),
    ],
    ids=["due", "later", "with an incident", "suspended"],
)
def test_the_page_of_a_case_says_that_it_moves_and_renews_itself_the_sooner(
    as_: Clients, app: Flask, filed: Filed, job: dict[str, object], moves: bool
) -> None:
    with app.app_context():
        task = filed()
        with database().transaction() as session:
            opened = session.get_one(UserTask, task)
            case = opened.instance_id
            row = {
                "id": ids.next_id(), "instance_id": case, "topic": "sms.send", "retries": 3,
                "definition_id": opened.definition_id, "activity": "tell", **job,
            }  # fmt: skip
            session.add(ExternalTask(**row))
    page = as_("applicant").get(f"/portal/cases/{case}").get_data(as_text=True)
    assert ("系统正在处理，本页会自动更新" in page) is moves
    assert f'data-following="{3 if moves else 20}"' in page


def test_a_wrong_pair_never_tells_which_half_is_wrong(
    client: FlaskClient, app: Flask, filed: Filed
) -> None:
    with app.app_context():
        task = filed()
        with database().read_session() as session:
            case = session.get_one(Case, session.get_one(UserTask, task).instance_id)
    known = send(client, "/portal/track", reference=case.reference, code="WRONG")
    unknown = send(client, "/portal/track", reference="Y3700002013102800001I", code="WRONG")
    assert known.status_code == unknown.status_code == 404

    def told(answer: object) -> str:
        return re.sub(
            r'nonce="[^"]+"|value="[^"]*"|content="[^"]*"|hx-headers[^>]+',
            "",
            answer.get_data(as_text=True),
        )

    assert told(known) == told(unknown)


def test_letters_and_cases_of_others_do_not_exist(as_: Clients, filed: Filed) -> None:
    filed()
    client = as_("applicant")
    assert client.get("/portal/cases/1").status_code == 404
    assert client.get("/portal/cases/1/documents/1").status_code == 404
