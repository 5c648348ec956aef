"""Verification by code, by number and holder, by file: page and API (P-46, P-51, P-53).

What the document is, whether it holds, and nothing of its holder.
"""

import hashlib
import io
import re
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from adapters._shared import ofd_package, ofd_seal, pades
from adapters._shared.seals import Examined
from adapters._shared.standing import Revocation
from adapters._simulators.authority import Authority
from adapters._simulators.seal_system import SEALS
from adapters.registry import Adapters
from bpmn.property import seals
from engine import clock
from engine.errors import Retry
from processes import registers, settings
from processes.documents import documents, files
from processes.letters import drawing
from processes.letters.template import read
from processes.model.documents import Document
from processes.registers import Trace
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
    assert 'href="/public"' in client.get("/verify").get_data(as_text=True), "the way back"


def test_codes_on_letters_lead_to_this_installation(app: Flask) -> None:
    wiring.wire(app)
    assert settings.current().public_url == "http://127.0.0.1:8000"
    assert documents.verification_url(CODE) == f"http://127.0.0.1:8000/verify/{CODE}"
    named = Settings(public_url="https://banli.example/", host="0.0.0.0")  # noqa: S104
    assert named.public_address == "https://banli.example"
    with pytest.raises(UnsafeSettings, match="BANLI_PUBLIC_URL"):
        Settings(public_url="banli.example").check()


NUMBER = "陕(2026)西安市不动产权第0000555号"
HOLDER = "持证人"
IDENTIFIER = "1.2.156.3005.2.11100000MB03271699021.11610100MB29145699.0000009555.001.X"


class Certificate:
    """A certificate that was sealed, issued and kept."""

    def __init__(self, content: bytes, document: int, code: str) -> None:
        self.content = content
        self.document = document
        self.code = code


def sealed() -> bytes:
    source = b"letter: t\ntitle: T\nkind: card\nsides:\n  - - {text: certificate, at: [4, 10]}\n"
    seal = seals.authority().seal("PR610100", *SEALS["PR610100"])
    drawn = documents.render(read(source, "t.yaml"), {})
    return pades.seal(drawn, die=seals.authority().die(seal), reason="test")


@pytest.fixture(scope="module")
def sealed_content() -> bytes:
    return sealed()


@pytest.fixture
def certificate(app: Flask, sealed_content: bytes) -> Iterator[Certificate]:
    app.extensions["banli_adapters"] = Adapters(seals=seals.DeskSeals())
    digest = hashlib.sha256(sealed_content).hexdigest()
    with app.app_context(), database().transaction() as session:
        known = session.query(Document).filter_by(sha256=digest).first()
        if known is None:
            known = _issued(session, sealed_content)
        known.status = "issued"
        made = Certificate(sealed_content, known.id, known.verification_code)
    yield made
    app.extensions.pop("banli_adapters")


def _issued(session: Any, content: bytes) -> Document:
    stored = files.store(session, content, by=None, content_type="application/pdf")
    document = Document(
        kind="card", title="不动产权证书", template="t", template_digest="0" * 64,
        sha256=stored.sha256, values={}, org_code="370001", verification_code="CERT2345EFGH6789",
    )  # fmt: skip
    session.add(document)
    session.flush()
    told = {
        "ecert_id": IDENTIFIER, "org": "PR610100", "kind": "right_certificate",
        "type_code": "11100000MB03271699021", "certificate_no": NUMBER, "holder_name": HOLDER,
        "unit_code": "610113001002GB00001F00019555", "entry_no": "E9555", "source": "manual",
        "version": 1, "issued_on": date(2026, 3, 2), "document": str(document.id),
        "file": files.reference(stored, name="t.pdf"), "sha256": stored.sha256,
        "verification_code": document.verification_code,
    }  # fmt: skip
    registers.create(session, "ecert", told, trace=Trace("test"))
    return document


def token(client: FlaskClient) -> str:
    page = client.get("/verify").get_data(as_text=True)
    found = re.search(r'name="csrf_token" value="([^"]+)"', page)
    assert found
    return found[1]


def upload(client: FlaskClient, content: bytes) -> str:
    given = {"csrf_token": token(client), "file": (io.BytesIO(content), "证书.pdf")}
    return client.post("/verify/file", data=given).get_data(as_text=True)


