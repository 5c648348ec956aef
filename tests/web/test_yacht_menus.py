"""Each of the eighteen yacht roles, and of the four of the card centre, finds exactly its menus.

Every entry leads to its page, and nothing else is there.

Y-13, Y-14, Y-20, Y-26, Y-48 至 Y-66, Y-72, Y-73, Y-90 至 Y-94, Y-96, Y-98 至 Y-100; the groups are those of the release note
of V1.6.0 (领域说明第 3、7 节).
"""

import html
import re
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from adapters import registry
from engine import clock, repository
from engine.definition.elements import UserTask as UserTaskElement
from processes import registers
from processes.background.worker import JobWorker
from processes.casework import applications
from processes.demo import loader
from processes.domains import domains
from processes.identity import identity
from processes.ledgers import menus
from processes.ledgers.menus import BUILT_IN, Entry
from processes.model.people import UserAccount, UserRole
from tests.web.conftest import csrf, installation, log_in
from web.database import create_tables, database
from web.wiring import wire

Q, V, X = "查询", "查看", "导出"
LOOK = {Q, V, X}
PLATFORM = {"工作单查询": None, "待办业务": None, "业务催办": None, "许可文书打印": None}
FIGURES = {
    "在办业务数量统计": None,
    "船员证书办理时限统计": None,
    "船员业务办理统计": None,
    "效能监督": None,
}
PLANS, SESSIONS, SCORES = {"培训计划查询": LOOK}, {"考试场次": LOOK}, {"成绩查询": LOOK}
LICENCES = {"游艇驾驶证查询": LOOK}
PERSONS = {"人员信息查询": LOOK}
ORDERS, PARCELS = {"制证单查询": LOOK}, {"邮寄查询": LOOK}
BATCHES, BLANKS = {"空白证批次": LOOK}, {"空白证查询": LOOK}

LOGINS = {
    "training_plan_acceptor": "plan_acceptor",
    "training_plan_confirmer": "plan_confirmer",
    "training_daily_supervisor": "supervisor",
    "exam_arranger": "arranger",
    "admission_ticket_printer": "ticket_printer",
    "exam_score_recorder": "recorder",
    "exam_score_checker": "checker",
    "exam_confirmer": "exam_confirmer",
    "training_plan_viewer": "plan_viewer",
    "local_dictionary_maintainer": "dictionary_maintainer",
    "licence_acceptor": "acceptor",
    "licence_reviewer": "reviewer",
    "licence_approver": "approver",
    "licence_verifier": "verifier",
    "licence_issuer": "issuer",
    "licence_manager": "manager",
    "licence_backentry_recorder": "backentry_recorder",
    "licence_backentry_confirmer": "backentry_confirmer",
    "blank_stock_keeper": "stock_keeper",
    "blank_stock_confirmer": "stock_confirmer",
    "card_maker": "card_maker",
    "card_prechecker": "card_prechecker",
}
CENTRE = {"blank_stock_keeper", "blank_stock_confirmer", "card_maker", "card_prechecker"}

