"""Seals on OFD files: GB/T 38540-2020 in the package of GB/T 33190-2016, behind the port of seals.

P-38, P-52, P-53, P-95, P-131: whichever keeper sealed, the file holds everything that was handed
out; one byte of any file in it, a page more, a page less or another seal is found and named.
"""

import hashlib
import io
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import cache
from pathlib import Path

import pytest
from asn1crypto import x509
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters._shared import examining, ofd_package, ofd_seal, pades, sealing, ses, sm2
from adapters._shared.ofd_package import packed, unpacked
from adapters._shared.ofd_seal import OfdDie
from adapters._shared.seals import OFD_FILE, Change, Examined, SealKeeper, SealOrder, SealWorker
from adapters._simulators.authority import Authority
from adapters._simulators.kept_seals import KeptSeals
from engine import clock
from engine.errors import WorkRefused
from engine.ports import HandedFile, MadeFile, Work
from processes.letters import fonts
from processes.letters.canvas import Canvas
from processes.letters.ofd import Facts, write
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

__all__ = ["keeper", "outside"]
SIGNS = "Doc_0/Signs"
VALUE = f"{SIGNS}/Sign_0/SignedValue.dat"
SIGNATURE = f"{SIGNS}/Sign_0/Signature.xml"
CONTENT = "Doc_0/Pages/Page_0/Content.xml"


def document(text: str = "不动产权证书", pages: int = 1) -> bytes:
    fonts.register()
    canvas = Canvas(io.BytesIO(), invariant=1)
    for _page in range(pages):
        canvas.setFont(fonts.REGULAR, 20)
        canvas.drawString(100, 700, text)
        canvas.showPage()
    return write(canvas.sheets, Facts(text))


def ordered(keeper: SealKeeper, content: bytes, **told: object) -> Work:
    work = order(keeper, content, **told)
    digest = hashlib.sha256(content).hexdigest()
    handed = HandedFile("证书.ofd", OFD_FILE, len(content), digest, lambda: io.BytesIO(content))
    return Work(work.key, work.topic, "P1", work.variables, files={digest: handed})


def executed(keeper: SealKeeper, content: bytes, **told: object) -> bytes:
    result = keeper.workers[f"{keeper.prefix}.sign"].execute(ordered(keeper, content, **told))
    made = result["sealed"]
    assert isinstance(made, MadeFile)
    assert made.content_type == OFD_FILE
    return made.content


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("ofd"))


@pytest.fixture(scope="module")
def trust(authority: Authority) -> list[x509.Certificate]:
    return pades.roots(authority.trust)


@pytest.fixture(scope="module")
def die(authority: Authority) -> OfdDie:
    return die_of(authority)


def die_of(authority: Authority, code: str = SEAL) -> OfdDie:
    found = authority.die(authority.seal(code, "西安市不动产登记局", "登记专用章")).ofd
    assert found is not None
    return found


@pytest.fixture(scope="module")
def good(die: OfdDie) -> bytes:
    return ofd_seal.seal(document(pages=2), die=die)


def with_files(content: bytes, **changed: bytes | None) -> bytes:
    files = {
        **unpacked(content),
        **{name.replace("__", "/"): file for name, file in changed.items()},
    }
    return packed({name: file for name, file in files.items() if file is not None})


def test_whoever_seals_an_ofd_gives_back_all_of_it_with_a_seal_that_says_who_and_when(
    keeper: SealKeeper,
) -> None:
    content = document(f"盖章 {keeper.prefix}")
    made = executed(keeper, content, place=PLACE)
    files = unpacked(made)
    assert {**unpacked(content), "OFD.xml": b""}.items() <= {**files, "OFD.xml": b""}.items()
    found = keeper.seals.examine(made)
    assert found.genuine, found
    (one,) = found.signatures
    assert (one.kind, one.intact, one.trusted, one.whole) == ("ofd", True, True, True)
    assert one.signed_at is not None
    assert abs(one.signed_at - clock.now()) < timedelta(minutes=5)
    assert "西安" in one.signer or keeper.prefix == "esign"