def by_holder(client: FlaskClient, number: str, holder: str) -> Any:
    given = {"csrf_token": token(client), "number": number, "holder": holder}
    return client.post("/verify/holder", data=given)


def withdraw(app: Flask, certificate: Certificate, to: str) -> None:
    with app.app_context(), database().transaction() as session:
        documents.withdraw(session, certificate.document, to=to)


def test_a_sealed_file_is_genuine_and_says_who_sealed_it_when(
    client: FlaskClient, certificate: Certificate
) -> None:
    page = upload(client, certificate.content)
    for shown in (
        "有效",
        NUMBER,
        "与签发时存档的文件完全一致",
        "签章完好",
        "西安市不动产登记局登记专用章",
    ):
        assert shown in page
    assert HOLDER not in page


def test_a_file_with_one_byte_changed_fails(client: FlaskClient, certificate: Certificate) -> None:
    changed = bytearray(certificate.content)
    changed[200] ^= 1
    page = upload(client, bytes(changed))
    assert "与存档的任何文件都不一致" in page
    assert "文件在签章之后被改动" in page
    assert "不是本系统签发的文件" in page
    assert NUMBER not in page


@pytest.fixture(scope="module")
def sealed_ofd() -> bytes:
    pytest.importorskip("gmssl_pyx", reason="no wheel of the optional SM2 library for this machine")
    source = b"letter: t\ntitle: T\nkind: card\nformats: [pdf, ofd]\n"
    source += b"sides:\n  - - {text: certificate, at: [4, 10]}\n"
    drawn = drawing.draw(read(source, "t.yaml"), {}, images=lambda _digest: b"").ofd
    die = seals.authority().die(seals.authority().seal("PR610100", *SEALS["PR610100"])).ofd
    assert drawn is not None
    assert die is not None
    return ofd_seal.seal(drawn, die=die)


@pytest.fixture
def with_ofd(app: Flask, certificate: Certificate, sealed_ofd: bytes) -> bytes:
    """The certificate as it was issued in the second format."""
    with app.app_context(), database().transaction() as session:
        kept = files.store(session, sealed_ofd, by=None, content_type=files.OFD)
        session.get_one(Document, certificate.document).ofd_sha256 = kept.sha256
    return sealed_ofd


def test_an_ofd_is_verified_as_a_pdf_is(client: FlaskClient, with_ofd: bytes) -> None:
    """P-46, P-95: content, seal, signer and time, by page and API."""
    page = upload(client, with_ofd)
    for shown in (
        NUMBER,
        "有效",
        "与签发时存档的文件完全一致",
        "签章完好",
        "国密电子印章",
        "时间戳",
    ):
        assert shown in page
    assert HOLDER not in page
    answer = client.post("/api/v1/verifications/file", data=with_ofd).json
    assert (answer["valid"], answer["fault"], answer["changes"]) == (True, "", [])
    assert [one["kind"] for one in answer["signatures"]] == ["ofd"]


def test_what_was_done_to_an_ofd_is_named(client: FlaskClient, with_ofd: bytes) -> None:
    name = "Doc_0/Pages/Page_0/Content.xml"
    entries = ofd_package.unpacked(with_ofd)
    changed = ofd_package.packed({**entries, name: entries[name] + b" "})
    added = ofd_package.packed({**entries, "Doc_0/Pages/Page_7/Content.xml": b"<x/>"})
    page = upload(client, changed)
    for shown in ("不是本系统签发的文件", "在签章之后被改动", f"“{name}”在签章之后被改动"):
        assert shown in page
    assert "Page_7/Content.xml”是签章之后加入的" in upload(client, added)
    answer = client.post("/api/v1/verifications/file", data=changed).json
    assert (answer["valid"], answer["fault"]) == (False, "changed")
    assert answer["changes"] == [{"kind": "changed", "name": name}]


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"%PDF-1.7 broken", "不是可以识别的 PDF、OFD"),
        (b"\x00" * 64, "不是可以识别的 PDF、OFD"),
        (b"", "请选择一个 PDF"),
    ],
)
def test_what_is_no_certificate_is_told_so(
    client: FlaskClient, certificate: Certificate, content: bytes, why: str
) -> None:
    assert why in upload(client, content)


