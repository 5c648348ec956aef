"""The clock ledger as a process keeps it: limits, tasks and timers move together (B.2, B.3)."""

from collections.abc import Iterator
from datetime import date
from xml.sax.saxutils import quoteattr

import pytest
from sqlalchemy import select

from engine import clock, compiler, migration, repository, tasks
from engine.errors import DeploymentRejected
from engine.model import Job, Timer
from processes.clock import calendars, explanation
from processes.clock import clock as ledger
from processes.clock.calendars import Change
from processes.clock.counting import Unit
from processes.clock.reckoning import State
from processes.desk import inbox
from processes.model.cases import CaseLimit, ClockEntry
from processes.play import Play, PlayedCase
from tests.engine.core.scenario import Node, boundary, event, user, xml
from tests.play import Player

# plays begin on Monday 2 March 2026 at 09:00
LIMIT = '<banli:limit amount="5" unit="working_days" title="审查期限"/>'


def clocks(*lines: dict[str, str]) -> str:
    made = (
        " ".join(f"{name}={quoteattr(value)}" for name, value in line.items()) for line in lines
    )
    return f"<banli:clocks>{''.join(f'<banli:clock {one}/>' for one in made)}</banli:clocks>"


def marks(*lines: dict[str, str]) -> Node:
    return Node("intermediateThrowEvent", extensions=clocks(*lines))


def due_timer(of: str, before: int | str = 0, at: str = "closing") -> str:
    follows = f'<banli:due of="{of}" before="{before}" at="{at}"/>'
    return (
        f"<timerEventDefinition><extensionElements>{follows}</extensionElements>"
        "<timeDuration>P90D</timeDuration></timerEventDefinition>"
    )


START = {
    "do": "start",
    "limit": "promised",
    "title": "承诺期限",
    "amount": "10",
    "basis": "服务指南第八条",
    "extendMost": "5",
}
SUSPEND = {"do": "suspend", "limit": "*", "reason": "专家评审"}
RESUME = {"do": "resume", "limit": "*"}

MODEL = xml(
    """
    start -> accept -> begun -> review -> done -> end
    soon -> warned -> end2
    late -> passed -> end3
    """,
    key="clocked",
    accept=user(candidateGroups="licence_acceptor@370001"),
    begun=marks(START),
    review=user(LIMIT, candidateGroups="licence_reviewer@370001"),
    soon=boundary("review", due_timer("promised", 2), interrupting=False),
    late=boundary("review", due_timer("node"), interrupting=False),
    pause=Node(
        "subProcess",
        'triggeredByEvent="true"',
        "",
        "",
        "hold -> suspended -> expert -> resumed -> over",
        {
            "hold": event("start", '<messageEventDefinition messageRef="hold_case"/>', 'isInterrupting="false"'),
            "suspended": marks(SUSPEND),
            "expert": user(candidateGroups="licence_reviewer@370001"),
            "resumed": marks(RESUME),
            "over": event("end"),
        },
    ),
    more=Node(
        "subProcess",
        'triggeredByEvent="true"',
        "",
        "",
        "ask -> extended -> told",
        {
            "ask": event("start", '<messageEventDefinition messageRef="extend_case"/>', 'isInterrupting="false"'),
            "extended": marks(
                {"do": "extend", "limit": "promised", "amount": "=more", "reason": "案情复杂"}
            ),
            "told": event("end"),
        },
    ),
    done=marks({"do": "stop", "limit": "promised"}),
    messages={"hold_case": "work_order_no", "extend_case": "work_order_no"},
)  # fmt: skip


@pytest.fixture
def play() -> Iterator[Play]:
    made = Player()
    try:
        made.run(lambda session: repository.deploy(session, {"clocked.bpmn": MODEL}, by="admin"))
        yield made
    finally:
        made.close()


def standing(case: PlayedCase, limit: str = "promised") -> ledger.Standing:
    def read(session: object) -> ledger.Standing:
        found = ledger.standings(session, case.id, org_code="370001")  # type: ignore[arg-type]
        return next(one for one in found if one.limit == limit)

    return case.play.run(read)


def timers(case: PlayedCase) -> dict[str, date]:
    def read(session: object) -> dict[str, date]:
        query = select(Timer).where(Job.instance_id == case.id)
        rows = session.scalars(query).all()  # type: ignore[attr-defined]
        return {row.activity: row.due_at.astimezone(clock.SHANGHAI).date() for row in rows}

    return case.play.run(read)


def task_due(case: PlayedCase, activity: str) -> date | None:
    task = next(one for one in case.tasks if one.activity == activity)
    return task.due_at.astimezone(clock.SHANGHAI).date() if task.due_at else None


def begun(play: Play) -> PlayedCase:
    case = play.start("clocked")
    case.complete("accept", as_="acceptor")
    return case


