"""补录 / 穿越时空: a decision entered later with its true date (case-operations A.3)."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from engine import clock, repository
from engine.errors import Forbidden
from processes.clock import clock as ledger
from processes.desk import backentry
from processes.desk.backentry import BackentryRefused, Late
from processes.model.cases import Material, Opinion
from processes.model.documents import StoredFile
from processes.play import Play, PlayedCase
from tests.engine.core.scenario import user, xml
from tests.play import Player

CLOCK = (
    '<banli:clocks><banli:clock do="start" limit="statutory" title="法定期限" amount="20"/>'
    "</banli:clocks>"
)
MODEL = xml(
    "start -> review -> approve -> end",
    key="yacht_licence_late",
    review=user(CLOCK, candidateGroups="licence_reviewer@370001"),
    approve=user(candidateGroups="licence_approver@370001"),
)
PAPER = {"file": "0" * 64, "name": "签批件.pdf", "size": 3, "type": "application/pdf"}


@pytest.fixture
def play() -> Iterator[Play]:
    made = Player()
    try:
        made.run(lambda session: repository.deploy(session, {"m.bpmn": MODEL}, by="admin"))
        made.run(
            lambda s: s.add(StoredFile(sha256="0" * 64, size=3, content_type="application/pdf"))
        )
        yield made
    finally:
        made.close()


@pytest.fixture
def case(play: Play) -> PlayedCase:
    """A case of Monday 2 March 2026, the system being down until the week after."""
    made = play.start("yacht_licence_late")
    play.passes(days=7)
    return made


def late(case: PlayedCase, **changed: Any) -> Late:
    true_at = datetime(2026, 3, 3, 2, 30, tzinfo=UTC)
    who = case.play.user("reviewer").id
    return replace(Late(true_at=true_at, reason="停电", evidence=PAPER, decided_by=who), **changed)


def enter(case: PlayedCase, as_: str = "manager", **changed: Any) -> None:
    by, (task,) = case.play.user(as_), case.tasks
    told = late(case, **changed)
    case.play.run(lambda s: backentry.enter(s, task.id, by=by, answers={}, late=told))


def test_both_times_are_kept_and_who_entered_it_why(case: PlayedCase) -> None:
    enter(case)
    with case.play.session() as session:
        said = session.scalars(select(Opinion).where(Opinion.case_id == case.id)).all()
        decided, entered = said
        assert (decided.by_name, decided.true_at) == (
            "审核人",
            datetime(2026, 3, 3, 2, 30, tzinfo=UTC),
        )
        assert decided.at == clock.now() != decided.true_at
        assert (entered.by_name, entered.action, entered.text) == (
            "证书管理人",
            "backentered",
            "停电",
        )
        assert "2026-03-03 10:30" in entered.decision
        (paper,) = session.scalars(select(Material).where(Material.case_id == case.id))
        assert (paper.title, paper.file_name) == ("补录依据", "签批件.pdf")
    assert [one.activity for one in case.tasks] == ["approve"]


def test_the_clocks_count_from_the_true_date(case: PlayedCase) -> None:
    enter(case)
    with case.play.session() as session:
        (line,) = ledger.entries(session, case.id)
        assert line.effective_at.astimezone(clock.SHANGHAI).date().isoformat() == "2026-03-03"
        assert line.entered_at == clock.now()


def test_one_s_own_decision_needs_the_permission_all_the_same(case: PlayedCase) -> None:
    with pytest.raises(Forbidden):
        enter(case, as_="reviewer", decided_by=None)


def test_nobody_decides_by_it_who_may_not_do_the_task(case: PlayedCase) -> None:
    with pytest.raises(Exception, match="没有这个任务"):
        enter(case, decided_by=case.play.user("card_maker").id)


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"reason": " "}, "reason"),
        ({"true_at": datetime(2026, 3, 1, 1, tzinfo=UTC)}, "true_at"),
        ({"true_at": datetime(2026, 3, 2, 1, tzinfo=UTC) + timedelta(days=8)}, "true_at"),
        ({"evidence": {}}, "evidence"),
    ],
)
def test_reason_date_and_evidence_are_needed(
    case: PlayedCase, changed: dict[str, Any], field: str
) -> None:
    with pytest.raises(BackentryRefused) as refused:
        enter(case, **changed)
    assert refused.value.details["field"] == field
    assert [one.activity for one in case.tasks] == ["review"]
