"""The public portal (P-01, P-06, P-09): guide, consent, application, my cases and certificates."""

import io
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from adapters import registry
from bpmn.property import shares
from forms import definition, display
from forms.errors import FormInvalid
from processes import registers
from processes.background.worker import JobWorker
from processes.casefile import notices
from processes.casefile.notices import Notice
from processes.demo import loader
from processes.documents import files
from processes.identity import organisations
from processes.identity.identity import by_login
from processes.ledgers import record_lists
from processes.model.cases import Case
from processes.model.documents import Document
from processes.model.people import PublicIdentity
from processes.model.records import RegisterRecord
from processes.modelling import deployment
from processes.public import guides
from processes.registers import Trace
from tests.web.conftest import csrf, picture
from tests.web.public.conftest import send
from web import filling
from web.database import database

Entered = Callable[..., FlaskClient]
MODELS = Path("bpmn")
GUIDE = "/public/services/prop_one_window"
APPLY = "/public/apply/prop_one_window"
UNIT = "610113001002GB00001F00010001"


@pytest.fixture
def realty(portal: Flask) -> Flask:
    """The property domain of the demo beside the sample; laid down once a file."""
    with portal.app_context():
        with database().read_session() as session:
            there = registers.find(session, "realty_unit", limit=1)
        if not there:
            database().run(_load)
    return portal


def _load(session: Session) -> None:
    for told in loader.cast()["orgs"]:
        if told["code"].startswith("P"):
            organisations.create(
                session, told["code"], name=told["name"], kind=told["kind"],
                parent_code=told.get("parent"), region_code=told["region"],
            )  # fmt: skip
    for row in loader.cast()["registers"]["realty_unit"]:
        registers.create(session, "realty_unit", row, trace=Trace(by="test"))
    deployment.load_folder(session, MODELS / "common", by="test", topics=registry.topics())
    deployment.load_folder(session, MODELS / "property", by="test", topics=registry.topics())


def html(client: FlaskClient, path: str, status: int = 200) -> str:
    answer = client.get(path)
    assert answer.status_code == status, answer.get_data(as_text=True)
    return str(answer.get_data(as_text=True))


def sale(**changes: str) -> dict[str, str]:
    """A mortgage, whole, as a browser sends it."""
    return {
        "business_kind": "mortgage",
        "org": "PR610100",
        "unit_code": UNIT,
        "location": "西安市雁塔区演示路 1 号 1 幢 1 单元 10101 室",
        "old_certificate_no": "陕(2020)西安市不动产权第0000101号",
        "right_holders.0.name": "甲某",
        "right_holders.0.id_no": "610102198506150013",
        "right_holders.0.phone": "13900001001",
        "obligors.0.name": "乙某",
        "obligors.0.id_no": "610102198808200020",
        "obligors.0.phone": "13900001002",
        "secured_amount": "500000",
        "mortgage_from": "2026-12-01",
        "mortgage_to": "2036-12-01",
        "share_consent": "true",
        "declaration": "true",
        **changes,
    }


def test_the_catalogue_is_found_by_words_that_people_use(realty: Flask) -> None:
    client = realty.test_client()
    assert "不动产登记" in html(client, "/public")
    assert GUIDE in html(client, "/public?q=房产证")
    assert GUIDE in html(client, "/public?q=mortgage")
    assert "没有找到相符的服务" in html(client, "/public?q=宇航")
    assert GUIDE in html(client, "/public?party=enterprise")


def test_a_guide_says_who_what_how_long_at_what_fee_and_why(realty: Flask) -> None:
    page = html(realty.test_client(), GUIDE)
    for told in (
        "个人",
        "30 个工作日",
        "5 个工作日",
        "80 元",
        "免提交，系统调取",
        "同意调取的免提交，不同意的上传",
        "《不动产登记暂行条例》",
    ):
        assert told in page
    assert html(realty.test_client(), "/public/services/prop_tax", 404)


def test_the_portal_speaks_english_by_a_switch(realty: Flask) -> None:
    client = realty.test_client()
    send(client, "/public/language", language="en", next=GUIDE)
    page = html(client, GUIDE)
    assert "Real-estate registration with trade and tax" in page
    assert "Not needed, fetched by us" in page


