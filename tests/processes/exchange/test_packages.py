"""File exchange for counties without an interface: packages with manifest, hashes, seal and receipt
(P-19, P-20, P-77, P-78, P-125).

A city answers by interface or by files as the ledger of accesses says (P-69, P-79), whatever the
way of the channel of all cities.
"""

import io
import json
import zipfile
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as tried
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from adapters._shared import wire
from adapters._shared.signing import SharedKey
from adapters._simulators.departments.registration_local import RegistrationSystem
from adapters._simulators.simulator import Raw, Refused
from bpmn.property import story
from engine import clock
from engine.errors import NotFound
from processes import registers
from processes.exchange import packages, pulling
from processes.exchange.packages import PackageRefused
from processes.model.exchange import ExchangePackage
from processes.play import Play, PlayedCase
from tests.processes.exchange.lines import KEY, Lines


@pytest.fixture
def lines(play: Play) -> Lines:
    return Lines(play, tax_prov="file")


def made(lines: Lines) -> tuple[ExchangePackage, dict[str, bytes]]:
    by, interface = lines.play.user("prop_interface"), lines.interface("tax_prov")
    (package,) = lines.play.run(lambda s: packages.make(s, interface, by=by))
    content = lines.play.run(lambda s: packages.content(s, package, by=by))
    return package, parts(content)


def parts(content: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(content)) as opened:
        return {name: opened.read(name) for name in opened.namelist()}


def results(lines: Lines, case: PlayedCase, *more: dict[str, Any]) -> dict[str, bytes]:
    """A package of the tax system: assessed, and whatever is given."""
    number = case.row.reference
    told = [
        {
            "message_id": "f-1",
            "name": "tax_assessed",
            "correlation_key": number,
            "body": {"work_order_no": number, "assessment_no": "S1", "total": "15000",
                     "items": [{"kind": "契税", "amount": "15000"}]},
        },
        *more,
    ]  # fmt: skip
    exchange = lines.interface("tax_prov").exchange
    assert exchange is not None
    return packed(exchange, [wire.dump(one) for one in told])


def packed(exchange: Any, bodies: list[bytes], channel: str = "tax_prov") -> dict[str, bytes]:
    files = {f"messages/{at:04d}.json": body for at, body in enumerate(bodies, start=1)}
    listed = [
        {"file": name, "sha256": packages.hashlib.sha256(body).hexdigest()}
        for name, body in files.items()
    ]
    manifest = wire.dump({"package_no": "tax-1", "channel": channel, "messages": listed})
    return {"manifest.json": manifest, "manifest.seal": exchange.seal(manifest).encode(), **files}


