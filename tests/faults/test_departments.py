"""Departments that fail, seen from the case: real programs, the real worker, real callbacks."""

import time
from datetime import timedelta
from itertools import count

import pytest
from flask.testing import FlaskClient

from bpmn.yacht import story
from engine import clock, limits
from processes.demo import loader
from processes.play import PlayedCase
from tests.faults.conftest import Departments, House

PRINT = "card_machine.print"
BOOK = "courier.dispatch"


def ordered(house: House) -> PlayedCase:
    """An order at the centre whose card may be printed; the worker has not looked yet."""
    house.known("ordered", lambda: _order(house))
    return house.case(story.PRODUCTION)


def _order(house: House) -> None:
    story.granted(house)
    order = house.case(story.PRODUCTION)
    order.complete(
        "check_order", as_="card_maker", data_ok=True, photo_ok=True, address_ok=True, decision="ok"
    )
    assert order.waits_for == {"print_card"}


def prints(departments: Departments, order: PlayedCase) -> int:
    """How many cards of an order the machine has printed, in all these tests: the key is one."""
    return departments.did("card_machine", order.variables["card_order_no"])


def test_everything_well_is_done_once(house: House, departments: Departments) -> None:
    order = ordered(house)
    house.work()
    assert order.waits_for == {"make_card"}
    assert order.variables["machine_result"] == "printed"
    assert prints(departments, order) == 1
    assert order.incidents == []


def test_a_department_that_is_down_is_asked_again_later(
    house: House, departments: Departments
) -> None:
    order = ordered(house)
    departments.switch("card_machine", "down")
    retries = house.job(PRINT).retries
    house.work()
    job = house.job(PRINT)
    assert (job.retries, job.last_error) == (retries - 1, "『制证机』暂时不可用（503）")
    assert timedelta(seconds=5) < job.due_at - clock.now() < limits.BACKOFF_FIRST * 1.2
    assert (order.waits_for, order.incidents) == ({"print_card"}, [])
    departments.switch("card_machine", "normal")
    house.work()
    assert order.waits_for == {"print_card"}, "it is left in peace meanwhile"
    house.due(PRINT)
    house.work()
    assert order.waits_for == {"make_card"}
    assert prints(departments, order) == 1


def test_a_department_that_stays_down_is_an_incident_that_the_administrator_ends(
    house: House, departments: Departments
) -> None:
    order = ordered(house)
    departments.switch("card_machine", "down")
    minutes = count(1)  # in each the circuit is closed again
    while house.job(PRINT).retries:
        with clock.travel(timedelta(minutes=next(minutes))):
            house.due(PRINT)
            house.work()
    assert order.incidents[0].startswith("『制证机』")
    assert house.incident().activity == "print_card"
    house.work()
    assert order.waits_for == {"print_card"}, "nothing is tried behind the administrator's back"
    departments.switch("card_machine", "normal")
    with clock.travel(timedelta(minutes=next(minutes))):
        page, token = administrator(house)
        assert order.incidents[0] in page.get("/operations").get_data(as_text=True)
        path = f"/operations/incidents/{house.incident().id}/retry"
        assert page.post(path, data={"csrf_token": token}).status_code == 303
        house.work()
    assert (order.waits_for, order.incidents) == ({"make_card"}, [])
    assert prints(departments, order) == 1


def administrator(house: House) -> tuple[FlaskClient, str]:
    """The administrator above all agencies at the pages, and the token of the forms."""
    page = house.app.test_client()
    answers = {"login": "hq_admin", "password": loader.password(), "csrf_token": token_of(page)}
    page.post("/login", data=answers)
    return page, token_of(page)


def token_of(page: FlaskClient) -> str:
    text = page.get("/login", follow_redirects=True).get_data(as_text=True)
    return text.split('name="csrf-token" content="')[1].split('"')[0]


