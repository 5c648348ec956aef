"""Whose records of a ledger are seen: units and permits by administrators, persons by handlers.

Y-12, Y-43, Y-75, Y-80, Y-94; each kind of bureau sees its own area and nothing beside it.
"""

import html
import re
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from adapters import registry
from processes import registers
from processes.demo import loader
from processes.deployed import offers
from processes.domains import domains
from processes.identity import identity
from processes.ledgers import maintenance
from processes.model.records import RegisterRecord
from processes.registers.definition import definitions
from tests.web.conftest import csrf, installation, log_in
from web.database import create_tables, database
from web.wiring import wire

TRACE = registers.Trace(by="test")
LOCAL, DIRECT, BRANCH = "320002", "370001", "370201"
UNITS = {
    "91320100MA3YU0001J": ("南京金陵游艇俱乐部", LOCAL),
    "91370200MA3YU0002A": ("青岛帆船俱乐部", DIRECT),
    "91370200MA3YU0003B": ("青岛近海运动有限公司", BRANCH),
}
PERMITS = {
    "苏地海培许字009号": ("YT320001", LOCAL),
    "青海培许字009号": ("YT370001", BRANCH),
}
LOADED = "鲁海事培许字001号"
PEOPLE = {"持证甲": DIRECT, "持证乙": LOCAL, "持证丙": BRANCH}


def person(session: Any, name: str, at: int) -> str:
    values = {
        "name": name,
        "sex": "male",
        "birth_date": f"1990-01-0{at}",
        "nationality": "CHN",
        "id_type": "passport",
        "id_no": f"E1234567{at}",
        "phone": f"1390000001{at}",
    }
    return registers.create(session, "person", values, trace=TRACE).key


def licence(session: Any, key: str, name: str, org: str, at: int) -> None:
    values = {
        "person_id": key,
        "holder_name": name,
        "licence_class": "A1E",
        "issued_by": org,
        "issued_on": "2026-01-05",
        "expires_on": "2031-01-04",
        "origin": "backentry",
    }
    given = {**values, "licence_no": f"3701002026{at:06d}X"}
    registers.create(session, "yacht_licence", given, trace=TRACE, status="valid")


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Flask:
    """The demo with a unit, a permit and a licensed person in each kind of bureau."""
    app = installation(tmp_path_factory.mktemp("yacht_registers"))
    with app.app_context():
        create_tables()
        wire(app)
        with database().transaction() as session:
            loader.load(session, topics=registry.topics())
            for uscc, (name, org) in UNITS.items():
                told = {"uscc": uscc, "name": name, "kind": "yacht_club", "managing_org": org}
                rest = {"address": "演示路 1 号", "contact": "联系人", "phone": "13900000001"}
                registers.create(session, "applicant_org", {**told, **rest}, trace=TRACE)
            for number, (school, org) in PERMITS.items():
                told = {"permit_no": number, "institution": school, "msa_org": org}
                rest = {"institution_name": school, "issued_on": "2026-01-05"}
                given = {**told, **rest, "expires_on": "2031-01-04"}
                registers.create(session, "institution_permit", given, trace=TRACE)
            for at, (name, org) in enumerate(PEOPLE.items(), 1):
                licence(session, person(session, name, at), name, org, at)
            person(session, "无关人员", 9)
    return app


@pytest.fixture
def as_(demo: Flask) -> Callable[[str], FlaskClient]:
    def logged_in(login: str) -> FlaskClient:
        client = demo.test_client()
        log_in(client, login)
        return client

    return logged_in


def keys(page: str, register: str) -> set[str]:
    found = re.findall(
        rf'<a class="number[^"]*" href="/registers/{register}/\d+">([^<]+)</a>', page
    )
    return {html.unescape(one) for one in found}


def row_of(demo: Flask, register: str, key: str) -> int:
    with demo.app_context(), database().transaction() as session:
        named = RegisterRecord.register == register, RegisterRecord.key == key
        return session.scalars(select(RegisterRecord.id).where(*named)).one()


