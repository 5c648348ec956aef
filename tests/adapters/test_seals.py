"""What every keeper of seals has to keep to, whichever it is: seal system, signature server, our own.

P-02, P-52, P-53, P-67, P-131: seals are called by one service; a changed byte fails verification.
"""

import asyncio
import hashlib
import io
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest
from asn1crypto.x509 import Name, NameTypeAndValue
from pyhanko.pdf_utils.reader import PdfFileReader
from reportlab.pdfgen.canvas import Canvas

from adapters import registry
from adapters._shared import pades, prepared_names
from adapters._shared.seals import Place, SealKeeper, Seals
from adapters._shared.signing import SharedKey
from adapters._simulators import seal_picture
from adapters._simulators.authority import PASSWORD, Authority
from adapters._simulators.seal_system import STOPPED, SealSystem
from adapters._simulators.server import serve
from adapters.eseal import create as create_eseal
from adapters.esign import create as create_esign
from adapters.seal_local import create as create_local
from engine.errors import BpmnError, Retry, WorkRefused
from engine.ports import HandedFile, MadeFile, Work, Worker

KEY = "a shared secret of the tests"
KEYS = {name: SharedKey(name, KEY.encode()) for name in ("eseal", "esign")}
SEAL = "PR610100"
PLACE = {"page": 1, "x": 300.0, "y": 120.0, "width": 119.0, "height": 119.0}


def page(text: str = "certificate") -> bytes:
    out = io.BytesIO()
    canvas = Canvas(out, invariant=1)
    canvas.drawString(100, 700, text)
    canvas.save()
    return out.getvalue()


@dataclass
class Outside:
    """The program that plays the seal system, and where its keys lie."""

    system: SealSystem
    folder: Path
    url: str

    def settings(self, part: str) -> dict[str, str]:
        mirror = {"CRL": f"{self.url}/crl"}
        return {
            "URL": f"{self.url}/{part}",
            "KEY": KEY,
            "TRUST": str(self.folder / "root.pem"),
            **mirror,
        }


@pytest.fixture(scope="module")
def outside(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Outside]:
    folder = tmp_path_factory.mktemp("seals")
    system = SealSystem(folder, keys=KEYS)
    for part in (system, *system.parts.values()):
        part.faults.latency = 0
    server = serve(system, 0)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield Outside(system, folder, f"http://127.0.0.1:{server.server_address[1]}")
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def eseal(outside: Outside) -> Iterator[SealKeeper]:
    yield create_eseal(outside.settings("eseal"))
    outside.system.parts["eseal"].faults.switch({"mode": "normal", "latency": 0})


def ours(outside: Outside) -> SealKeeper:
    authority = Authority(outside.folder)
    authority.seal(SEAL, "西安市不动产登记局", "登记专用章")
    (authority.seal(STOPPED, "已撤销的登记局", "登记专用章") / "stopped").touch()
    authority.seal("OLD", "过期的登记局", "登记专用章", days=(-30, -1))
    return create_local(
        {
            "FOLDER": str(outside.folder / "seals"),
            "PASSWORD": PASSWORD.decode(),
            "TSA_URL": f"{outside.url}/tsa",
            "TRUST": str(outside.folder / "root.pem"),
            "CRL": f"{outside.url}/crl",
        }
    )


@pytest.fixture(params=["eseal", "seal_local", "esign"])
def keeper(request: pytest.FixtureRequest, outside: Outside) -> SealKeeper:
    if request.param == "seal_local":
        return ours(outside)
    create = {"eseal": create_eseal, "esign": create_esign}[request.param]
    return create(outside.settings(request.param))


def order(
    keeper: SealKeeper, content: bytes, name: str = "sign", key: str = "", **told: object
) -> Work:
    digest = hashlib.sha256(content).hexdigest()
    handed = HandedFile(
        "证书.pdf", "application/pdf", len(content), digest, lambda: io.BytesIO(content)
    )
    value = {"file": digest, "name": "证书.pdf", "size": len(content), "type": "application/pdf"}
    variables = {"document": value, "seal": SEAL, "reason": "核发电子证照", **told}
    number = key or f"external_task-{digest[:12]}-{keeper.prefix}"
    return Work(number, f"{keeper.prefix}.{name}", "P1", variables, files={digest: handed})


