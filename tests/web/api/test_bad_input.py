"""Whatever is typed wrong is told at its field, from the page as through the API, and kept."""

import io
import json
from collections.abc import Callable, Iterator
from itertools import count
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import encode_multipart

from engine import limits
from processes.documents import files
from tests.web.api.conftest import ID_NO
from tests.web.conftest import csrf, picture

PATH = "/portal/apply/yacht_licence_api"
HALF = b"\xed\xa0\x80"
TYPED = "写了很久的备注"
GOOD = {"org": "370001", "name": "申请人乙", "id_no": ID_NO, "born_on": "1990-03-07"}
WRONG = {
    "a date that is none": ("born_on", "2026-02-30", "没有这一天"),
    "a date in full-width digits": ("born_on", "２０２６-01-01", "半角"),
    "an identity number with a wrong check digit": ("id_no", "110105194912310021", "校验位不符"),
    "nothing where something is required": ("name", "", "请填写姓名"),
    "a text that is too long": ("name", "长" * 51, "不能超过 50 个字"),
    "a text that is far too long": ("name", "长" * 25_000, "不能超过 50 个字"),
    "a NUL": ("name", "申请\0人", "U+0000"),
    "a character that turns the writing round": ("name", "申请\u202e人", "U+202E"),
    "a place that is none": ("org", "999999", "请从给出的选项中选择"),
    "a field of another node": ("verdict", "同意受理", "受理意见"),
    "a field that is not in the form": ("fee", "0", "fee"),
}
_pages = count()


@pytest.fixture
def form(as_: Callable[[str], FlaskClient], deployed: Any) -> Iterator[Callable[..., Any]]:
    """Sends the last step of the application as a browser does."""
    client = as_("applicant")
    token = csrf(client, "/portal")

    def send(answers: dict[str, str], *, multipart: bool = False) -> Any:
        own = {"_go": "submit", "_step": "99", "_page": f"page-of-bad-input-{next(_pages):04d}"}
        data = {"csrf_token": token, **own, **answers}
        if not multipart:
            return client.post(PATH, data=data)
        boundary, body = encode_multipart(data)
        kind = f"multipart/form-data; boundary={boundary}"
        return client.post(PATH, data=body.replace(b"HALF", HALF), content_type=kind)

    return send


@pytest.mark.parametrize("case", WRONG.values(), ids=WRONG)
def test_the_page_names_the_field_and_keeps_what_was_typed(
    form: Callable[..., Any], case: tuple[str, str, str]
) -> None:
    field, value, words = case
    answer = form({**GOOD, "remark": TYPED, field: value})
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert words in page
    assert TYPED in page
    assert "Traceback" not in page


@pytest.mark.parametrize("case", WRONG.values(), ids=WRONG)
def test_the_api_names_the_field_too(caller: Any, case: tuple[str, str, str]) -> None:
    field, value, words = case
    body = {"process": "yacht_licence_api", "answers": {**GOOD, field: value}}
    answer = caller("applicant").post("/cases", body)
    told = json.dumps(answer.json, ensure_ascii=False)
    assert answer.status_code in (400, 422), told
    assert answer.mimetype == "application/problem+json"
    assert words in told or "NUL" in told
    assert answer.status_code == 400 or field in answer.json["errors"], told


def test_full_width_letters_of_an_identity_number_are_taken_as_meant(
    form: Callable[..., Any],
) -> None:
    wide = "".join(chr(ord(c) + 0xFEE0) for c in ID_NO)
    answer = form({**GOOD, "id_no": wide})
    assert answer.status_code == 303, answer.get_data(as_text=True)


def test_half_a_character_is_refused_by_both(form: Callable[..., Any], caller: Any) -> None:
    page = form({**GOOD, "remark": TYPED, "name": "申请HALF"}, multipart=True)
    assert page.status_code == 422
    assert "U+FFFD" in page.get_data(as_text=True)
    assert TYPED in page.get_data(as_text=True)
    answers = json.dumps({"process": "yacht_licence_api", "answers": {"name": "甲\ud800"}})
    api = caller("applicant")("POST", "/cases", data=answers, content_type="application/json")
    assert api.status_code == 400
    assert "代理字符" in api.json["detail"]


def test_ten_megabytes_of_text_are_refused_in_words(form: Callable[..., Any], caller: Any) -> None:
    text = "x" * (10 << 20)
    page = form({**GOOD, "remark": text})
    assert page.status_code == 413
    assert "文字不超过 1 MB" in page.get_data(as_text=True)
    as_file = form({**GOOD, "remark": text}, multipart=True)
    assert as_file.status_code == 413
    body = {"process": "yacht_licence_api", "answers": {**GOOD, "remark": text}}
    api = caller("applicant").post("/cases", body)
    assert api.status_code == 413
    assert api.mimetype == "application/problem+json"


@pytest.mark.parametrize(("size", "status"), [(0, 422), (1, 413)])
def test_a_body_may_have_a_mebibyte_and_no_byte_more(caller: Any, size: int, status: int) -> None:
    body = b'{"process": "", "answers": {}}'
    body += b" " * (limits.BODY_BYTES - len(body) + size)
    answer = caller("applicant")("POST", "/cases", data=body, content_type="application/json")
    assert answer.status_code in (status, 404 if size == 0 else 413)


def test_a_flood_of_fields_is_refused(form: Callable[..., Any], caller: Any) -> None:
    flood = {f"f{number}": "x" for number in range(3_000)}
    assert form({**GOOD, **flood}).status_code == 422
    parts = form({**GOOD, **flood}, multipart=True)
    assert parts.status_code == 413
    body = {"process": "yacht_licence_api", "answers": flood}
    assert "键超过 1000 个" in caller("applicant").post("/cases", body).json["detail"]


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("../../etc/照片.png", "照片.png"),
        ("C:\\照片\\照片.png", "照片.png"),
        ("照\0片\n.png", "照片.png"),
        ("长" * 300 + ".png", "长" * 116 + ".png"),
        ("<img onerror=x>.png", "img onerror=x.png"),
        ("...", "附件"),
    ],
)
def test_the_name_of_a_file_is_kept_without_what_is_no_name(name: str, kept: str) -> None:
    assert files.clean_name(name) == kept


def test_nor_does_a_path_come_in_with_an_upload(caller: Any) -> None:
    data = {"file": (io.BytesIO(picture()), "../../etc/照片.png")}
    sent = caller("applicant").post("/files", data=data)
    assert (sent.status_code, sent.json["name"]) == (201, "照片.png")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "文件是空的"),
        (b"<html><script>", "只接受 PDF、OFD、PNG、JPG 文件"),
        (b"PK\x03\x04" + b"\0" * 60, "只接受 PDF、OFD、PNG、JPG 文件"),
        (b"GIF89a" + b"\0" * 60, "只接受 PDF、OFD、PNG、JPG 文件"),
    ],
)
def test_a_file_of_a_wrong_kind_is_refused_on_the_page(
    as_: Callable[[str], FlaskClient], content: bytes, words: str
) -> None:
    client = as_("applicant")
    data = {"file": (io.BytesIO(content), "照片.png"), "csrf_token": csrf(client, "/portal")}
    answer = client.post("/files", data=data)
    assert answer.status_code == 422
    assert answer.json["detail"] == words
