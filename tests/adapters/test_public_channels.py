"""Pages of other systems where citizens pay, show their face, read (P-13, P-31, P-50, P-81, P-87)."""

import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import urllib3

from adapters import face_verify, qinwuyuan_app, tax_prov, wechat
from adapters._shared import exchange
from adapters._shared.exchange import Contract
from adapters._shared.signing import SharedKey
from adapters._simulators.departments.face_verify import FaceVerify
from adapters._simulators.departments.qinwuyuan_app import QinwuyuanApp
from adapters._simulators.departments.tax_prov import TaxBureau
from adapters._simulators.departments.wechat import WechatAccount
from adapters._simulators.paged import Paged
from adapters._simulators.server import serve
from adapters._simulators.simulator import Simulator
from engine.errors import BpmnError
from engine.ports import Message, Work
from tests.adapters.test_exchange import KEY, NUMBER, Ours

HTTP = urllib3.PoolManager(retries=False)
LETTER = {
    "receiver_no": "610102198506150013",
    "title": "已受理",
    "text": "申请已受理。",
    "work_order_no": NUMBER,
    "link": "http://127.0.0.1:8000/public/mine",
}


class Department(Simulator):
    """One department below its name, as a program of several has it."""

    def __init__(self, part: Paged, name: str) -> None:
        super().__init__()
        self.parts = {name: part}


Running = Callable[[type[Paged], Contract], Any]


@pytest.fixture
def ours() -> Iterator[Ours]:
    made = Ours()
    yield made
    made.stop()


@pytest.fixture
def running(ours: Ours) -> Iterator[Running]:
    """Starts a department and gives the exchange that reaches it."""
    servers = []

    def start(kind: type[Paged], contract: Contract) -> Any:
        name = contract.channel
        part = kind(f"{ours.url}/{name}", keys=SharedKey(name, KEY), seconds=0.01)
        part.faults.latency = 0
        server = serve(Department(part, name), 0)
        servers.append(server)
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        url = f"http://127.0.0.1:{server.server_address[1]}/{name}"
        return exchange.create(contract, {"URL": url, "KEY": KEY.decode()})

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


def said(ours: Ours, name: str) -> dict[str, Any]:
    """The body of a message that has come in, as soon as it has."""
    until = time.monotonic() + 30
    while time.monotonic() < until:
        for one in ours.taken:
            if one.name == name:
                return dict(one.variables)
        time.sleep(0.01)
    raise AssertionError(f"{name} has not come in")


def page(url: str, form: str | None = None) -> str:
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    method = "GET" if form is None else "POST"
    answer = HTTP.request(method, url, body=form, headers=headers)
    assert answer.status == 200, answer.data
    return answer.data.decode()


@pytest.mark.parametrize("result", ["passed", "failed"])
def test_a_face_is_shown_on_the_page_that_was_opened_for_it(
    running: Running, ours: Ours, result: str
) -> None:
    reached = running(FaceVerify, face_verify.CONTRACT)
    asked = {"check_no": "HY1-1", "name": "甲某", "id_no": "1", "purpose": "登记"}
    work = Work("q-1", "face_verify.open", NUMBER, asked)
    opened = reached.workers["face_verify.open"].execute(work)
    assert "人脸核验" in page(str(opened["check_url"]))
    page(str(opened["check_url"]), f"result={result}")
    told = said(ours, "face_checked")
    assert (told["check_no"], told["result"]) == ("HY1-1", result)


def test_taxes_are_paid_on_the_page_that_comes_with_the_assessment(
    running: Running, ours: Ours
) -> None:
    reached = running(TaxBureau, tax_prov.CONTRACT)
    body = {
        "work_order_no": NUMBER,
        "business_kind": "resale",
        "unit_code": "1",
        "parties": {"holders": []},
        "price": "1000000",
        "declarations": {"only_home": True},
    }
    reached.send(Message("m-1", "tax_case_submitted", NUMBER, body))
    told = said(ours, "tax_assessed")
    assert "应缴税款" in page(told["pay_url"]) or "缴款成功" in page(told["pay_url"])
    assert "缴款成功" in page(told["pay_url"], "pay=1")
    assert "缴款成功" in page(told["pay_url"], "pay=1"), "a second payment is none"
    assert said(ours, "tax_voucher")["amount"]


@pytest.mark.parametrize(
    ("kind", "contract", "entry"),
    [
        (WechatAccount, wechat.CONTRACT, "/public/enter/wechat"),
        (QinwuyuanApp, qinwuyuan_app.CONTRACT, "/public/enter/app"),
    ],
)
def test_what_was_sent_is_read_there_beside_the_door_to_the_portal(
    running: Running, kind: type[Paged], contract: Contract, entry: str
) -> None:
    reached = running(kind, contract)
    topic = f"{contract.channel}.notify"
    reached.workers[topic].execute(Work("q-1", topic, NUMBER, LETTER))
    shown = page(f"{reached.department.address}/{contract.channel}/inbox")
    assert "已受理" in shown
    assert entry in shown


