"""接口监控 on its pages and by API, and the signed requests of departments that fetch (P-19, P-20)."""

import io
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from adapters import registry
from adapters._shared import signing, specification, wire
from adapters._shared.signing import SharedKey, Subject
from engine import clock, ids, limits
from engine.model import Job, ProcessDefinition
from processes.identity import identity, tokens
from processes.model.exchange import ExchangeEvent
from tests.processes.exchange.test_packages import packed, zipped
from tests.web.conftest import csrf, picture
from web import running
from web.database import database

Clients = Callable[[str], FlaskClient]
KEY = "a shared secret of the tests"
ROOT = "/operations/interfaces"


@pytest.fixture(autouse=True)
def reached(app: Flask) -> Iterator[None]:
    """The tax system is called where nobody answers; the housing office fetches."""
    settings = {
        "TAX_PROV_URL": "http://127.0.0.1:9",
        "TAX_PROV_KEY": KEY,
        "HOUSING_LOCAL_KEY": KEY,
        "HOUSING_LOCAL_WAY": "pull",
    }
    running.reach(app, registry.create(["tax_prov", "housing_local"], settings), {})
    yield
    running.reach(app, registry.Adapters(), {})


@pytest.fixture
def stopped(app: Flask) -> Iterator[Callable[[str], int]]:
    """Puts a message of no case into the outbox; one that has used up its retries."""
    made: list[int] = []

    def put(topic: str, *, retries: int = 0) -> int:
        with app.app_context(), database().transaction() as session:
            definition = session.scalars(select(ProcessDefinition.id)).first()
            job = Job(
                id=ids.next_id(), kind="outbox_message", definition_id=definition, activity="send",
                topic=topic, correlation_key="P1", retries=retries, last_error="『省税务系统』无法连接",
                payload={"work_order_no": "P1", "reason": "申请人撤回", "parties": {"holders": [
                    {"name": "受让人", "id_no": "610102199001010016"}]}},
            )  # fmt: skip
            session.add(job)
            made.append(job.id)
            return job.id

    yield put
    with app.app_context(), database().transaction() as session:
        for one in made:
            if (job := session.get(Job, one)) is not None:
                session.delete(job)


@pytest.fixture
def head(app: Flask, as_: Clients, monkeypatch: pytest.MonkeyPatch) -> FlaskClient:
    """An operator at the top: what belongs to no case is his."""
    monkeypatch.setattr("processes.rights.permissions.operates_all", lambda *_args: True)
    return as_("admin")


def post(client: FlaskClient, path: str, **data: Any) -> TestResponse:
    token = csrf(client, ROOT)
    return client.post(path, data={**data, "csrf_token": token}, content_type="multipart/form-data")


def paper() -> tuple[io.BytesIO, str]:
    return io.BytesIO(picture()), "通知书.png"


def test_the_list_shows_each_department_and_probes_it_when_it_is_shown(
    head: FlaskClient, stopped: Callable[..., int]
) -> None:
    stopped("tax_case_withdrawn")
    page = head.get(ROOT).get_data(as_text=True)
    assert page.index("省税务系统") < page.index("住建（房管）交易系统"), "who needs somebody first"
    assert f'hx-get="{ROOT}/tax_prov/probe"' in page
    assert "不通" in head.get(f"{ROOT}/tax_prov/probe").get_data(as_text=True)
    assert "由对方发起" in head.get(f"{ROOT}/housing_local/probe").get_data(as_text=True)
    narrowed = head.get(f"{ROOT}?show=troubled").get_data(as_text=True)
    assert "省税务系统" in narrowed
    assert "住建（房管）交易系统" not in narrowed


def test_a_message_is_shown_by_its_titles_masked_and_never_as_json(
    head: FlaskClient, stopped: Callable[..., int]
) -> None:
    job = stopped("tax_case_withdrawn")
    page = head.get(f"{ROOT}/jobs/{job}").get_data(as_text=True)
    assert "理由" in page
    assert "申请人撤回" in page
    assert "另有 1 项约定之外的内容" in page, "a withdrawal has no parties"
    for secret in ("610102199001010016", "{&", "work_order_no"):
        assert secret not in page


