"""Each of the five kinds of explosives users finds exactly its menu, and may do nothing else.

The tables are those of the domain description, section 3 (E-18 至 E-22, E-81 至 E-101).
"""

import re
from collections.abc import Iterator
from datetime import date

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from adapters import registry
from bpmn.explosives import story
from processes import registers
from processes.casefile import notices
from processes.casework import applications
from processes.demo import loader
from processes.documents import files
from processes.identity import identity, tokens
from processes.ledgers import menus
from processes.ledgers.menus import BUILT_IN
from processes.model.people import UserAccount
from processes.model.records import RegisterRecord
from processes.people import accounts, area
from tests.web.conftest import csrf, installation, log_in
from web.database import create_tables, database
from web.wiring import wire

CLASSES = "/business/lists/expl_classes"
Q, V, X = "查询", "查看", "导出"
TICKET = {"ticket_kind": "technical", "subject": "怎样报名", "text": "请问怎样报名？"}
MENUS = {
    "ministry": {
        "home": ["应培情况统计", "证件审核"],
        "企业信息": {"企业管理": {Q, V, X}, "企业分公司管理": {Q, V, X}},
        "人员管理": {"人员信息变更": {Q, V, X}},
        "培训管理": {"应培训情况统计": None, "制定计划": {V}, "培训班管理": {Q, V}},
        "证件管理": {"证件审批": None, "证件查询": {Q, V, X, "注销"}},
        "统计报表": {"换证学员及考核成绩": None, "年度培训班情况表": None, "培训班学员统计": None},
        "通知信息": {"通知信息列表": None},
        "系统管理": {"用户管理": None, "密码修改": None, "在线客服": None},
    },
    "province": {
        "home": ["制定计划", "开班", "报名确认"],
        "企业信息": {
            "企业管理": {"新增", "删除", "修改", "更名", Q, V, X, "转分公司"},
            "企业录入": None,
            "企业分公司管理": {"新增", "删除", "修改", "更名", Q, V, X, "转集团"},
            "企业分公司录入": None,
            "批量导入": None,
        },
        "人员管理": {"人员信息审批": {Q, "审批", X}, "本省人员信息列表": {V, "注销", Q, X}},
        "培训管理": {
            "应培训情况统计": None,
            "制定计划": {Q, V, "注销", "修改", "发布"},
            "培训班管理": {Q, V, "注销", "发布", "报名", "确认"},
            "报名记录": {Q, "撤销报名", X},
            "开班": None,
            "报名确认": None,
        },
        "统计报表": {"年度培训班情况表": None},
        "通知信息": {
            "通知信息列表": None,
            "通报信息管理": {"添加", "删除", "修改", "发布", Q, V, X},
            "发布通报": None,
        },
        "系统管理": {"用户管理": None, "密码修改": None, "在线客服": None},
    },
    "enterprise": {
        "home": ["报名"],
        "企业信息": {"企业管理": {"修改", Q, V, X, "删除"}, "企业分公司管理": {Q, V, X}},
        "人员管理": {
            "人员信息管理": {"添加", "修改", "再报", Q, V, X},
            "批量导入": None,
            "预警信息": {Q, X},
        },
        "培训管理": {
            "培训班管理": {Q, V, "报名"},
            "培训班查询": {Q, V},
            "报名记录": {Q, "撤销报名", X},
            "本单位证件": {Q, V, X, "遗失补办"},
        },
        "通知信息": {"通知信息列表": None},
        "系统管理": {"密码修改": None, "在线客服": None},
    },
    "association": {
        "home": ["制定计划", "开班", "现场报到", "成绩确认", "证件打印"],
        "企业信息": {
            "企业管理": {"新增", "删除", "修改", Q, V, X, "添加院校", "转分公司"},
            "企业录入": None,
            "企业分公司管理": {"新增", "删除", "修改", Q, V, X, "转集团"},
            "院校管理": {"添加院校", "删除", "修改", Q, V, X},
            "批量导入": None,
        },
        "人员管理": {
            "院校人员管理": {"添加", "修改", Q, V, "注销", X},
            "人员变更单位": {"变更单位", "变更资质类型", Q, V, X},
            "人员变更资质类型": None,
        },
        "培训管理": {
            "应培训情况统计": None,
            "制定计划": {Q, V, "注销", "修改", "发布"},
            "培训班管理": {Q, V, "注销", "发布", "报名"},
            "报名记录": {Q, "撤销报名", X},
            "现场报到": None,
            "成绩确认": None,
        },
        "证件管理": {"证件查询": {Q, V, X}, "证件打印": None, "遗失补办": None},
        "统计报表": {"年度培训班情况表": None, "换证学员及考核成绩": None, "培训班学员统计": None},
        "通知信息": {
            "通知信息列表": None,
            "通报信息管理": {"添加", "删除", "修改", "发布", Q, V, X},
            "发布通报": None,
        },
        "系统管理": {"用户管理": None, "密码修改": None, "在线客服": None},
    },
    "institution": {
        "home": ["录入成绩", "院校人员报名"],
        "培训管理": {
            "录入成绩": None,
            "院校人员报名": None,
            "培训班查询": {Q, V},
            "报名记录": {Q, "撤销报名", X},
            "学员名单": {Q, X},
        },
        "通知信息": {"通知信息列表": None},
        "系统管理": {"密码修改": None, "在线客服": None},
    },
}
KINDS = sorted(MENUS)


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Flask:
    """The demo's people and processes behind the pages."""
    app = installation(tmp_path_factory.mktemp("business"))
    with app.app_context():
        create_tables()
        wire(app)
        with database().transaction() as session:
            loader.load(session, topics=registry.topics())
            trace = registers.Trace(by="test")
            values = {
                "name": "安全员",
                "id_no": story.ID_NO,
                "sex": "male",
                "birth_date": date(1980, 1, 1),
            }
            values |= {"post": "科长", "unit": "EN370001", "province_org": "EP370000"}
            values |= {"qualification_kind": "principal", "phone": "13900000001"}
            one = registers.create(session, "expl_person", values, trace=trace, status="approved")
            _open_class(session, one.key)
    return app