class TestLedger:
    def test_the_statutory_clock_starts_where_the_model_says(self, play: Play) -> None:
        case = begun(play)
        found = standing(case)
        assert (found.title, found.basis) == ("承诺期限", "服务指南第八条")
        assert found.reckoning.due_on == date(2026, 3, 16)
        assert case.row.due_on == date(2026, 3, 16)

    def test_a_clock_begun_after_hours_counts_from_the_next_working_day(self, play: Play) -> None:
        case = play.start("clocked")
        play.passes(hours=9)
        case.complete("accept", as_="acceptor")
        assert standing(case).reckoning.due_on == date(2026, 3, 17)

    def test_suspension_takes_the_due_dates_away_and_resuming_restores_the_rest(
        self, play: Play
    ) -> None:
        case = begun(play)
        play.passes(working_days=2)
        case.receives("hold_case")
        assert standing(case).reckoning.state is State.SUSPENDED
        assert (task_due(case, "review"), case.row.due_on) == (None, None)
        play.passes(working_days=6)
        assert "warned" not in case.waits_for, "no timer falls due while suspended"
        case.complete("expert", as_="reviewer")
        found = standing(case).reckoning
        assert (found.due_on, found.pauses[0].counted) == (date(2026, 3, 24), 6)
        assert task_due(case, "review") == date(2026, 3, 17)

    def test_a_claimed_task_stays_in_its_hands_when_its_limit_moves(self, play: Play) -> None:
        case = begun(play)
        task = next(one for one in case.tasks if one.activity == "review")
        holder = str(play.user("reviewer").id)
        play.run(lambda session: tasks.claim(session, task.id, by=holder))
        case.receives("hold_case")
        held = next(one for one in case.tasks if one.activity == "review")
        assert (held.id, held.assignee, held.due_at) == (task.id, holder, None)

    def test_timers_follow_their_limit_through_suspension(self, play: Play) -> None:
        case = begun(play)
        assert timers(case) == {"soon": date(2026, 3, 12), "late": date(2026, 3, 9)}
        case.receives("hold_case")
        assert {day.year for day in timers(case).values()} == {9999}
        play.passes(working_days=3)
        case.complete("expert", as_="reviewer")
        assert timers(case) == {"soon": date(2026, 3, 17), "late": date(2026, 3, 12)}

    def test_a_timer_before_the_end_of_the_limit_fires_on_its_day(self, play: Play) -> None:
        case = begun(play)
        play.passes(working_days=5)
        assert case.waits_for == {"review"}
        play.passes(hours=9)
        assert case.waits_for == {"review", "passed"}
        play.passes(working_days=3)
        assert case.waits_for == {"review", "passed", "warned"}

    def test_a_timer_may_wait_for_the_end_of_the_day_and_its_lead_be_computed(
        self, play: Play
    ) -> None:
        model = xml(
            "start -> begun -> review -> end; lead -> e2; over -> e3",
            key="dated",
            begun=marks(START),
            review=user(candidateGroups="licence_reviewer@370001"),
            lead=boundary("review", due_timer("promised", "=days / 2"), interrupting=False),
            over=boundary("review", due_timer("promised", at="midnight"), interrupting=False),
        )
        play.run(lambda session: repository.deploy(session, {"dated.bpmn": model}, by="admin"))
        case = play.start("dated", days=8)
        assert timers(case) == {"lead": date(2026, 3, 10), "over": date(2026, 3, 17)}

    def test_an_extension_moves_the_end_and_keeps_the_old_limit(self, play: Play) -> None:
        case = begun(play)
        case.receives("extend_case", more=5)
        found = standing(case)
        assert (found.reckoning.budget, found.reckoning.due_on) == (10, date(2026, 3, 23))
        assert "经批准延长 5 个工作日" in explanation.explain(found)
        assert timers(case)["soon"] == date(2026, 3, 19)

    @pytest.mark.parametrize("more", [6, 0])
    def test_an_extension_beyond_what_the_law_allows_does_not_happen(
        self, play: Play, more: int
    ) -> None:
        case = begun(play)
        with pytest.raises(ledger.ClockRefused, match="延长"):
            case.receives("extend_case", more=more)
        assert standing(case).reckoning.extended == 0

    def test_a_second_extension_does_not_happen(self, play: Play) -> None:
        case = begun(play)
        case.receives("extend_case", more=2)
        with pytest.raises(ledger.ClockRefused, match="只能延长一次"):
            case.receives("extend_case", more=1)

    def test_the_end_of_the_work_stops_the_clock(self, play: Play) -> None:
        case = begun(play)
        play.passes(working_days=3)
        case.complete("review", as_="reviewer")
        found = standing(case).reckoning
        assert (found.state, found.used) == (State.STOPPED, 3)

    def test_the_copies_of_the_limits_are_what_the_ledger_gives(self, play: Play) -> None:
        case = begun(play)
        with play.session() as session:
            row = session.get(CaseLimit, (case.id, "promised"))
            assert row is not None
            assert (row.state, row.due_at) == ("running", standing(case).reckoning.due_at)
            lines = session.scalars(select(ClockEntry).where(ClockEntry.case_id == case.id)).all()
        assert [(line.event, line.amount) for line in lines] == [("start", 10)]