def test_a_message_is_sent_again_from_the_page(
    head: FlaskClient, app: Flask, stopped: Callable[..., int]
) -> None:
    job = stopped("tax_case_withdrawn", retries=3)
    assert post(head, f"{ROOT}/jobs/{job}/resend").status_code == 303
    assert post(head, f"{ROOT}/tax_prov/resend").status_code == 303
    with app.app_context(), database().read_session() as session:
        assert session.get(Job, job).due_at <= clock.now()


def test_a_message_delivered_on_paper_needs_its_paper_and_says_so_by_the_field(
    head: FlaskClient, app: Flask, stopped: Callable[..., int]
) -> None:
    job = stopped("tax_case_withdrawn")
    refused = post(head, f"{ROOT}/jobs/{job}/settle", entry_reason="接口中断")
    assert refused.status_code == 422
    text = refused.get_data(as_text=True)
    assert "依据（纸质结果的扫描件）" in text
    assert "接口中断" in text, "what was typed stays"
    done = post(head, f"{ROOT}/jobs/{job}/settle", entry_reason="接口中断", entry_paper=paper())
    assert done.status_code == 303
    with app.app_context(), database().read_session() as session:
        assert session.get(Job, job) is None
        told = session.scalars(select(ExchangeEvent).where(ExchangeEvent.job_id == job)).one()
    assert (told.way, told.outcome) == ("manual", "sent")
    page = head.get(f"{ROOT}/tax_prov/events/{told.id}").get_data(as_text=True)
    assert "接口中断" in page
    assert "申请人撤回" in page


def test_an_entry_that_nobody_waits_for_is_refused_and_keeps_what_was_typed(
    head: FlaskClient,
) -> None:
    path = f"{ROOT}/tax_prov/entries/tax_rejected"
    assert "人工录入：不予受理" in head.get(path).get_data(as_text=True)
    given = {"work_order_no": "P404", "reason": "价格偏低", "entry_reason": "接口中断"}
    refused = post(head, path, **given, entry_paper=paper())
    assert refused.status_code == 409
    text = refused.get_data(as_text=True)
    assert "没有办件在等待" in text
    assert "价格偏低" in text
    assert head.get(f"{ROOT}/tax_prov/entries/nothing").status_code == 404


def test_the_traffic_is_narrowed_and_what_came_wrong_is_in_it(
    head: FlaskClient, client: FlaskClient
) -> None:
    assert client.post("/api/channels/tax_prov", data=b"{}").status_code == 403
    page = head.get(f"{ROOT}/tax_prov?direction=in&outcome=refused").get_data(as_text=True)
    assert "报文没有签名" in page
    assert "没有收发记录" in head.get(f"{ROOT}/tax_prov?q=P0").get_data(as_text=True)


def test_the_specification_of_a_department_is_read_on_its_page_and_that_of_all_is_taken_along(
    head: FlaskClient,
) -> None:
    """The deliverable of the seed in the product: the same as `banli interfaces` (P-19)."""
    assert f'href="{ROOT}/tax_prov/contract"' in head.get(f"{ROOT}/tax_prov").get_data(as_text=True)
    page = head.get(f"{ROOT}/tax_prov/contract").get_data(as_text=True)
    contract = next(one for one in registry.contracts() if one.channel == "tax_prov")
    for told in (*contract.inward.values(), *contract.outward.values()):
        assert told.title in page
        assert all(member.title in page for member in told.members)
    assert "`" not in page, "no Markdown on a page"
    text = head.get(f"{ROOT}/specification.md")
    assert text.get_data(as_text=True) == specification.document(registry.contracts())
    named = text.headers["Content-Disposition"]
    assert named.startswith("attachment")
    assert named.isascii(), "a server sends nothing else in a header"
    told = head.get(f"{ROOT}/specification.json").json
    assert told["openapi"].startswith("3.1")
    assert "/api/channels/tax_prov" in told["paths"]
    assert head.get(f"{ROOT}/specification.exe").status_code == 404


def test_only_operators_of_interfaces_come_in(as_: Clients) -> None:
    clerk = as_("acceptor")
    pages = ("", "/tax_prov", "/tax_prov/entries/tax_rejected", "/tax_prov/contract")
    for path in (ROOT + page for page in (*pages, "/specification.md")):
        assert clerk.get(path).status_code == 403, path
    assert as_("admin").get(f"{ROOT}/nowhere").status_code == 404