MENUS: dict[str, dict[str, dict[str, Any]]] = {
    "training_plan_acceptor": {
        "业务流程平台": PLATFORM,
        "培训管理": {"接收电子报备": None, "开班受理": None, "窗口报备": None, **PLANS},
    },
    "training_plan_confirmer": {
        "业务流程平台": PLATFORM,
        "培训管理": {"培训计划确认": None, "培训计划变更确认": None, "停班决定": None, **PLANS},
    },
    "training_daily_supervisor": {
        "业务流程平台": PLATFORM,
        "培训管理": {"培训日常监督": None, "整改核查": None, "监督记录": LOOK, **PLANS},
    },
    "exam_arranger": {
        "业务流程平台": PLATFORM,
        "培训管理": {"考务安排": None, "举行考试": None, "考试报名": None, **SESSIONS, **PLANS},
    },
    "admission_ticket_printer": {
        "业务流程平台": PLATFORM,
        "培训管理": {"准考证打印": None, **SESSIONS},
    },
    "exam_score_recorder": {
        "业务流程平台": PLATFORM,
        "培训管理": {"成绩登记": None, **SESSIONS, **SCORES},
    },
    "exam_score_checker": {
        "业务流程平台": PLATFORM,
        "培训管理": {"成绩核对": None, **SESSIONS, **SCORES},
    },
    "exam_confirmer": {
        "业务流程平台": PLATFORM,
        "培训管理": {"考试确认": None, **SESSIONS, **SCORES},
    },
    "training_plan_viewer": {
        "业务流程平台": {"工作单查询": None},
        "培训管理": {**PLANS, "监督记录": LOOK},
        "查询统计": FIGURES,
    },
    "local_dictionary_maintainer": {
        "业务流程平台": {"待办业务": None},
        "考试发证管理": {"考官信息管理": None, "评估员管理": None},
        "考试字典管理": {"考试地点维护": None, "考场字典维护": None},
    },
    "licence_acceptor": {
        "业务流程平台": PLATFORM,
        "人员信息管理": PERSONS,
        "证书管理": {
            "电子申报单接收": None,
            "游艇驾驶证受理": None,
            "窗口申办": None,
            **LICENCES,
        },
    },
    "licence_reviewer": {
        "业务流程平台": PLATFORM,
        "人员信息管理": PERSONS,
        "证书管理": {"游艇驾驶证审核": None, "证卡数据处理": None, **LICENCES},
    },
    "licence_approver": {
        "业务流程平台": PLATFORM,
        "人员信息管理": {
            **PERSONS,
            "人员基本信息合并审批": None,
            "人员关键信息变更审批": None,
        },
        "证书管理": {"游艇驾驶证审批": None, "证书注销审批": None, **LICENCES},
    },
    "licence_verifier": {
        "业务流程平台": PLATFORM,
        "证书管理": {"游艇驾驶证核对": None, "快件查询": None, **LICENCES},
    },
    "licence_issuer": {
        "业务流程平台": PLATFORM,
        "证书管理": {"游艇驾驶证发证": None, **LICENCES},
    },
    "licence_manager": {
        "业务流程平台": PLATFORM,
        "人员信息管理": {
            "人员信息查询": {*LOOK, "变更关键信息"},
            "人员基本信息合并": None,
            "人员关键信息变更": None,
        },
        "证书管理": {
            "游艇驾驶证管理": {*LOOK, "注销"},
            "证书注销管理": None,
            "制证记录": LOOK,
        },
        "查询统计": FIGURES,
    },
    "licence_backentry_recorder": {
        "业务流程平台": PLATFORM,
        "人员信息管理": PERSONS,
        "证书管理": {
            "游艇驾驶证补录": None,
            "批量补录": None,
            "修改补录": None,
            **LICENCES,
        },
    },
    "licence_backentry_confirmer": {
        "业务流程平台": PLATFORM,
        "人员信息管理": PERSONS,
        "证书管理": {"补录确认": None, **LICENCES},
    },
    "blank_stock_keeper": {
        "业务流程平台": PLATFORM,
        "空白证管理": {
            "空白证登记入库": None,
            "空白证盘点": None,
            "空白证销毁": None,
            "登记退回证书": None,
            "多次作废核查": None,
            **BATCHES,
            **BLANKS,
        },
    },
    "blank_stock_confirmer": {
        "业务流程平台": PLATFORM,
        "空白证管理": {
            "清点确认": None,
            "盘点确认": None,
            "监销签字": None,
            **BATCHES,
            **BLANKS,
        },
    },
    "card_maker": {
        "业务流程平台": PLATFORM,
        "证书制作": {
            "待制证工作单": None,
            "制证": None,
            "空白证作废": None,
            "装封邮寄": None,
            "补填快递单号": None,
            **ORDERS,
            **PARCELS,
            **BLANKS,
        },
    },
    "card_prechecker": {
        "业务流程平台": PLATFORM,
        "证书制作": {"预核": None, "空白证作废": None, **ORDERS, **PARCELS},
    },
}
ROLES = sorted(MENUS)


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Flask:
    """The demo's people, processes and ledgers behind the pages."""
    app = installation(tmp_path_factory.mktemp("yacht_menus"))
    with app.app_context():
        create_tables()
        wire(app)
        with database().transaction() as session:
            loader.load(session, topics=registry.topics())
    return app


