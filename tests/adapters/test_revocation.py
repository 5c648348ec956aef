"""Revoked certificates of seals: what was sealed before holds, what after does not (P-02, P-52, P-67).

Rule 44: a list is fetched from an address that was looked at; one that cannot be had, is outdated,
tampered with or somebody else's makes the answer "not known", never good.
"""

import http.server
import threading
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding

from adapters._shared import ofd_seal, pades, reach, sealing, sm2
from adapters._shared.revocation import ListForeign, RevocationList
from adapters._shared.revocation_lists import Lists, settled
from adapters._shared.seals import Examined, SealKeeper
from adapters._shared.standing import GOOD, REVOKED, UNKNOWN, Revocation, Standing
from adapters._simulators import lists as issuing
from adapters._simulators.authority import Authority, _read
from adapters._simulators.kept_seals import KeptSeals
from adapters._simulators.seal_system import SEALS
from adapters.eseal import create as create_eseal
from adapters.seal_local import create as create_local
from engine import clock
from engine.errors import BpmnError, Retry, WorkRefused
from tests.adapters.test_seals import Outside, keeper, order, ours, outside, page, sealed

__all__ = ["keeper", "outside"]
DAY = timedelta(days=1)
KINDS = ["pdf", "sm2", "ofd"]
CODES = {"eseal": ("PR610800", "PR610900"), "seal_local": ("LOST", "STOLEN"), "esign": ("甲", "乙")}


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("revocation"))


def seal_of(authority: Authority, code: str, kind: str) -> bytes:
    """A file sealed just now in one of the three ways."""
    die = authority.die(authority.seal(code, "某登记局", "登记专用章"))
    if kind == "ofd":
        from tests.adapters.test_ofd_seals import document  # noqa: PLC0415 - needs the SM2 library

        assert die.ofd is not None
        return ofd_seal.seal(document(), die=die.ofd)
    content = pades.seal(page(code), die=die)
    if kind == "pdf":
        return content
    assert die.national is not None
    return pades.seal_nationally(content, signer=die.national)


def by(authority: Authority) -> Lists:
    return Lists(get=lambda url: authority.revocation_list(url.rpartition("/")[2]))


def looked(authority: Authority, content: bytes, lists: Lists | None = None) -> Examined:
    found = sealing.examine(content, pades.roots(authority.trust))
    return settled(found, lists or by(authority))


def standing(found: Examined) -> Standing:
    told = found.signatures[-1].standing
    assert told is not None
    return told


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest) -> str:
    if request.param != "pdf" and not sm2.installed():
        pytest.skip("no wheel of the optional SM2 library for this machine")
    return str(request.param)


def test_a_seal_stands_while_its_issuer_did_not_revoke_it(authority: Authority, kind: str) -> None:
    found = looked(authority, seal_of(authority, "GOOD", kind))
    assert (found.fault, standing(found)) == ("", Standing(GOOD))


def test_what_was_sealed_before_the_revocation_holds_and_says_since_when_it_is_revoked(
    authority: Authority, kind: str
) -> None:
    content, code = seal_of(authority, f"LATER-{kind}", kind), f"LATER-{kind}"
    with clock.travel(2 * DAY):
        since = clock.now().replace(microsecond=0)
        told = Revocation(since, "keyCompromise")
        authority.revoke(authority.folder / "seals" / code, told)
        found = looked(authority, content)
    assert found.genuine
    assert standing(found) == Standing(GOOD, told)
    assert found.signatures[-1].revocation == told


def test_what_was_sealed_after_the_revocation_does_not_hold(
    authority: Authority, kind: str
) -> None:
    code = f"BEFORE-{kind}"
    content = seal_of(authority, code, kind)
    told = Revocation(clock.now().replace(microsecond=0) - DAY, "superseded")
    authority.revoke(authority.folder / "seals" / code, told)
    found = looked(authority, content)
    assert (found.genuine, found.fault) == (False, "revoked")
    assert standing(found) == Standing(REVOKED, told)


def down(_url: str) -> bytes:
    raise Retry("nobody answers")


