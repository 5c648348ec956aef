"""Statistics as data: what a file may say, and what it counts of ledgers, cases and desks."""

from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from engine import clock
from engine.clock import SHANGHAI
from engine.errors import DeploymentRejected, NotFound
from processes import statistics
from processes.model.cases import Case, ClockEntry
from processes.play import Play
from processes.statistics import Asked, Table
from processes.statistics.definition import _catalogue
from tests.play import play

__all__ = ["play"]
GOOD = {
    "statistic": "stat_x",
    "title": "统计",
    "roles": ["licence_manager"],
    "cases": ["yacht_"],
    "rows": ["process"],
}


def written(told: dict[str, Any]) -> bytes:
    return yaml.safe_dump(told, allow_unicode=True).encode()


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"roles": ["nobody_at_all"]}, "没有角色『nobody_at_all』"),
        ({"roles": []}, "缺少『roles』"),
        ({"register": "person"}, "写且只能写一个"),
        ({"list": ["name"]}, "须写且只能写一个"),
        ({"rows": ["weather"]}, "办件不能按『weather』统计"),
        ({"columns": "weather"}, "办件不能按『weather』统计"),
        ({"measures": ["joy"]}, "没有统计值『joy』"),
        ({"columns": "status", "measures": ["count", "mean"]}, "只能统计件数"),
        ({"period": "someday"}, "期间『someday』未知"),
        ({"spans": {"parcel": "邮寄"}}, "『spans』须有件数以外的『measures』"),
        ({"own": ["org"]}, "『own』只用于 register"),
        ({"chart": "pie"}, "图『pie』未知"),
        ({"colour": "blue"}, "未知的键『colour』"),
        ({"filters": ["step"]}, "办件不能按『step』筛选"),
        ({"cases": None, "tasks": ["x"], "filters": ["org"]}, "『filters』只用于 cases"),
        ({"cases": None, "register": "person", "filters": ["org"]}, "『filters』只用于 cases"),
        ({"cases": None, "register": "nothing"}, "没有台账『nothing』"),
        ({"cases": None, "register": "person", "rows": ["x"]}, "不能按『x』统计"),
        ({"cases": None, "register": "person", "rows": None, "list": ["x"]}, "没有字段『x』"),
        ({"cases": None, "register": "person", "statuses": ["x"]}, "没有状态『x』"),
        ({"cases": None, "register": "person", "ended": True}, "『ended』只用于 cases"),
        ({"cases": None, "register": "person", "accepted": ["x"]}, "『accepted』只用于 cases"),
    ],
)
def test_a_wrong_file_is_refused_with_what_is_wrong(wrong: dict[str, Any], message: str) -> None:
    told = {name: value for name, value in {**GOOD, **wrong}.items() if value is not None}
    with pytest.raises(DeploymentRejected) as refused:
        statistics.read(written(told), "stat_x.yaml")
    assert any(message in one.message for one in refused.value.findings)


@pytest.mark.parametrize("text", [b"\xff", b"- a", b"a: [", b"a: b: c"])
def test_a_file_that_is_no_object_is_refused(text: bytes) -> None:
    with pytest.raises(DeploymentRejected):
        statistics.read(text, "stat_x.yaml")


def test_two_files_may_not_define_one_statistic(tmp_path: Path) -> None:
    folder = tmp_path / "statistics"
    folder.mkdir()
    for name in ("a.yaml", "b.yaml"):
        (folder / name).write_bytes(written(GOOD))
    with pytest.raises(DeploymentRejected) as refused:
        statistics.load(tmp_path)
    assert "定义了两次" in refused.value.findings[0].message