# --- packages of files ---------------------------------------------------------------------


def test_a_package_is_made_downloaded_and_one_that_is_no_package_is_refused_in_words(
    head: FlaskClient, app: Flask, client: FlaskClient, stopped: Callable[..., int]
) -> None:
    stopped("tax_case_withdrawn", retries=3)
    assert post(head, f"{ROOT}/tax_prov/packages").status_code == 303
    page = head.get(f"{ROOT}/tax_prov").get_data(as_text=True)
    href = re.search(rf'href="({ROOT}/tax_prov/packages/\d+/content)"', page)[1]
    answer = head.get(href)
    assert (answer.status_code, answer.mimetype) == (200, "application/zip")
    assert answer.data.startswith(b"PK")
    again = post(head, f"{ROOT}/tax_prov/packages")
    assert again.status_code == 422
    assert "没有等待发给该单位的报文" in again.get_data(as_text=True)
    wrong = post(head, f"{ROOT}/tax_prov/packages/taken", package=paper())
    assert wrong.status_code == 422
    assert "不是完整的 ZIP 报文包" in wrong.get_data(as_text=True)
    made = api(app, client, "admin", "POST", "/tax_prov/packages")
    assert (made.status_code, made.json["code"]) == (422, "package_refused")
    stopped("tax_case_withdrawn", retries=3)
    made = api(app, client, "admin", "POST", "/tax_prov/packages")
    assert made.status_code == 201
    assert [(one["direction"], one["messages"]) for one in made.json] == [("out", 1)]


def test_results_on_a_file_are_taken_and_the_receipt_tells_of_each(
    head: FlaskClient, app: Flask
) -> None:
    exchange = registry.create(
        ["tax_prov"], {"TAX_PROV_URL": "http://127.0.0.1:9", "TAX_PROV_KEY": KEY}
    ).channels["tax_prov"]
    body = {"work_order_no": "P9", "reason": "价格偏低"}
    told = {"message_id": "f1", "name": "tax_rejected", "correlation_key": "P9", "body": body}
    content = zipped(packed(exchange, [wire.dump(told), b"{}"]))
    answer = post(
        head, f"{ROOT}/tax_prov/packages/taken", package=(io.BytesIO(content), "结果.zip")
    )
    assert answer.status_code == 303
    page = head.get(answer.location).get_data(as_text=True)
    assert "不予受理" in page
    assert "已收下，没有办件等待" in page
    assert "被拒绝" in page
    receipt = head.get(f"{answer.location}/receipt")
    assert (receipt.status_code, receipt.mimetype) == (200, "application/zip")


# --- by API ---------------------------------------------------------------------------------


def api(
    app: Flask, client: FlaskClient, login: str, method: str, path: str, json: Any = None
) -> Any:
    with app.app_context(), database().transaction() as session:
        user = identity.by_login(session, login)
        token = tokens.issue(session, user.id, by="test", scopes=("api",))
    headers = {"Authorization": f"Bearer {token}"}
    return client.open(f"/api/v1/interfaces{path}", method=method, json=json, headers=headers)


def test_the_same_by_api_with_the_same_rights(
    app: Flask, client: FlaskClient, head: FlaskClient, stopped: Callable[..., int]
) -> None:
    job = stopped("tax_case_withdrawn")
    items = api(app, client, "admin", "GET", "").json["items"]
    assert (items[0]["adapter"], items[0]["dead"]) == ("tax_prov", 1)
    queue = api(app, client, "admin", "GET", "/tax_prov/queue?state=dead").json["items"]
    assert [one["id"] for one in queue] == [str(job)]
    assert queue[0]["title"] == "撤销申报"
    assert "payload" not in queue[0]
    assert api(app, client, "admin", "GET", "/tax_prov/events?outcome=dance").status_code == 422
    assert api(app, client, "admin", "POST", f"/jobs/{job}/resend").json == {"kind": "resent"}
    assert api(app, client, "admin", "POST", "/tax_prov/resend").json["count"] >= 0
    assert api(app, client, "admin", "POST", "/tax_prov/probe").json["answers"] is False
    bad = api(app, client, "admin", "POST", f"/jobs/{job}/settle", {"answers": {}})
    assert bad.status_code == 422
    entry = {"answers": {"work_order_no": "P404"}}
    refused = api(app, client, "admin", "POST", "/tax_prov/entries/tax_rejected", entry)
    assert refused.status_code == 422
    for path in ("", "/tax_prov/queue", "/tax_prov/events"):
        assert api(app, client, "acceptor", "GET", path).status_code == 403