def refused(_url: str) -> bytes:
    raise WorkRefused("404")


def flipped(content: bytes) -> bytes:
    """A byte of what is signed, another; the lists still parse."""
    return content.replace("模拟电子认证机构".encode(), "模拟电子认证机枃".encode(), 1)


@pytest.mark.parametrize("get", [down, refused])
def test_without_a_list_nothing_is_known(
    authority: Authority, kind: str, get: Callable[[str], bytes]
) -> None:
    found = looked(authority, seal_of(authority, "GOOD", kind), Lists(get=get))
    assert (found.genuine, found.fault) == (False, "unchecked")
    assert standing(found) == Standing(UNKNOWN, why="unreachable")


def test_an_outdated_list_says_nothing(authority: Authority, kind: str) -> None:
    content, old = seal_of(authority, "GOOD", kind), {}
    for name in (issuing.USUAL, issuing.NATIONAL):
        old[name] = authority.revocation_list(name)
    with clock.travel(timedelta(days=1, minutes=1)):
        found = looked(authority, content, Lists(get=lambda url: old[url.rpartition("/")[2]]))
    assert (found.fault, standing(found).why) == ("unchecked", "outdated")
    with clock.travel(-DAY):  # not yet in force: our clock, or theirs, is wrong
        early = looked(authority, content, Lists(get=lambda url: old[url.rpartition("/")[2]]))
    assert (early.fault, standing(early).why) == ("unchecked", "outdated")


@pytest.mark.parametrize("spoiled", ["tampered", "stranger", "other key", "garbage", "empty"])
def test_a_list_that_is_not_its_issuers_says_nothing(
    authority: Authority, kind: str, spoiled: str, tmp_path: Path
) -> None:
    def get(url: str) -> bytes:
        name = url.rpartition("/")[2]
        good = authority.revocation_list(name)
        at = good.rindex(b"Z") - 3  # of a time in it: sooner or later
        return {
            "tampered": good[:at] + bytes([good[at] ^ 1]) + good[at + 1 :],
            "stranger": flipped(good),
            # another authority of the same name
            "other key": Authority(tmp_path / "other").revocation_list(name),
            "garbage": b"<html>404</html>",
            "empty": b"",
        }[spoiled]

    found = looked(authority, seal_of(authority, "GOOD", kind), Lists(get=get))
    assert (found.fault, standing(found).why) == ("unchecked", "foreign")


def test_a_certificate_that_names_no_list_is_not_known(
    authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("adapters._shared.revocation_lists.points", lambda _told: [])
    found = looked(authority, seal_of(authority, "GOOD", "pdf"))
    assert (found.fault, standing(found).why) == ("unchecked", "unnamed")


def test_whoever_is_untrusted_or_changed_has_nothing_fetched(
    authority: Authority, tmp_path: Path
) -> None:
    """The address stands in a stranger's file: nobody calls it."""

    def never(url: str) -> bytes:
        raise AssertionError(url)

    content = seal_of(Authority(tmp_path), "STRANGER", "pdf")
    assert looked(authority, content, Lists(get=never)).fault == "untrusted"
    own = seal_of(authority, "GOOD", "pdf")
    assert looked(authority, own + b" ", Lists(get=never)).fault == "changed"


class Counted:
    """The lists of an authority, with who asked."""

    def __init__(self, authority: Authority) -> None:
        self.authority = authority
        self.asked = 0
        self.down = False

    def __call__(self, url: str) -> bytes:
        self.asked += 1
        if self.down:
            raise Retry("down")
        return self.authority.revocation_list(url.rpartition("/")[2])


def test_a_list_is_kept_until_its_end_and_asked_for_anew_each_hour(authority: Authority) -> None:
    content, get = seal_of(authority, "GOOD", "pdf"), Counted(authority)
    lists = Lists(get=get)
    assert [looked(authority, content, lists).fault for _ in range(3)] == ["", "", ""]
    assert get.asked == 1
    get.down = True
    with clock.travel(timedelta(hours=2)):
        assert [looked(authority, content, lists).fault for _ in range(3)] == ["", "", ""]
    assert get.asked == 2, "one that cannot be had is left in peace for a minute"
    with clock.travel(timedelta(hours=25)):
        assert looked(authority, content, lists).fault == "unchecked"
        get.down = False
        with clock.travel(timedelta(hours=25, minutes=2)):
            assert looked(authority, content, lists).genuine


def test_an_older_list_does_not_take_the_place_of_a_newer_one(authority: Authority) -> None:
    """Replayed, it would take a revocation back."""
    code = "REPLAY"
    content = seal_of(authority, code, "pdf")
    old = authority.revocation_list(issuing.USUAL)
    with clock.travel(timedelta(hours=1)):
        since = clock.now().replace(microsecond=0) - DAY
        authority.revoke(authority.folder / "seals" / code, Revocation(since))
        told = [old, authority.revocation_list(issuing.USUAL)]
        lists = Lists(get=lambda _url: told.pop() if len(told) > 1 else told[0])
        assert looked(authority, content, lists).fault == "revoked"
    with clock.travel(timedelta(hours=3)):
        assert looked(authority, content, lists).fault == "revoked"


def built(authority: Authority, *extensions: tuple[x509.ExtensionType, bool]) -> bytes:
    key, issuer = _read(authority.folder / "root.p12")
    now = clock.now()
    made = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(issuer.subject)
        .last_update(now)
        .next_update(now + DAY)
    )
    for extension, critical in extensions:
        made = made.add_extension(extension, critical)
    return made.sign(key, hashes.SHA256()).public_bytes(Encoding.DER)