def sealed(keeper: SealKeeper, content: bytes, **told: object) -> bytes:
    result = keeper.workers[f"{keeper.prefix}.sign"].execute(order(keeper, content, **told))
    made = result["sealed"]
    assert isinstance(made, MadeFile)
    return made.content


def test_each_follows_the_ports(keeper: SealKeeper) -> None:
    assert isinstance(keeper.seals, Seals)
    assert all(isinstance(one, Worker) for one in keeper.workers.values())
    assert {one.topic for one in keeper.workers.values()} == set(keeper.workers)


def test_a_seal_is_added_to_the_bytes_handed_out_and_says_who_and_when(keeper: SealKeeper) -> None:
    content = page(f"who and when {keeper.prefix}")
    result = keeper.workers[f"{keeper.prefix}.sign"].execute(order(keeper, content, place=PLACE))
    made = result["sealed"]
    assert isinstance(made, MadeFile)
    assert made.content.startswith(content)
    assert len(made.content) > len(content)
    record = result["seal_record"]
    assert record["signed_at"].tzinfo is not None
    found = keeper.seals.examine(made.content)
    assert found.genuine
    (one,) = found.signatures
    assert (one.signer, one.signed_at) == (record["signer"], record["signed_at"])
    assert one.intact
    assert one.trusted
    assert one.whole


def test_a_running_event_loop_does_not_stop_a_seal(keeper: SealKeeper) -> None:
    """The library starts a loop for each call, which a thread refuses where one is running."""

    async def inside() -> bool:
        made = keeper.workers[f"{keeper.prefix}.sign"].execute(order(keeper, page(), place=PLACE))
        assert isinstance(made["sealed"], MadeFile)
        return keeper.seals.examine(made["sealed"].content).genuine

    # in a thread of its own: browser tests leave a loop running in this one
    with ThreadPoolExecutor(1) as pool:
        assert pool.submit(lambda: asyncio.run(inside())).result()