# --- departments that fetch -----------------------------------------------------------------


HOUSE = "/api/channels/housing_local"
HOUSING = SharedKey("housing_local", KEY.encode())


def ask(
    client: FlaskClient, what: str, order: dict[str, Any], *, name: str = "housing_local"
) -> Any:
    body = wire.dump(order)
    path = f"/api/channels/{name}/{what}"
    headers = signing.sign(Subject(what, path), body, keys=SharedKey(name, KEY.encode()))
    return client.post(path, data=body, headers=headers)


def test_a_department_fetches_its_messages_signed_and_confirms_them(
    client: FlaskClient, app: Flask, stopped: Callable[..., int]
) -> None:
    job = stopped("housing_case_withdrawn", retries=limits.RETRIES)
    answer = ask(client, "fetch", {"limit": 5})
    assert answer.status_code == 200
    asked = answer.request.headers["X-Banli-Nonce"]
    subject = Subject("answer", "/api/channels/housing_local/fetch", query=asked)
    signing.verify(subject, answer.data, dict(answer.headers), keys=HOUSING)
    (message,) = answer.json["messages"]
    assert (message["name"], message["correlation_key"]) == ("housing_case_withdrawn", "P1")
    assert ask(client, "fetch", {}).json["messages"] == []
    confirmed = ask(client, "confirm", {"message_ids": [message["message_id"]]})
    assert confirmed.json == {"confirmed": [message["message_id"]]}
    with app.app_context(), database().read_session() as session:
        assert session.get(Job, job) is None


def test_a_request_that_was_recorded_is_not_answered_again(client: FlaskClient) -> None:
    body = wire.dump({})
    path = "/api/channels/housing_local/fetch"
    headers = signing.sign(Subject("fetch", path), body, keys=HOUSING)
    assert client.post(path, data=body, headers=headers).status_code == 200
    again = client.post(path, data=body, headers=headers)
    assert (again.status_code, again.json["code"]) == (403, "message_refused")


@pytest.mark.parametrize(
    ("signed", "asked"),
    [
        (Subject("confirm", f"{HOUSE}/fetch"), f"{HOUSE}/fetch"),
        (Subject("fetch", f"{HOUSE}/fetch"), f"{HOUSE}/confirm"),
        (Subject("fetch", f"{HOUSE}/fetch"), f"{HOUSE}/fetch?limit=1"),
        (Subject("fetch", "/api/channels/registration_local/fetch"), f"{HOUSE}/fetch"),
        (Subject("message", HOUSE), f"{HOUSE}?answered=1"),
        (Subject("fetch", HOUSE), HOUSE),
        (Subject("answer", f"{HOUSE}/fetch", query="n"), f"{HOUSE}/fetch"),
    ],
    ids=["purpose", "path", "query", "channel", "callback", "used as message", "answer"],
)
def test_a_signature_counts_for_one_purpose_at_one_place(
    client: FlaskClient, signed: Subject, asked: str
) -> None:
    body = wire.dump({"limit": 1})
    headers = signing.sign(signed, body, keys=HOUSING)
    answer = client.post(asked, data=body, headers=headers)
    assert (answer.status_code, answer.json["code"]) == (403, "message_refused")


def test_what_is_not_signed_or_not_fetched_from_is_refused(client: FlaskClient) -> None:
    assert client.post("/api/channels/housing_local/fetch", data=b"{}").status_code == 403
    assert ask(client, "fetch", {}, name="tax_prov").status_code == 404, "it is called"
    assert ask(client, "fetch", {"limit": "all"}).status_code == 400
    assert ask(client, "confirm", {"message_ids": "m"}).status_code == 400
    assert ask(client, "confirm", {"message_ids": ["x"]}).json == {"confirmed": []}
