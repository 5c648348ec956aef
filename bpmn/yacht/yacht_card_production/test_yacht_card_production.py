"""制证与预核: the centre makes, pre-checks and posts cards; what goes wrong on the way."""

from datetime import date
from typing import Any

import pytest

from bpmn import papers
from bpmn.beginnings import once
from bpmn.yacht import story
from engine.errors import Forbidden
from processes import registers
from processes.play import Play, PlayedCase
from tests.processes.test_clocking import timers

WAITING = {"card_arrived", "order_closed", "remake_requested", "parcel_lost", "cancelled_late"}
TRACE = registers.Trace(by="test")


@once
def ordered(play: Play, **changes: Any) -> PlayedCase:
    """An order that arrived at the centre."""
    story.granted(play, **changes)
    return play.case(story.PRODUCTION)


def blank(order: PlayedCase, serial: str = "") -> dict[str, Any]:
    return story.record(order.play, "blank_item", serial or order.variables["allotted_serial"])


def spoil(order: PlayedCase, reason: str = "misprint", *, as_: str = "card_maker") -> None:
    order.complete("spoil_blank", as_=as_, reason=reason)


def test_a_card_is_made_pre_checked_and_posted(play: Play) -> None:
    """Y-13, Y-14, Y-15, Y-20: one instance per card order; blank used at pre-check."""
    order = ordered(play)
    assert (order.waits_for, order.row.org_code) == ({"check_order"}, "900001")
    story.printed(order)
    assert (order.waits_for, blank(order)["status"]) == ({"precheck"}, "allotted")
    story.precheck(order)
    assert (order.waits_for, blank(order)["status"]) == ({"pack_post"}, "used")
    story.post(order)
    assert (order.waits_for, order.status) == (WAITING, "waiting_external")
    assert order.letters == ["letter_face_sheet", "letter_posting_list"]
    parcel = story.record(play, "parcel", order.variables["parcel_no"])
    assert (parcel["express_no"], parcel["org"]) == ("EMS0001", "370001")


def test_the_maker_may_not_pre_check(play: Play) -> None:
    """Y-14: card_prechecker ≠ card_maker, by person."""
    story.also(play, "card_maker", "card_prechecker")
    order = ordered(play)
    story.printed(order)
    with pytest.raises(Forbidden):
        order.complete(
            "precheck",
            as_="card_maker",
            serial=order.variables["allotted_serial"],
            items=[{"ok": True}] * 8,
            result="pass",
        )


def test_misprints_spoil_blanks_and_the_third_is_reviewed(play: Play) -> None:
    """Y-14: from the third spoiled blank of one order a to-do for the stock keeper first."""
    order = ordered(play)
    story.printed(order, "misprint")
    serials = [order.variables["allotted_serial"]]
    spoil(order)
    for _ in range(2):
        story.make(order, "misprint")
        serials.append(order.variables["allotted_serial"])
        spoil(order)
    assert order.waits_for == {"review_spoiled"}
    assert [blank(order, serial)["status"] for serial in serials] == ["spoiled"] * 3
    assert order.letters.count("letter_spoil_record") == 3
    order.complete("review_spoiled", as_="stock_keeper", review_remark="更换色带")
    story.make(order)
    story.precheck(order)
    assert story.record(play, "card_order", order.variables["card_order_no"])["spoiled_count"] == 3


@pytest.mark.parametrize("answer", ["fault", "misprint", "printed"])
def test_the_clerk_confirms_what_the_machine_says(play: Play, answer: str) -> None:
    """Y-14: printed, misprint or fault of the printer; the clerk decides."""
    order = ordered(play)
    order.complete(
        "check_order", as_="card_maker", data_ok=True, photo_ok=True, address_ok=True, decision="ok"
    )
    order.works("card_machine.print", result=answer, reason="色带用尽")
    assert order.waits_for == {"make_card"}
    assert order.variables["machine_result"] == answer


def test_a_silent_machine_does_not_stop_the_work(play: Play) -> None:
    """Y-14: after 30 minutes, or when it refuses, the clerk goes on by hand."""
    order = ordered(play)
    order.complete(
        "check_order", as_="card_maker", data_ok=True, photo_ok=True, address_ok=True, decision="ok"
    )
    order.passes(minutes=31)
    assert order.waits_for == {"make_card"}
    assert order.variables["machine_result"] == "unreachable"


