"""Signatures of interfaces (P-19, P-20, rules 17 and 30): what they cover, by either algorithm."""

import base64
import io
import shutil
import subprocess
import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from adapters import registry
from adapters._shared import exchange, signing
from adapters._shared.exchange import Exchange
from adapters._shared.signing import Keys, SharedKey, Subject
from adapters._simulators.province import Province, all_departments
from adapters._simulators.server import serve
from engine import clock
from engine.errors import MessageRefused, WorkRefused
from engine.ports import Message
from tests.adapters.test_exchange import GIVEN, NUMBER, Ours

pytest.importorskip("gmssl_pyx", reason="no wheel of the optional SM2 library for this machine")

OPENSSL = shutil.which("openssl")
IDENTITY = "distid:1234567812345678"
ASKED = Subject("fetch", "/api/channels/tax_prov/fetch", query="a=1")
BODY = b'{"limit": 50}'


def openssl(*arguments: str) -> bytes:
    if OPENSSL is None:
        pytest.skip("the program openssl is not on this machine")
    done = subprocess.run([OPENSSL, *arguments], capture_output=True, check=False)
    if b"SM2" not in done.stderr or done.returncode == 0:
        assert done.returncode == 0, done.stderr.decode()
    return done.stdout


def pair(folder: Path, name: str) -> tuple[Path, Path]:
    """A key pair in two files, made by the commands of the manual."""
    private, public = folder / f"{name}.pem", folder / f"{name}.pub.pem"
    openssl("genpkey", "-algorithm", "SM2", "-out", str(private))
    private.chmod(0o600)
    openssl("pkey", "-in", str(private), "-pubout", "-out", str(public))
    return private, public


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[Path, Path]]:
    folder = tmp_path_factory.mktemp("sm2")
    return {name: pair(folder, name) for name in ("ours", "theirs", "stranger")}


def sm2(files: dict[str, tuple[Path, Path]], own: str, peer: str) -> Keys:
    told = {"SIGNATURE": "sm2", "SM2_KEY": str(files[own][0]), "SM2_PEER": str(files[peer][1])}
    return signing.keys_from(told, "tax_prov")


@pytest.fixture(params=["hmac", "sm2"])
def both(request: pytest.FixtureRequest, files: dict[str, tuple[Path, Path]]) -> tuple[Keys, Keys]:
    """Our side of an interface and the department's."""
    if request.param == "hmac":
        shared = SharedKey("tax_prov", b"a key of both sides")
        return shared, shared
    return sm2(files, "ours", "theirs"), sm2(files, "theirs", "ours")


def test_a_request_as_it_was_signed_is_taken(both: tuple[Keys, Keys]) -> None:
    ours, theirs = both
    signing.verify(ASKED, BODY, signing.sign(ASKED, BODY, keys=theirs), keys=ours)


@pytest.mark.parametrize(
    "changed",
    [
        Subject("confirm", ASKED.path, query="a=1"),
        Subject("fetch", "/api/channels/housing_local/fetch", query="a=1"),
        Subject("fetch", ASKED.path, "PUT", "a=1"),
        Subject("fetch", ASKED.path, query="a=2"),
        Subject("fetch", ASKED.path),
    ],
    ids=["purpose", "path", "method", "query", "query left out"],
)
def test_a_signature_opens_nothing_else(both: tuple[Keys, Keys], changed: Subject) -> None:
    ours, theirs = both
    headers = signing.sign(ASKED, BODY, keys=theirs)
    with pytest.raises(MessageRefused, match="签名不正确"):
        signing.verify(changed, BODY, headers, keys=ours)


@pytest.mark.parametrize(
    ("header", "value", "words"),
    [
        ("X-Banli-Nonce", "another", "签名不正确"),
        ("X-Banli-Nonce", "", "没有签名"),
        ("X-Banli-Timestamp", "2026-01-01T00:00:00Z", "签名不正确"),
        ("X-Banli-Key-Id", "housing_local", "未登记"),
        ("X-Banli-Signature", "", "签名不正确"),
        ("X-Banli-Signature", "签名", "签名不正确"),
        ("X-Banli-Signature", "AAAA", "签名不正确"),
    ],
)
def test_each_header_that_was_changed_is_noticed(
    both: tuple[Keys, Keys], header: str, value: str, words: str
) -> None:
    ours, theirs = both
    headers = {**signing.sign(ASKED, BODY, keys=theirs), header: value}
    with pytest.raises(MessageRefused, match=words):
        signing.verify(ASKED, BODY, headers, keys=ours)


