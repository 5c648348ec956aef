"""证照卡包: a certificate goes to its holder's wallet and is taken back (P-15, P-46, P-51, P-55)."""

from typing import Any

import pytest

from bpmn.property import story
from bpmn.property.prop_ecert_change.test_prop_ecert_change import annulled, proposed
from engine.errors import BpmnError, Retry
from engine.ports import Work
from engine.variables import Variables
from processes.play import Play

KEY = "prop_ecert_wallet"
TOPICS = ("qinwuyuan_app.certificate", "gov_portal.certificate")


class Wallet:
    """A channel that keeps certificates."""

    def __init__(self, topic: str) -> None:
        self.topic = topic
        self.no: Exception | None = None
        self.cards: dict[str, str] = {}

    def execute(self, work: Work) -> Variables:
        if self.no is not None:
            raise self.no
        self.cards[str(work.variables["certificate_no"])] = str(work.variables["state"])
        return {"card_no": "K1", "receipt_no": "R1"}


def wallets(play: Play) -> list[Wallet]:
    made = [Wallet(topic) for topic in TOPICS]
    for one in made:
        play.employ(one)
    return made


def events(play: Play, ecert: dict[str, Any], kind: str) -> list[str]:
    found = story.records(play, "ecert_event", ecert_id=ecert["ecert_id"], kind=kind)
    return [one["detail"] for one in found]


def test_a_certificate_goes_to_both_places_when_it_is_issued(play: Play) -> None:
    app, portal = wallets(play)
    held = story.certified(play)
    assert app.cards == portal.cards == {held["certificate_no"]: "valid"}
    assert events(play, held, "wallet") == ["秦务员卡包编号 K1；省政务服务网接收编号 R1"]
    assert play.case(KEY).ended == "noted"


def test_one_that_is_replaced_is_taken_back(play: Play) -> None:
    app, _portal = wallets(play)
    first = story.certified(play)
    second = story.certified(
        play, "m-2", entry_no="XA2", certificate_no="陕(2026)西安市不动产权第0000778号"
    )
    assert app.cards == {first["certificate_no"]: "annulled", second["certificate_no"]: "valid"}
    assert len(events(play, first, "wallet_back")) == 1


def test_an_annulled_one_is_taken_back(play: Play) -> None:
    app, portal = wallets(play)
    held = story.certified(play)
    case = proposed(play, held, action="annul", reason="权利消灭")
    annulled(case)
    assert (case.ended, case.row.outcome) == ("annulled_end", "annulled")
    assert app.cards == portal.cards == {held["certificate_no"]: "annulled"}


@pytest.mark.parametrize(
    ("no", "outcome"),
    [
        (BpmnError("not_registered", "没有注册"), "not_registered"),
        (Retry("无法连接"), "unreachable"),
    ],
)
def test_a_holder_without_a_wallet_keeps_his_certificate(
    play: Play, no: Exception, outcome: str
) -> None:
    for one in wallets(play):
        one.no = no
    held = story.certified(play)
    case = play.case(KEY)
    if isinstance(no, Retry):
        case.passes(days=2)
        case.passes(days=2)
    assert (case.ended, case.row.outcome) == ("noted", outcome)
    assert events(play, held, "wallet") == ["秦务员卡包：没有放入；省政务服务网：没有送达"]
    assert story.record(play, "ecert", held["ecert_id"])["status"] == "issued"


def test_one_place_that_is_down_does_not_keep_it_from_the_other(play: Play) -> None:
    app, portal = wallets(play)
    app.no = BpmnError("not_registered", "没有注册")
    held = story.certified(play)
    assert (app.cards, portal.cards) == ({}, {held["certificate_no"]: "valid"})


def test_where_neither_is_connected_nothing_waits(play: Play) -> None:
    for topic in TOPICS:
        play.dismiss(topic)
    held = story.certified(play)
    case = play.case(KEY)
    assert (case.ended, case.incidents) == ("noted", [])
    assert events(play, held, "wallet") == ["秦务员卡包：没有放入；省政务服务网：没有送达"]
