"""市县查询任务处理: a city answers row by row or by table, or says that it found nothing."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from bpmn.property import story
from bpmn.property.prop_info_query.test_prop_info_query import ROW, approved, replied
from engine import clock
from engine.model import OutboxMessage
from forms.errors import FormInvalid
from processes.play import Play, PlayedCase


def test_a_city_that_finds_nothing_says_so(play: Play) -> None:
    """P-77, P-78: the task is at hand with its subjects, the result is handed in."""
    case = approved(play, targets=["PR610100"])
    assert "新的查询任务" in story.notices_of(play, "prop_executor")
    replied(play, "prop_executor")
    (target,) = story.records(play, "query_target", task_no=case.row.reference)
    assert (target["status"], target["row_count"], target["signer"]) == ("replied", 0, "签发人")


def test_a_reply_with_a_wrong_unit_code_is_refused_at_its_row(play: Play) -> None:
    approved(play, targets=["PR610100"])
    with pytest.raises(FormInvalid) as refused:
        replied(play, "prop_executor", {**ROW, "unit_code": "610113"})
    assert any("unit_code" in field for field in refused.value.errors)


def asked(play: Play, code: str) -> PlayedCase:
    """A task sent to one agency."""
    return play.start(
        "prop_city_query_reply",
        target={"code": code, "name": "宝鸡市不动产登记局"},
        purpose_text="涉案财产查询",
        legal_basis="《民事诉讼法》第二百五十三条",
        persons=[{"name": "甲某", "id_no": "610102198001010014"}],
        units=[],
        due_on=clock.today() + timedelta(days=5),
        urged=0,
    )


@pytest.fixture
def local_systems(play: Play) -> None:
    """The registration systems of cities are reached; what goes to them stays in the outbox."""
    play.worker.routes = {"query_dispatched": "registration_local"}
    play.worker.remote = ("query_dispatched",)


@pytest.mark.usefixtures("local_systems")
def test_a_city_with_an_interface_is_asked_and_answers_by_it(play: Play) -> None:
    """P-79: the task goes to the local system, its rows come back by the same contract."""
    case = asked(play, "PR610300")
    with play.session() as session:
        (sent,) = session.scalars(select(OutboxMessage)).all()
    assert (sent.topic, sent.payload["purpose"]) == ("query_dispatched", "涉案财产查询")
    assert sent.payload["persons"][0]["name"] == "甲某"
    case.receives("query_reply", nil_statement=False, rows=[ROW], signer="本地系统")
    assert case.ended == "replied"
    (target,) = story.records(play, "query_target", task_no=case.row.reference)
    assert (target["status"], target["row_count"], target["signer"]) == ("replied", 1, "本地系统")


@pytest.mark.usefixtures("local_systems")
def test_an_interface_that_found_nothing_says_so(play: Play) -> None:
    case = asked(play, "PR610300")
    case.receives("query_reply", nil_statement=True, signer="本地系统")
    (target,) = story.records(play, "query_target", task_no=case.row.reference)
    assert (target["status"], target["row_count"]) == ("replied", 0)


@pytest.mark.usefixtures("local_systems")
def test_a_city_without_an_interface_is_not_asked_by_one(play: Play) -> None:
    case = asked(play, "PR610500")
    with play.session() as session:
        assert session.scalars(select(OutboxMessage)).all() == []
    assert "answer" in case.waits_for
