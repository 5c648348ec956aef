"""The page that the code on a letter leads to: what the document is, and nothing of its holder."""

import pytest
from flask import Flask
from flask.testing import FlaskClient

from processes import settings
from processes.documents import documents, files
from processes.model.documents import Document
from web import wiring
from web.config import Settings, UnsafeSettings
from web.database import database

CODE = "ABCD2345EFGH6789"


@pytest.fixture
def letter(app: Flask) -> str:
    with app.app_context(), database().transaction() as session:
        if session.query(Document).filter_by(verification_code=CODE).first() is None:
            stored = files.store(session, b"%PDF-1.7 x", by=None, content_type="application/pdf")
            session.add(
                Document(
                    kind="letter", title="受理通知书", number="鲁海事受〔2026〕第00077号",
                    template="t", template_digest="0" * 64, sha256=stored.sha256,
                    values={"name": "王建国", "id_no": "110101199003070070"},
                    org_code="370001", verification_code=CODE,
                )
            )  # fmt: skip
    return CODE


def test_a_letter_is_confirmed_without_a_word_of_its_holder(
    client: FlaskClient, letter: str
) -> None:
    page = client.get(f"/verify/{letter.lower()}").get_data(as_text=True)
    for shown in ("受理通知书", "鲁海事受〔2026〕第00077号", "山东海事局", "有效"):
        assert shown in page
    for hidden in ("王建国", "110101199003070070", "王*国"):
        assert hidden not in page


def test_an_unknown_code_offers_another_try(client: FlaskClient) -> None:
    answer = client.get("/verify/ZZZZ2345EFGH6789")
    assert answer.status_code == 404
    assert "没有找到与核验码相符的文书" in answer.get_data(as_text=True)
    assert client.get("/verify?code=ab").location.endswith("/verify/ab")


def test_codes_on_letters_lead_to_this_installation(app: Flask) -> None:
    wiring.wire(app)
    assert settings.current().public_url == "http://127.0.0.1:8000"
    assert documents._url(CODE) == f"http://127.0.0.1:8000/verify/{CODE}"
    named = Settings(public_url="https://banli.example/", host="0.0.0.0")  # noqa: S104
    assert named.public_address == "https://banli.example"
    with pytest.raises(UnsafeSettings, match="BANLI_PUBLIC_URL"):
        Settings(public_url="banli.example").check()
