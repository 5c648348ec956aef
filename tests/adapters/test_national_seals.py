"""Seals by the national algorithms: a second signature by SM2 over the sealed file.

P-02, P-52, P-53 and rule 30: whoever asks for SM2 gets both, and each changed byte fails; what we
make is read by the program openssl, and what openssl issued seals here.
"""

import hashlib
import io
import shutil
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from asn1crypto import x509
from pyhanko.pdf_utils.reader import PdfFileReader

from adapters._shared import pades, seals, sm2, sm2_cms, sm2_seal
from adapters._shared.seals import SealKeeper, SealOrder, SealWorker
from adapters._simulators import national
from adapters._simulators.authority import PASSWORD, Authority
from adapters._simulators.kept_seals import KeptSeals
from adapters.eseal import create as create_eseal
from adapters.esign import create as create_esign
from adapters.seal_local import create as create_local
from engine import clock
from engine.errors import BpmnError, WorkRefused
from tests.adapters.test_seals import (
    PLACE,
    SEAL,
    Outside,
    keeper,
    order,
    ours,
    outside,
    page,
    sealed,
)

pytest.importorskip("gmssl_pyx", reason="no wheel of the optional SM2 library for this machine")

OPENSSL = shutil.which("openssl")
IDENTITY = "distid:1234567812345678"
__all__ = ["keeper", "outside"]


def openssl(*arguments: object) -> str:
    if OPENSSL is None:
        pytest.skip("the program openssl is not on this machine")
    told = [OPENSSL, *(str(one) for one in arguments)]
    done = subprocess.run(told, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout.decode("utf-8", "replace")


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("national"))


@pytest.fixture(scope="module")
def die(authority: Authority) -> pades.Die:
    return authority.die(authority.seal(SEAL, "西安市不动产登记局", "登记专用章"))


@pytest.fixture(scope="module")
def trust(authority: Authority) -> list[x509.Certificate]:
    return pades.roots(authority.trust)


@pytest.fixture(scope="module")
def both(die: pades.Die) -> bytes:
    """A file with both signatures."""
    return nationally(pades.seal(page("both"), die=die), die)


def nationally(content: bytes, die: pades.Die) -> bytes:
    assert die.national is not None
    return pades.seal_nationally(content, signer=die.national)


def cms_of(content: bytes) -> tuple[bytes, bytes]:
    """The signed data of the last signature, and what it covers."""
    *_others, one = PdfFileReader(io.BytesIO(content)).embedded_regular_signatures
    begin, length, second, rest = one.byte_range
    covered = content[begin : begin + length] + content[second : second + rest]
    return one.pkcs7_content, covered


def test_who_asks_for_sm2_gets_both_signatures(keeper: SealKeeper) -> None:
    content = page(f"both {keeper.prefix}")
    made = sealed(keeper, content, place=PLACE, format="sm2")
    assert made.startswith(content)
    found = keeper.seals.examine(made)
    assert (found.fault, [one.kind for one in found.signatures]) == ("", ["", "sm2"])
    first, second = found.signatures
    named = SEAL if keeper.prefix == "esign" else "西安市不动产登记局登记专用章"
    assert second.signer == first.signer == named
    assert second.signed_at is not None
    assert abs(second.signed_at - clock.now()) < timedelta(minutes=5)


def test_without_a_word_the_seal_is_as_the_setting_says(outside: Outside) -> None:
    plain = create_eseal(outside.settings("eseal"))
    also = create_eseal({**outside.settings("eseal"), "FORMAT": "sm2"})
    told = {one: one.seals.examine(sealed(one, page(str(one)))) for one in (plain, also)}
    assert [len(found.signatures) for found in told.values()] == [1, 2]
    assert len(also.seals.examine(sealed(also, page("pdf"), format="pdf")).signatures) == 1
    with pytest.raises(ValueError, match="FORMAT"):
        create_eseal({**outside.settings("eseal"), "FORMAT": "ofd"})