def test_a_stranger_finds_the_way_to_the_staff_s_login(realty: Flask) -> None:
    """The first page of an installation is the portal, whoever opens it."""
    client = realty.test_client()
    first = client.get("/", follow_redirects=True).get_data(as_text=True)
    assert '<a href="/login">工作人员和单位用户登录</a>' in first
    assert client.get("/login").status_code == 200


def test_what_we_hold_is_used_after_consent_and_the_consent_is_on_record(
    realty: Flask, citizen: Entered
) -> None:
    """P-25, P-54, P-88, P-89: the own certificate fills in the form; logged, and withdrawable."""
    client = citizen("p1001")
    page = html(client, f"{GUIDE}/begin")
    assert "陕(2020)西安市不动产权第0000101号" in page
    assert "0000102号" not in page, "the neighbour's property is not offered"
    answer = send(client, f"{GUIDE}/begin", go="fetch", identity="1", **{"held.realty": UNIT})
    assert answer.headers["Location"] == APPLY
    form = html(client, APPLY)
    assert f'value="{UNIT}"' in form
    assert 'value="陕(2020)西安市不动产权第0000101号"' in form
    assert 'value="610102198506150013"' in form.replace(" ", "")
    assert re.search(r'name="obligors\.0\.name"[^>]*value="甲某"', form), "he sells or mortgages it"
    acquires = r'name="right_holders\.0\.name"[^>]*value="\w'
    assert not re.search(acquires, form), "and is not taken for who acquires it"
    buyer = citizen("p1004")
    send(buyer, f"{GUIDE}/begin", go="fetch", identity="1", **{"held.realty": ""})
    assert re.search(acquires, html(buyer, APPLY)), "who comes without a home of his own does"
    record = html(client, "/public/me")
    assert "不动产单元：不动产单元代码、坐落、原不动产权证书号、登记机构" in record
    key = re.search(r"/public/consents/(SQ\d+)/withdraw", record)[1]
    assert (
        citizen("p1002")
        .post(f"/public/consents/{key}/withdraw", data={"csrf_token": "x"})
        .status_code
        == 400
    )
    send(client, f"/public/consents/{key}/withdraw")
    assert "已撤回" in html(client, "/public/me")
    with realty.app_context(), database().read_session() as session:
        record = session.scalars(select(RegisterRecord).where(RegisterRecord.key == key)).one()
        process = registers.definition("data_consent").fields["process"]
        assert record_lists.words(session, [process], [record]) == [("一窗受理、并行办理",)]


def test_without_consent_nothing_is_fetched(realty: Flask, citizen: Entered) -> None:
    client = citizen("p1002")
    send(client, f"{GUIDE}/begin", go="skip", identity="1", **{"held.realty": UNIT})
    assert "您还没有同意过使用数据" in html(client, "/public/me")
    assert f'value="{UNIT}"' not in html(client, APPLY)


def test_the_record_of_somebody_else_is_never_fetched(realty: Flask, citizen: Entered) -> None:
    client = citizen("p1002")
    answer = send(client, f"{GUIDE}/begin", go="fetch", **{"held.realty": UNIT})
    assert answer.status_code == 404
    stranger = send(citizen("p1003"), "/public/consents/SQ202600000001/withdraw")
    assert stranger.status_code == 404