def _open_class(session: Session, person_no: str) -> None:
    """A class that takes enrolments; one person is on the list, one has taken it back."""
    trace = registers.Trace(by="test")
    told = {"title": "取证班", "class_kind": "obtain", "year": 2026, "plan_no": "1", "hours": 48}
    told |= {"publisher_org": "EASSOC01", "institution": "ET110001", "place": "济南", "quota": 30}
    told |= {"enrol_to": date(2026, 4, 1), "start": date(2026, 4, 7), "end": date(2026, 4, 9)}
    held = registers.create(session, "expl_class", {**told, "contact": "协会"}, trace=trace)
    line = {"class_no": held.key, "class_kind": "obtain", "year": 2026, "unit": "EN370001"}
    line |= {"province_org": "EP370000", "enrolled_by": "EN370001", "enrolled_on": date(2026, 3, 2)}
    for status, number in (("confirmed", person_no), ("withdrawn", "another")):
        values = {**line, "person_no": number, "name": "安全员"}
        registers.create(session, "expl_enrolment", values, trace=trace, status=status)


@pytest.fixture
def as_kind(demo: Flask) -> Iterator[object]:
    def logged_in(kind: str) -> FlaskClient:
        client = demo.test_client()
        log_in(client, f"expl_{kind}")
        return client

    return logged_in  # type: ignore[return-value]


def said(name: str, code: str) -> str:
    """What an operation of a list is called."""
    return BUILT_IN.get(name) or menus.lists()[code].operations[name].title


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_has_exactly_its_menu_and_operations(kind: str) -> None:
    """E-81 至 E-84, E-87 至 E-101."""
    menu = menus.menus()[f"{kind}_user"]
    found: dict[str, object] = {"home": [one.title for one in menu.shortcuts]}
    for group in menu.groups:
        found[group.title] = {
            item.title: {said(one, item.records) for one in item.do} if item.records else None
            for item in group.items
        }
    assert found == MENUS[kind]