@pytest.fixture
def counted(play: Play, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A table of a statistic told on the spot, as the licence manager of Shandong sees it."""

    def made(as_: str = "licence_manager", asked: Asked | None = None, **told: Any) -> Table:
        one = statistics.read(written({**GOOD, **told}), "stat_x.yaml")
        monkeypatch.setitem(_catalogue, one.id, one)
        who = play.user(as_)
        return play.run(lambda session: statistics.table(session, one.id, by=who, asked=asked))

    return made


def filed(
    play: Play, org: str = "370001", days: int = 0, ended: int | None = None, **more: Any
) -> int:
    """A case submitted some days ago, and perhaps ended some days later."""
    at = clock.now() - timedelta(days=days)
    case = play.start("yacht_licence_issue", org=org)

    def command(session: Any) -> None:
        row = session.get_one(Case, case.id)
        row.submitted_at = row.accepted_at = at
        if ended is not None:
            row.ended_at, row.status = at + timedelta(days=ended), "completed"
        for name, value in more.items():
            setattr(row, name, value)

    play.run(command)
    return case.id


def test_cases_are_counted_within_the_readers_scope(play: Play, counted: Any) -> None:
    for org in ("370001", "370001", "320002"):
        filed(play, org)
    found = counted(rows=["org"], columns="status")
    assert [line.cells[-1] for line in found.lines] == [2]
    assert found.totals.cells[-1] == 2


def test_somebody_without_one_of_the_roles_has_no_such_statistic(counted: Any) -> None:
    with pytest.raises(NotFound):
        counted(as_="acceptor")


def test_a_period_takes_both_of_its_days(play: Play, counted: Any) -> None:
    for days in (0, 1, 2, 3):
        filed(play, days=days)
    today = clock.today()
    asked = Asked(since=today - timedelta(days=2), until=today - timedelta(days=1))
    found = counted(period="submitted", asked=asked)
    assert (found.totals.cells[-1], found.since, found.until) == (2, asked.since, asked.until)
    assert counted(asked=asked).totals.cells[-1] == 4


def test_a_statistic_is_narrowed_to_an_agency_with_those_below_it(play: Play, counted: Any) -> None:
    """Y-98, Y-99, Y-100: filters by agency and kind; the bureau holds its branch."""
    for org, kind in (
        ("370001", "初次"),
        ("370201", "初次"),
        ("370201", "换证"),
        ("320002", "初次"),
    ):
        filed(play, org, kind=kind)
    told = {"as_": "hq_head", "roles": ["agency_head"], "rows": ["org"], "filters": ["org", "kind"]}

    def total(**only: str) -> int:
        return int(counted(**told, asked=Asked(only=only)).totals.cells[-1])

    assert (total(), total(org="370001"), total(org="370201"), total(org="320002")) == (4, 3, 2, 1)
    assert (total(org="000001"), total(kind="换证"), total(org="370001", kind="初次")) == (4, 1, 2)
    offered = counted(**told, asked=Asked(only={"org": "370201"})).filters
    assert [(one.name, one.title) for one in offered] == [("org", "机构"), ("kind", "种类")]
    agencies = {one.value: one.chosen for one in offered[0].choices}
    assert agencies == {"000001": False, "320002": False, "370001": False, "370201": True}
    assert [one.value for one in offered[1].choices] == ["初次", "换证"]


def test_nobody_narrows_a_statistic_to_what_it_does_not_count_for_him(
    play: Play, counted: Any
) -> None:
    """Y-99: an agency of another bureau is not offered and narrows nothing."""
    for org in ("370001", "370201", "320002"):
        filed(play, org)
    told = {"as_": "head", "roles": ["agency_head"], "rows": ["org"], "filters": ["org", "process"]}
    found = counted(**told, asked=Asked(only={"org": "320002", "channel": "efiling"}))
    assert found.totals.cells[-1] == 2
    assert [one.name for one in found.filters] == ["org"], "one process is nothing to choose from"
    assert [one.value for one in found.filters[0].choices] == ["370001", "370201"]


def test_durations_are_working_days_without_suspended_time(play: Play, counted: Any) -> None:
    # from Monday 2026-02-02: 4 working days; 2 of them suspended in the second case
    start = datetime(2026, 2, 2, 9, tzinfo=SHANGHAI)
    for pause in (0, 2):
        case = filed(play)

        def command(session: Any, case: int = case, pause: int = pause) -> None:
            row = session.get_one(Case, case)
            row.submitted_at = row.accepted_at = start
            row.ended_at, row.due_on = start + timedelta(days=4), date(2026, 2, 5)
            if pause:
                for event, day in (("suspend", 1), ("resume", 1 + pause)):
                    at = start + timedelta(days=day)
                    session.add(ClockEntry(case_id=case, limit="*", event=event, effective_at=at))

        play.run(command)
    filed(play)
    found = counted(measures=["count", "mean", "median", "most", "overdue"])
    assert found.lines[0].cells[1:] == (3, 3.0, 3.0, 4.0, 2)


def test_a_case_that_ends_while_it_is_suspended_rests_until_its_end(
    play: Play, counted: Any
) -> None:
    """Y-99: of 4 working days from Monday 2026-02-02 it was worked on for one."""
    start = datetime(2026, 2, 2, 9, tzinfo=SHANGHAI)
    case = filed(play)

    def command(session: Any) -> None:
        row = session.get_one(Case, case)
        row.submitted_at = row.accepted_at = start
        row.ended_at = start + timedelta(days=4)
        at = start + timedelta(days=1)
        session.add(ClockEntry(case_id=case, limit="*", event="suspend", effective_at=at))

    play.run(command)
    assert counted(measures=["count", "mean"]).lines[0].cells[1:] == (1, 1.0)


def test_a_measure_of_nothing_is_empty_and_not_nought(play: Play, counted: Any) -> None:
    filed(play)
    found = counted(measures=["count", "mean"])
    assert found.lines[0].cells[1:] == (1, None)


@pytest.mark.parametrize(("ended", "number"), [(True, 1), (False, 2), (None, 3)])
def test_running_and_finished_cases_are_told_apart(
    play: Play, counted: Any, ended: bool | None, number: int
) -> None:
    filed(play, ended=1)
    filed(play)
    filed(play)
    told = {} if ended is None else {"ended": ended}
    assert counted(**told).totals.cells[-1] == number


def test_months_are_those_of_shanghai(play: Play, counted: Any) -> None:
    last = datetime(2026, 1, 31, 23, 30, tzinfo=SHANGHAI)
    filed(play, submitted_at=last, accepted_at=None)
    filed(play, submitted_at=last + timedelta(hours=1), accepted_at=None)
    found = counted(rows=["month"], period="submitted")
    assert [line.cells[0] for line in found.lines] == ["2026-01", "2026-02"]


def test_a_case_that_was_decided_in_time_is_not_late_because_it_ends_later(
    play: Play, counted: Any
) -> None:
    """Y-99: the limit stops at the decision; suspensions before the acceptance take nothing off."""
    start = datetime(2026, 2, 2, 9, tzinfo=SHANGHAI)
    lines = (("suspend", "*", -5), ("resume", "*", -3), ("start", "statutory", 0))
    for stops in (2, None):
        case = filed(play)

        def command(session: Any, case: int = case, stops: int | None = stops) -> None:
            row = session.get_one(Case, case)
            row.submitted_at = row.accepted_at = start
            row.ended_at, row.due_on = start + timedelta(days=4), date(2026, 2, 4)
            for event, limit, day in (*lines, *([("stop", "statutory", stops)] if stops else [])):
                at = start + timedelta(days=day)
                session.add(ClockEntry(case_id=case, limit=limit, event=event, effective_at=at))
                session.flush()

        play.run(command)
    found = counted(measures=["count", "mean", "in_time", "overdue"])
    assert found.lines[0].cells[1:] == (2, 4.0, 1, 1)


def test_what_has_to_be_accepted_is_counted_once_it_is(play: Play, counted: Any) -> None:
    """Y-98."""
    filed(play)
    filed(play, accepted_at=None)
    assert counted().totals.cells[-1] == 2
    assert counted(accepted=["yacht_exam"]).totals.cells[-1] == 2
    assert counted(accepted=["yacht_licence"]).totals.cells[-1] == 1


def test_a_case_without_an_outcome_counts_by_its_status_where_that_has_a_word(
    play: Play, counted: Any
) -> None:
    """Y-100."""
    filed(play, ended=1)
    filed(play, ended=1, status="withdrawn")
    filed(play, ended=1, outcome="issued")
    words = {"issued": "发证", "completed": "办结", "": "其他"}
    found = counted(columns="outcome", labels={"outcome": words}, ended=True)
    assert {column.title for column in found.columns[1:]} == {*words.values(), "合计"}
    assert found.lines[0].cells[1:] == (1, 1, 1, 3)