def test_another_serial_than_allotted_is_asked_again(play: Play) -> None:
    """Y-14: the serial used must be the allotted one."""
    order = ordered(play)
    order.complete(
        "check_order", as_="card_maker", data_ok=True, photo_ok=True, address_ok=True, decision="ok"
    )
    order.works("card_machine.print", result="printed")
    order.complete("make_card", as_="card_maker", blank_serial="YJ00000299", result="printed")
    assert order.waits_for == {"make_card"}
    assert "不一致" in order.variables["machine_reason"]


def test_a_card_that_fails_the_pre_check_is_made_again(play: Play) -> None:
    """Y-14: blank spoiled `precheck_failed`, a new one allotted."""
    order = ordered(play)
    story.printed(order)
    serial = order.variables["allotted_serial"]
    story.precheck(order, "reprint", error_items=["quality"])
    assert story.seen(order, "spoil_blank")["spoil_reason"] == "precheck_failed"
    spoil(order, "precheck_failed", as_="card_prechecker")
    assert blank(order, serial)["spoil_reason"] == "precheck_failed"
    assert order.variables["allotted_serial"] != serial


def test_wrong_data_of_the_agency_end_the_order(play: Play) -> None:
    """Y-14: data_error → blank spoiled, card_order_rejected."""
    order = ordered(play)
    story.printed(order)
    serial = order.variables["allotted_serial"]
    story.precheck(order, "data_error", error_items=["name"])
    assert (order.ended, order.messages) == ("rejected", ["card_order_rejected"])
    assert blank(order, serial)["spoil_reason"] == "data_error"
    assert play.case(story.LICENCE).waits_for == {"fix_card_data"}


def use_up_blanks(play: Play) -> None:
    """Nothing is left on stock."""

    def command(session: Any) -> None:
        for item in registers.find(session, "blank_item", statuses=["in_stock"], limit=500):
            registers.transition(session, "blank_item", item.key, "lost", trace=TRACE)

    play.run(command)


def test_an_order_waits_for_blanks(play: Play) -> None:
    """Y-20, Y-26: status waiting_blank until a batch is registered."""
    use_up_blanks(play)
    order = ordered(play)
    order.complete(
        "check_order", as_="card_maker", data_ok=True, photo_ok=True, address_ok=True, decision="ok"
    )
    number = order.variables["card_order_no"]
    assert order.waits_for == {"blank_arrived"}
    assert story.record(play, "card_order", number)["status"] == "waiting_blank"
    batch = play("yacht_blank_stock", by="stock_keeper", org="900001", stock_action="register")
    batch.complete(
        "fill_batch",
        as_="stock_keeper",
        kind="yacht_licence",
        serial_from="YK00000001",
        serial_to="YK00000010",
        received_on="2026-03-02",
    )
    batch.complete("confirm_batch", as_="stock_confirmer", counted=10, decision="confirm")
    assert batch.ended == "registered"
    assert order.waits_for == {"print_card"}
    assert order.variables["allotted_serial"] == "YK00000001"


def pack(order: PlayedCase, **more: Any) -> None:
    order.complete(
        "pack_post",
        as_="card_maker",
        express_company="ems",
        posted_at="2026-03-03 10:00",
        **{"cards": [order.variables["card_order_no"]], "booking": "interface", **more},
    )


@once
def ready_to_post(play: Play, **changes: Any) -> PlayedCase:
    order = ordered(play, **changes)
    story.printed(order)
    story.precheck(order)
    return order


def test_cards_of_one_agency_go_in_one_parcel(play: Play) -> None:
    """Y-15: the selected cards complete all their instances."""
    first = ready_to_post(play)
    second = ready_to_post(play, licence_class="A2F")
    both = [first.variables["card_order_no"], second.variables["card_order_no"]]
    pack(second, cards=both)
    second.works("courier.dispatch", express_no="EMS7")
    assert (first.waits_for, second.waits_for) == (WAITING, WAITING)
    assert first.variables["parcel_no"] == second.variables["parcel_no"]


def test_an_express_number_may_be_typed(play: Play) -> None:
    """Y-15."""
    order = ready_to_post(play)
    pack(order, booking="manual", express_no="SF123")
    assert order.waits_for == WAITING