def test_a_changed_body_or_a_late_request_is_refused(both: tuple[Keys, Keys]) -> None:
    ours, theirs = both
    headers = signing.sign(ASKED, BODY, keys=theirs)
    with pytest.raises(MessageRefused, match="签名不正确"):
        signing.verify(ASKED, BODY + b" ", headers, keys=ours)
    with (
        clock.travel(signing.WINDOW + timedelta(seconds=1)),
        pytest.raises(MessageRefused, match="5 分钟"),
    ):
        signing.verify(ASKED, BODY, headers, keys=ours)


def test_a_stream_is_signed_like_its_bytes_and_can_still_be_sent(both: tuple[Keys, Keys]) -> None:
    ours, theirs = both
    stream = io.BytesIO(BODY)
    signing.verify(ASKED, BODY, signing.sign(ASKED, stream, keys=theirs), keys=ours)
    assert stream.read() == BODY


def test_a_sealed_file_is_the_other_sides(both: tuple[Keys, Keys]) -> None:
    ours, theirs = both
    assert signing.sealed(BODY, signing.seal(BODY, keys=theirs), keys=ours)
    assert not signing.sealed(BODY + b" ", signing.seal(BODY, keys=theirs), keys=ours)
    assert not signing.sealed(BODY, "封签", keys=ours)


# --- SM2 ------------------------------------------------------------------------------------


def test_neither_our_own_signature_nor_a_strangers_is_the_departments(
    files: dict[str, tuple[Path, Path]],
) -> None:
    ours = sm2(files, "ours", "theirs")
    for other in (ours, sm2(files, "stranger", "ours")):
        with pytest.raises(MessageRefused, match="签名不正确"):
            signing.verify(ASKED, BODY, signing.sign(ASKED, BODY, keys=other), keys=ours)


def test_the_algorithm_is_the_adapters_and_not_the_callers(
    files: dict[str, tuple[Path, Path]],
) -> None:
    ours = sm2(files, "ours", "theirs")
    public = SharedKey("tax_prov", files["theirs"][1].read_bytes())
    with pytest.raises(MessageRefused, match="签名不正确"):
        signing.verify(ASKED, BODY, signing.sign(ASKED, BODY, keys=public), keys=ours)


def test_another_program_verifies_what_we_sign(
    files: dict[str, tuple[Path, Path]], tmp_path: Path
) -> None:
    ours = sm2(files, "ours", "theirs")
    (tmp_path / "text").write_bytes(BODY)
    (tmp_path / "signature").write_bytes(base64.b64decode(ours.sign(BODY)))
    told = openssl(
        *("pkeyutl", "-verify", "-pubin", "-inkey", str(files["ours"][1]), "-rawin"),
        *("-digest", "sm3", "-pkeyopt", IDENTITY),
        *("-in", str(tmp_path / "text"), "-sigfile", str(tmp_path / "signature")),
    )
    assert b"Verified Successfully" in told


def test_we_verify_what_another_program_signs(
    files: dict[str, tuple[Path, Path]], tmp_path: Path
) -> None:
    (tmp_path / "text").write_bytes(BODY)
    openssl(
        *("pkeyutl", "-sign", "-inkey", str(files["theirs"][0]), "-rawin", "-digest", "sm3"),
        *("-pkeyopt", IDENTITY),
        *("-in", str(tmp_path / "text"), "-out", str(tmp_path / "signature")),
    )
    made = base64.b64encode((tmp_path / "signature").read_bytes()).decode()
    ours = sm2(files, "ours", "theirs")
    assert ours.verifies(BODY, made)
    assert not ours.verifies(BODY + b" ", made)