def test_the_province_finds_who_moved_up_from_the_waiting_list_where_it_confirms_enrolments() -> (
    None
):
    """E-25, E-51: 递补确认 is another step of the same process, so the entry names no step."""
    menu = menus.menus()["province_user"]
    found = [
        one for one in (*menu.shortcuts, *(i for g in menu.groups for i in g.items)) if one.todo
    ]
    assert [one.step for one in found if one.todo == "expl_enrolment"] == ["", ""]
    assert menus.lists()["expl_classes"].operations["confirm"].step == ""


def test_a_group_has_the_menu_of_an_enterprise() -> None:
    """E-21, E-56, E-96."""
    assert menus.menus()["group_user"] == menus.menus()["enterprise_user"]


@pytest.mark.parametrize("kind", KINDS)
def test_the_page_shows_the_menu_and_every_entry_leads_somewhere(as_kind, kind: str) -> None:
    """E-18 至 E-22."""
    client = as_kind(kind)
    assert client.get("/").headers["Location"].endswith("/business")
    page = client.get("/business").text
    for group, entries in MENUS[kind].items():
        for title in [group, *entries] if group != "home" else entries:
            assert title in page, title
    nav = page[page.index('<nav class="menu"') : page.index("</nav>")]
    for href in re.findall(
        r'href="([^"]+)"', nav + page[page.index("shortcuts") :].split("</nav>")[0]
    ):
        assert client.get(href.replace("&amp;", "&")).status_code == 200, href


@pytest.mark.parametrize("kind", KINDS)
def test_the_home_page_shows_its_numbers(as_kind, kind: str) -> None:
    """E-82: 预警信息、单位信息汇总、业务待办情况."""
    page = as_kind(kind).get("/business").text
    wanted = {"institution": ["业务待办情况"], "enterprise": ["预警信息", "业务待办情况"]}
    for title in wanted.get(kind, ["预警信息", "单位信息汇总", "业务待办情况"]):
        assert f"<h2>{title}</h2>" in page


@pytest.mark.parametrize("kind", KINDS)
def test_a_list_of_somebody_else_is_not_there(as_kind, kind: str) -> None:
    """E-88, E-96: neither the page nor its records."""
    client = as_kind(kind)
    mine = {
        item.records: set(item.do)
        for group in menus.menus()[f"{kind}_user"].groups
        for item in group.items
        if item.records
    }
    for code in menus.lists():
        assert client.get(f"/business/lists/{code}").status_code == (200 if code in mine else 404)
        links = client.get(f"/business/lists/{code}").text.count("format=xlsx")
        assert links == (1 if "export" in mine.get(code, ()) else 0)
        if code in mine and "export" not in mine[code]:
            answer = client.get(f"/business/lists/{code}?format=xlsx")
            assert answer.mimetype == "text/html"


def test_a_row_offers_what_may_be_done_with_it_and_fills_in_the_form(as_kind) -> None:
    """E-97: 修改 begins with what is registered; 删除 is not offered (E-41)."""
    client = as_kind("enterprise")
    page = client.get("/business/lists/expl_own_persons").text
    assert "安全员" in page
    assert "删除" not in page[page.index("<table") :]
    (href,) = re.findall(r'href="([^"]+op=edit[^"]*)"', page)
    form = client.get(href.replace("&amp;", "&")).text
    assert re.search(r'<option value="edit"[^>]* selected', form)
    for kind in ("province", "institution"):
        assert as_kind(kind).get("/business/lists/expl_own_persons").status_code == 404