def test_any_changed_byte_fails(both: bytes, trust: list[x509.Certificate]) -> None:
    """Of the file, and of what is signed or signs in the signed data: lists of algorithms are not."""
    assert pades.examine(both, trust).genuine
    *_others, one = PdfFileReader(io.BytesIO(both)).embedded_regular_signatures
    data, info = one.pkcs7_content, one.signer_info
    stamp = info["unsigned_attrs"][0]["values"][0]["content"]["encap_content_info"]["content"]
    own = sm2_cms.signing_certificate(one.signed_data, info)
    signed = (info["signed_attrs"].contents, info["signature"].contents, own.dump(), stamp.contents)
    begins = both.rindex(b"/Contents <") + len(b"/Contents <")
    assert bytes.fromhex(both[begins : begins + 120].decode()) == data[:60]
    inside = [
        begins + 2 * (data.index(part) + at) + 1
        for part in signed
        for at in range(4, len(part), len(part) // 5)
    ]
    room = begins + len(data) * 2 - 9
    outside = (9, 400, both.index(b"/ByteRange") + 14, begins - 40, room, len(both) - 60)
    for at in (*outside, *inside):
        changed = bytearray(both)
        changed[at] = ord("1") if changed[at] != ord("1") else ord("2")
        assert not pades.examine(bytes(changed), trust).genuine, f"byte {at}"


def test_what_is_added_behind_fails_and_what_is_cut_off_has_no_sm2(
    both: bytes, die: pades.Die, trust: list[x509.Certificate]
) -> None:
    """Who has to have SM2 looks at the kind: a copy cut back is what it was before."""
    assert pades.examine(both + b"\n% more\n", trust).fault == "changed"
    first = pades.seal(page("cut"), die=die)
    back = nationally(first, die)[: len(first)]
    assert [one.kind for one in pades.examine(back, trust).signatures] == [""]


def test_a_seal_cut_back_to_the_first_signature_is_not_taken(authority: Authority) -> None:
    class Forgetful(KeptSeals):
        def seal(self, order: SealOrder, document: io.BytesIO) -> bytes:  # type: ignore[override]
            return super().seal(SealOrder(order.id, order.seal, "", "", 0), document)

    kept = Forgetful(authority)
    keeper = SealKeeper("eseal", kept, None)  # type: ignore[arg-type] - asks nobody outside
    with pytest.raises(WorkRefused, match="没有 SM2 签章"):
        sealed(keeper, page(), format="sm2")


def test_the_signature_of_another_file_counts_for_nothing(
    both: bytes, die: pades.Die, trust: list[x509.Certificate]
) -> None:
    assert die.national is not None
    die.national.room = 12_000
    one = nationally(pades.seal(page("one"), die=die), die)
    die.national.room = 12_000
    other = nationally(pades.seal(page("two"), die=die), die)
    theirs = cms_of(other)[0].hex().encode()
    begins = one.rindex(b"/Contents <") + len(b"/Contents <")
    assert one[begins + len(theirs) : begins + len(theirs) + 1] == b">"
    forged = one[:begins] + theirs + one[begins + len(theirs) :]
    assert pades.examine(forged, trust).fault == "changed"


def test_a_seal_of_somebody_unknown_does_not_count(
    both: bytes, authority: Authority, tmp_path: Path
) -> None:
    stranger = Authority(tmp_path)
    own, theirs = pades.roots(authority.trust), pades.roots(stranger.trust)
    mixed = [one for one in own if not sm2.is_key(one.public_key)]
    mixed += [one for one in theirs if sm2.is_key(one.public_key)]
    assert pades.examine(both, mixed).fault == "untrusted"
    assert pades.examine(both, theirs).fault == "untrusted"


def test_without_a_time_stamp_that_counts_it_is_unstamped(
    die: pades.Die, tmp_path: Path, trust: list[x509.Certificate]
) -> None:
    assert die.national is not None
    forged = sm2_seal.NationalSigner(die.national._signer, Authority(tmp_path).stamping)
    made = pades.seal_nationally(pades.seal(page(), die=die), signer=forged)
    assert pades.examine(made, trust).fault == "unstamped"


def issued(folder: Path, name: str, issuer: tuple[Path, Path]) -> tuple[Path, Path]:
    """A certificate by openssl, issued by another."""
    key, request, made = (folder / f"{name}{end}" for end in (".pem", ".csr", ".crt"))
    openssl("genpkey", "-algorithm", "SM2", "-out", key)
    key.chmod(0o600)
    subject = f"/C=CN/O=issuing office/CN={name}"
    openssl(
        "req", "-new", "-sm3", "-key", key, "-subj", subject, "-out", request,
        "-sigopt", IDENTITY,
    )  # fmt: skip
    openssl(
        "x509", "-req", "-sm3", "-in", request, "-CA", issuer[1], "-CAkey", issuer[0],
        "-CAcreateserial", "-days", "30", "-out", made, "-sigopt", IDENTITY, "-vfyopt", IDENTITY,
    )  # fmt: skip
    return key, made


def test_keys_and_certificates_of_openssl_seal_here(authority: Authority, tmp_path: Path) -> None:
    """As the manual says: key and request by openssl, the certificate from an authority."""
    root = tmp_path / "root.pem", tmp_path / "root.crt"
    openssl("genpkey", "-algorithm", "SM2", "-out", root[0])
    openssl(
        "req", "-x509", "-sm3", "-key", root[0], "-subj", "/C=CN/CN=root", "-days", "30",
        "-out", root[1], "-sigopt", IDENTITY, "-addext", "keyUsage=critical,keyCertSign",
    )  # fmt: skip
    key, certificate = issued(tmp_path, "seal", root)
    signer = sm2_seal.signer_of(key, certificate, authority.stamping)
    assert signer is not None
    die = authority.die(authority.seal(SEAL, "西安市不动产登记局", "登记专用章"))
    made = pades.seal_nationally(pades.seal(page(), die=die), signer=signer)
    trust = [*pades.roots(authority.trust), *pades.roots(root[1])]
    found = pades.examine(made, trust)
    assert (found.fault, found.signatures[-1].signer) == ("", "seal")


def test_openssl_reads_the_signature_and_verifies_it(
    both: bytes, authority: Authority, tmp_path: Path
) -> None:
    """`openssl cms -verify` cannot be told the signer's identity of the standard, so in its parts:

    the chain, the digest of what is covered, and the signature over the signed attributes.
    """
    data, covered = cms_of(both)
    files = {name: tmp_path / name for name in ("cms", "file", "attributes", "signature", "public")}
    files["cms"].write_bytes(data.rstrip(b"\0"))
    files["file"].write_bytes(covered)
    *_others, one = PdfFileReader(io.BytesIO(both)).embedded_regular_signatures
    info = one.signer_info
    files["attributes"].write_bytes(info["signed_attrs"].untag().dump())
    files["signature"].write_bytes(info["signature"].native)
    certificate = tmp_path / "seal.crt"
    certificate.write_text(openssl("pkcs7", "-inform", "DER", "-in", files["cms"], "-print_certs"))
    root = authority.folder / "root-sm2.crt"
    openssl("verify", "-CAfile", root, "-vfyopt", IDENTITY, certificate)
    openssl("x509", "-in", certificate, "-noout", "-pubkey", "-out", files["public"])
    openssl(
        "dgst", "-sm3", "-verify", files["public"], "-sigopt", IDENTITY,
        "-signature", files["signature"], files["attributes"],
    )  # fmt: skip
    digest = openssl("dgst", "-sm3", "-r", files["file"]).split()[0]
    shown = openssl("cms", "-cmsout", "-print", "-inform", "DER", "-in", files["cms"])
    assert "SM2-with-SM3" in shown
    assert digest in openssl("asn1parse", "-inform", "DER", "-in", files["cms"]).lower()


@pytest.mark.parametrize(("days", "good"), [(0, True), (-1501, False), (3651, False)])
def test_a_certificate_counts_within_its_time(
    die: pades.Die, trust: list[x509.Certificate], days: int, *, good: bool
) -> None:
    assert die.national is not None
    roots = [one for one in trust if sm2.is_key(one.public_key)]
    at = datetime.now(UTC) + timedelta(days=days)
    assert bool(sm2_cms.path(die.national.certificate, [], roots, at)) is good


def test_a_seal_issues_no_other_seal(
    authority: Authority, die: pades.Die, tmp_path: Path, trust: list[x509.Certificate]
) -> None:
    """Whoever may seal may not make others: a certificate by a seal's key leads nowhere."""
    folder = authority.seal(SEAL, "西安市不动产登记局", "登记专用章")
    (tmp_path / "trust").touch()
    made = national.NationalAuthority(tmp_path, tmp_path / "trust")
    for end in (".pem", ".crt"):  # the seal's key in place of a root's
        shutil.copy(folder / f"sm2{end}", tmp_path / f"root-sm2{end}")
    made.issue(tmp_path / "forged", "伪造的印章", "伪造的机关")
    forged = sm2_cms.signer_of(tmp_path / "forged.pem", tmp_path / "forged.crt")
    roots = [one for one in trust if sm2.is_key(one.public_key)]
    assert die.national is not None
    between = [die.national.certificate]
    assert sm2_cms.path(between[0], [], roots, clock.now())
    assert not sm2_cms.path(forged.certificate, between, roots, clock.now())


def test_where_nothing_can_tell_it_says_so(
    both: bytes, die: pades.Die, trust: list[x509.Certificate], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sm2, "installed", lambda: False)
    assert pades.examine(both, trust).fault == "unsupported"
    assert pades.examine(pades.seal(page(), die=die), trust).genuine


def test_a_seal_of_our_own_without_a_key_for_it_is_a_business_answer(outside: Outside) -> None:
    keeper = ours(outside)
    (outside.folder / "seals" / SEAL / "sm2.pem").rename(outside.folder / "away.pem")
    try:
        fresh = ours_without(outside)
        with pytest.raises(BpmnError, match="没有 SM2 密钥"):
            sealed(fresh, page("no key"), format="sm2")
    finally:
        (outside.folder / "away.pem").rename(outside.folder / "seals" / SEAL / "sm2.pem")
    assert keeper.seals.kept()


def ours_without(outside: Outside) -> SealKeeper:
    """Our own seals as they lie in the folder."""
    told = {"FOLDER": str(outside.folder / "seals"), "PASSWORD": PASSWORD.decode()}
    told |= {"TSA_URL": f"{outside.url}/tsa", "TRUST": str(outside.folder / "root.pem")}
    return create_local(told)


def test_a_key_that_others_may_read_or_of_another_certificate_is_refused(
    authority: Authority, tmp_path: Path
) -> None:
    first = authority.seal(SEAL, "西安市不动产登记局", "登记专用章")
    second = authority.seal("PR610500", "渭南市不动产登记局", "登记专用章")
    stamp = authority.stamping
    with pytest.raises(WorkRefused, match="不是一对"):
        sm2_seal.signer_of(first / "sm2.pem", second / "sm2.crt", stamp)
    copied = tmp_path / "sm2.pem"
    shutil.copy(first / "sm2.pem", copied)
    copied.chmod(0o644)
    with pytest.raises(WorkRefused, match="可被他人读取"):
        sm2_seal.signer_of(copied, first / "sm2.crt", stamp)


def test_the_worker_tells_the_keeper_what_is_wanted(authority: Authority) -> None:
    asked: list[SealOrder] = []

    class Listening(KeptSeals):
        def seal(self, order: SealOrder, document: io.BytesIO) -> bytes:  # type: ignore[override]
            asked.append(order)
            return super().seal(order, document)

    keeper = SealKeeper("eseal", Listening(authority), None)  # type: ignore[arg-type]
    worker = SealWorker("eseal.sign", keeper.seals, "sm2")
    worker.execute(order(keeper, page("usual")))
    worker.execute(order(keeper, page("named"), format="PDF"))
    assert [one.format for one in asked] == [seals.NATIONAL, "pdf"]
    assert asked[0].sha256 == hashlib.sha256(page("usual")).hexdigest()


def test_persons_sign_by_sm2_where_the_setting_says_so(outside: Outside) -> None:
    """P-131: the signature server follows `ESIGN_FORMAT` as the keepers of seals follow theirs."""
    also = create_esign({**outside.settings("esign"), "FORMAT": "sm2"})
    found = also.seals.examine(sealed(also, page("person"), seal="甲某"))
    assert found.genuine
    assert [(one.kind, one.signer) for one in found.signatures] == [("", "甲某"), ("sm2", "甲某")]