def test_a_department_that_is_too_slow_is_asked_again(
    house: House, departments: Departments, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "CALL_TOTAL", timedelta(seconds=0.3))
    house.reach(departments)
    order = ordered(house)
    departments.switch("card_machine", "slow", times=1)
    started = time.monotonic()
    house.work()
    assert time.monotonic() - started < 3
    assert house.job(PRINT).last_error == "『制证机』无法连接或超时：ReadTimeoutError"
    house.due(PRINT)
    house.work()
    assert order.waits_for == {"make_card"}


@pytest.mark.parametrize(
    ("mode", "words"),
    [
        ("refuse", "『制证机』拒绝了请求（422）：对方系统拒绝受理"),
        ("garbage", "『制证机』的答复无法识别：报文不是有效的 JSON"),
        ("wrong_case", "制证机的答复与打印任务不符（印刷号或任务号不同）"),
    ],
)
def test_an_answer_that_no_repetition_mends_is_an_incident_at_once(
    house: House, departments: Departments, mode: str, words: str
) -> None:
    order = ordered(house)
    departments.switch("card_machine", mode)
    house.work()
    (sentence,) = order.incidents
    assert sentence.startswith(words)
    assert (order.waits_for, house.job(PRINT).retries) == ({"print_card"}, 0)
    departments.switch("card_machine", "normal")
    house.retry()
    assert (order.waits_for, order.incidents) == ({"make_card"}, [])
    assert prints(departments, order) == 1


def test_an_answer_that_comes_after_the_case_went_on_changes_nothing(
    house: House, departments: Departments
) -> None:
    order = ordered(house)
    work = house.claim(PRINT)
    house.worker.remote = (PRINT,)  # nobody else takes the work whose lease has lapsed
    with clock.travel(timedelta(minutes=31)):
        house.work()
        assert order.variables["machine_result"] == "unreachable"
        house.worker.do(work)
    assert (order.waits_for, order.incidents) == ({"make_card"}, [])
    assert order.variables["machine_result"] == "unreachable"


def test_an_answer_that_comes_twice_counts_once(house: House, departments: Departments) -> None:
    order = ordered(house)
    work = house.claim(PRINT)
    house.worker.do(work)
    house.worker.do(work)
    assert (order.waits_for, order.incidents) == ({"make_card"}, [])
    assert prints(departments, order) == 1


def test_without_the_adapter_the_card_is_made_by_hand_at_once(house: House) -> None:
    order = ordered(house)
    house.worker.workers = {}
    house.work()
    assert (order.waits_for, order.incidents) == ({"make_card"}, [])
    assert order.variables["machine_result"] == "unreachable"


def packed(house: House) -> PlayedCase:
    """An order whose parcel the courier is asked to fetch."""
    order = ordered(house)
    house.work()
    order.complete(
        "make_card",
        as_="card_maker",
        blank_serial=order.variables["allotted_serial"],
        result="printed",
    )
    story.precheck(order)
    order.complete(
        "pack_post",
        as_="card_maker",
        cards=[order.variables["card_order_no"]],
        express_company="ems",
        booking="interface",
        posted_at=f"{clock.today()} 08:00",
    )
    return order


def test_a_parcel_is_booked_once_though_the_courier_was_down(
    house: House, departments: Departments
) -> None:
    order = packed(house)
    departments.switch("courier", "down", times=1)
    house.work()
    assert (house.job(BOOK).last_error, order.incidents) == ("『快递公司』暂时不可用（503）", [])
    house.due(BOOK)
    house.work()
    assert house.case(story.LICENCE).waits_for == {"verify"}
    assert order.variables["express_no"].startswith("BLSF")


def test_a_receipt_for_another_parcel_is_an_incident(
    house: House, departments: Departments
) -> None:
    order = packed(house)
    departments.switch("courier", "wrong_case")
    house.work()
    assert order.incidents == ["快递公司的答复与寄件单不符"]
    departments.switch("courier", "normal")
    house.retry()
    assert (house.case(story.LICENCE).waits_for, order.incidents) == ({"verify"}, [])


def test_an_address_that_the_courier_refuses_is_the_agencys_to_mend(
    house: House, departments: Departments
) -> None:
    order = packed(house)
    departments.switch("courier", "address_refused")
    house.work()
    assert (order.waits_for, order.incidents) == ({"maintain_address"}, [])