@pytest.fixture
def as_(demo: Flask) -> Callable[[str], FlaskClient]:
    def logged_in(login: str) -> FlaskClient:
        client = demo.test_client()
        log_in(client, LOGINS.get(login, login))
        return client

    return logged_in


def entries(role: str) -> list[Entry]:
    return [one for group in menus.menus()[role].groups for one in group.items]


def navigation(page: str) -> str:
    return page[page.index('<nav class="menu"') : page.index("</nav>")]


def links(page: str) -> dict[str, str]:
    """The entries of the menu that a page shows: title → address."""
    nav = re.sub(r"<svg.*?</svg>", "", navigation(page), flags=re.DOTALL)
    found = re.findall(r'<a href="([^"]+)"[^>]*>\s*<span>([^<]+)</span>', nav)
    return {html.unescape(title): html.unescape(href) for href, title in found}


def test_the_eighteen_roles_are_those_of_the_seed() -> None:
    """Y-48 至 Y-66: ten of training, eight of licences."""
    assert len(MENUS.keys() - CENTRE) == 18
    assert LOGINS.keys() == MENUS.keys()
    for role in MENUS:
        assert role in domains.current().roles


@pytest.mark.parametrize("role", ROLES)
def test_each_role_has_exactly_its_menus_and_operations(role: str) -> None:
    """Y-96."""
    found = {
        group.title: {
            one.title: {
                BUILT_IN.get(name) or menus.lists()[one.records].operations[name].title
                for name in one.do
            }
            if one.records
            else None
            for one in group.items
        }
        for group in menus.menus()[role].groups
    }
    assert found == MENUS[role]


@pytest.mark.parametrize("role", ROLES)
def test_the_page_shows_the_menu_and_every_entry_opens_what_it_says(
    as_: Callable[[str], FlaskClient], role: str
) -> None:
    """Y-90 至 Y-94, Y-96, Y-98 至 Y-100."""
    client = as_(role)
    shown = client.get(client.get("/").headers["Location"])
    assert shown.status_code == 200
    menu = links(shown.text)
    for group in MENUS[role]:
        assert f"<summary>{group}</summary>" in navigation(shown.text)
    wanted = {title for group in MENUS[role].values() for title in group}
    assert wanted <= menu.keys()
    assert menu.keys() - wanted <= {"首页", "待办", "案件查询"}
    for one in entries(role):
        answer = client.get(menu[one.title])
        assert answer.status_code == 200, (one.title, menu[one.title])
        assert said_by(one) in html.unescape(answer.text), one.title


def said_by(entry: Entry) -> str:
    """What the page of an entry must say, so that the name of the entry is true."""
    if entry.records:
        return f"<h1>{menus.lists()[entry.records].title}</h1>"
    if entry.ledger:
        return f"<h1>{registers.definition(entry.ledger).title}</h1>"
    if entry.step:
        return f"环节：{entry.step}"
    pages = {
        "search": "<h1>案件查询</h1>",
        "inbox": '<h1 class="visually-hidden">待办</h1>',
        "urging": "<h1>业务催办</h1>",
        "letters": "<h1>许可文书打印</h1>",
        "supervision": "<h1>效能监督</h1>",
        "import": "补录游艇驾驶证",
    }
    told = {
        "yacht_training_plan_filing": "培训计划报备",
        "yacht_exam": "培训考试",
        "yacht_licence_issue": "游艇驾驶证",
        "yacht_licence_annul": "注销",
        "yacht_licence_backentry": "补录",
        "yacht_blank_stock": "空白证",
        "common_person_merge": "合并",
        "common_person_key_change": "变更",
    }
    if entry.statistic:
        return entry.title
    return pages[entry.page] if entry.page else told[entry.apply or entry.todo]