SEEN = [
    ("hq_admin", {LOCAL, DIRECT, BRANCH}),
    ("admin", {DIRECT, BRANCH}),
    ("local_admin", {LOCAL}),
    ("branch_admin", {BRANCH}),
]


@pytest.mark.parametrize(("login", "orgs"), SEEN)
def test_an_administrator_sees_the_units_and_permits_of_his_own_area(
    demo: Flask, as_: Callable[[str], FlaskClient], login: str, orgs: set[str]
) -> None:
    """Y-43, Y-75, Y-80: 部局全部，直属局及其分支局，地方局、分支局本局；其他的不存在."""
    client = as_(login)
    units = {uscc for uscc, (_name, org) in UNITS.items() if org in orgs}
    permits = {number for number, (_school, org) in PERMITS.items() if org in orgs}
    permits |= {LOADED} if DIRECT in orgs else set()
    for register, wanted in (("applicant_org", units), ("institution_permit", permits)):
        assert keys(client.get(f"/registers/{register}").text, register) == wanted
        told = client.get("/registers").text
        assert f'href="/registers/{register}"' in told
    for register, told, own in (
        ("applicant_org", UNITS, units),
        ("institution_permit", PERMITS, permits),
    ):
        for key in told:
            path = f"/registers/{register}/{row_of(demo, register, key)}"
            assert client.get(path).status_code == (200 if key in own else 404), (login, key)


def test_what_processes_keep_is_not_changed_by_hand(
    demo: Flask, as_: Callable[[str], FlaskClient]
) -> None:
    """Y-43, Y-75: no form, no switch, no import; by API neither."""
    client = as_("hq_admin")
    for register, key in (("applicant_org", "91320100MA3YU0001J"), ("institution_permit", LOADED)):
        row = row_of(demo, register, key)
        assert client.get(f"/registers/{register}/new").status_code == 404
        assert client.get(f"/registers/{register}/{row}/edit").status_code == 404
        data = {"csrf_token": csrf(client, "/registers"), "reason": "停用"}
        assert client.post(f"/registers/{register}/{row}/switch", data=data).status_code == 404
        page = client.get(f"/registers/{register}/{row}").text
        assert f"/{row}/edit" not in page
        assert f"/import/ledger.{register}" not in client.get("/import").text


def test_headquarters_begin_a_permit_matter_from_the_row_with_the_permit_chosen(
    demo: Flask, as_: Callable[[str], FlaskClient]
) -> None:
    """Y-43: 新增许可；有效的可暂停、撤回，编号不必填写."""
    client = as_("hq_admin")
    page = html.unescape(client.get("/registers/institution_permit").text)
    assert "/counter/yacht_institution_permit?set.permit_action=grant" in page
    row = row_of(demo, "institution_permit", LOADED)
    line = page[page.index(f">{LOADED}</a>") :].partition("</tr>")[0]
    assert [*re.findall(r">(暂停|恢复|撤回)<", line)] == ["暂停", "撤回"]
    (way,) = [one for one in re.findall(r'href="([^"]+)"', line) if "op=suspend" in one]
    form = client.get(way).text
    chosen = form[form.index('name="held_permit"') :].partition("</select>")[0]
    assert re.search(rf'<option value="{LOADED}"\s+selected', chosen)
    assert 'value="suspend" checked' in form or re.search(r'value="suspend"[^>]*checked', form)
    shown = client.get(f"/registers/institution_permit/{row}").text
    assert "op=withdraw" in shown
    assert "op=resume" not in shown


@pytest.mark.parametrize("login", ["admin", "local_admin", "branch_admin"])
def test_other_administrators_look_at_permits_and_begin_nothing(
    as_: Callable[[str], FlaskClient], login: str
) -> None:
    """Y-43: only headquarters keep permits."""
    client = as_(login)
    page = client.get("/registers/institution_permit").text
    assert "/counter/yacht_institution_permit" not in page
    assert client.get("/counter/yacht_institution_permit").status_code == 404
    assert (
        "/counter/yacht_applicant_org_registration" in client.get("/registers/applicant_org").text
    )