def place(url: str | None, **told: Any) -> x509.IssuingDistributionPoint:
    names = [x509.UniformResourceIdentifier(url)] if url else None
    flags = dict.fromkeys(
        ("only_contains_user_certs", "only_contains_ca_certs", "indirect_crl"), False
    )
    return x509.IssuingDistributionPoint(
        full_name=names,
        relative_name=None,
        only_some_reasons=told.pop("only_some_reasons", None),
        only_contains_attribute_certs=False,
        **{**flags, **told},
    )


OWN = f"{issuing.PLACE}/{issuing.USUAL}"


@pytest.mark.parametrize(
    ("extension", "counts"),
    [
        (place(OWN), True),
        (place(OWN, only_contains_user_certs=True), True),
        (place("http://crl.simulated.example/other.crl"), False),
        (place(None, only_contains_ca_certs=True), False),
        (place(None, indirect_crl=True), False),
        (place(None, only_some_reasons=frozenset([x509.ReasonFlags.superseded])), False),
        (x509.DeltaCRLIndicator(1), False),
        (x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3.4"), b"\x05\x00"), False),
    ],
)
def test_only_a_list_that_tells_all_of_the_certificate_counts(
    authority: Authority, extension: x509.ExtensionType, counts: bool
) -> None:
    """RFC 5280, 6.3.3 (b): another part of the list, or what only adds to one, hides a revocation."""
    lists = Lists(get=lambda _url: built(authority, (extension, True)))
    found = looked(authority, seal_of(authority, "GOOD", "pdf"), lists)
    assert (found.fault, standing(found).why) == (("", "") if counts else ("unchecked", "foreign"))


def test_a_list_in_pem_is_read_too(authority: Authority) -> None:
    key, issuer = _read(authority.folder / "root.p12")
    del key
    found = x509.load_der_x509_crl(authority.revocation_list(issuing.USUAL))
    told = RevocationList(found.public_bytes(Encoding.PEM), issuer.public_bytes(Encoding.DER))
    assert told.is_current(clock.now())
    with pytest.raises(ListForeign):
        RevocationList(b"-----BEGIN X509 CRL-----\nAA==\n-----END X509 CRL-----", b"")


def test_a_certificate_that_expired_may_be_left_out_unless_the_list_keeps_those(
    authority: Authority,
) -> None:
    """RFC 5280, 5: a list need not tell of what ended; X.509, 9.5.2.8: one that does says so."""
    code = "ENDED"
    folder = authority.seal(code, "过期的登记局", "登记专用章", days=(-30, -10))
    own = _read(folder / "key.p12")[1].public_bytes(Encoding.DER)
    issuer = _read(authority.folder / "root.p12")[1].public_bytes(Encoding.DER)
    keeps = x509.UnrecognizedExtension(
        x509.ObjectIdentifier("2.5.29.60"), b"\x18\x0f20200101000000Z"
    )
    assert RevocationList(built(authority), issuer).leaves_out(own)
    assert not RevocationList(built(authority, (keeps, False)), issuer).leaves_out(own)


@pytest.fixture
def served() -> Iterator[tuple[str, dict[str, bytes]]]:
    """A server of lists by path."""
    files: dict[str, bytes] = {}

    class Desk(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            content = files.get(self.path, b"")
            self.send_response(200 if content else 404)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_told: object) -> None:
            """Nothing."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Desk)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}", files
    server.shutdown()
    server.server_close()
    thread.join()


def test_lists_come_from_the_mirror_by_their_names(
    authority: Authority, served: tuple[str, dict[str, bytes]]
) -> None:
    url, files = served
    content, lists = seal_of(authority, "GOOD", "pdf"), Lists(f"{url}/lists")
    assert standing(looked(authority, content, lists)).why == "unreachable"
    files["/lists/ecdsa.crl"] = authority.revocation_list(issuing.USUAL)
    assert looked(authority, content, Lists(f"{url}/lists")).genuine
    files["/lists/ecdsa.crl"] = b"x" * ((5 << 20) + 1)
    assert standing(looked(authority, content, Lists(f"{url}/lists"))).why == "unreachable"


def test_without_a_mirror_the_address_in_the_certificate_is_looked_at_first(
    authority: Authority, served: tuple[str, dict[str, bytes]], monkeypatch: pytest.MonkeyPatch
) -> None:
    url, files = served
    files["/a/ecdsa.crl?part=1"] = authority.revocation_list(issuing.USUAL)
    monkeypatch.setattr(
        "adapters._shared.revocation_lists.points", lambda _told: [f"{url}/a/ecdsa.crl?part=1"]
    )
    content = seal_of(authority, "GOOD", "pdf")
    assert looked(authority, content, Lists()).genuine
    monkeypatch.setattr(
        "adapters._shared.revocation_lists.points",
        lambda _told: ["http://169.254.169.254/latest/ecdsa.crl", "http://[::ffff:0.0.0.0]/x.crl"],
    )
    monkeypatch.setattr(
        "socket.create_connection", lambda *_told: pytest.fail("somebody was called")
    )
    assert standing(looked(authority, content, Lists())).why == "unreachable"


def test_plain_http_leads_off_this_machine_for_lists_only() -> None:
    """A list is public and signed by its maker (RFC 5280, 8); nothing else goes out unencrypted."""
    with pytest.raises(WorkRefused, match="TLS"):
        reach.addresses("x", "203.0.113.7", 80, plain=True)
    assert reach.addresses("x", "203.0.113.7", 80, plain=False) == ["203.0.113.7"]


@pytest.fixture
def revocable(keeper: SealKeeper, outside: Outside) -> tuple[SealKeeper, str, str]:
    """Each keeper with two seals of its own that nobody else uses."""
    name = "seal_local" if type(keeper.seals).__name__ == "LocalSeals" else keeper.prefix
    first, second = CODES[name]
    if name == "seal_local":
        for code in (first, second):
            Authority(outside.folder).seal(code, "遗失印章的登记局", "登记专用章")
    return keeper, first, second


def test_each_keeper_revokes_and_seals_no_more(revocable: tuple[SealKeeper, str, str]) -> None:
    """The contract of the port: what was sealed before holds, nothing is sealed after."""
    keeper, code, backdated = revocable
    before = sealed(keeper, page(f"before {code}"), seal=code)
    other = sealed(keeper, page(f"other {code}"), seal=backdated)
    assert keeper.seals.examine(before).genuine
    with clock.travel(timedelta(minutes=1)):
        since = clock.now().replace(microsecond=0)
        keeper.seals.revoke(code, Revocation(since, "keyCompromise"))
        keeper.seals.revoke(backdated, Revocation(since - DAY, "cessationOfOperation"))
        with pytest.raises(BpmnError, match="吊销（私钥泄露") as stopped:
            sealed(keeper, page(f"after {code}"), seal=code)
        assert stopped.value.error_code == "seal_refused"
        found = keeper.seals.examine(before)
        assert found.genuine
        assert found.signatures[0].revocation == Revocation(since, "keyCompromise")
        assert keeper.seals.examine(other).fault == "revoked"
        with pytest.raises(WorkRefused, match="吊销"):
            keeper.seals.revoke(code, Revocation(since))
        with pytest.raises(WorkRefused, match=r"没有"):
            keeper.seals.revoke("NOBODY", Revocation(since))
        states = {one.seal: one.state for one in keeper.seals.kept()}
        assert keeper.prefix == "esign" or states[code] == "revoked"
        worker = keeper.workers[f"{keeper.prefix}.verify"]
        told = worker.execute(order(keeper, other, "verify"))
        assert (told["genuine"], told["fault"]) == (False, "签章时证书已被吊销")
        assert told["signatures"][0]["revoked_since"] == since - DAY


def test_a_list_that_is_missing_stops_no_seal_but_one_that_revokes_does(outside: Outside) -> None:
    """Who seals finds out from the issuer's list, although the key here knows nothing of it."""
    keeper = create_local(
        {
            "FOLDER": str(outside.folder / "seals"),
            "PASSWORD": "only for the simulated seals",
            "TSA_URL": f"{outside.url}/tsa",
            "TRUST": str(outside.folder / "root.pem"),
            "CRL": f"{outside.url}/nowhere",
        }
    )
    authority = Authority(outside.folder)
    folder = authority.seal("LISTED", "某登记局", "登记专用章")
    made = sealed(keeper, page("missing"), seal="LISTED")
    assert keeper.seals.examine(made).fault == "unchecked"
    authority.revoke(folder, Revocation(clock.now() - DAY))
    kept = (folder / "revoked.json").read_bytes()
    own = ours(outside)
    # the list tells of it, the keeper's own folder does not
    listed = authority.revocation_list(issuing.USUAL)
    (folder / "revoked.json").unlink()
    own.seals._lists = Lists(get=lambda _url: listed)  # type: ignore[attr-defined]
    with pytest.raises(BpmnError, match="吊销"):
        sealed(own, page("listed"), seal="LISTED")
    (folder / "revoked.json").write_bytes(kept)


def test_a_new_certificate_for_the_same_seal_is_not_revoked(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    keeper = KeptSeals(authority)
    code = "PR610100"
    keeper.revoke(code, Revocation(clock.now() - DAY, "superseded"))
    folder = tmp_path / "seals" / code
    assert {one.seal: one.state for one in keeper.kept()}[code] == "revoked"
    (folder / "key.p12").unlink()
    authority.seal(code, *SEALS[code])
    assert authority.revocation(folder) is None
    assert {one.seal: one.state for one in KeptSeals(authority).kept()}[code] == "in_use"


def test_the_page_of_the_seal_system_revokes_too(outside: Outside) -> None:
    """The demo: a seal is reported lost where it is kept."""
    desk = outside.system.parts["eseal"]
    chosen = [one.seal for one in desk.examples()].index("PC610000")
    desk.say({"example": str(chosen)})
    with pytest.raises(BpmnError, match="吊销"):
        sealed(create_eseal(outside.settings("eseal")), page("lost"), seal="PC610000")


def test_a_revocation_in_the_future_is_refused(outside: Outside) -> None:
    keeper = create_eseal(outside.settings("eseal"))
    for told in (Revocation(clock.now() + DAY), Revocation(datetime(2026, 1, 1), "superseded")):
        with pytest.raises(WorkRefused, match="吊销时间"):
            keeper.seals.revoke("PN610000", told)