@pytest.mark.parametrize("role", ROLES)
def test_what_is_not_in_the_menu_is_not_there_by_its_address(
    as_: Callable[[str], FlaskClient], role: str
) -> None:
    """Y-57, Y-58, Y-96: lists, ledgers, statistics, businesses of other roles."""
    client, mine = as_(role), entries(role)
    listed = {one.records for one in mine if one.records}
    for code in (one for one in menus.lists() if one.startswith("yacht_")):
        assert client.get(f"/business/lists/{code}").status_code == (200 if code in listed else 404)
    figures = {one.statistic for one in mine if one.statistic}
    for code in ("stat_in_progress_count", "stat_certificate_time_limit", "stat_business_handled"):
        answer = client.get(f"/statistics/{code}")
        assert (answer.status_code == 200) is (code in figures), code
    begun = {one.apply for one in mine if one.apply}
    for key in (
        "yacht_training_plan_filing",
        "yacht_exam",
        "yacht_licence_issue",
        "yacht_licence_annul",
        "yacht_licence_backentry",
        "yacht_blank_stock",
        "yacht_user_authorization",
        "yacht_institution_permit",
        "common_person_merge",
    ):
        answer = client.get(f"/counter/{key}")
        assert (answer.status_code == 200) is (key in begun), (key, answer.status_code)
    kept = {one.ledger for one in mine if one.ledger}
    for ledger in domains.current().maintained:
        answer = client.get(f"/registers/{ledger}/new")
        assert (answer.status_code == 200) is (ledger in kept), ledger


CLERK = {
    "培训管理": {"培训计划报备": None, "本机构培训计划": LOOK, "本机构培训许可": {V}},
    "考试管理": {"培训考试报名": None, "报名记录": {Q, X}, "成绩查询": {Q, X}},
    "我的业务": dict.fromkeys(("我的申请", "通知信息", "密码修改", "咨询与预约", "系统问题反映")),
}


def test_the_clerk_of_an_institution_finds_his_business_in_a_menu_of_his_own(
    as_: Callable[[str], FlaskClient],
) -> None:
    """Y-07, Y-105: 报备、报名、成绩查询; each entry opens, what is the agency's is not there."""
    found = {
        group.title: {
            one.title: {BUILT_IN[name] for name in one.do} if one.records else None
            for one in group.items
        }
        for group in menus.menus()["institution_clerk"].groups
    }
    assert found == CLERK
    client = as_("institution_clerk")
    home = client.get(client.get("/").headers["Location"])
    menu = links(home.text)
    for group in CLERK.values():
        for title in group:
            assert client.get(menu[title]).status_code == 200, title
    mine = {one.records for one in entries("institution_clerk") if one.records}
    for code in (one for one in menus.lists() if one.startswith("yacht_")):
        answer = client.get(f"/business/lists/{code}")
        assert answer.status_code == (200 if code in mine else 404), code
    assert client.get("/registers").status_code == 403
    permit = client.get("/business/lists/yacht_unit_permits").text
    assert "鲁海事培许字001号" in permit


@pytest.mark.parametrize(("status", "seen"), [("scored", False), ("confirmed", True)])
def test_an_institution_sees_its_own_scores_once_they_are_confirmed(
    demo: Flask, as_: Callable[[str], FlaskClient], status: str, seen: bool
) -> None:
    """Y-105: 成绩确认后公布; those of other institutions never."""
    trace = registers.Trace(by="test")
    with demo.app_context(), database().transaction() as session:
        for name, school in (("本校学员", "YT370001"), ("他校学员", "YT320001")):
            values = {
                "msa_org": "370001",
                "institution": school,
                "person_id": f"R{status}{school}",
                "name": f"{name}{status}",
                "licence_class": "A1E",
                "part": "theory",
                "raw_score": 88,
                "result": "pass",
            }
            registers.create(session, "exam_sitting", values, trace=trace, status=status)
    client = as_("institution_clerk")
    scores = client.get("/business/lists/yacht_unit_scores").text
    assert (f"本校学员{status}" in scores) is seen
    enrolled = client.get("/business/lists/yacht_unit_enrolments").text
    assert f"本校学员{status}" in enrolled
    assert ">88<" not in enrolled
    assert "他校学员" not in scores + enrolled