def test_the_seal_is_seen_where_it_was_ordered(good: bytes, die: OfdDie) -> None:
    """The place is told in points from the lower left, the standard wants millimetres."""
    place = ofd_seal.Place(page=2, x=300, y=120, width=119, height=119)
    described = unpacked(ofd_seal.seal(document(pages=2), die=die, place=place))[SIGNATURE].decode()
    assert 'Boundary="105.833 212.686 41.981 41.981"' in described
    assert "StampAnnot" not in unpacked(good)[SIGNATURE].decode()


def test_pdf_and_ofd_of_a_document_are_sealed_in_one_order(keeper: SealKeeper) -> None:
    pdf, ofd = page(f"both {keeper.prefix}"), document(f"两种 {keeper.prefix}")
    result = keeper.workers[f"{keeper.prefix}.sign"].execute(beside(keeper, pdf, ofd))
    first, second = result["sealed"], result["sealed_ofd"]
    assert isinstance(first, MadeFile)
    assert isinstance(second, MadeFile)
    assert first.content.startswith(pdf)
    assert keeper.seals.examine(second.content).genuine
    assert result["seal_record"]["ofd_refused"] is None


def beside(keeper: SealKeeper, pdf: bytes, ofd: bytes) -> Work:
    work, other = order(keeper, pdf), ordered(keeper, ofd)
    variables = {**work.variables, "ofd": other.variables["document"]}
    return Work(work.key, work.topic, "P1", variables, files={**work.files, **other.files})


def test_a_seal_without_one_for_ofd_seals_the_pdf_and_says_why_not_the_other(
    outside: Outside,
) -> None:
    keeper = ours(outside)
    esl = outside.folder / "seals" / SEAL / "seal.esl"
    kept = esl.read_bytes()
    esl.unlink()
    try:
        result = keeper.workers["eseal.sign"].execute(beside(keeper, page(), document()))
    finally:
        esl.write_bytes(kept)
    assert isinstance(result["sealed"], MadeFile)
    assert result["sealed_ofd"] is None
    assert "seal.esl" in result["seal_record"]["ofd_refused"]


def test_an_ofd_seal_asked_for_on_a_pdf_is_refused(keeper: SealKeeper) -> None:
    with pytest.raises(WorkRefused, match="须送 OFD 文件"):
        sealed(keeper, page(), format="ofd")


def test_what_comes_back_with_another_page_is_refused(authority: Authority) -> None:
    class Exchanging(KeptSeals):
        def seal(self, order: SealOrder, document: io.BytesIO) -> bytes:  # type: ignore[override]
            other = io.BytesIO(globals()["document"]("另一份"))
            return super().seal(order, other)

    exchanging = Exchanging(authority)
    work = ordered(SealKeeper("eseal", exchanging, None), document())  # type: ignore[arg-type]
    with pytest.raises(WorkRefused, match="内容不同"):
        SealWorker("eseal.sign", exchanging).execute(work)


@settings(deadline=None, max_examples=60)
@given(data=st.data())
def test_one_byte_of_any_file_in_it_is_found_and_the_file_named(data: st.DataObject) -> None:
    content, roots = sealed_once()
    files = unpacked(content)
    name = data.draw(st.sampled_from(sorted(files)))
    at = data.draw(st.integers(0, len(files[name]) - 1))
    changed = bytearray(files[name])
    changed[at] ^= data.draw(st.integers(1, 255))
    found = ofd_seal.examine(packed({**files, name: bytes(changed)}), roots)
    assert not found.genuine, (name, at)
    if not name.startswith(f"{SIGNS}/") and name != "OFD.xml":
        assert Change("changed", name) in found.changes
        assert found.fault == "changed"


@cache
def sealed_once() -> tuple[bytes, list[x509.Certificate]]:
    with tempfile.TemporaryDirectory(prefix="banli-ofd-") as folder:
        authority = Authority(Path(folder))
        return ofd_seal.seal(document(), die=die_of(authority)), pades.roots(authority.trust)


@settings(deadline=None, max_examples=60)
@given(at=st.integers(0, 1 << 30), mask=st.integers(1, 255))
def test_no_byte_of_the_package_itself_can_say_something_else(at: int, mask: int) -> None:
    """What a changed byte leaves readable still is what was sealed, file by file."""
    content, roots = sealed_once()
    changed = bytearray(content)
    changed[at % len(content)] ^= mask
    found = ofd_seal.examine(bytes(changed), roots)
    if found.genuine:
        assert unpacked(bytes(changed)) == unpacked(content)


