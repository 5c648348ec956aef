"""Messages about an agency that we do not have are answered in words (P-48, P-49, Y-03, P-33)."""

from typing import Any, Final

import pytest

from adapters import registry
from adapters._shared import exchange, wire
from adapters._shared.exchange import Contract, Exchange
from adapters._shared.members import Member, MessageType
from bpmn.property import story
from engine.errors import MessageRefused
from engine.ports import Message
from processes.exchange import inbound
from processes.play import Play

KEY: Final = "a shared secret of the tests"
ANSWERED: Final = {"online_case_submitted", "case_forwarded"}
"""Those whose process tells the sender itself, in a message of its own."""


def naming() -> list[tuple[Contract, str, Member]]:
    """Every message of a department that names one of our agencies."""
    return [
        (contract, name, member)
        for contract in registry.contracts()
        for name, told in contract.inward.items()
        for member in told.members
        if member.title.endswith("机构代码")
    ]


def received(contract: Contract, name: str, **body: Any) -> tuple[Exchange, Message]:
    """A message as the department sends it."""
    made = exchange.create(contract, {"URL": "http://127.0.0.1:9", "KEY": KEY})
    told = contract.inward[name]
    envelope = {
        "message_id": "m-1",
        "name": name,
        "correlation_key": "K1",
        "body": {**body, contract.key_of(told).name: "K1"},
    }
    return made, made.read(wire.load(wire.dump(envelope)))


def test_each_message_that_names_an_agency_is_looked_at_or_answered_by_its_process() -> None:
    found = naming()
    assert {name for _contract, name, _member in found} >= {*ANSWERED, "register_entry_done"}
    assert [name for _c, name, one in found if not one.agency and name not in ANSWERED] == []


def test_an_agency_inside_objects_and_lists_is_looked_at_too(play: Play) -> None:
    org = Member("org", "登记机构代码", agency=True)
    told = MessageType(
        "名单",
        (
            Member(
                "sent", "内容", "object", parts=(Member("rows", "各机构", "list", parts=(org,)),)
            ),
        ),
    )
    contract = Contract(channel="some_place", title="某单位", inward={"rows_told": told})
    rows = [{"org": "PR610100"}, {"org": "XX000000"}]
    made, message = received(contract, "rows_told", sent={"rows": rows})
    with pytest.raises(
        MessageRefused, match=r"『sent\.rows\[1\]\.org』.*『XX000000』：没有这个机构"
    ):
        play.run(lambda session: inbound.check_agencies(session, made, message))


@pytest.mark.parametrize(
    ("contract", "name", "member"),
    [one for one in naming() if one[2].agency],
    ids=lambda one: one if isinstance(one, str) else "",
)
def test_an_agency_that_is_unknown_is_refused_by_its_name(
    play: Play, contract: Contract, name: str, member: Member
) -> None:
    known = {one.name: sample(one) for one in contract.inward[name].members if one.required}
    made, message = received(contract, name, **{**known, member.name: "XX000000"})
    with pytest.raises(MessageRefused, match="『XX000000』：没有这个机构"):
        play.run(lambda session: inbound.take(session, channel=made, message=message))


def sample(member: Member) -> Any:
    """A value that the contract takes."""
    kinds: dict[str, Any] = {
        "list": [{"name": "某"}],
        "object": {"name": "某"},
        "instant": "2026-03-02T10:00:00+08:00",
        "date": "2026-03-02",
        "number": "1",
        "money": "1",
        "boolean": True,
    }
    return kinds.get(member.kind, "某")


def test_an_entry_of_a_known_agency_is_taken(play: Play) -> None:
    contract = next(one for one in registry.contracts() if one.channel == "registration_local")
    told = {name: value for name, value in story.CITY.items() if name != "entry_no"}
    made, message = received(contract, "register_entry_done", **told)
    taken = play.run(lambda session: inbound.take(session, channel=made, message=message))
    assert taken.kind == "started"
