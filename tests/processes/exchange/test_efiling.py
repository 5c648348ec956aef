"""内外网电子申报: packages of a bureau's e-filing system over HTTP, their files, their state.

Requirements Y-03 至 Y-06, Y-17, Y-18, Y-104, Y-106.
"""

import threading
import time
from collections.abc import Iterator, Mapping
from http.server import ThreadingHTTPServer
from typing import Any

import pytest
from sqlalchemy import func, select

from adapters import efiling_outer
from adapters._shared import signing, wire
from adapters._shared.exchange import Exchange
from adapters._shared.signing import SharedKey, Subject
from adapters._simulators.departments.efiling_outer import BureauSystem
from adapters._simulators.server import serve
from adapters._simulators.simulator import Answer
from bpmn.yacht import story
from engine import clock, ids
from engine.errors import MessageRefused, WorkRefused
from engine.ports import Message
from processes.casefile import messages
from processes.documents import files
from processes.model.cases import Case
from processes.play import Play, PlayedCase

KEY = "a shared secret of the tests"
NUMBER = "W20261122000001"


class SameClock(BureauSystem):
    """The outer system by the clock of the play: its threads would have one of their own."""

    def __init__(self, *, key_id: str) -> None:
        super().__init__("http://127.0.0.1:1/none", keys=SharedKey(key_id, KEY.encode()), seconds=0)
        self.at = clock.now()

    def answer(self, method: str, path: str, body: bytes, headers: dict[str, str]) -> Answer:
        clock.set_to(self.at)
        return super().answer(method, path, body, headers)


class Outer:
    """The e-filing system of one bureau on a port of this machine, and how it is reached."""

    def __init__(self, key_id: str = "efiling_outer") -> None:
        self.system = SameClock(key_id=key_id)
        self.key_id = key_id
        self.server: ThreadingHTTPServer = serve(self.system, 0)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True).start()

    def stop(self) -> None:
        self.server.shutdown()
        self.server.server_close()

    def tells(self, text: str) -> bool:
        """Whether the home page ends with a text; the system notes it after it has answered."""
        until = time.monotonic() + 30
        while self.system.home.get(NUMBER, [""])[-1] != text and time.monotonic() < until:
            time.sleep(0.01)
        return self.system.home.get(NUMBER, [""])[-1] == text

    def says(
        self, name: str, content: Mapping[str, Any], *, key: str = KEY
    ) -> tuple[bytes, dict[str, str]]:
        """A signed call of this system."""
        body = wire.dump(
            {
                "message_id": f"E{ids.next_id()}",
                "name": name,
                "correlation_key": NUMBER,
                "body": {"outer_no": NUMBER, **content},
            }
        )
        subject = Subject("message", "/api/channels/efiling_outer")
        return body, signing.sign(subject, body, keys=SharedKey(self.key_id, key.encode()))


@pytest.fixture
def outer(play: Play) -> Iterator[Outer]:
    made = Outer()
    yield made
    made.stop()


@pytest.fixture
def bureaus(play: Play) -> Iterator[dict[str, Outer]]:
    made = {code: Outer(code) for code in ("370001", "310001")}
    yield made
    for one in made.values():
        one.stop()


def reached(outer: Outer, **changes: str) -> Exchange:
    return efiling_outer.create({"URL": outer.url, "KEY": KEY, **changes})


def of_bureaus(bureaus: Mapping[str, Outer], **changes: str) -> Exchange:
    settings = {"BUREAUS": ",".join(bureaus)}
    for code, one in bureaus.items():
        settings |= {f"{code}_URL": one.url, f"{code}_KEY": KEY}
    return efiling_outer.create({**settings, **changes})


@pytest.fixture
def connect(play: Play) -> Iterator[Any]:
    """The inner side with the channel of the outer one, as an installation configures it."""

    def done(channel: Exchange) -> None:
        play.worker.channels = {channel.name: channel}
        play.worker.routes = dict.fromkeys(channel.contract.outward, channel.name)
        for worker in channel.workers.values():
            play.employ(worker)

    yield done
    play.worker.channels, play.worker.routes = {}, {}


def taken(play: Play, channel: Exchange, call: tuple[bytes, Mapping[str, str]]) -> None:
    """What comes in at the inner side's address."""
    message = channel.receive(*call)
    play.run(lambda session: messages.accept(session, channel=channel.name, message=message))
    play.drain()


def received(play: Play, channel: Exchange, outer: Outer, **changes: Any) -> PlayedCase:
    taken(play, channel, outer.says("efiling_received", outer.system.filing(NUMBER, **changes)))
    return play.case("yacht_efiling")


def filings(play: Play) -> int:
    """How many applications for a licence there are inside."""
    query = select(func.count()).where(Case.process_key == "yacht_licence_issue")
    return int(play.run(lambda session: session.scalar(query)) or 0)


def test_a_package_comes_in_with_its_files_and_its_state_goes_back_out(
    play: Play, connect: Any, outer: Outer
) -> None:
    """Y-03, Y-05, Y-17: 测试环境内外网数据传输的配置: an address and a key on either side."""
    connect(channel := reached(outer))
    case = received(play, channel, outer)
    assert case.incidents == []
    inner = play.case("yacht_licence_issue")
    assert inner.waits_for == {"accept"}
    assert inner.variables["work_order_no"] == case.variables["work_order_no"]
    assert inner.row.reference == inner.variables["work_order_no"]
    photo, scan = inner.variables["photo"], inner.variables["medical_scan"]
    assert (photo["name"], photo["type"], scan["type"]) == (
        "照片.png",
        "image/png",
        "application/pdf",
    )
    assert play.run(lambda session: files.read(session, photo["file"])).startswith(b"\x89PNG")
    assert outer.tells(f"已接收，工作单号 {inner.variables['work_order_no']}")