def test_a_page_more_and_a_page_less_are_named(good: bytes, trust: list[x509.Certificate]) -> None:
    more = with_files(good, Doc_0__Pages__Page_9__Content=b"x")
    less = packed({name: one for name, one in unpacked(good).items() if name != CONTENT})
    found = ofd_seal.examine(more, trust)
    assert (found.fault, found.changes) == (
        "changed",
        (Change("added", "Doc_0/Pages/Page_9/Content"),),
    )
    assert ofd_seal.examine(less, trust).changes == (Change("missing", CONTENT),)


def test_another_seal_in_its_place_is_named(
    good: bytes, authority: Authority, trust: list[x509.Certificate]
) -> None:
    other = die_of(authority, "PR610300").seal.dump()
    esl = f"{SIGNS}/Sign_0/Seal.esl"
    found = ofd_seal.examine(packed({**unpacked(good), esl: other}), trust)
    assert found.fault == "changed"
    assert set(found.changes) == {Change("changed", esl), Change("seal", esl)}


def test_the_signature_of_another_file_counts_for_nothing(
    good: bytes, die: OfdDie, trust: list[x509.Certificate]
) -> None:
    other = unpacked(ofd_seal.seal(document("另一份"), die=die))
    found = ofd_seal.examine(packed({**unpacked(good), VALUE: other[VALUE]}), trust)
    assert (found.fault, found.changes) == ("changed", (Change("changed", SIGNATURE),))


def test_digests_made_anew_for_a_changed_page_do_not_help(
    good: bytes, die: OfdDie, trust: list[x509.Certificate]
) -> None:
    files = unpacked(good)
    files[CONTENT] = files[CONTENT].replace("证".encode(), "假".encode())
    forged = unpacked(ofd_seal.seal(document("不动产权假书", pages=2), die=die))
    files[SIGNATURE] = forged[SIGNATURE]
    assert ofd_seal.examine(packed(files), trust).fault == "changed"


def moved(good: bytes) -> Iterator[tuple[str, bytes]]:
    end = len(good) - 22
    yield "behind", good + b"more"
    yield "before", b"more" + good
    yield "comment", good[:-2] + b"\x04\x00more"
    yield "between", good[:100] + b"more" + good[100:]
    yield "cut", good[:end]


def test_what_hides_in_the_package_is_found(good: bytes, trust: list[x509.Certificate]) -> None:
    for name, content in moved(good):
        assert sealing.examine(content, trust).fault in ("changed", "unreadable"), name


def test_a_file_twice_is_no_package(good: bytes, trust: list[x509.Certificate]) -> None:
    out = io.BytesIO(good)
    with zipfile.ZipFile(out, "a") as made, pytest.warns(UserWarning, match="Duplicate"):
        made.writestr(CONTENT, b"<other/>")
    assert ofd_seal.examine(out.getvalue(), trust).fault == "changed"


def test_what_is_not_sealed_or_no_ofd_is_told_apart(trust: list[x509.Certificate]) -> None:
    assert sealing.examine(document(), trust).fault == "unsigned"
    assert sealing.examine(packed({"a.txt": b"a"}), trust).fault == "unreadable"
    assert sealing.examine(b"PK\x03\x04", trust).fault == "unreadable"


def test_a_sealed_file_is_not_sealed_again(good: bytes, die: OfdDie) -> None:
    with pytest.raises(ValueError, match="signed already"):
        ofd_seal.seal(good, die=die)


def test_a_seal_of_somebody_unknown_does_not_count(
    trust: list[x509.Certificate], tmp_path: Path
) -> None:
    stranger = die_of(Authority(tmp_path / "stranger"))
    assert ofd_seal.examine(ofd_seal.seal(document(), die=stranger), trust).fault == "untrusted"


def test_a_key_of_ours_cannot_use_the_seal_of_another(
    authority: Authority, die: OfdDie, trust: list[x509.Certificate]
) -> None:
    """The seal names the certificates that may use it (GB/T 38540, 6.1.3)."""
    other = die_of(authority, "PR610300")
    taken = ofd_seal.seal(document(), die=OfdDie(die.seal, other.signer, die.timestamper))
    assert ofd_seal.examine(taken, trust).fault == "untrusted"