def test_a_unit_whose_data_are_missing_is_told_first_and_finds_the_rest_locked(as_kind) -> None:
    """E-29: before it fills a form in; the way to its data, notices and the help desk are open."""
    client = as_kind("enterprise_js")
    page = client.get("/business").text
    assert "请先完善单位信息" in page
    nav = page[page.index('<nav class="menu"') : page.index("</nav>")]
    groups = nav[nav.index("menugroup") :]
    hrefs = re.findall(r'href="([^"?]+)', groups)
    assert {href.rpartition("/")[2] for href in hrefs} == {
        "expl_enterprises", "expl_branches", "notices", "password", "common_support_ticket",
    }  # fmt: skip
    assert 'aria-disabled="true"' in groups
    for key in ("expl_enrolment", "expl_person_approval"):
        answer = client.get(f"/portal/apply/{key}")
        assert answer.status_code == 303
        assert "expl_enterprise_management" in answer.headers["Location"]
        told = client.get(answer.headers["Location"]).text
        assert "请先完善单位信息，完善后再办理其他事项" in told
        data = {"csrf_token": csrf(client, "/business"), "_go": "submit"}
        assert client.post(f"/portal/apply/{key}", data=data).status_code == 303
    assert client.get("/portal/apply/common_support_ticket").status_code == 200
    other = as_kind("enterprise")
    assert "请先完善单位信息" not in other.get("/business").text
    assert other.get("/portal/apply/expl_enrolment").status_code == 200


def test_a_notice_leads_its_reader_to_his_case_or_says_all_there_is(demo: Flask, as_kind) -> None:
    """E-07: a bulletin is no case of the unit that reads it; its own cases open in its pages."""
    with demo.app_context(), database().transaction() as session:
        by, to = (identity.by_login(session, f"expl_{one}") for one in ("province", "enterprise"))
        theirs = applications.apply(session, "common_support_ticket", by=by, answers=TICKET)
        his = applications.apply(session, "common_support_ticket", by=to, answers=TICKET)
        kept = [
            notices.send(session, [to.id], notices.Notice(
                kind="process", title="通报", body="第一行\n第二行", case_id=case.id,
                link=f"/cases/{case.id}", dedupe_key=f"leads-{case.id}",
            ))[0].id
            for case in (theirs, his)
        ]  # fmt: skip
        own = f"/portal/cases/{his.id}"
    client = as_kind("enterprise")
    data = {"csrf_token": csrf(client, "/notices")}
    to_list = client.post(f"/notices/{kept[0]}", data=data).headers["Location"]
    assert to_list == f"/notices#notice-{kept[0]}"
    assert f'id="notice-{kept[0]}"' in client.get("/notices").text
    assert client.post(f"/notices/{kept[1]}", data=data).headers["Location"] == own
    assert client.get(own).status_code == 200


def test_a_record_offers_its_files_and_who_takes_one_is_on_record(demo: Flask, as_kind) -> None:
    """P-45, P-46: a certificate as PDF and OFD from its record; nothing that is no file of it."""
    with demo.app_context(), database().transaction() as session:
        pdf = files.store(session, b"%PDF-1.7 e", by=None, content_type="application/pdf")
        ofd = files.store(session, b"PK OFD.xml e", by=None, content_type=files.OFD)
        values = {
            "ecert_id": "1.2.3.E1", "org": "PR610100", "kind": "right_certificate",
            "type_code": "11100000MB03271699021", "unit_code": "610113001002GB00001F00010001",
            "entry_no": "E1", "holder_name": "甲某", "source": "manual", "version": 1,
            "certificate_no": "陕(2026)西安市不动产权第0000009号", "issued_on": "2026-11-20",
            "document": "1", "sha256": pdf.sha256, "file": files.reference(pdf, name="证.pdf"),
            "ofd": files.reference(ofd, name="证.ofd"), "verification_code": "BUSINESS1",
        }  # fmt: skip
        registers.create(session, "ecert", values, trace=registers.Trace(by="test"))
        query = select(RegisterRecord.id).where(RegisterRecord.key == "1.2.3.E1")
        number = session.scalars(query).one()
    for login, at in (
        ("prop_ecert", f"/business/lists/ecert_list/{number}"),
        ("prop_ecert_clerk", f"/registers/ecert/{number}"),
    ):
        client = demo.test_client()
        log_in(client, login)
        found = client.get(at)
        assert found.text.count(f'href="{at}/files/') == 3, "look at the PDF, take either"
        assert client.get(f"{at}/files/file").data == b"%PDF-1.7 e"
        assert client.get(f"{at}/files/ofd?download=1").data == b"PK OFD.xml e"
        assert client.get(f"{at}/files/holder_name").status_code == 404
        assert as_kind("ministry").get(f"{at}/files/file").status_code in (403, 404)
    with demo.app_context(), database().read_session() as session:
        looks = registers.find(session, "ecert_event", where={"ecert_id": "1.2.3.E1"})
    told = [(one.values["kind"], one.values["by"]) for one in looks]
    assert told == [
        (kind, by)
        for by in ("电子证照管理人", "问题证照处理人")
        for kind in ("viewed", "downloaded")
    ]