class TestCalendars:
    def test_an_agency_s_own_day_off_counts_for_its_cases_alone(self, play: Play) -> None:
        storm = [Change(date(2026, 3, 4), is_working=False, name="台风停工")]
        play.run(
            lambda session: calendars.change(
                session, storm, source="市政府通告", by="admin", org_code="370001"
            )
        )
        here = begun(play)
        assert standing(here).reckoning.due_on == date(2026, 3, 17)
        assert task_due(here, "review") == date(2026, 3, 10)

    def test_what_was_counted_on_a_version_can_be_counted_on_it_again(self, play: Play) -> None:
        with play.session() as session:
            first = calendars.change(
                session,
                [Change(date(2026, 3, 4), is_working=False, name="停工")],
                source="通告",
                by="admin",
            )
            calendars.change(
                session, [Change(date(2026, 3, 4), is_working=None)], source="更正", by="admin"
            )
            assert not calendars.of(session, at=first).is_working(date(2026, 3, 4))
            assert calendars.of(session).is_working(date(2026, 3, 4))


class TestMigration:
    def test_limits_and_timers_survive_a_suspension_and_a_move_to_another_version(
        self, play: Play
    ) -> None:
        case = begun(play)
        play.passes(working_days=1)
        with play.session() as session:
            renamed = MODEL.replace(b'name="review"', 'name="审查（新）"'.encode())
            repository.deploy(session, {"clocked.bpmn": renamed}, by="admin")
            last, first = repository.versions(session, "clocked")
            ids = first.id, last.id
        before = (timers(case), task_due(case, "review"), standing(case).reckoning.due_on)
        play.run(lambda session: migration.migrate(session, case.id, *ids, by="admin"))
        assert (timers(case), task_due(case, "review"), standing(case).reckoning.due_on) == before
        assert next(one.name for one in case.tasks if one.activity == "review") == "审查（新）"
        case.receives("hold_case")
        play.passes(working_days=3)
        case.complete("expert", as_="reviewer")
        assert timers(case) == {"soon": date(2026, 3, 17), "late": date(2026, 3, 12)}
        assert task_due(case, "review") == date(2026, 3, 12)


class TestDesk:
    """What the inbox and the task page say of a limit (B.2 红黄灯, B.3)."""

    def row(self, case: PlayedCase, who: str = "reviewer") -> inbox.Row:
        user = case.play.user(who)
        found = case.play.run(lambda session: inbox.page(session, user)).rows
        return next(one for one in found if one.case_id == case.id)

    def test_a_line_of_the_inbox_counts_on_the_calendar_of_its_agency(self, play: Play) -> None:
        here = begun(play)
        assert (self.row(here).remaining, self.row(here).colour) == (5, "green")
        storm = [Change(date(2026, 3, day), is_working=False, name="停工") for day in (3, 4, 5, 6)]
        play.run(
            lambda session: calendars.change(
                session, storm, source="市政府通告", by="admin", org_code="370001"
            )
        )
        assert (self.row(here).remaining, self.row(here).colour) == (1, "amber")

    def test_a_limit_in_hours_is_told_in_hours(self, play: Play) -> None:
        hours = '<banli:limit amount="6" unit="working_hours" title="核验时限"/>'
        model = xml(
            "start -> review -> end",
            key="hourly",
            review=user(hours, candidateGroups="licence_reviewer@370001"),
        )
        play.run(lambda session: repository.deploy(session, {"hourly.bpmn": model}, by="admin"))
        case = play.start("hourly")
        play.passes(hours=2)
        with play.session() as session:
            used = calendars.of(session, "370001")
            found = ledger.of_task(session, case.tasks[0], used=used)
        assert found is not None
        assert (found.reckoning.unit, found.reckoning.left) == (Unit.WORKING_HOURS, 4)
        assert explanation.explain(found).startswith("核验时限 6 个工作小时")

    def test_a_due_date_in_a_year_not_published_is_marked_provisional(self, play: Play) -> None:
        play.rest()
        play.passes(working_days=207)  # 2026-12-31
        case = begun(play)
        assert self.row(case).provisional
        assert standing(case).reckoning.provisional


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ({"do": "begin", "limit": "promised"}, "do（start"),
        ({"do": "start", "limit": "promised"}, "amount"),
        ({"do": "stop"}, "limit"),
    ],
)
def test_an_incomplete_clock_is_refused_at_deployment(line: dict[str, str], message: str) -> None:
    with pytest.raises(DeploymentRejected, match="期限操作") as refused:
        compiler.compile({"x.bpmn": xml("start -> a -> end", a=user(clocks(line)))})
    assert message in str(refused.value)