@pytest.mark.parametrize(
    ("status", "shown"), [("replaced", "已被新的替换"), ("revoked", "没有效力")]
)
def test_a_replaced_or_annulled_certificate_fails_however_it_is_verified(
    app: Flask, client: FlaskClient, certificate: Certificate, status: str, shown: str
) -> None:
    """P-46, domain section 6: the seal is still good, the certificate is not."""
    withdraw(app, certificate, status)
    assert shown in upload(client, certificate.content)
    assert shown in client.get(f"/verify/{certificate.code}").get_data(as_text=True)
    answer = client.post("/api/v1/verifications/file", data=certificate.content)
    assert answer.json["valid"] is False
    assert answer.json["document"]["status"] == status
    with app.app_context(), database().transaction() as session:
        session.get_one(Document, certificate.document).status = "issued"


def test_by_number_only_who_knows_the_holder_finds_it(
    client: FlaskClient, certificate: Certificate
) -> None:
    """No enumeration: a wrong holder and a number that is not there look the same."""
    assert "有效" in by_holder(client, NUMBER, HOLDER).get_data(as_text=True)
    assert by_holder(client, IDENTIFIER, f" {HOLDER} ").status_code == 200
    wrong, none = by_holder(client, NUMBER, "他人"), by_holder(client, "没有这个号", "他人")
    assert wrong.status_code == none.status_code == 404
    for answer in (wrong, none):
        assert "没有找到相符的证照" in answer.get_data(as_text=True)


def test_every_look_is_on_record(app: Flask, client: FlaskClient, certificate: Certificate) -> None:
    """P-46: each access is logged, with how it was made."""

    def looks() -> list[str]:
        with app.app_context(), database().read_session() as session:
            found = registers.find(session, "ecert_event", where={"ecert_id": IDENTIFIER})
            return [str(one.values["detail"]) for one in found if one.values["kind"] == "verified"]

    before = len(looks())
    client.get(f"/verify/{certificate.code}")
    by_holder(client, NUMBER, HOLDER)
    upload(client, certificate.content)
    assert looks()[before:] == ["核验码", "证号和权利人", "上传文件"]


def test_programs_verify_as_the_page_does(client: FlaskClient, certificate: Certificate) -> None:
    asked = {"number": NUMBER, "holder": HOLDER}
    told = client.post("/api/v1/verifications/holder", json=asked).json
    assert (told["number"], told["status"]) == (NUMBER, "issued")
    told = client.post("/api/v1/verifications/code", json={"code": certificate.code}).json
    assert told["sha256"] == hashlib.sha256(certificate.content).hexdigest()
    told = client.post("/api/v1/verifications/file", data=certificate.content).json
    assert (told["valid"], told["sealed"], told["fault"]) == (True, True, "")
    (one,) = told["signatures"]
    assert one["signed_at"]
    missing = client.post("/api/v1/verifications/code", json={"code": "ZZZZ2345EFGH6789"})
    assert missing.status_code == 404
    changed = client.post("/api/v1/verifications/file", data=certificate.content + b" ").json
    assert (changed["valid"], changed["document"], changed["fault"]) == (False, None, "changed")


def test_a_seal_by_sm2_is_named_on_page_and_in_the_api(
    client: FlaskClient, certificate: Certificate
) -> None:
    pytest.importorskip("gmssl_pyx", reason="no wheel of the optional SM2 library here")
    authority = seals.authority()
    die = authority.die(authority.seal("PR610100", *SEALS["PR610100"]))
    assert die.national is not None
    both = pades.seal_nationally(certificate.content, signer=die.national)
    page = upload(client, both)
    assert "签章完好" in page
    assert page.count("西安市不动产登记局登记专用章") == 2
    assert page.count("国密 SM2") == 1
    told = client.post("/api/v1/verifications/file", data=both).json
    assert [one["kind"] for one in told["signatures"]] == ["pades", "sm2"]
    assert (told["valid"], told["fault"]) == (False, ""), "good seals, but nothing we issued"


