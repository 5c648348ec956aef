"""A model that may not run is refused in the same words by the API and by the analyst's page."""

import io
import zipfile
from collections.abc import Callable
from itertools import count
from types import SimpleNamespace
from typing import Any

import pytest

from engine import constructs
from processes.identity import tokens
from tests.web.analyst.bad_models import FAULTS, faulty
from tests.web.analyst.pages import Page
from web.database import database

Begin = Callable[..., Page]
Send = Callable[..., Any]
_numbers = count(1)
NAMES = pytest.mark.parametrize("name", FAULTS)


def packed(files: dict[str, bytes]) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, content in files.items():
            archive.writestr(path, content)
    return made.getvalue()


@pytest.fixture(scope="module")
def send(built: SimpleNamespace, analysts: dict[str, int]) -> Send:
    """A program in the name of the analyst."""
    with built.app.app_context(), database().transaction() as session:
        token = tokens.issue(session, analysts["analyst"], by="test", scopes=("api",))
    client = built.app.test_client()

    def post(path: str, **more: Any) -> Any:
        headers = {"Authorization": f"Bearer {token}", **more.pop("headers", {})}
        return client.post(f"/api/v1{path}", headers=headers, **more)

    return post


def seen(findings: list[dict[str, Any]], name: str) -> dict[str, Any]:
    fault = FAULTS[name]
    found = [
        one
        for one in findings
        if (one["severity"], one["code"], one["element"]) == ("error", fault.code, fault.element)
    ]
    assert found, findings
    assert any(fault.words in one["message"] for one in found), found
    return found[0]


@NAMES
def test_the_check_of_the_api_names_it(send: Send, name: str) -> None:
    key = f"bad_api_{next(_numbers)}"
    content = packed(faulty(name, key))
    answer = send(f"/definitions/check/{key}", data=content, content_type="application/zip")
    assert answer.status_code == 200, answer.get_data(as_text=True)
    found = seen(answer.json["items"], name)
    assert found["line"] or not found["element"]


@NAMES
def test_the_api_hands_none_of_them_in(send: Send, name: str) -> None:
    key = f"bad_api_{next(_numbers)}"
    content = packed(faulty(name, key))
    saved = send(f"/definitions/drafts/{key}", data=content, content_type="application/zip")
    if saved.status_code == 201:
        tag = {"If-Match": f'"{saved.json["revision"]}"'}
        path = f"/drafts/{saved.json['id']}/submit"
        saved = send(path, json={"reason": "修改"}, headers=tag)
    assert saved.status_code == 422, saved.get_data(as_text=True)
    assert FAULTS[name].words in saved.get_data(as_text=True)


def spoiled(begin: Begin, name: str) -> Page:
    page = begin()
    key = page.data["key"]
    page.files = {path: body.decode() for path, body in faulty(name, key).items()}
    return page


@NAMES
def test_the_check_of_the_page_names_it(begin: Begin, name: str) -> None:
    page = spoiled(begin, name)
    answer = page.post("check", {"files": page.files})
    if answer.status_code == 413:
        assert "文字不超过 1 MB" in answer.get_data(as_text=True)
        return
    seen(answer.json["findings"], name)


@NAMES
def test_the_page_hands_none_of_them_in(begin: Begin, name: str) -> None:
    page = spoiled(begin, name)
    answer = page.save()
    if answer.status_code == 200:
        answer = page.post("submit", {"revision": page.revision, "note": "修改"})
    if answer.status_code == 413:
        assert "文字不超过 1 MB" in answer.get_data(as_text=True)
        return
    assert answer.status_code == 422, answer.get_data(as_text=True)
    seen(answer.json["findings"], name)


def test_the_check_panel_gets_a_sentence_for_each_construct_that_is_refused(begin: Begin) -> None:
    """Issue 3: a model with each refused construct shows its message."""
    page = begin()
    model = f"{page.data['key']}.bpmn"
    good = page.files[model]
    for name in constructs.named("refused"):
        part = f"<bpmn:{name} /></bpmn:userTask>"
        page.files[model] = good.replace("</bpmn:userTask>", part, 1)
        sentence = constructs.refusal(name)
        found = [one for one in page.findings() if sentence in one["message"]]
        assert found, name
        assert found[0]["element"] == "handle"
        assert found[0]["line"]