@pytest.mark.parametrize("trouble", ["error", "silence"])
def test_without_the_courier_the_number_is_typed(play: Play, trouble: str) -> None:
    """Y-15: manual entry when the interface is down."""
    order = ready_to_post(play)
    pack(order)
    if trouble == "error":
        order.fails("courier.dispatch", code="courier_down")
    else:
        order.passes(minutes=11)
    order.complete(
        "enter_express_no", as_="card_maker", express_no="EMS9", posted_at="2026-03-03 11:00"
    )
    assert order.waits_for == WAITING


def test_an_address_the_courier_refuses_is_replaced(play: Play) -> None:
    """Y-74: to-do of the agency's administrator, then the card is packed again."""
    order = ready_to_post(play)
    pack(order)
    order.fails("courier.dispatch", code="address_refused")
    assert order.waits_for == {"maintain_address"}
    order.complete(
        "maintain_address",
        as_="admin",
        receiver="证书收发岗",
        phone="0531-80000001",
        postcode="250001",
        region="山东省济南市",
        street="演示路 3 号",
    )
    assert order.waits_for == {"pack_post"}


@pytest.mark.parametrize(
    ("until", "status"),
    [("checked", None), ("fault", "in_stock"), ("printed", "spoiled"), ("prechecked", "spoiled")],
)
def test_a_cancelled_order_gives_its_blank_back_or_spoils_it(
    play: Play, until: str, status: str | None
) -> None:
    """Y-14: unprinted → in_stock, printed → spoiled; until posting only."""
    order = ordered(play)
    if until != "checked":
        order.complete(
            "check_order",
            as_="card_maker",
            data_ok=True,
            photo_ok=True,
            address_ok=True,
            decision="ok",
        )
        order.works("card_machine.print", result="fault" if until == "fault" else "printed")
    serial = order.variables["allotted_serial"]
    if until == "prechecked":
        order.complete("make_card", as_="card_maker", blank_serial=serial, result="printed")
        story.precheck(order)
    order.receives("card_order_cancelled", reason="death")
    assert (order.ended, order.status) == ("cancelled", "cancelled")
    if status:
        assert blank(order, serial)["status"] == status


def test_after_posting_a_cancellation_is_refused(play: Play) -> None:
    """Y-15: the agency keeps the card and returns it."""
    order = ready_to_post(play)
    story.post(order)
    order.receives("card_order_cancelled", reason="death")
    assert order.waits_for == WAITING


@once
def returned(play: Play) -> PlayedCase:
    case = story.posted(play)
    order = play.case(story.PRODUCTION)
    story.verify(case, "wrong_centre", error_items=["photo"])
    story.return_card(case, reason="wrong_centre")
    return order


def test_a_returned_card_is_booked_in(play: Play) -> None:
    """Y-20: the blank is spoiled at once; its return is noted."""
    order = returned(play)
    serial = order.variables["allotted_serial"]
    order.complete(
        "receive_returned",
        as_="stock_keeper",
        serial=serial,
        arrived_on="2026-03-09",
        condition="complete",
    )
    assert order.ended == "returned"
    assert str(blank(order, serial)["received_back_on"]) == "2026-03-09"


def test_a_card_that_never_comes_back_is_lost(play: Play) -> None:
    """Y-20: after 15 working days."""
    order = returned(play)
    order.passes(working_days=16)
    assert (order.ended, blank(order)["status"]) == ("lost", "lost")


def test_late_production_is_urged(play: Play) -> None:
    """Y-92: overdue production → common_urge_escalate."""
    order = ordered(play)
    order.passes(working_days=7)
    assert "第1次催办" in papers.read(order, "letter_urge")
    assert any("催办" in title for title in story.told(play, "stock_keeper"))
    assert order.waits_for == {"check_order"}


def test_timer_production_overdue_follows_the_centre_s_working_days(play: Play) -> None:
    """Five working days from Monday 2 March; a day the centre is closed counts for it alone."""
    order = ordered(play)
    assert timers(order)["production_overdue"] == date(2026, 3, 10)
    story.closed(play, date(2026, 3, 6), "370001")
    assert timers(order)["production_overdue"] == date(2026, 3, 10)
    story.closed(play, date(2026, 3, 6), "900001")
    assert timers(order)["production_overdue"] == date(2026, 3, 11)
    story.printed(order)
    story.precheck(order)
    story.post(order)
    assert "production_overdue" not in timers(order)