def test_a_seal_that_its_maker_did_not_sign_does_not_count(
    die: OfdDie, trust: list[x509.Certificate]
) -> None:
    seal = ses.Seal.load(die.seal.dump())
    seal["info"]["property"]["name"] = "国务院"
    seal = ses.Seal.load(seal.dump(force=True))
    forged = ofd_seal.seal(document(), die=OfdDie(seal, die.signer, die.timestamper))
    assert ofd_seal.examine(forged, trust).fault == "untrusted"


def test_a_signature_that_was_looked_at_before_counts_for_its_own_bytes_only(die: OfdDie) -> None:
    """P-43: what stands in every file, the seal and its certificates, is verified once."""
    seal = ses.Seal.load(die.seal.dump())
    assert ses.made_well(seal)
    assert ses.made_well(ses.Seal.load(seal.dump()))
    seal["info"]["property"]["name"] = "国务院"
    changed = ses.Seal.load(seal.dump(force=True))
    assert not ses.made_well(changed)
    assert not ses.made_well(ses.Seal.load(changed.dump()))


def test_without_a_time_stamp_that_counts_it_is_unstamped(
    die: OfdDie, trust: list[x509.Certificate], tmp_path: Path
) -> None:
    stranger = Authority(tmp_path / "stranger").stamping
    forged = ofd_seal.seal(document(), die=OfdDie(die.seal, die.signer, stranger))
    assert ofd_seal.examine(forged, trust).fault == "unstamped"
    files = unpacked(forged)
    value = ses.Signature.load(files[VALUE])
    bare = {name: value[name] for name in ("to_sign", "cert", "signature_alg_id", "signature")}
    files[VALUE] = ses.Signature(bare).dump()
    assert ofd_seal.examine(packed(files), trust).fault == "unstamped"


def test_where_nothing_can_tell_it_says_so(
    good: bytes, trust: list[x509.Certificate], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sm2, "installed", lambda: False)
    assert ofd_seal.examine(good, trust).fault == "unsupported"


def test_the_child_process_tells_the_same(good: bytes, trust: list[x509.Certificate]) -> None:
    files = {**unpacked(good), CONTENT: b"<other/>"}
    for content in (good, packed(files)):
        assert examining.examine(content, trust) == sealing.examine(content, trust)


def bomb() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made:
        made.writestr("OFD.xml", b" " * (60 << 20))
    return out.getvalue()


def entities() -> bytes:
    lines = "".join(f'<!ENTITY a{at + 1} "{f"&a{at};" * 10}">' for at in range(12))
    root = f'<!DOCTYPE x [<!ENTITY a0 "x">{lines}]><x>&a12;</x>'
    return packed({"OFD.xml": root.encode()})


def outward() -> bytes:
    return packed({"OFD.xml": b"<x/>", "../../etc/passwd": b"x"})


def outside_file() -> bytes:
    return packed({"OFD.xml": b'<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><x>&a;</x>'})


def many() -> bytes:
    return packed({f"f{at}": b"" for at in range(ofd_package.FILES + 1)})


@pytest.mark.parametrize("made", [bomb, entities, outward, outside_file, many])
def test_a_package_made_to_break_its_reader_is_unreadable(made: Callable[[], bytes]) -> None:
    found: Examined = examining.examine(made(), [])
    assert found.fault in {"unreadable", "costly"}


@pytest.mark.parametrize(
    "name", ["/etc/passwd", "a//b", "a/../b", "..", "a\\b", "C:x", "", "a\x00b", "./a", "a/."]
)
def test_a_name_that_leads_elsewhere_is_no_file_of_a_package(name: str) -> None:
    """One slash before a name is allowed: some programs write it."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as opened:
        entry = zipfile.ZipInfo("x")
        entry.filename = name
        opened.writestr(entry, b"x")
    if name == "/etc/passwd":
        assert unpacked(out.getvalue()) == {"etc/passwd": b"x"}
        return
    with pytest.raises(ofd_package.PackageUnreadable):
        unpacked(out.getvalue())