def test_an_operation_on_a_record_out_of_reach_fills_nothing_in(
    demo: Flask, as_: Callable[[str], FlaskClient]
) -> None:
    """Rights: what is not offered begins with an empty form, what is out of reach is not there."""
    client = as_("hq_admin")
    row = row_of(demo, "institution_permit", LOADED)
    base = "/counter/yacht_institution_permit?from=institution_permit"
    plain = client.get(f"{base}&record={row}&op=nothing").text
    assert not re.search(rf'<option value="{LOADED}"\s+selected', plain)
    assert client.get(f"{base}&record=999999&op=suspend").status_code == 404


@pytest.mark.parametrize(
    ("login", "names"),
    [("hq_head", {*PEOPLE}), ("head", {"持证甲", "持证丙"})],
)
def test_who_has_to_do_with_a_person_sees_him_among_the_ledgers(
    as_: Callable[[str], FlaskClient], login: str, names: set[str]
) -> None:
    """Y-94: persons belong to no organisation; those with records of one's own area are seen."""
    page = as_(login).get("/registers/person").text
    assert {one for one in (*PEOPLE, "无关人员") if one in page} == names
    assert "E12345671" not in page
    assert "13900000011" not in page


def test_nobody_else_sees_persons(as_: Callable[[str], FlaskClient], demo: Flask) -> None:
    """三员 and the card centre have nothing to do with them."""
    for login in ("admin", "hq_admin"):
        page = as_(login).get("/registers/person").text
        assert not [one for one in PEOPLE if one in page]
    assert as_("card_maker").get("/business/lists/yacht_persons").status_code == 404


def test_the_licence_roles_find_the_persons_of_their_area_in_their_menu(
    demo: Flask, as_: Callable[[str], FlaskClient]
) -> None:
    """Y-12, Y-94: 人员信息查询; by name and by the whole number; with their licences beside."""
    client = as_("manager")
    page = client.get("/business/lists/yacht_persons").text
    assert {one for one in (*PEOPLE, "无关人员") if one in page} == {"持证甲", "持证丙"}
    assert "E12345671" not in page
    found = client.get("/business/lists/yacht_persons?q=E12345673").text
    assert {one for one in PEOPLE if one in found} == {"持证丙"}
    (key,) = re.findall(r">(R\d{11})</td>", found)
    shown = client.get(f"/business/lists/yacht_persons/{row_of(demo, 'person', key)}").text
    assert "3701002026000003X" in shown
    (way,) = re.findall(r'href="([^"]+op=change)"', html.unescape(found))
    assert key in client.get(way).text


def test_every_ledger_that_names_another_s_records_can_be_asked_for_them() -> None:
    """A field that is not searched, or masked by its hash, would find nobody."""
    told = [one for one in definitions().values() if one.named_in]
    assert [one.register for one in told] == ["person"]
    for one in told:
        for register, name in one.named_in.items():
            other = registers.definition(register)
            assert name in other.search
            assert not other.fields[name].sensitive
            assert other.org


def test_what_is_begun_from_a_ledger_takes_its_record_into_fields_of_the_form(demo: Flask) -> None:
    """A name that the form of the business lacks would fill nothing in."""
    by_processes = {n: one for n, one in domains.current().maintained.items() if one.operations}
    assert by_processes.keys() == {"applicant_org", "institution_permit"}
    with demo.app_context(), database().transaction() as session:
        by = identity.by_login(session, "hq_admin")
        for register in by_processes:
            for one in maintenance.operations(session, register, by=by).values():
                form = offers.service(session, one.apply, by=by).form
                assert form is not None
                names = {spec.name for spec in form.fields()}
                assert {*one.record, *one.given} <= names
                assert one.statuses <= {*registers.definition(register).statuses}