def test_keys_in_the_older_form_and_certificates_are_read_too(
    files: dict[str, tuple[Path, Path]], tmp_path: Path
) -> None:
    older, certificate = tmp_path / "older.pem", tmp_path / "theirs.crt"
    older.write_bytes(openssl("ecparam", "-name", "SM2", "-genkey"))
    older.chmod(0o600)
    openssl(
        *("req", "-new", "-x509", "-key", str(files["theirs"][0]), "-sm3"),
        *("-sigopt", IDENTITY, "-subj", "/CN=theirs", "-out", str(certificate)),
    )
    told = {"SIGNATURE": "sm2", "SM2_KEY": str(older), "SM2_PEER": str(certificate)}
    keys = signing.keys_from(told, "tax_prov")
    assert keys.verifies(BODY, sm2(files, "theirs", "ours").sign(BODY))


def test_unfit_settings_stop_the_start_and_say_which(
    files: dict[str, tuple[Path, Path]], tmp_path: Path
) -> None:
    own, peer = str(files["ours"][0]), str(files["theirs"][1])
    openly, other, nothing = tmp_path / "open.pem", tmp_path / "p256.pem", tmp_path / "empty.pem"
    openly.write_bytes(files["ours"][0].read_bytes())
    openly.chmod(0o644)
    other.write_bytes(openssl("ecparam", "-name", "prime256v1", "-genkey", "-noout"))
    other.chmod(0o600)
    nothing.write_bytes(b"")
    for told, words in (
        ({"SIGNATURE": "rsa"}, "只能是 hmac、sm2"),
        ({"SIGNATURE": "sm2", "SM2_KEY": own}, "SM2_PEER"),
        ({"SIGNATURE": "sm2", "SM2_KEY": str(openly), "SM2_PEER": peer}, "chmod 600"),
        ({"SIGNATURE": "sm2", "SM2_KEY": str(other), "SM2_PEER": peer}, "SM2"),
        ({"SIGNATURE": "sm2", "SM2_KEY": own, "SM2_PEER": own}, "公钥"),
        ({"SIGNATURE": "sm2", "SM2_KEY": own, "SM2_PEER": str(nothing)}, "PEM"),
        ({"SIGNATURE": "sm2", "SM2_KEY": peer, "SM2_PEER": peer}, "可被他人读取|未加密"),
    ):
        with pytest.raises(ValueError, match=words):
            signing.keys_from(told, "tax_prov")


@pytest.fixture
def province(files: dict[str, tuple[Path, Path]]) -> Iterator[tuple[str, Ours, Province]]:
    """The simulated departments, the tax system with SM2."""
    ours = Ours()
    keys: dict[str, Keys] = {name: SharedKey(name, b"x" * 16) for name in all_departments()}
    played = Province(ours.url, keys={**keys, "tax_prov": sm2(files, "theirs", "ours")}, seconds=0)
    server = serve(played, 0)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}/tax_prov", ours, played
    server.shutdown()
    server.server_close()
    ours.stop()


def tax(files: dict[str, tuple[Path, Path]], url: str, own: str) -> Exchange:
    (contract,) = (one for one in registry.contracts() if one.channel == "tax_prov")
    told = {"URL": url, "SIGNATURE": "sm2"}
    keys = {"SM2_KEY": str(files[own][0]), "SM2_PEER": str(files["theirs"][1])}
    return exchange.create(contract, {**told, **keys})


def test_a_department_that_signs_with_sm2_takes_ours_and_calls_back(
    files: dict[str, tuple[Path, Path]], province: tuple[str, Ours, Province]
) -> None:
    url, place, played = province
    place.channel = lambda _contract: tax(files, url, "ours")
    with pytest.raises(WorkRefused, match="签名不正确"):
        tax(files, url, "stranger").send(_submitted())
    tax(files, url, "ours").send(_submitted())
    assert played.parts["tax_prov"].summary() == [("tax_case_submitted", NUMBER)]
    assert place.next(1) == ["tax_assessed"]


def _submitted() -> Message:
    (contract,) = (one for one in registry.contracts() if one.channel == "tax_prov")
    told = contract.outward["tax_case_submitted"]
    body = {one.name: GIVEN[one.kind] for one in told.members}
    return Message("m-1", "tax_case_submitted", NUMBER, {**body, "work_order_no": NUMBER})
