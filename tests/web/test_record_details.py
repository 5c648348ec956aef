"""The page of a bulk run: its problems, to be taken away, and what may be done with it (P-43, P-44)."""

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from adapters import registry
from engine import clock
from processes import registers
from processes.demo import loader
from processes.domains.domains import DomainRefused
from processes.ledgers import menus
from processes.registers import Trace
from tests.web.conftest import installation, laid_down, log_in
from web.database import create_tables, database

RUNS = {"R1": "completed", "R2": "paused", "R3": "running"}


def laid(session: Session) -> None:
    """Three runs, and the problems of two of them."""
    loader.load(session, topics=registry.topics())
    for number, status in RUNS.items():
        told = {"org": "PR610500", "batch_size": 10, "total": 20, "started_on": "2026-03-02"}
        ended = {"ended_on": "2026-03-02", "paused_why": "核对", "run_no": number}
        registers.create(session, "ecert_run", told | ended, trace=Trace("test"), status=status)
    for purpose in ("先一次", "后一次"):
        told = {"ecert_id": "E1", "org": "PR610500", "kind": "viewed", "by": "持证人"}
        more = {"at": clock.now(), "purpose": purpose}
        registers.create(session, "ecert_event", told | more, trace=Trace("test"))
    for place, run_no in enumerate(("R1", "R1", "R2")):
        entry_no = f"E{run_no}{place}"
        told = {"org": "PR610500", "entry_no": entry_no, "source": "bulk", "stage": "check"}
        why = {"reasons": ["无证件号"], "reason": f"{entry_no} 无证件号", "found_on": "2026-03-02"}
        registers.create(
            session,
            "ecert_problem",
            told | why | {"run_no": run_no, "entry": {"entry_no": entry_no}},
            trace=Trace("test"),
        )


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Flask:
    app = installation(tmp_path_factory.mktemp("details"))
    with app.app_context():
        create_tables()
        with database().transaction() as session:
            laid(session)
    return app


@pytest.fixture
def manager(installed: Flask, monkeypatch: pytest.MonkeyPatch) -> FlaskClient:
    laid_down(installed, monkeypatch)
    client = installed.test_client()
    log_in(client, "prop_ecert")
    return client


def page(client: FlaskClient, number: str) -> str:
    listed = client.get(f"/business/lists/ecert_run_list?q={number}").text
    href = listed.split('<a href="/business/lists/ecert_run_list/')[1].split('"')[0]
    return client.get(f"/business/lists/ecert_run_list/{href}").text


def test_the_page_of_a_run_lists_its_own_problems_with_their_reasons(manager: FlaskClient) -> None:
    shown = page(manager, "R1")
    assert "ER10 无证件号" in shown
    assert "ER11 无证件号" in shown
    assert "ER22" not in shown
    assert "ER22 无证件号" in page(manager, "R2")
    assert "没有符合条件的记录" in page(manager, "R3")


def test_the_problems_of_a_run_are_taken_away_as_a_file(manager: FlaskClient) -> None:
    href = page(manager, "R1").split('href="/business/lists/ecert_problem_list?')
    (taken,) = [one.split('"')[0] for one in href if "format=xlsx" in one.split('"')[0]]
    query = taken.replace("&amp;", "&").replace("xlsx", "csv")
    answer = manager.get(f"/business/lists/ecert_problem_list?{query}")
    lines = answer.get_data().decode("utf-8-sig").splitlines()
    assert sum("无证件号" in line for line in lines) == 2


@pytest.mark.parametrize(
    ("number", "offered"),
    [("R3", {"暂停", "停止"}), ("R2", {"继续", "停止"}), ("R1", {"再次签发"})],
)
def test_what_may_be_done_with_a_run_depends_on_its_status(
    manager: FlaskClient, number: str, offered: set[str]
) -> None:
    head = page(manager, number).split('<div class="pagehead">')[1].split("</div>")[0:2]
    every = {"暂停", "继续", "停止", "再次签发"}
    assert {one for one in every if f">{one}</a>" in "".join(head)} == offered


def test_nobody_but_the_manager_sees_a_run(
    installed: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    laid_down(installed, monkeypatch)
    clerk = installed.test_client()
    log_in(clerk, "prop_ecert_clerk")
    assert clerk.get("/business/lists/ecert_run_list").status_code == 404


@pytest.mark.parametrize("details", [{"no_list": "run_no"}, {"ecert_problem_list": "reason"}])
def test_a_detail_that_refers_to_nothing_is_refused(details: dict[str, str]) -> None:
    told = {"title": "任务", "register": "ecert_run", "columns": ["total"], "details": details}
    with pytest.raises(DomainRefused):
        menus.read_list("runs", told)


def test_a_long_identifier_does_not_squeeze_the_words_beside_it(
    installed: Flask, manager: FlaskClient
) -> None:
    """P-46: the list of uses says what for; an identifier breaks, words keep their width."""
    told = {
        "ecert_id": "1.2.156.3005.2.11100000MB03271699021.11610100MB29145699.P6101002026.001.X",
        "org": "PR610100",
        "kind": "shared",
        "at": "2026-03-02T10:00:00+08:00",
        "by": "某某区教育局",
        "purpose": "义务教育入学资格审核所需的房产核验",
    }
    with installed.app_context(), database().transaction() as session:
        registers.create(session, "ecert_event", told, trace=Trace("test"))
    listed = manager.get("/business/lists/ecert_event_list").text
    assert f'<td class="long" data-label="电子证照">{told["ecert_id"]}' in listed
    assert f'<td class="text" data-label="用途">{told["purpose"]}' in listed


def test_whoever_has_a_list_over_all_cities_opens_their_records_in_the_ledger_too(
    installed: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    """P-69, P-85: the province's administrator sees every access; a city's own clerks do not."""
    laid_down(installed, monkeypatch)
    for login, sees in (("prop_admin", True), ("prop_access", False)):
        client = installed.test_client()
        log_in(client, login)
        for path in ("/registers/onboarding", "/business/lists/onboarding_list"):
            assert ("宝鸡市不动产登记信息系统" in client.get(path).text) is sees, (login, path)
        assert ("电子证照使用记录" in client.get("/registers").text) is False


def test_the_latest_use_of_a_certificate_stands_first(manager: FlaskClient) -> None:
    """In the list and in the file of it, page by page (P-46)."""
    path = "/business/lists/ecert_event_list"
    listed = manager.get(path).text
    assert 0 < listed.index("后一次") < listed.index("先一次")
    taken = manager.get(f"{path}?format=csv").get_data().decode("utf-8-sig")
    assert 0 < taken.index("后一次") < taken.index("先一次")
    before, after = listed.split("后一次")
    later = before.rsplit('data-label="记录编号">', 1)[1].split("<")[0]
    (number, *_) = re.findall(r"ecert_event_list/(\d+)", after)
    following = manager.get(f"{path}?after={number}~f~{later}").text
    assert "先一次" in following
    assert "后一次" not in following