@pytest.mark.parametrize("fault", ["costly", "unsupported"])
def test_seals_that_could_not_be_examined_are_neither_good_nor_bad(
    client: FlaskClient, certificate: Certificate, fault: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(seals.DeskSeals, "examine", lambda *_told: Examined(fault=fault))
    page = upload(client, certificate.content)
    assert "签章未能核验" in page
    told = client.post("/api/v1/verifications/file", data=certificate.content).json
    assert (told["valid"], told["fault"]) == (False, fault)


def test_the_page_speaks_english_too(client: FlaskClient, certificate: Certificate) -> None:
    client.post("/language", data={"csrf_token": token(client), "language": "en"})
    page = client.get(f"/verify/{certificate.code}").get_data(as_text=True)
    assert "Issuing agency" in page
    assert "签发机构" not in page
    assert "The seal is good" in upload(client, certificate.content)


def revoked(code: str, since: timedelta, content: Callable[[str], bytes]) -> bytes:
    """A file sealed with a seal that is revoked so long from now."""
    made = content(code)
    folder = seals.authority().folder / "seals" / code
    told = Revocation(clock.now() + since, "keyCompromise")
    seals.authority().revoke(folder, told)
    return made


def sealed_as(code: str) -> bytes:
    die = seals.authority().die(seals.authority().seal(code, "遗失印章的登记局", "登记专用章"))
    return pades.seal(sealed_page(), die=die)


def sealed_page() -> bytes:
    source = b"letter: t\ntitle: T\nkind: card\nsides:\n  - - {text: certificate, at: [4, 10]}\n"
    return documents.render(read(source, "t.yaml"), {})


def test_a_seal_whose_certificate_was_revoked_later_holds_and_one_revoked_before_does_not(
    client: FlaskClient, certificate: Certificate
) -> None:
    """P-53: by page and API, in Chinese and English, with day and reason."""
    good = client.post("/api/v1/verifications/file", data=certificate.content).json["signatures"][0]
    assert (good["certificate"], good["revoked_since"]) == ("good", None)
    assert "签发机构没有吊销" in upload(client, certificate.content)
    later = revoked("LATER", timedelta(hours=1), sealed_as)
    before = revoked("BEFORE", -timedelta(days=1), sealed_as)
    # a list counts for an hour before it is asked for anew
    client.application.extensions["banli_adapters"] = Adapters(seals=seals.DeskSeals())
    page = upload(client, later)
    assert "签章时有效" in page
    assert "不影响此前的签章" in page
    page = upload(client, before)
    for shown in ("签章时证书已被吊销，签章无效", "签章之前，证书已于", "私钥泄露或者可能泄露"):
        assert shown in page
    told = client.post("/api/v1/verifications/file", data=later).json
    assert (told["fault"], told["signatures"][0]["certificate"]) == ("", "good")
    assert told["signatures"][0]["revocation_reason"] == "keyCompromise"
    told = client.post("/api/v1/verifications/file", data=before).json
    assert (told["valid"], told["fault"]) == (False, "revoked")
    assert told["signatures"][0]["certificate"] == "revoked"
    assert told["signatures"][0]["revoked_since"]
    client.post("/language", data={"csrf_token": token(client), "language": "en"})
    assert "before it signed (key compromised or suspected to be)" in upload(client, before)


def test_where_the_list_cannot_be_had_a_file_of_ours_is_not_called_valid(
    client: FlaskClient, certificate: Certificate, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither valid nor invalid: the page says that it could not be found out, and why."""

    def down(_authority: Authority, _name: str) -> bytes:
        raise Retry("down")

    monkeypatch.setattr(Authority, "revocation_list", down)
    client.application.extensions["banli_adapters"] = Adapters(seals=seals.DeskSeals())
    page = upload(client, certificate.content)
    for shown in ("证书状态未查明", "吊销列表现在无法取得，不知道证书是否已被吊销", "不能认定有效"):
        assert shown in page
    told = client.post("/api/v1/verifications/file", data=certificate.content).json
    assert (told["valid"], told["fault"]) == (False, "unchecked")
    (one,) = told["signatures"]
    assert (one["certificate"], one["unknown_because"]) == ("unknown", "unreachable")