def test_every_step_that_a_menu_names_is_a_task_of_a_process(demo: Flask) -> None:
    """Y-91: a name that no model has would show an empty list for ever."""
    with demo.app_context(), database().transaction() as session:
        names = {
            element.name
            for one in repository.all_latest(session)
            for element in repository.compiled(session, one.id).elements.values()
            if isinstance(element, UserTaskElement)
        }
    named = {one.step for role in menus.menus() for one in entries(role) if one.step}
    assert named <= names


def test_somebody_with_several_roles_has_one_menu_of_all_of_them(
    demo: Flask, as_: Callable[[str], FlaskClient]
) -> None:
    """Y-37: groups of one title together, no entry twice; a role without a menu keeps its pages."""
    with demo.app_context(), database().transaction() as session:
        query = select(UserAccount).where(UserAccount.login == "supervisor")
        account = session.scalars(query).one()
        for role in ("training_plan_confirmer", "agency_head"):
            session.add(UserRole(user_id=account.id, role=role, org_code="370001"))
    try:
        page = as_("supervisor").get("/inbox").text
    finally:
        with demo.app_context(), database().transaction() as session:
            for one in session.scalars(select(UserRole).where(UserRole.user_id == account.id)):
                if one.role != "training_daily_supervisor":
                    session.delete(one)
    shown = navigation(page)
    assert shown.count("<summary>培训管理</summary>") == 1
    assert shown.count("<span>培训计划查询</span>") == 1
    assert {"培训日常监督", "培训计划确认", "登记簿", "统计", "效能监督"} <= links(page).keys()


def test_the_counter_clerk_finds_the_businesses_that_no_menu_of_his_names(
    as_: Callable[[str], FlaskClient],
) -> None:
    """Y-08: 窗口人员 is 受理人 and receives questions; only the first has a menu."""
    page = as_("window_clerk").get("/inbox").text
    assert "窗口申办" in links(page)
    offered = page[page.index("窗口录入") :]
    assert "/counter/common_appointment_slots" in offered
    assert "/counter/yacht_licence_issue" not in offered


def test_the_maintainer_begins_with_what_he_maintains(as_: Callable[[str], FlaskClient]) -> None:
    """Y-57, Y-58, Y-72, Y-73: no empty to-do list; how many there are, and the way to add one."""
    client = as_("local_dictionary_maintainer")
    assert client.get("/").headers["Location"].endswith("/business")
    page = client.get("/business").text
    for ledger, title, used in (
        ("examiner", "考官", 2),
        ("assessor", "评估员", 2),
        ("exam_site", "考试地点", 2),
        ("exam_room", "考场", 3),
    ):
        row = page[page.index(f">{title}</a></td>") :].partition("</tr>")[0]
        assert f">{used}<" in row
        assert f"/registers/{ledger}/new" in row
    assert "未维护" not in page
    assert "培训机构" not in page


@pytest.mark.parametrize(
    ("ledger", "told"),
    [
        ("examiner", "理论考试的考务安排无法进行"),
        ("assessor", "评估考试的考务安排无法进行"),
        ("exam_site", "没有考试地点，考务安排无法进行"),
        ("exam_room", "没有考场，考务安排无法进行"),
    ],
)
def test_what_is_not_maintained_is_said_with_what_cannot_be_done(
    demo: Flask, as_: Callable[[str], FlaskClient], ledger: str, told: str
) -> None:
    """Y-72, Y-73: on the first page, on the page of the ledger and among the ledgers."""
    trace = registers.Trace(by="test")
    with demo.app_context(), database().transaction() as session:
        keys = [one.key for one in registers.find(session, ledger, where={"org": "370001"})]
        for key in keys:
            registers.transition(session, ledger, key, "inactive", trace=trace)
    try:
        client = as_("local_dictionary_maintainer")
        for path in ("/business", f"/registers/{ledger}", "/registers"):
            page = client.get(path).text
            assert told in page, path
            assert page.count("未维护") == 1
        assert told in as_("admin").get("/registers").text
        assert told not in as_("hq_admin").get("/registers").text
    finally:
        with demo.app_context(), database().transaction() as session:
            for key in keys:
                registers.transition(session, ledger, key, "active", trace=trace)