def test_whoever_does_not_follow_the_account_gets_nothing(running: Running) -> None:
    reached = running(WechatAccount, wechat.CONTRACT)
    HTTP.request(
        "POST",
        f"{reached.department.address}/wechat/_faults",
        body=b'{"mode":"address_refused"}',
        headers={"Content-Type": "application/json"},
    )
    with pytest.raises(BpmnError) as refused:
        reached.workers["wechat.notify"].execute(Work("q-1", "wechat.notify", NUMBER, LETTER))
    assert refused.value.error_code == "not_followed"


def test_a_payment_that_the_bank_refuses_can_be_made_again() -> None:
    bureau = TaxBureau("http://127.0.0.1/api/channels/tax_prov", keys=SharedKey("tax_prov", KEY))
    bureau.patience = 60
    answers = bureau.replies("tax_case_submitted", NUMBER, {"price": "1000000"}, "ok")
    number = next(answers)[1]["assessment_no"]
    refused = bureau.page(f"/pay/{number}", {"refuse": "1"})
    assert refused is not None
    assert "缴款未成功" in refused
    assert "模拟：支付" in refused
    assert "应缴税款" in (bureau.page(f"/pay/{number}", None) or ""), "nothing was paid"
    assert "缴款成功" in (bureau.page(f"/pay/{number}", {}) or "")
    assert "没有重复扣款" in (bureau.page(f"/pay/{number}", {}) or "")


def test_the_tax_after_a_supplement_is_that_of_the_price_declared_before() -> None:
    """The message of the supplement does not repeat the price."""
    bureau = TaxBureau("http://127.0.0.1/api/channels/tax_prov", keys=SharedKey("tax_prov", KEY))
    asked = list(bureau.replies("tax_case_submitted", NUMBER, {"price": "1000000"}, "supplement"))
    assert [name for name, _ in asked] == ["tax_supplement_required"]
    name, told = next(bureau.replies("tax_supplement_submitted", NUMBER, {"files": []}, "normal"))
    assert (name, told["total"], "pay_url" in told) == ("tax_assessed", 65000, True)


def test_whoever_opened_the_page_of_the_payment_may_close_it_and_come_back() -> None:
    bureau = TaxBureau("http://127.0.0.1/api/channels/tax_prov", keys=SharedKey("tax_prov", KEY))
    answers = bureau.replies("tax_case_submitted", NUMBER, {"price": "1000000"}, "normal")
    number = next(answers)[1]["assessment_no"]
    bureau.page(f"/pay/{number}", None)
    done: list[str] = []
    waiting = threading.Thread(target=lambda: done.append(next(answers)[0]))
    waiting.start()
    waiting.join(0.2)
    assert not done, "nobody else pays at a bank"
    bureau.page(f"/pay/{number}", {})
    waiting.join(60)
    assert done == ["tax_paid"]


def test_a_declaration_that_was_withdrawn_is_not_paid_any_more() -> None:
    """Issue 6 §2: the declaration is cancelled; no payment and no voucher follow."""
    bureau = TaxBureau("http://127.0.0.1/api/channels/tax_prov", keys=SharedKey("tax_prov", KEY))
    bureau.patience = 60
    answers = bureau.replies("tax_case_submitted", NUMBER, {"price": "1000000"}, "ok")
    number = next(answers)[1]["assessment_no"]
    assert list(bureau.replies("tax_case_withdrawn", NUMBER, {}, "ok")) == [
        ("tax_cancelled", {"outcome": "cancelled"})
    ]
    assert list(answers) == []
    assert bureau.page(f"/pay/{number}", {}) is None


def test_a_tax_that_was_paid_is_asked_back_when_the_declaration_is_withdrawn() -> None:
    """Issue 6 §2: compensation after the payment; asked a second time nothing is paid back twice."""
    bureau = TaxBureau("http://127.0.0.1/api/channels/tax_prov", keys=SharedKey("tax_prov", KEY))
    answers = bureau.replies("tax_case_submitted", NUMBER, {"price": "1000000"}, "ok")
    number = next(answers)[1]["assessment_no"]
    bureau.page(f"/pay/{number}", {})
    assert [name for name, _ in answers] == ["tax_paid", "tax_voucher"]
    for outcome in ("refund_requested", "cancelled"):
        assert list(bureau.replies("tax_case_withdrawn", NUMBER, {}, "ok")) == [
            ("tax_cancelled", {"outcome": outcome})
        ]
