"""空白证管理: into stock, allotting, counting, destroying; and what the ledger refuses."""

from typing import Any

import pytest

from bpmn.beginnings import once
from bpmn.yacht import story
from engine.errors import Forbidden
from processes import registers
from processes.play import Play, PlayedCase

TRACE = registers.Trace(by="test")


def started(play: Play, action: str, **more: Any) -> PlayedCase:
    return play("yacht_blank_stock", by="stock_keeper", org="900001", stock_action=action, **more)


@once
def registered(play: Play, first: str = "YK00000001", last: str = "YK00000005") -> PlayedCase:
    case = started(play, "register")
    fill(case, first, last)
    return case


def fill(case: PlayedCase, first: str, last: str) -> None:
    case.complete(
        "fill_batch",
        as_="stock_keeper",
        kind="yacht_licence",
        serial_from=first,
        serial_to=last,
        received_on="2026-03-02",
    )


def status(play: Play, serial: str) -> str:
    return str(story.record(play, "blank_item", serial)["status"])


def test_a_batch_is_counted_by_a_second_person_and_taken_into_stock(play: Play) -> None:
    """Y-26: serials = quantity → items in stock."""
    case = registered(play)
    assert (case.waits_for, case.variables["quantity"]) == ({"confirm_batch"}, 5)
    case.complete("confirm_batch", as_="stock_confirmer", counted=5, decision="confirm")
    assert (case.ended, status(play, "YK00000003")) == ("registered", "in_stock")
    batch = story.record(play, "blank_batch", case.variables["batch_no"])
    assert (batch["status"], batch["good_qty"]) == ("confirmed", 5)
    assert (batch["receiver"], batch["confirmer"]) == ("空白证管理人", "空白证复核人")


def test_the_receiver_may_not_confirm(play: Play) -> None:
    """Y-26: blank batch confirmer ≠ receiver."""
    story.also(play, "stock_keeper", "blank_stock_confirmer")
    case = registered(play)
    with pytest.raises(Forbidden):
        case.complete("confirm_batch", as_="stock_keeper", counted=5, decision="confirm")


def test_missing_and_damaged_blanks_do_not_come_into_stock(play: Play) -> None:
    """Y-26: a difference record, only the good serials."""
    case = registered(play)
    case.complete(
        "confirm_batch",
        as_="stock_confirmer",
        counted=4,
        differences=[{"serial": "YK00000002", "problem": "damaged"}],
        decision="confirm",
    )
    batch = story.record(play, "blank_batch", case.variables["batch_no"])
    assert (batch["good_qty"], len(batch["differences"])) == (4, 1)
    found = play.run(
        lambda session: registers.first(session, "blank_item", where={"serial": "YK00000002"})
    )
    assert found is None


def test_a_batch_is_sent_back(play: Play) -> None:
    """Y-26."""
    case = registered(play)
    case.complete(
        "confirm_batch",
        as_="stock_confirmer",
        counted=0,
        differences=[{"serial": "YK00000001", "problem": "missing"}],
        decision="reject",
    )
    assert case.ended == "rejected"


@pytest.mark.parametrize(
    ("first", "last"),
    [("YK00000005", "YK00000001"), ("YK0001", "YK00000005"), ("YJ00000290", "YJ00000310")],
)
def test_a_range_that_cannot_be_is_filled_in_again(play: Play, first: str, last: str) -> None:
    """Y-26: backwards, of another length, or overlapping a batch."""
    case = registered(play, first, last)
    assert case.waits_for == {"fill_batch"}
    assert case.variables["batch_problem"]
    fill(case, "YK00000001", "YK00000002")
    assert case.waits_for == {"confirm_batch"}


def test_the_lowest_serial_is_allotted(play: Play) -> None:
    """Y-20: atomic, for one card order."""
    case = started(play, "allot", card_order_no="X-01")
    assert (case.ended, case.variables["serial"]) == ("allotted", "YJ00000001")
    assert status(play, "YJ00000001") == "allotted"
    assert started(play, "allot", card_order_no="X-02").variables["serial"] == "YJ00000002"


