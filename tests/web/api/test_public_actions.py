"""What an applicant sends into a running case counts once, from the page as through the API."""

import re
from collections.abc import Callable
from typing import Any

from flask import Flask
from flask.testing import FlaskClient

from processes.model.cases import Opinion
from tests.web.conftest import csrf
from web.database import database

REASON = "另有安排，本人申请撤回"


def sent(app: Flask, case: str) -> int:
    with app.app_context(), database().read_session() as session:
        return session.query(Opinion).filter_by(case_id=int(case), action="sent").count()


def test_a_withdrawal_clicked_twice_counts_once_and_a_late_one_keeps_what_was_typed(
    app: Flask, as_: Callable[[str], FlaskClient], caller: Any, filed: Any
) -> None:
    case, client = filed()["id"], as_("applicant")
    (offered,) = caller("applicant").get(f"/cases/{case}/actions").json["items"]
    path = f"/portal/cases/{case}/actions/{offered['id']}"
    page = client.get(path).get_data(as_text=True)
    data = {
        "_page": re.search(r'name="_page" value="([^"]+)"', page)[1],
        "csrf_token": csrf(client, "/portal"),
    }
    empty = client.post(path, data=data)
    assert empty.status_code == 422
    assert "请填写撤回原因" in empty.get_data(as_text=True)
    data["withdraw_reason"] = REASON
    first, second = client.post(path, data=data), client.post(path, data=data)
    assert [first.status_code, second.status_code] == [303, 303], first.get_data(as_text=True)
    assert sent(app, case) == 1
    late = client.post(path, data={**data, "_page": "another-page-of-the-same-form"})
    text = late.get_data(as_text=True)
    assert late.status_code == 409
    assert "不再等待" in text
    assert REASON in text, "what was typed stays on the page"
    assert re.search(r"\d{4}-\d\d-\d\d \d\d:\d\d", text), "and says when it ended"


def test_a_withdrawal_through_the_api_counts_once_per_key(
    app: Flask, caller: Any, filed: Any
) -> None:
    case, applicant = filed()["id"], caller("applicant")
    (offered,) = applicant.get(f"/cases/{case}/actions").json["items"]
    path = f"/cases/{case}/actions/{offered['id']}"
    body = {"answers": {"withdraw_reason": REASON}}
    one, two = (applicant.post(path, body, key=f"withdraw-{case}") for _ in range(2))
    assert (one.status_code, two.status_code) == (200, 200)
    assert one.json == two.json
    assert sent(app, case) == 1
    late = applicant.post(path, body, key=f"late-{case}")
    assert late.status_code == 409
    assert late.json["at"]


def at_the_counter(caller: Any) -> str:
    answers = {"org": "370001", "name": "到窗口的人", "id_no": "11010519491231002X"}
    answer = caller("acceptor").post("/cases", {"process": "yacht_licence_api", "answers": answers})
    assert answer.status_code == 201, answer.get_data(as_text=True)
    return str(answer.json["id"])


def test_who_filed_at_the_counter_withdraws_there_and_the_timeline_says_so(
    app: Flask, as_: Callable[[str], FlaskClient], caller: Any
) -> None:
    """P-12: the counter gives the same case as online channels, and goes on with it the same way."""
    case, clerk = at_the_counter(caller), as_("acceptor")
    page = clerk.get(f"/cases/{case}").get_data(as_text=True)
    path = re.search(rf'href="(/counter/cases/{case}/actions/\d+)"', page)[1]
    form = clerk.get(path).get_data(as_text=True)
    assert "代申请人：撤回申请" in form
    data = {
        "_page": re.search(r'name="_page" value="([^"]+)"', form)[1],
        "csrf_token": csrf(clerk, "/inbox"),
    }
    empty = clerk.post(path, data=data)
    assert empty.status_code == 422
    assert "请填写撤回原因" in empty.get_data(as_text=True)
    done = clerk.post(path, data={**data, "withdraw_reason": REASON}, follow_redirects=True)
    assert done.request.path == f"/cases/{case}"
    assert "代申请人提交" in done.get_data(as_text=True)
    with app.app_context(), database().read_session() as session:
        (told,) = session.query(Opinion).filter_by(case_id=int(case), action="sent_for")
        assert told.by_name == "游艇驾驶证受理人"


def test_nobody_but_the_counter_sends_for_an_applicant_and_not_in_a_case_filed_online(
    as_: Callable[[str], FlaskClient], caller: Any, filed: Any
) -> None:
    online, counter = filed()["id"], at_the_counter(caller)
    for login, case in (("acceptor", online), ("reviewer", counter), ("stranger", counter)):
        assert caller(login).get(f"/cases/{case}/actions").status_code in (403, 404)
    assert "/counter/cases/" not in as_("acceptor").get(f"/cases/{online}").get_data(as_text=True)