def test_no_program_goes_round_what_comes_first(demo: Flask, as_kind) -> None:
    """E-29: the command refuses, whoever calls it; the import of people refuses every line."""

    def ask(login: str, process: str, answers: dict[str, object]) -> TestResponse:
        with demo.app_context(), database().transaction() as session:
            account = identity.by_login(session, login)
            token = tokens.issue(session, account.id, by=account)
        headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": f"{login}-{process}"}
        told = {"process": process, "answers": answers}
        return demo.test_client().post("/api/v1/cases", json=told, headers=headers)

    for process in ("expl_enrolment", "expl_person_approval", "common_consultation"):
        answer = ask("expl_enterprise_js", process, {})
        assert answer.status_code == 403, answer.text
        assert answer.json["detail"] == "请先完善单位信息，完善后再办理其他事项"
    assert ask("expl_enterprise_js", "common_support_ticket", TICKET).status_code == 201
    assert ask("expl_enterprise_js", "expl_enterprise_management", {}).status_code == 422
    assert ask("expl_enterprise", "expl_enrolment", {}).status_code == 422
    assert as_kind("enterprise_js").get("/import/service.expl_people").status_code == 403


def test_an_enterprise_of_another_province_sees_none_of_it(as_kind) -> None:
    """E-92, E-96."""
    assert "安全员" in as_kind("province").get("/business/lists/expl_persons").text
    assert "安全员" not in as_kind("province_js").get("/business/lists/expl_persons").text
    assert "安全员" not in as_kind("enterprise_js").get("/business/lists/expl_own_persons").text


def test_a_list_is_searched_and_exported(as_kind) -> None:
    """E-02, E-89, E-97: 查询、导出."""
    client = as_kind("province")
    assert "安全员" in client.get("/business/lists/expl_persons?q=安全").text
    assert "安全员" not in client.get("/business/lists/expl_persons?q=没有").text
    sheet = client.get("/business/lists/expl_persons?format=csv")
    assert "安全员" in sheet.data.decode("utf-8-sig")
    assert story.ID_NO not in sheet.data.decode("utf-8-sig")


def test_a_class_that_takes_enrolments_says_how_many_there_are(as_kind) -> None:
    """E-94, E-98: before its numbers are written down, those in force are counted."""
    client = as_kind("enterprise")
    assert '<td class="nowrap" data-label="报名人数">1</td>' in client.get(CLASSES).text