def test_an_examiner_whose_qualification_is_over_is_no_examiner(
    demo: Flask, as_: Callable[[str], FlaskClient]
) -> None:
    """Y-72: up to the last day it counts, from the next day on the arrangement is impossible."""
    trace = registers.Trace(by="test")

    def until(day: date) -> None:
        with demo.app_context(), database().transaction() as session:
            for one in registers.find(session, "examiner", where={"org": "370001"}):
                registers.update(session, "examiner", one.key, {"cert_valid_to": day}, trace=trace)

    try:
        until(clock.today())
        assert "未维护" not in as_("local_dictionary_maintainer").get("/business").text
        until(clock.today() - timedelta(days=1))
        assert (
            "没有资格在有效期内的考官" in as_("local_dictionary_maintainer").get("/business").text
        )
    finally:
        until(date(2029, 12, 31))


def test_a_field_that_depends_on_another_shows_as_soon_as_that_is_answered(
    as_: Callable[[str], FlaskClient],
) -> None:
    """Y-71: 讲授课程 of a teacher, on a new record and on one that is changed."""
    client = as_("admin")
    row = client.get("/registers/institution_staff?q=申办员").text
    (href,) = set(re.findall(r'href="(/registers/institution_staff/[0-9]+)"', row))
    for path in ("/registers/institution_staff/new", f"{href}/edit"):
        token = csrf(client, path)
        for kind, shown in (("teacher", True), ("certifying_manager", False)):
            data = {"csrf_token": token, "staff_kind": kind}
            answer = client.post(f"{path}?refresh=1", data=data)
            assert answer.json["fields"]["courses"]["visible"] is shown, (path, kind)
            assert answer.json["fields"]["courses"]["required"] is shown, (path, kind)


@pytest.mark.parametrize(
    ("login", "status"),
    [("hq_admin", 200), ("admin", 200), ("local_admin", 404), ("branch_admin", 404)],
)
def test_only_who_may_grant_opens_the_form_of_a_grant(
    as_: Callable[[str], FlaskClient], login: str, status: int
) -> None:
    """Y-42, Y-78: direct bureaus let their branches, local ones and branches nobody."""
    assert as_(login).get("/admin/grants/new").status_code == status


def test_a_case_is_urged_and_its_letters_are_printed_from_their_own_pages(
    demo: Flask, as_: Callable[[str], FlaskClient]
) -> None:
    """Y-92, Y-93: own scope only; what is too early is said."""
    with demo.app_context(), database().transaction() as session:
        by = identity.by_login(session, "business_info")
        case = applications.apply(
            session,
            "common_support_ticket",
            by=by,
            answers={"ticket_kind": "defect", "subject": "催办", "text": "请处理"},
        )
        number, case_id = case.reference, case.id
    with demo.app_context():
        JobWorker(transact=database().run, owner="test").drain()
    staff = as_("support_staff")
    page = staff.get("/platform/urging").text
    assert number in page
    assert number not in as_("licence_reviewer").get("/platform/urging").text
    data = {"csrf_token": csrf(staff, "/platform/urging"), "back": "list"}
    answer = staff.post(f"/cases/{case_id}/urge", data=data)
    assert answer.status_code == 409
    assert "/platform/urging" in answer.text
    assert staff.get("/platform/letters").status_code == 200
    assert as_("local_dictionary_maintainer").get("/platform/letters").status_code == 403


def test_who_opens_an_account_finds_the_roles_of_the_own_business_first(
    as_: Callable[[str], FlaskClient],
) -> None:
    """Y-46 至 Y-66: under headings, each role once; those of other businesses stand last."""
    page = as_("local_admin").get("/admin/users/new").text
    select_of_roles = page[page.index('id="role"') :].partition("</select>")[0]
    titles = re.findall(r'<optgroup label="([^"]+)"', select_of_roles)
    assert titles[:2] == ["游艇培训发证", "公共流程"]
    assert len(titles) == len({*titles}) > 3
    first = select_of_roles[: select_of_roles.index("</optgroup>")]
    assert {*re.findall(r'<option value="(\w+)"', first)} >= {*MENUS}
    codes = re.findall(r'<option value="(\w+)"', select_of_roles)
    assert len(codes) == len({*codes})
