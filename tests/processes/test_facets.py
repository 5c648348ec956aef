"""Filters by what cases say of listed fields: kept in the step, compared in the query (issue 4 §4)."""

from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from engine import repository
from engine.clock import SHANGHAI
from processes.casefile import backfill, facets
from processes.casefile.facets import Asked
from processes.model.cases import Case
from processes.model.desk import CaseValue
from processes.modelling import deployment
from processes.modelling.bundle import Bundle
from processes.play import Play, PlayedCase
from tests.engine.core.scenario import io, user, xml
from tests.play import Player

KEY = "yacht_licence_listed"
GROUP = "licence_reviewer@370001"


def model(*names: str) -> bytes:
    listed = f'<zeebe:property name="listed" value="{" ".join(names)}"/>'
    return xml(
        "start -> first -> second -> end",
        key=KEY,
        before=f"<extensionElements><zeebe:properties>{listed}</zeebe:properties></extensionElements>",
        first=user(io=io(outputs={"fee": "=120", "grade": '="B1E"'}), candidateGroups=GROUP),
        second=user(candidateGroups=GROUP),
    )


@pytest.fixture
def play() -> Iterator[Play]:
    made = Player()
    try:
        files = {"p.bpmn": model("grade", "fee", "day", "urgent", "people")}
        made.run(lambda s: repository.deploy(s, files, by="admin"))
        yield made
    finally:
        made.close()


def found(play: Play, *asked: Asked) -> set[int]:
    with play.session() as session:
        query = select(Case.id).where(*(one.condition() for one in asked))
        return set(session.scalars(query))


def kept(case: PlayedCase) -> dict[str, str]:
    with case.play.session() as session:
        query = select(CaseValue).where(CaseValue.case_id == case.id)
        return {one.name: one.text for one in session.scalars(query)}


def test_only_what_the_model_lists_is_kept_and_only_plain_values(play: Play) -> None:
    said: dict[str, Any] = {
        "grade": "A1E", "fee": Decimal("99.50"), "day": date(2026, 3, 1), "urgent": False,
        "people": ["甲"], "phone": "13900000001",
    }  # fmt: skip
    case = play.start(KEY, **said)
    assert kept(case) == {"grade": "A1E", "fee": "99.50", "day": "2026-03-01", "urgent": "false"}


def test_a_step_that_changes_a_field_changes_what_is_found(play: Play) -> None:
    case = play.start(KEY, grade="A1E", fee=80)
    assert found(play, Asked("grade", "A1E")) == {case.id}
    case.complete("first", as_="reviewer")
    assert kept(case) == {"grade": "B1E", "fee": "120"}
    assert found(play, Asked("grade", "A1E")) == set()
    assert found(play, Asked("grade", "B1E")) == {case.id}


def test_a_field_that_becomes_empty_is_no_more(play: Play) -> None:
    case = play.start(KEY, grade="A1E")
    play.run(lambda s: facets.lay_down(s, case.id, {"grade": None}, new=False))
    assert kept(case) == {}


def test_numbers_and_days_are_compared_as_such_with_both_ends_included(play: Play) -> None:
    low = play.start(KEY, fee=Decimal("9.9"), day=date(2025, 12, 31))
    high = play.start(KEY, fee=100, day=date(2026, 1, 1))
    assert found(play, Asked("fee", since=Decimal("10"))) == {high.id}
    assert found(play, Asked("fee", since=Decimal("9.9"), until=Decimal(100))) == {low.id, high.id}
    assert found(play, Asked("fee", until=Decimal("99.99"))) == {low.id}
    assert found(play, Asked("day", since=date(2026, 1, 1))) == {high.id}
    assert found(play, Asked("day", until=date(2025, 12, 31))) == {low.id}
    both = (Asked("fee", since=Decimal(50)), Asked("day", until=date(2025, 12, 31)))
    assert found(play, *both) == set()


def test_an_instant_is_not_taken_for_a_day(play: Play) -> None:
    case = play.start(KEY, day=datetime(2026, 3, 1, 9, tzinfo=SHANGHAI))
    assert kept(case) == {}


FORM = """
form: form_one
title: 表
sections:
  - title: 节
    fields:
      - {name: grade, label: 类别, type: choice, values: [{value: A1E, label: A1E}]}
      - {name: phone, label: 电话, type: phone, sensitive: true}
      - {name: papers, label: 材料, type: files}
"""


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("grade", None),
        ("phone", "敏感字段"),
        ("papers", "不能用来筛选"),
        ("nothing", "不是本流程任何表单的字段"),
    ],
)
def test_what_may_be_listed_is_checked_at_deployment(name: str, words: str | None) -> None:
    files = {"p.bpmn": model(name), "forms/form_one.yaml": FORM.encode()}
    told = [one.message for one in deployment.check(Bundle(files)) if one.code == "listed_field"]
    assert (told == []) if words is None else (len(told) == 1 and words in told[0])


class TestListedLater:
    """What a new version lists is found of the cases there are, too."""

    @pytest.fixture(autouse=True)
    def nothing_asked_before(self, play: Play) -> None:
        play.passes(minutes=2)
        self.filled(play)

    def versions(self, play: Play, *names: str) -> None:
        def deployed(session: Session) -> None:
            repository.deploy(session, {"p.bpmn": model(*names)}, by="admin", label="later")
            backfill.ask(session, KEY, names)

        play.run(deployed)

    def filled(self, play: Play) -> list[int]:
        done = []
        while count := play.run(backfill.fill):
            done.append(count)
        return done

    def test_a_case_that_runs_shows_the_field_once_it_is_laid_down(self, play: Play) -> None:
        cases = [play.start(KEY, grade="A1E", phone=f"1390000000{n}") for n in range(3)]
        self.versions(play, "grade", "phone")
        assert found(play, Asked("phone", "13900000001")) == set()
        assert self.filled(play) == [], "not before every program has heard of it"
        play.passes(minutes=2)
        assert self.filled(play) == [3, 1]
        assert found(play, Asked("phone", "13900000001")) == {cases[1].id}
        assert self.filled(play) == []

    def test_it_goes_on_where_it_was_cut_off(
        self, play: Play, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(backfill, "BATCH", 2)
        cases = [play.start(KEY, phone="1") for _ in range(5)]
        self.versions(play, "phone")
        play.passes(minutes=2)
        assert play.run(backfill.fill) == 2
        with play.session() as session:  # cut off: nothing of this batch is kept
            backfill.fill(session)
            session.rollback()
        assert found(play, Asked("phone", "1")) == {one.id for one in cases[:2]}
        assert self.filled(play) == [2, 1, 1]
        assert found(play, Asked("phone", "1")) == {one.id for one in cases}

    def test_a_case_of_an_old_version_keeps_the_field_in_its_own_steps(self, play: Play) -> None:
        case = play.start(KEY, fee=80)
        self.versions(play, "grade")
        case.complete("first", as_="reviewer")
        assert kept(case)["grade"] == "B1E"

    def test_every_deployment_asks_for_what_it_lists(self, play: Play) -> None:
        bundle = Bundle({"p.bpmn": model("grade"), "forms/form_one.yaml": FORM.encode()})
        case = play.start(KEY, grade="A1E")
        play.run(lambda s: s.execute(delete(CaseValue)))
        play.run(lambda s: deployment.deploy(s, bundle, by="admin"))
        play.passes(minutes=2)
        self.filled(play)
        assert kept(case) == {"grade": "A1E"}