@pytest.mark.parametrize(
    ("kind", "appointed"),
    [
        ("ministry", {"province_user", "group_user", "enterprise_user"}),
        ("province", {"group_user", "enterprise_user"}),
        ("association", {"province_user", "group_user", "enterprise_user", "institution_user"}),
    ],
)
def test_each_manages_the_users_of_its_own_kinds(
    demo: Flask, as_kind, kind: str, appointed
) -> None:
    """E-31, E-35, E-37, E-87, E-88: login and first password; no other kind."""
    client = as_kind(kind)
    page = client.get("/admin/users/new").text
    offered = set(re.findall(r'<option value="([a-z_]+)"', page[page.index('id="role"') :]))
    assert offered == appointed
    data = {
        "login": f"new_{kind}",
        "name": "新用户",
        "org": "EN370001",
        "id_no": "370902198001010078",
    }
    wrong = client.post(
        "/admin/users/new",
        data={**data, "role": "ministry_user", "csrf_token": csrf(client, "/business")},
    )
    assert wrong.status_code in (403, 422)
    done = client.post(
        "/admin/users/new",
        data={**data, "role": "enterprise_user", "csrf_token": csrf(client, "/business")},
    )
    assert done.status_code == 303, done.text
    with demo.app_context(), database().transaction() as session:
        opened = session.query(UserAccount).filter_by(login=f"new_{kind}").one()
        user = identity.user(session, opened.id)
        assert (user.kind, user.roles, user.must_change_password) == (
            "applicant", (("enterprise_user", "EN370001"),), True,
        )  # fmt: skip


def test_a_province_neither_sees_nor_resets_its_own_superiors_and_equals(demo: Flask) -> None:
    """E-88: 管理企业系统的登录用户."""
    with demo.app_context(), database().transaction() as session:
        province = identity.by_login(session, "expl_province")
        assert province is not None
        logins = {one.login for one in area.users(session, province)}
        assert "expl_enterprise" in logins
        assert not logins & {"expl_province", "expl_ministry", "expl_enterprise_js"}


def test_the_users_of_a_closed_account_are_out_at_once(demo: Flask, as_kind) -> None:
    """E-87: 注销."""
    with demo.app_context(), database().transaction() as session:
        account = session.query(UserAccount).filter_by(login="expl_group").one()
        accounts.close_account(session, account, status="locked")
    client = demo.test_client()
    data = {"login": "expl_group", "password": loader.password(), "csrf_token": csrf(client)}
    assert client.post("/login", data=data).status_code != 303


@pytest.mark.parametrize("kind", ["province", "enterprise"])
def test_everybody_changes_his_own_password(as_kind, kind: str) -> None:
    """E-36."""
    assert "原密码" in as_kind(kind).get("/password").text


def test_the_page_of_browsers_says_how_to_trust_the_site(demo: Flask) -> None:
    """E-27: 设置可信站点; for everybody, before log-in."""
    client = demo.test_client()
    assert "浏览器设置" in client.get("/login").text
    page = client.get("/browsers").text
    assert "受信任的站点" in page
    assert "http://localhost/" in page


def test_a_matter_is_filed_with_a_browser_that_runs_no_script(as_kind) -> None:
    """E-01, E-28: any browser that shows forms will do; nothing needs a plug-in."""
    client = as_kind("enterprise")
    address = "/portal/apply/common_support_ticket"
    page = client.get(address).text
    answers = {"ticket_kind": "technical", "subject": "怎样导出", "text": "请说明步骤。"}
    for go in ("next", "submit"):
        hidden = dict(re.findall(r'name="(_step|_page|csrf_token)" value="([^"]*)"', page))
        answer = client.post(address, data={**answers, **hidden, "_go": go})
        page = answer.text
    assert answer.status_code == 303, page
    assert "问题与技术支持工单" in client.get(answer.headers["Location"]).text


@pytest.mark.parametrize("name", ["Microsoft Edge", "Google Chrome", "Mozilla Firefox", "Safari"])
def test_several_browsers_are_supported(demo: Flask, name: str) -> None:
    """E-28."""
    assert name in demo.test_client().get("/browsers").text


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("address", ["/inbox", "/inbox?box=mine", "/admin/users"])
def test_no_link_of_the_desk_leads_to_a_refusal(as_kind, kind: str, address: str) -> None:
    """E-18 至 E-22: whatever is offered opens."""
    client = as_kind(kind)
    page = client.get(address)
    if page.status_code == 403:
        assert address == "/admin/users"
        assert kind in ("enterprise", "institution")
        return
    main = page.text[page.text.index("<main") :]
    for href in set(re.findall(r'<a [^>]*href="(/[^"]*)"', main)):
        assert client.get(href.replace("&amp;", "&")).status_code == 200, href