def test_what_is_for_persons_no_enterprise_applies_for_by_any_address(
    realty: Flask, citizen: Entered, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = "prop_one_window"
    told = {**guides.guides(), key: replace(guides.guides()[key], audience=("enterprise",))}
    monkeypatch.setattr(guides, "guides", lambda: told)
    client = citizen("p1001")
    refused = html(client, f"{GUIDE}/begin", 403)
    assert "您以个人身份登录，这项服务只向法人提供" in refused
    html(client, APPLY, 403)
    for path in (f"{GUIDE}/begin", APPLY, f"{APPLY}/draft", f"{APPLY}/refresh"):
        assert send(client, path, **sale()).status_code == 403, path
    assert "甲某" not in html(client, "/public/mine")


def test_a_draft_is_kept_at_each_step_without_any_script(realty: Flask, citizen: Entered) -> None:
    client = citizen("p1003")
    first = {name: value for name, value in sale().items() if "." not in name}
    answer = send(client, APPLY, _step="0", _go="next", **first)
    assert "权利人" in answer.get_data(as_text=True)
    assert "草稿" in html(client, "/public/mine")
    again = html(client, APPLY)
    assert '<input type="hidden" name="_step" value="1">' in again, "where the applicant stopped"
    back = send(client, APPLY, _step="1", _go="back", **first).get_data(as_text=True)
    assert f'value="{UNIT}"' in back
    assert '<input type="hidden" name="_step" value="0">' in html(client, APPLY)
    wrong = {**first, "unit_code": "没有写完的单元代码"}
    send(client, APPLY, _step="0", _go="next", **wrong)
    again = html(client, APPLY)
    assert '<input type="hidden" name="_step" value="0">' in again
    assert "没有写完的单元代码" in again, (
        "what was wrong when the applicant left is there to be mended"
    )
    send(client, "/public/apply/prop_one_window/discard")
    assert "草稿" not in html(client, "/public/mine").replace("草稿已删除", "")


def test_lines_and_files_are_added_and_taken_out_without_any_script(
    realty: Flask, citizen: Entered
) -> None:
    client = citizen("p1003")
    page = send(client, APPLY, _step="1", _row="right_holders", **sale()).get_data(as_text=True)
    assert 'name="right_holders.1.name"' in page
    token = csrf(client, "/public")
    data = {**sale(), "_step": "4", "_go": "next", "csrf_token": token}
    with_file = client.post(APPLY, data={**data, "evidence": (io.BytesIO(picture()), "合同.png")})
    shown = with_file.get_data(as_text=True)
    assert "合同.png" in shown
    reference = re.search(r'name="evidence" value="([^"]+)"', shown)[1]
    less = send(client, APPLY, _step="4", _drop="evidence:0", evidence=reference, **sale())
    assert "合同.png" not in less.get_data(as_text=True)


def test_a_file_in_a_line_of_a_table_comes_with_the_form_without_any_script(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A.4: item by item; what is no file of a known field is left alone, a refused one is named."""
    path = MODELS / "common/common_acceptance/forms/form_supplement.yaml"
    form = definition.read(path.read_bytes(), path.name)
    monkeypatch.setattr("web.filling.current", lambda: SimpleNamespace(id=1))
    told = {
        "supplement_items.0.note": "",
        "supplement_items.0.files": (io.BytesIO(picture()), "身份证.png"),
        "supplement_files": (io.BytesIO(picture()), "其他.png"),
        "supplement_items.0.nothing": (io.BytesIO(picture()), "无.png"),
    }
    with app.test_request_context("/", method="POST", data=told):
        given = filling.answers(form, node="supplement")
    (line,) = given["supplement_items"]
    assert [one["name"] for one in line["files"]] == ["身份证.png"]
    assert [one["name"] for one in given["supplement_files"]] == ["其他.png"]
    told = {"supplement_items.0.files": (io.BytesIO(b"MZ"), "程序.exe")}
    with (
        app.test_request_context("/", method="POST", data=told),
        pytest.raises(FormInvalid) as refused,
    ):
        filling.answers(form, node="supplement")
    assert list(refused.value.errors) == ["supplement_items.0.files"]


def test_what_a_cell_is_described_by_stands_there(app: Flask) -> None:
    """The help of a column, in every line and in the line that is still to be added."""
    told = """
form: form_lines
title: 逐项
sections:
  - title: 逐项
    fields:
      - name: lines
        label: 各项
        type: rows
        fields: [{name: note, label: 说明, type: text, help: 一句话}]
"""
    form = definition.read(told.encode(), "form_lines.yaml")
    layout = display.layout(form, {"lines": [{}, {}]}, rights=display.Rights())
    with app.test_request_context("/public"):
        shown = str(app.jinja_env.get_template("components/form.html").module.sections(layout))
    described = re.findall(r'aria-describedby="([^"]+)"', shown)
    assert len(described) == 3
    assert [one for one in described if f'id="{one}">一句话<' not in shown] == []


def applied(client: FlaskClient, **changes: str) -> str:
    """The path of the case of an application that was filed whole."""
    token = csrf(client, "/public")
    page = client.get(APPLY).get_data(as_text=True)
    key = re.search(r'name="_page" value="([^"]+)"', page)[1]
    data = {**sale(**changes), "_step": "9", "_go": "submit", "_page": key, "csrf_token": token}
    answer = client.post(APPLY, data={**data, "evidence": (io.BytesIO(picture()), "合同.png")})
    assert answer.status_code == 303, answer.get_data(as_text=True)
    return str(answer.headers["Location"]).partition("?")[0]


def work_off(app: Flask) -> None:
    """What the departments have to do is done."""
    with app.app_context():
        known = {topic: shares.Exchange(topic) for topic in shares.TOPICS}
        worker = JobWorker(transact=database().run, owner="test", workers=known)
        while worker.run_once():
            pass


def test_an_application_goes_in_with_a_file_and_is_followed_and_withdrawn(
    realty: Flask, citizen: Entered
) -> None:
    """P-06, P-09, P-12: the case is the citizen's, by whichever channel he came."""
    client = citizen("p1001")
    client.get("/public/enter/wechat")
    case = applied(client, unit_code="610113001002GB00001F00010002")
    work_off(realty)
    page = html(client, case)
    assert "签署申请书" in page
    assert "请在 3 日内到“办件”页面签署申请书" in page, "what he was told last"
    assert "催办" not in page, "nobody but himself works at it"
    number = re.search(r'class="number">(P\d{19}[0-9A-Z])', page)[1]
    code = re.search(r'class="mono">([0-9A-Z]{8})<', page)[1]
    anybody = realty.test_client()
    found = send(anybody, "/public/track", reference=number, code=code)
    assert found.status_code == 200
    assert "甲某" not in found.get_data(as_text=True)
    assert html(citizen("p1002"), case, 404)
    assert number in html(client, "/public/mine")
    way = re.search(r'href="(/public/cases/\d+/actions/\d+)"', page)
    assert way is not None
    # while he fills it in, the page asks what applies; nothing is sent
    told = send(client, f"{way[1]}?refresh=1").get_json()["fields"]
    assert told["signature"] == {"visible": True, "required": True, "remarks": []}
    assert way[1] in html(client, case)
    with realty.app_context(), database().read_session() as session:
        row = session.query(Case).filter_by(reference=number).one()
        assert (row.channel, row.applicant_name) == ("wechat", "甲某")


def test_a_letter_of_the_case_is_taken_as_pdf_and_as_ofd(realty: Flask, citizen: Entered) -> None:
    """P-16, P-38: a sealed letter in the format that the receiver keeps."""
    client = citizen("p1001")
    case = applied(client, unit_code="610113001002GB00001F00010004")
    with realty.app_context(), database().transaction() as session:
        pdf = files.store(session, b"%PDF-1.7 p", by=None, content_type="application/pdf")
        ofd = files.store(session, OFD, by=None, content_type=files.OFD)
        letter = Document(
            case_id=int(case.rpartition("/")[2]), kind="letter", title="不动产权属查询电子证明",
            number="1", template="letter_title_proof", template_digest="0" * 64,
            sha256=pdf.sha256, ofd_sha256=ofd.sha256, values={}, org_code="PR610100",
            verification_code="PUBLICCASE1",
        )  # fmt: skip
        session.add(letter)
    page = html(client, case)
    way = re.search(r'href="([^"]+format=ofd)"', page)[1]
    assert client.get(way).data == OFD
    assert client.get(way.partition("?")[0]).data == b"%PDF-1.7 p"
    assert html(citizen("p1002"), way, 404)


def test_a_message_leads_to_its_case(realty: Flask, citizen: Entered) -> None:
    client = citizen("p1004")
    with realty.app_context(), database().transaction() as session:
        query = select(PublicIdentity.account_id).where(PublicIdentity.subject == "p1004")
        who = session.scalars(query).one()
        notices.send(session, [who], Notice(kind="told", title="请补正材料", body="缺一项"))
    page = html(client, "/public/messages")
    assert "请补正材料" in page
    assert '<b class="count">1' in page
    send(client, re.search(r'action="(/public/messages/\d+)"', page)[1])
    assert '<b class="count">' not in html(client, "/public/messages")


OFD = b"PK OFD.xml"


def registered(app: Flask, number: str) -> None:
    """A certificate in somebody's name."""
    with app.app_context(), database().transaction() as session:
        stored = files.store(session, b"%PDF-1.7 c", by=None, content_type="application/pdf")
        as_ofd = files.store(session, OFD, by=None, content_type=files.OFD)
        values = {
            "ecert_id": "1.2.3.P1", "org": "PR610100", "kind": "right_certificate",
            "type_code": "11100000MB03271699021", "unit_code": UNIT, "entry_no": "E1",
            "right_kind": "房屋所有权", "holder_name": "甲某", "holder_id_no": number,
            "certificate_no": "陕(2026)西安市不动产权第0000009号", "source": "manual", "version": 1,
            "issued_on": "2026-11-20", "document": "1", "sha256": stored.sha256,
            "file": files.reference(stored, name="c.pdf"), "verification_code": "PORTAL1",
            "ofd": files.reference(as_ofd, name="c.ofd"),
        }  # fmt: skip
        registers.create(session, "ecert", values, trace=Trace(by="test"))


def test_a_certificate_is_seen_by_its_holder_and_shown_by_a_code_of_minutes(
    realty: Flask, citizen: Entered, monkeypatch: pytest.MonkeyPatch
) -> None:
    """P-51: only the own; what is shown to others says no more than is needed, and ends."""
    registered(realty, "610102198506150013")
    client = citizen("p1001")
    page = html(client, "/public/certificates")
    assert "陕(2026)西安市不动产权第0000009号" in page
    way = re.search(r'href="(/public/certificates/realty_right/[^"]+)"', page)[1]
    shown = html(client, way)
    assert "房屋所有权" in shown
    assert "下载 OFD" in shown
    given = client.get(f"{way}/file?format=ofd")
    assert given.data == OFD
    assert "c.ofd" in given.headers["Content-Disposition"]
    assert html(citizen("e2001"), way, 404)
    assert "先核验人脸" in html(citizen("p1002"), way, 403), "a real name alone is not enough"
    shown = html(client, f"{way}/code")
    assert "viewBox" in shown, "the code is drawn whole, however large it is shown"
    token = re.search(r"(/public/shown/[^\"<]+)", shown)[1]
    seen = html(realty.test_client(), token)
    assert "证照有效" in seen
    assert "甲某" not in seen
    assert html(realty.test_client(), f"{token}x", 404)
    with realty.app_context(), database().read_session() as session:
        looks = registers.find(session, "ecert_event", where={"ecert_id": "1.2.3.P1"})
    assert [one.values["kind"] for one in looks] == [
        "viewed",
        "downloaded",
        "presented",
        "verified",
    ]
    monkeypatch.setattr("web.public.showing._SHOWN_FOR", timedelta(seconds=-1))
    assert "已过期" in html(realty.test_client(), token, 404)


def test_what_is_printed_on_a_certificate_is_shown_for_a_purpose_that_goes_on_record(
    realty: Flask, citizen: Entered
) -> None:
    """P-46: shown with scope and purpose; without a purpose its validity alone."""
    client = citizen("p1001")
    with realty.app_context(), database().read_session() as session:
        there = registers.find(session, "ecert", where={"ecert_id": "1.2.3.P1"})
    if not there:
        registered(realty, "610102198506150013")
    way = "/public/certificates/realty_right/1.2.3.P1/code"

    def seen(page: str) -> str:
        token = re.search(r"(/public/shown/[^\"<]+)", page)
        assert token
        return html(realty.test_client(), token[1])

    refused = html(client, f"{way}?scope=face", 422)
    assert "须写明用途" in refused
    assert "甲某" not in seen(refused)
    page = html(client, f"{way}?scope=face&purpose=办理落户")
    assert "用途：办理落户" in page
    shown = seen(page)
    assert "甲某" in shown
    assert "办理落户" in shown
    assert "请勿用于其他" in shown
    with realty.app_context(), database().read_session() as session:
        looks = registers.find(session, "ecert_event", where={"ecert_id": "1.2.3.P1"})
    last = [tuple(one.values.get(name) for name in ("kind", "detail", "purpose")) for one in looks][
        -2:
    ]
    assert last == [("presented", "照面信息", "办理落户"), ("verified", "照面信息", "办理落户")]


def test_a_page_that_is_not_there_keeps_to_the_portal(realty: Flask, citizen: Entered) -> None:
    """What went wrong is told in the portal's own frame, and the way out stays in it."""
    page = html(citizen("p1001"), "/public/cases/1", 404)
    assert 'aria-label="主菜单"' in page
    assert 'class="btn btn-primary" href="/public"' in page
    assert "它不在您名下" in page, "a citizen has no remit"
    assert "/public" in html(realty.test_client(), "/public/nowhere", 404), "without its frame too"


def test_nobody_of_the_staff_is_found_in_the_portal(realty: Flask) -> None:
    with realty.app_context(), database().read_session() as session:
        assert by_login(session, "acceptor").citizen is None