def zipped(files: dict[str, bytes], way: int = zipfile.ZIP_STORED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", way) as opened:
        for name, body in files.items():
            opened.writestr(name, body)
    return out.getvalue()


def take(lines: Lines, content: bytes) -> list[dict[str, Any]]:
    by, interface = lines.play.user("prop_interface"), lines.interface("tax_prov")
    taken = lines.play.run(lambda s: packages.take(s, interface, content, by=by))
    lines.play.drain()
    return list((taken.receipt or {})["lines"])


def test_what_waits_is_packed_with_its_hashes_and_leaves_the_outbox(
    play: Play, lines: Lines
) -> None:
    case = story.accepted(play)
    package, files = made(lines)
    manifest = json.loads(files["manifest.json"])
    (listed,) = manifest["messages"]
    body = files[listed["file"]]
    assert packages.hashlib.sha256(body).hexdigest() == listed["sha256"]
    assert json.loads(body)["correlation_key"] == case.row.reference
    assert json.loads(body)["sent_at"], "a member of the envelope by whatever way it goes"
    assert (package.messages, manifest["package_no"]) == (1, package.number)
    with pytest.raises(PackageRefused, match="没有等待"):
        made(lines)
    by, interface = play.user("prop_interface"), lines.interface("tax_prov")
    again = play.run(lambda s: packages.get(s, interface, package.id, by=by))
    assert play.run(lambda s: packages.content(s, again, by=by)), "it can be downloaded again"
    with pytest.raises(NotFound):
        play.run(lambda s: packages.get(s, lines.interface("housing_local"), package.id, by=by))


def test_results_go_the_way_of_a_callback_and_each_has_a_line_of_the_receipt(
    play: Play, lines: Lines
) -> None:
    case = story.accepted(play)
    made(lines)
    wrong = {
        "message_id": "f-2",
        "name": "tax_paid",
        "correlation_key": case.row.reference,
        "body": {},
    }
    content = zipped(results(lines, case, wrong))
    first = take(lines, content)
    assert [one["result"] for one in first] == ["taken", "refused"]
    assert "work_order_no" in first[1]["reason"]
    assert "tax_paid" in case.awaits, "the case went on"
    assert [one["result"] for one in take(lines, content)] == ["duplicate", "refused"]
    by, interface = play.user("prop_interface"), lines.interface("tax_prov")
    package = play.run(lambda s: packages.of_interface(s, interface, by=by)[0])
    receipt = parts(packages.receipt(interface, package))
    exchange = interface.exchange
    assert exchange is not None
    assert exchange.sealed(receipt["receipt.json"], receipt["receipt.seal"].decode())


@pytest.fixture
def cities(play: Play) -> Lines:
    """宝鸡 and 咸阳 are open by files; the channel of all cities posts to their systems."""

    def by_files(session: Session) -> None:
        trace = registers.Trace(by="prop_admin")
        for access in ("接入-610300", "接入-610400"):
            registers.update(session, "onboarding", access, {"way": "file"}, trace=trace)

    play.run(by_files)
    return Lines(play, registration_local="push")


def asked(play: Play, code: str) -> PlayedCase:
    """A query of the province sent to one agency."""
    return play.start(
        "prop_city_query_reply",
        target={"code": code, "name": f"{code} 登记机构"},
        purpose_text="涉案财产查询",
        legal_basis="《民事诉讼法》第二百五十三条",
        persons=[{"name": "甲某", "id_no": "610102198001010014"}],
        units=[],
        due_on=clock.today() + timedelta(days=5),
        urged=0,
    )


def test_queries_for_cities_that_answer_by_files_go_into_a_package_for_each_and_nowhere_else(
    play: Play, cities: Lines
) -> None:
    """P-77: neither does the worker post them, nor are they given to a system that fetches."""
    cases = {code: asked(play, code) for code in ("PR610300", "PR610400")}
    play.drain()
    local = cities.interface("registration_local")
    assert cities["registration_local"].sent == []
    assert play.run(lambda s: pulling.fetch(s, local, limit=50)) == []
    by = play.user("prop_interface")
    made = play.run(lambda s: packages.make(s, local, by=by))
    assert len(made) == 2
    for code, package in zip(cases, made, strict=True):
        assert package.number.startswith(f"registration_local-{code}-")
        inside = parts(play.run(lambda s, one=package: packages.content(s, one, by=by)))
        (listed,) = json.loads(inside["manifest.json"])["messages"]
        told = json.loads(inside[listed["file"]])
        assert (told["name"], told["body"]["region"]) == ("query_packed", code)
        assert told["correlation_key"] == cases[code].variables["target_no"]
        assert told["body"]["persons"][0]["id_no"] == "610102198001010014"
    assert cities["registration_local"].sent == []


def test_the_answer_of_a_city_comes_back_as_a_package(play: Play, cities: Lines) -> None:
    """P-78: taken as one that came by the interface is."""
    case = asked(play, "PR610300")
    number = str(case.variables["target_no"])
    found = {"target_no": number, "nil_statement": True, "signer": "宝鸡签发人"}
    told = {"message_id": "b-1", "name": "query_reply", "correlation_key": number, "body": found}
    local = cities.interface("registration_local")
    content = zipped(packed(local.exchange, [wire.dump(told)], "registration_local"))
    by = play.user("prop_interface")
    taken = play.run(lambda s: packages.take(s, local, content, by=by))
    play.drain()
    assert [one["result"] for one in (taken.receipt or {})["lines"]] == ["taken"]
    assert case.ended == "replied"


def by_form(content: bytes, key: str = KEY) -> bytes:
    """The package of results that the simulated systems make of one chosen on their page."""
    system = RegistrationSystem("", keys=SharedKey("registration_local", key.encode()))
    kind = "multipart/form-data; boundary=edge"
    head = b'--edge\r\nContent-Disposition: form-data; name="package"; filename="p.zip"\r\n\r\n'
    body = head + content + b"\r\n--edge--\r\n"
    status, answer = system.answer("POST", "/package", body, {"Content-Type": kind})
    assert status == 200
    assert isinstance(answer, Raw)
    return answer.content


def test_the_simulated_system_of_a_city_answers_a_package_and_contradicts_the_other(
    play: Play, cities: Lines
) -> None:
    """P-62, P-77, P-78: the demo shows files going both ways, and two books that differ."""
    cases = {code: asked(play, code) for code in ("PR610300", "PR610400")}
    local, by = cities.interface("registration_local"), play.user("prop_interface")
    for package in play.run(lambda s: packages.make(s, local, by=by)):
        tasks = play.run(lambda s, one=package: packages.content(s, one, by=by))
        with pytest.raises(Refused, match="封签"):
            by_form(tasks, "another key of sixteen bytes")
        sent = by_form(tasks)
        taken = play.run(lambda s, sent=sent: packages.take(s, local, sent, by=by))
        assert [one["result"] for one in (taken.receipt or {})["lines"]] == ["taken"]
    play.drain()
    rows = [one for case in cases.values() for one in case.variables["city_reply"]["rows"]]
    shared = [one["holder_name"] for one in rows if one["unit_code"].startswith("610403")]
    assert shared == ["甲某", "甲某、共有人某"]
    assert len({one["unit_code"] for one in rows}) == 3
    with pytest.raises(Refused, match="不是 ZIP"):
        by_form(b"no archive")


def test_a_city_with_an_interface_is_posted_to_beside_those_with_files(
    play: Play, cities: Lines
) -> None:
    """P-79: one channel, a way for each city."""
    trace = registers.Trace(by="prop_admin")
    play.run(
        lambda s: registers.update(
            s, "onboarding", "接入-610400", {"way": "interface"}, trace=trace
        )
    )
    asked(play, "PR610300")
    case = asked(play, "PR610400")
    play.drain()
    sent = cities["registration_local"].sent
    assert [one["correlation_key"] for one in sent] == [case.variables["target_no"]]
    assert sent[0]["name"] == "query_dispatched"


def test_the_receipt_says_that_nobody_waits_for_a_result_of_another_task(
    play: Play, lines: Lines
) -> None:
    """P-78: it is kept, should its case come; but the county can look for a slip of the pen."""
    case = story.accepted(play)
    body = {"work_order_no": "P9", "assessment_no": "S1", "paid_at": "2026-03-02T10:00:00+08:00"}
    other = {"message_id": "f-9", "name": "tax_paid", "correlation_key": "P9", "body": body}
    first, second = take(lines, zipped(results(lines, case, other)))
    assert first["result"] == "taken"
    assert (second["result"], second["correlation_key"]) == ("waiting", "P9")
    assert "核对关联号" in second["reason"]


def test_a_package_that_is_not_whole_is_not_taken_at_all(play: Play, lines: Lines) -> None:
    case = story.accepted(play)
    good = results(lines, case)
    exchange = lines.interface("tax_prov").exchange
    message = "messages/0001.json"
    for files, words in (
        ({**good, message: good[message] + b" "}, "摘要不符"),
        ({name: body for name, body in good.items() if name != message}, "缺失"),
        ({**good, "manifest.seal": b"0" * 64}, "封签不正确"),
        ({name: body for name, body in good.items() if name != "manifest.json"}, "封签不正确"),
        ({**good, "../evil.json": b"{}"}, "清单之外"),
        (packed(exchange, [good[message]], channel="housing_local"), "其他单位"),
    ):
        with pytest.raises(PackageRefused, match=words):
            take(lines, zipped(files))
    for content in (b"", b"PK", zipped(good)[:-30]):
        with pytest.raises(PackageRefused, match="ZIP"):
            take(lines, content)
    assert "tax_assessed" in case.awaits, "nothing of them was taken"


def test_a_package_with_a_broken_or_a_strange_compression_is_refused_by_a_sentence(
    play: Play, lines: Lines
) -> None:
    good = results(lines, story.accepted(play))
    whole = zipped(good, zipfile.ZIP_DEFLATED)
    with zipfile.ZipFile(io.BytesIO(whole)) as opened:
        name = opened.infolist()[0].filename
    begins = 30 + len(name)  # behind the local header stands the first compressed block
    broken = whole[:begins] + b"\xff\xff" + whole[begins + 2 :]
    with pytest.raises(PackageRefused, match="ZIP"):
        take(lines, broken)
    with pytest.raises(PackageRefused, match="DEFLATE"):
        take(lines, zipped(good, zipfile.ZIP_LZMA))


def test_a_package_with_a_file_without_a_name_is_refused_by_a_sentence(
    play: Play, lines: Lines
) -> None:
    good = zipped(results(lines, story.accepted(play)))
    with zipfile.ZipFile(io.BytesIO(good)) as opened:
        name = opened.infolist()[0].filename.encode()
    with pytest.raises(PackageRefused, match="ZIP"):
        take(lines, good.replace(name, bytes(len(name))))


def test_a_package_that_would_fill_the_memory_is_refused_before_it_is_unpacked(
    play: Play, lines: Lines, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = story.accepted(play)
    monkeypatch.setattr(packages.limits, "UPLOAD_BYTES", 100)
    with pytest.raises(PackageRefused, match="过大"):
        take(lines, zipped(results(lines, case)))


@tried(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    at=st.integers(0, 10_000),
    to=st.integers(0, 255),
    way=st.sampled_from([zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED]),
)
def test_no_changed_byte_gets_another_message_in(play: Play, at: int, to: int, way: int) -> None:
    lines = Lines(play, tax_prov="file")
    exchange = lines.interface("tax_prov").exchange
    content = bytearray(zipped(packed(exchange, [b'{"name": "tax_paid"}']), way))
    content[at % len(content)] = to
    try:
        found = take(lines, bytes(content))
    except PackageRefused:
        return
    assert [one["result"] for one in found] == ["refused"], "as it was"