def test_any_changed_byte_fails_verification(keeper: SealKeeper) -> None:
    """The requirement of the seal: no byte of page, seal, signature or time stamp may change."""
    good = sealed(keeper, page(f"changed {keeper.prefix}"), place=PLACE)
    start = good.index(b"/ByteRange")
    contents = good.index(b"/Contents <")
    behind = good.index(b">", contents) - 10  # no digest covers the room behind a signature
    for at in (9, 60, 400, len(good) // 3, start + 14, contents + 400, behind, len(good) - 60):
        changed = bytearray(good)
        changed[at] ^= 0x01
        assert not keeper.seals.examine(bytes(changed)).genuine, f"byte {at}"


def test_what_is_added_or_cut_off_fails_verification(keeper: SealKeeper) -> None:
    good = sealed(keeper, page(f"added {keeper.prefix}"))
    assert keeper.seals.examine(good + b"\n% more\n").fault == "changed"
    assert not keeper.seals.examine(good[:-40]).genuine
    assert keeper.seals.examine(page()).fault == "unsigned"
    assert keeper.seals.examine(b"PK\x03\x04").fault == "unreadable"
    assert not keeper.seals.examine(b"%PDF-1.7\nnothing").genuine


def test_a_seal_of_somebody_unknown_does_not_count(keeper: SealKeeper, tmp_path: Path) -> None:
    stranger = Authority(tmp_path / "stranger")
    die = stranger.die(stranger.seal(SEAL, "西安市不动产登记局", "登记专用章"))
    assert keeper.seals.examine(pades.seal(page(), die=die)).fault == "untrusted"


def test_a_seal_without_a_time_stamp_that_counts_is_found(
    keeper: SealKeeper, outside: Outside, tmp_path: Path
) -> None:
    own, stranger = Authority(outside.folder), Authority(tmp_path / "stranger")
    die = own.die(own.seal(SEAL, "西安市不动产登记局", "登记专用章"))
    forged = pades.seal(page(), die=pades.Die(die.signer, stranger.stamping))
    assert keeper.seals.examine(forged).fault == "unstamped"


def test_a_file_is_examined_by_the_topic_as_by_the_port(keeper: SealKeeper) -> None:
    worker = keeper.workers[f"{keeper.prefix}.verify"]
    good = sealed(keeper, page(f"topic {keeper.prefix}"))
    told = worker.execute(order(keeper, good, "verify"))
    assert (told["genuine"], told["fault"]) == (True, None)
    assert len(told["signatures"]) == 1
    bad = worker.execute(order(keeper, good + b" ", "verify"))
    assert (bad["genuine"], bad["fault"]) == (False, "文件在签章之后被改动")


@pytest.mark.parametrize(
    ("wanted", "words"), [("ofd", "须送 OFD 文件"), ("dwg", "只能是 pdf、sm2、ofd")]
)
def test_what_is_not_done_here_is_refused_by_name(
    keeper: SealKeeper, wanted: str, words: str
) -> None:
    with pytest.raises(WorkRefused, match=words):
        sealed(keeper, page(), format=wanted)


def test_what_is_no_file_or_no_pdf_is_refused(keeper: SealKeeper) -> None:
    with pytest.raises(WorkRefused, match="『document』应为文件"):
        sealed(keeper, page(), document="text")
    with pytest.raises(WorkRefused, match="签章位置"):
        sealed(keeper, page(), place={"page": 1})


@pytest.fixture(params=["eseal", "seal_local"])
def agency(request: pytest.FixtureRequest, outside: Outside) -> SealKeeper:
    return (
        ours(outside) if request.param == "seal_local" else create_eseal(outside.settings("eseal"))
    )


@pytest.mark.parametrize("seal", [STOPPED, "NOBODY", "../tsa"])
def test_a_seal_that_may_not_be_used_is_a_business_answer(agency: SealKeeper, seal: str) -> None:
    with pytest.raises(BpmnError) as refused:
        sealed(agency, page(f"{seal} {agency}"), seal=seal)
    assert refused.value.error_code == "seal_refused"
    assert refused.value.message


def test_the_seals_are_listed_for_their_ledger(agency: SealKeeper) -> None:
    """P-67: seal management."""
    listed = agency.workers["eseal.seals"].execute(order(agency, page(), "seals"))["seals"]
    (one,) = [seal for seal in listed if seal["seal"] == SEAL]
    assert (one["holder"], one["state"]) == ("西安市不动产登记局", "in_use")
    assert one["valid_from"] < one["valid_to"]


def test_a_stopped_and_an_expired_seal_of_our_own_say_so(outside: Outside) -> None:
    states = {one.seal: one.state for one in ours(outside).seals.kept()}
    assert (states[SEAL], states[STOPPED], states["OLD"]) == ("in_use", "stopped", "expired")


def test_an_order_asked_twice_gives_the_same_sealed_bytes(
    eseal: SealKeeper, outside: Outside
) -> None:
    """At least once: an answer that was lost costs no second seal, also after a restart."""
    content = page("twice")
    first = sealed(eseal, content, key="order-1")
    assert sealed(eseal, content, key="order-1") == first
    again = SealSystem(outside.folder, keys=KEYS)
    server = serve(again, 0)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    moved = {
        **outside.settings("eseal"),
        "URL": f"http://127.0.0.1:{server.server_address[1]}/eseal",
    }
    assert sealed(create_eseal(moved), content, key="order-1") == first
    server.shutdown()
    server.server_close()
    thread.join()


def test_one_order_number_serves_one_file(eseal: SealKeeper) -> None:
    sealed(eseal, page("one"), key="order-2")
    with pytest.raises(WorkRefused, match="另一份文件"):
        sealed(eseal, page("two"), key="order-2")


@pytest.mark.parametrize(
    ("mode", "error", "why"),
    [
        ("down", Retry, "暂时不可用"),
        ("garbage", WorkRefused, "无法识别"),
        ("refuse", WorkRefused, "拒绝受理"),
        ("wrong_case", WorkRefused, "不符"),
        ("tampered", WorkRefused, "内容不同"),
        ("reject_order", BpmnError, "审批未通过"),
    ],
)
def test_each_fault_of_the_seal_system_has_its_answer(
    eseal: SealKeeper, outside: Outside, mode: str, error: type[Exception], why: str
) -> None:
    outside.system.parts["eseal"].faults.switch({"mode": mode, "latency": 0})
    with pytest.raises(error, match=why):
        sealed(eseal, page(mode), key=f"fault-{mode}")


def test_a_foreign_key_opens_nothing(outside: Outside) -> None:
    foreign = create_eseal({**outside.settings("eseal"), "KEY": "the key of another department"})
    with pytest.raises(WorkRefused, match="签名"):
        sealed(foreign, page("foreign"))


def test_a_document_other_than_ordered_is_not_sealed(eseal: SealKeeper) -> None:
    work = order(eseal, page("ordered"), key="swapped")
    (sha256, handed), other = next(iter(work.files.items())), page("swapped")
    swapped = HandedFile(
        handed.name, handed.content_type, len(other), sha256, lambda: io.BytesIO(other)
    )
    wrong = Work(work.key, work.topic, "P1", work.variables, files={sha256: swapped})
    with pytest.raises(WorkRefused, match=r"摘要不符|签名"):
        eseal.workers["eseal.sign"].execute(wrong)


def test_only_one_keeper_of_agency_seals_may_be_on(outside: Outside) -> None:
    told = {
        **{f"ESEAL_{name}": value for name, value in outside.settings("eseal").items()},
        "SEAL_LOCAL_FOLDER": str(outside.folder),
        "SEAL_LOCAL_PASSWORD": "x",
        "SEAL_LOCAL_TSA_URL": outside.url,
        "SEAL_LOCAL_TRUST": str(outside.folder / "root.pem"),
    }
    with pytest.raises(ValueError, match=r"eseal\..*只能启用一个"):
        registry.create(["eseal", "seal_local"], told)
    made = registry.create(["eseal"], told)
    assert made.seals is not None
    assert "eseal" in made.departments


@pytest.mark.parametrize("name", ["TRUST", "KEY", "URL"])
def test_a_missing_setting_stops_the_start(outside: Outside, name: str) -> None:
    told = {key: value for key, value in outside.settings("eseal").items() if key != name}
    with pytest.raises(ValueError, match=r"TRUST|KEY|URL"):
        create_eseal(told)


def test_a_seal_keeps_the_room_that_the_last_one_took_and_more_when_it_needs_it(
    tmp_path: Path,
) -> None:
    """P-43: in bulk the empty room behind each signature would be a third of what is stored."""
    authority = Authority(tmp_path / "growing")
    die = authority.die(authority.seal(SEAL, "西安市不动产登记局", "登记专用章"))
    trust = pades.roots(authority.trust)
    first, second = (pades.seal(page(), die=die) for _ in range(2))
    assert len(second) < len(first) - 10_000
    die.signer.room = 2_000  # a time stamp as short as that was never seen
    third = pades.seal(page(), die=die)
    assert [pades.examine(one, trust).fault for one in (first, second, third)] == ["", "", ""]


def test_a_seal_shows_the_picture_that_lies_in_its_folder_now(tmp_path: Path) -> None:
    """P-43: it is read once for many files, and anew when it was replaced."""
    authority = Authority(tmp_path / "drawn")
    folder = authority.seal(SEAL, "西安市不动产登记局", "登记专用章")
    die = authority.die(folder)

    def shown() -> bytes:
        sealed = pades.seal(page(), die=die, place=Place(1, 10, 10, 90, 90))
        field = PdfFileReader(io.BytesIO(sealed)).embedded_signatures[0].sig_field
        (drawn,) = field["/AP"]["/N"]["/Resources"]["/XObject"].values()
        return bytes(drawn.get_object().data)

    first = shown()
    assert shown() == first
    seal_picture.draw(folder / "seal.pdf", "咸阳市不动产登记局", "专用章")
    assert shown() not in (first, b"")


@pytest.mark.parametrize("text", ["陕西省 自然资源厅", "ＡＢＣ  abc", "\u00ad西安", "长" * 300])
def test_names_are_compared_as_the_library_does(text: str) -> None:
    """P-43: prepared once each, however often a certificate is met."""
    told = NameTypeAndValue()
    for _ in range(2):
        assert told._ldap_string_prep(text) == prepared_names._prepare(told, text)
    assert Name.build({"common_name": "Seal A"}) == Name.build({"common_name": "seal a"})
    assert Name.build({"common_name": "Seal A"}) != Name.build({"common_name": "Seal B"})


def test_a_name_with_a_character_that_none_may_have_is_refused_each_time() -> None:
    for _ in range(2):
        with pytest.raises(ValueError, match=r"X\.509"):
            NameTypeAndValue()._ldap_string_prep("\ue000")