def test_each_state_of_the_inner_case_is_told_outside_until_it_ends(
    play: Play, connect: Any, outer: Outer
) -> None:
    """Y-05, Y-106: 请申请人补正 stands on the home page outside; the last word ends the filing."""
    connect(channel := reached(outer))
    case = received(play, channel, outer)
    inner = play.case("yacht_licence_issue")
    story.accept(inner, "supplement", missing_list=story.MISSING)
    assert outer.tells("请按通知补正材料")
    inner.receives("application_withdrawn", withdraw_reason="不办了")
    assert outer.tells("已撤回")
    assert case.ended == "completed"


def test_a_unit_files_for_a_person_with_its_agent_and_proxy(
    play: Play, connect: Any, outer: Outer
) -> None:
    """Y-104: 支持单位、个人两种申报方式."""
    connect(channel := reached(outer))
    unit = {
        "filed_by": "unit",
        "filing_org": "YC3702001",
        "agent_name": "俱乐部经办人",
        "agent_id_no": "370202198001010011",
    }
    received(play, channel, outer, **unit)
    inner = play.case("yacht_licence_issue").variables
    assert (inner["filed_by"], inner["agent_name"]) == ("unit", "俱乐部经办人")
    assert inner["proxy_scan"]["name"] == "委托书.pdf"


def test_an_application_withdrawn_outside_is_withdrawn_inside(
    play: Play, connect: Any, outer: Outer
) -> None:
    """Y-06."""
    connect(channel := reached(outer))
    case = received(play, channel, outer)
    taken(play, channel, outer.says("efiling_withdrawn", {"reason": "自愿"}))
    assert case.ended == "withdrawn_end"
    assert play.case("yacht_licence_issue").status == "withdrawn"


def test_a_package_sent_twice_is_one_filing(play: Play, connect: Any, outer: Outer) -> None:
    """Y-04: 同一报文号只生效一次."""
    connect(channel := reached(outer))
    call = outer.says("efiling_received", outer.system.filing(NUMBER))
    taken(play, channel, call)
    taken(play, channel, call)
    assert filings(play) == 1


def test_a_wrong_key_in_the_configuration_lets_nothing_pass(outer: Outer) -> None:
    """Y-17: neither side believes a signature of another key."""
    channel = reached(outer)
    forged = outer.says(
        "efiling_received", outer.system.filing(NUMBER), key="another shared secret"
    )
    with pytest.raises(MessageRefused, match="签名不正确"):
        channel.receive(*forged)
    with pytest.raises(ValueError, match="KEY"):
        reached(outer, KEY="short")


def test_a_file_that_is_not_the_one_that_was_signed_stops_the_filing(
    play: Play, connect: Any, outer: Outer
) -> None:
    """Y-04: an incident says which file; nothing is begun inside."""
    outer.system.faults.switch({"mode": "wrong_answer", "latency": 0})
    connect(channel := reached(outer))
    case = received(play, channel, outer)
    assert ["摘要不符" in one for one in case.incidents] == [True]
    assert filings(play) == 0


def test_each_bureau_has_a_system_of_its_own_and_is_told_of_its_cases_alone(
    play: Play, connect: Any, bureaus: dict[str, Outer]
) -> None:
    """Y-03, Y-18: 部局到直属局的数据交换配置: one address and key for each of the bureaus."""
    connect(channel := of_bureaus(bureaus))
    case = received(play, channel, bureaus["370001"])
    assert case.incidents == []
    assert case.variables["bureau"] == "370001"
    assert bureaus["370001"].tells(f"已接收，工作单号 {case.variables['work_order_no']}")
    assert bureaus["310001"].system.home == {}


def test_a_bureau_cannot_speak_for_another(bureaus: dict[str, Outer]) -> None:
    """Y-18: the key says who sent a package, whatever the package says."""
    channel = of_bureaus(bureaus)
    one = bureaus["370001"]
    call = one.says("efiling_received", {**one.system.filing(NUMBER), "bureau": "310001"})
    with pytest.raises(MessageRefused, match="所称的直属局与签名的密钥不符"):
        channel.receive(*call)
    one.key_id = "440001"
    with pytest.raises(MessageRefused, match="密钥未登记"):
        channel.receive(*one.says("efiling_received", one.system.filing(NUMBER)))


def test_what_is_missing_in_the_configuration_is_named_by_its_bureau(
    bureaus: dict[str, Outer],
) -> None:
    """Y-17, Y-18."""
    with pytest.raises(ValueError, match=r"直属局『310001』.*KEY"):
        of_bureaus(bureaus, **{"310001_KEY": ""})
    channel = of_bureaus(bureaus)
    with pytest.raises(WorkRefused, match="没有为直属局『440001』配置"):
        channel.send(message_to("440001"))


def message_to(bureau: str) -> Message:
    told = {"outer_no": NUMBER, "bureau": bureau}
    return Message("m-1", "status_changed", NUMBER, told)