def test_an_empty_stock_allots_nothing(play: Play) -> None:
    """Y-20."""
    case = started(play, "allot", card_order_no="X-01", blank_kind="other_kind")
    assert (case.ended, case.variables["serial"]) == ("none", None)


def test_a_count_finds_what_is_missing(play: Play) -> None:
    """Y-20: missing → lost and reported; surplus is recorded."""
    case = started(play, "count")
    case.complete(
        "fill_count",
        as_="stock_keeper",
        as_of="2026-03-02",
        ranges=[
            {"serial_from": "YJ00000001", "serial_to": "YJ00000298"},
            {"serial_from": "YZ00000001", "serial_to": "YZ00000001"},
        ],
    )
    assert case.variables["missing_serials"] == ["YJ00000299", "YJ00000300"]
    case.complete("confirm_count", as_="stock_confirmer", decision="confirm")
    assert (case.ended, status(play, "YJ00000300")) == ("counted", "lost")
    assert case.variables["surplus_serials"] == ["YZ00000001"]
    words = case.variables["missing_text"], case.variables["surplus_text"]
    assert words == ("YJ00000299 至 YJ00000300（2 个）", "YZ00000001")
    assert case.letters == ["letter_count_report"]


def test_a_count_may_be_repeated(play: Play) -> None:
    """Y-20."""
    case = started(play, "count")
    ranges = [{"serial_from": "YJ00000001", "serial_to": "YJ00000300"}]
    case.complete("fill_count", as_="stock_keeper", as_of="2026-03-02", ranges=ranges)
    case.complete("confirm_count", as_="stock_confirmer", decision="recount")
    case.complete("fill_count", as_="stock_keeper", as_of="2026-03-03", ranges=ranges)
    case.complete("confirm_count", as_="stock_confirmer", decision="confirm")
    assert (case.ended, status(play, "YJ00000300")) == ("counted", "in_stock")


def test_spoiled_blanks_are_destroyed_with_two_signatures(play: Play) -> None:
    """Y-20: 销毁清单; a reject goes back."""

    def spoilt(session: Any) -> None:
        registers.transition(
            session,
            "blank_item",
            "YJ00000001",
            "allotted",
            trace=TRACE,
            changes={"card_order_no": "X-01"},
        )
        registers.transition(
            session,
            "blank_item",
            "YJ00000001",
            "spoiled",
            trace=TRACE,
            changes={"spoil_reason": "misprint"},
        )

    play.run(spoilt)
    case = started(play, "destroy")
    listed = {"serials": ["YJ00000001"], "method": "shred", "destroyed_on": "2026-03-02"}
    case.complete("fill_destroy", as_="stock_keeper", **listed)
    case.complete(
        "confirm_destroy", as_="stock_confirmer", decision="reject", reject_reason="缺照片"
    )
    case.complete("fill_destroy", as_="stock_keeper", **listed)
    case.complete(
        "confirm_destroy",
        as_="stock_confirmer",
        decision="confirm",
        witness_signature=story.upload(play),
    )
    assert (case.ended, status(play, "YJ00000001")) == ("destroyed", "destroyed")
    assert case.letters == ["letter_destroy_list"]


@pytest.mark.parametrize(
    ("path", "refused"),
    [
        ([], "used"),
        ([], "destroyed"),
        (["allotted", "used"], "in_stock"),
        (["allotted", "spoiled"], "in_stock"),
        (["lost"], "in_stock"),
        (["lost", "destroyed"], "in_stock"),
    ],
)
def test_the_ledger_refuses_any_other_way(play: Play, path: list[str], refused: str) -> None:
    """Y-20: a serial is never used again; anything else than the table is refused."""

    def move(session: Any, to: str) -> None:
        registers.transition(
            session,
            "blank_item",
            "YJ00000009",
            to,
            trace=TRACE,
            changes={
                "card_order_no": "X-01",
                "spoil_reason": "misprint",
                "destroyed_list": "XH20260001",
            },
        )

    for to in path:
        play.run(lambda session, to=to: move(session, to))
    with pytest.raises(registers.TransitionRefused):
        play.run(lambda session: move(session, refused))
