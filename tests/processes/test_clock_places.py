"""Clocks beside each other, and what a return does to them (B.2 特别程序/挂起, 补正; B.3, 1 and 4; A.3)."""

from collections.abc import Iterator
from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine import repository
from engine.clock import SHANGHAI
from processes.casework import cases
from processes.clock import clock as ledger
from processes.clock.reckoning import Event, State, reckon
from processes.movement import movement, recounting
from processes.movement.movement import Order
from processes.play import Play, PlayedCase
from tests.engine.core.scenario import Node, boundary, call, each, event, user, xml
from tests.play import Player
from tests.processes.test_clock import PUBLISHED, line, noon, worked
from tests.processes.test_clocking import START, due_timer, marks

# plays begin on Monday 2 March 2026 at 09:00
OWN = {"do": "start", "limit": "applicant", "title": "补正期限", "amount": "=days", "own": "true"}
PAUSE = {"do": "suspend", "limit": "*", "reason": "=cause"}
ON = {"do": "resume", "limit": "*"}
ALLOW = '<banli:operations allow="claim complete return"/>'


def desk(role: str = "licence_reviewer", more: str = "") -> Node:
    return user(ALLOW + more, candidateGroups=f"{role}@370001")


NOTICE = xml(
    "start -> told -> answer -> over -> end; late -> gone",
    key="noticed",
    told=marks(OWN, PAUSE),
    answer=desk(),
    late=boundary("answer", due_timer("applicant")),
    over=marks({"do": "stop", "limit": "applicant"}, ON),
    gone=event("end"),
)
BESIDE = xml(
    "start -> accept -> begun -> notices -> review -> end",
    key="yacht_licence_noticing",
    accept=desk("licence_acceptor"),
    begun=marks(START),
    notices=call("noticed", loop=each("notices", "notice"), io=(
        '<zeebe:ioMapping><zeebe:input source="=notice.days" target="days"/>'
        '<zeebe:input source="=notice.cause" target="cause"/></zeebe:ioMapping>'
    )),
    review=desk(),
)  # fmt: skip
HEARD = xml(
    "start -> review -> call -> approve -> end",
    key="heard",
    review=desk(),
    call=call("hearing"),
    approve=desk("licence_approver"),
)
HEARING = xml(
    "start -> rest -> hear -> on -> end",
    key="hearing",
    rest=marks({**PAUSE, "reason": "听证"}),
    hear=desk(),
    on=marks(ON),
)
ROUND = xml(
    "start -> accept -> begun -> review -> rest -> hear -> on -> end",
    key="round",
    accept=desk("licence_acceptor"),
    begun=marks({**START, "at": "=accepted_on"}),
    review=desk(),
    rest=marks({**PAUSE, "reason": "听证"}),
    hear=desk(),
    on=marks(ON),
)
DATED = xml(
    "start -> accept -> begun -> review -> end",
    key="dated_again",
    accept=desk("licence_acceptor"),
    begun=marks({**START, "at": "=today()"}),
    review=desk(),
)
AGAIN = xml(
    "start -> first -> all -> second -> review -> end",
    key="anew",
    first=marks(START),
    all=marks({"do": "stop", "limit": "*"}),
    second=marks(START),
    review=desk(),
)
HOURLY = xml(
    "start -> review -> end",
    key="calendar_days",
    review=desk(more='<banli:limit amount="5" unit="calendar_days" title="审查期限"/>'),
)


@pytest.fixture
def play() -> Iterator[Play]:
    made = Player()
    models = {"beside": BESIDE, "notice": NOTICE, "heard": HEARD, "hearing": HEARING}
    models |= {"round": ROUND, "anew": AGAIN, "dated": DATED, "days": HOURLY}
    files = {f"{name}.bpmn": text for name, text in models.items()}
    try:
        made.run(lambda session: repository.deploy(session, files, by="admin"))
        yield made
    finally:
        made.close()


def standings(case: PlayedCase) -> list[ledger.Standing]:
    return case.play.run(lambda session: ledger.standings(session, case.id, org_code="370001"))


def of(case: PlayedCase, kind: str = "promised") -> ledger.Standing:
    (found,) = [one for one in standings(case) if one.kind == kind]
    return found


def back(case: PlayedCase, activity: str, to: str, who: str = "reviewer") -> None:
    task = next(one for one in case.tasks if one.activity == activity)
    by = case.play.user(who)
    order = Order(to=to, reason="请补充")
    case.play.run(lambda session: movement.send_back(session, task.id, by=by, order=order))


class TestBesideEachOther:
    NOTICES = [{"days": 4, "cause": "等待税务补正"}, {"days": 9, "cause": "等待住建补正"}]

    def begun(self, play: Play) -> PlayedCase:
        case = play.start("yacht_licence_noticing", notices=self.NOTICES)
        case.complete("accept", as_="acceptor")
        return case

    def test_two_notices_at_the_same_time_have_a_clock_each(self, play: Play) -> None:
        case = self.begun(play)
        own = [one.reckoning.due_on for one in standings(case) if one.kind == "applicant"]
        assert own == [date(2026, 3, 6), date(2026, 3, 13)]

    def test_each_timer_follows_the_clock_of_its_own_notice(self, play: Play) -> None:
        case = self.begun(play)
        play.passes(working_days=5)
        assert [one.activity for one in case.tasks] == ["answer"]
        play.passes(working_days=5)
        assert [one.activity for one in case.tasks] == ["review"]

    def test_the_agency_s_clock_rests_until_the_last_notice_is_answered(self, play: Play) -> None:
        case = self.begun(play)
        play.passes(working_days=2)
        case.complete("answer", as_="reviewer")
        assert of(case).reckoning.state is State.SUSPENDED
        play.passes(working_days=1)
        case.complete("answer", as_="reviewer")
        (pause,) = of(case).reckoning.pauses
        assert (pause.counted, pause.reason) == (3, "等待税务补正、等待住建补正")
        assert of(case).reckoning.due_on == date(2026, 3, 19)

    def test_a_case_suspended_by_hand_rests_beside_its_notices(self, play: Play) -> None:
        case = self.begun(play)
        by = play.user("manager")
        play.run(lambda session: cases.suspend(session, case.id, by=by, reason="核查"))
        play.run(lambda session: cases.resume(session, case.id, by=by, reason="查毕"))
        assert of(case).reckoning.state is State.SUSPENDED

    @settings(deadline=None, max_examples=60)
    @given(
        start=st.dates(date(2004, 1, 1), date(2026, 3, 31)),
        amount=st.integers(1, 30),
        spans=st.lists(st.tuples(st.integers(0, 40), st.integers(0, 30)), min_size=1, max_size=5),
    )
    def test_what_is_not_counted_is_the_union_of_all_suspensions(
        self, start: date, amount: int, spans: list[tuple[int, int]]
    ) -> None:
        """Against plain sets of days, overlapping in any way, 2004–2026."""
        lines, free = [line(1, Event.START, noon(start), amount=amount)], set()
        for place, (wait, length) in enumerate(spans, 1):
            first = start + timedelta(days=wait)
            last = first + timedelta(days=length)
            lines.append(line(2 * place, Event.SUSPEND, noon(first), place=place))
            lines.append(line(2 * place + 1, Event.RESUME, noon(last), place=place))
            free |= {first + timedelta(days=n) for n in range(1, length + 1)}
        counted = [one for one in worked(start, date(2026, 12, 31)) if one not in free]
        found = reckon(lines, PUBLISHED, noon(date(2026, 12, 31)))
        assert found is not None
        assert found.due_on == counted[amount - 1]
        assert sum(one.counted for one in found.pauses) == sum(
            one in free for one in worked(start, date(2026, 12, 31))
        )


class TestMovedBack:
    def test_a_suspension_ends_with_the_called_process_that_is_withdrawn(self, play: Play) -> None:
        case = play.start("heard")
        case.complete("review", as_="reviewer")
        self.lay(case)
        back(case, "hear", "review")
        assert case.waits_for == {"review"}
        assert self.lasting(case) == []

    def test_a_suspension_ends_where_the_way_back_leads_over_its_beginning(
        self, play: Play
    ) -> None:
        case = play.start("round", accepted_on=date(2026, 3, 2))
        case.complete("accept", as_="acceptor")
        case.complete("review", as_="reviewer")
        assert of(case).reckoning.state is State.SUSPENDED
        play.passes(working_days=3)
        back(case, "hear", "review")
        found = of(case).reckoning
        assert (found.state, found.pauses[0].counted) == (State.RUNNING, 3)
        case.complete("review", as_="reviewer")
        assert of(case).reckoning.state is State.SUSPENDED

    def test_a_limit_does_not_begin_anew_because_its_start_is_done_again(self, play: Play) -> None:
        case = play.start("round", accepted_on=date(2026, 3, 2))
        case.complete("accept", as_="acceptor")
        play.passes(working_days=3)
        back(case, "review", "accept")
        case.complete("accept", as_="acceptor")
        assert of(case).reckoning.due_on == date(2026, 3, 16)
        assert [one.event for one in self.lines(case)] == ["start"]

    def test_another_legal_date_given_after_a_return_corrects_the_start(self, play: Play) -> None:
        case = play.start("dated_again")
        case.complete("accept", as_="acceptor")
        play.passes(working_days=3)
        back(case, "review", "accept")
        case.complete("accept", as_="acceptor")
        assert of(case).reckoning.due_on == date(2026, 3, 19)
        assert [one.event for one in self.lines(case)] == ["start", "correct"]

    @staticmethod
    def lines(case: PlayedCase) -> list[ledger.ClockEntry]:
        return case.play.run(lambda session: list(ledger.entries(session, case.id)))

    def lay(self, case: PlayedCase) -> None:
        assert [one.event for one in self.lines(case)] == ["suspend"]

    def lasting(self, case: PlayedCase) -> list[str]:
        events = [one.event for one in self.lines(case)]
        return [] if events.count("suspend") == events.count("resume") else events


def test_a_limit_stopped_together_with_all_may_start_anew(play: Play) -> None:
    case = play.start("anew")
    assert of(case).reckoning.state is State.RUNNING
    events = play.run(lambda session: [one.event for one in ledger.entries(session, case.id)])
    assert events == ["start", "stop", "start"]


def test_the_list_before_a_change_counts_a_task_in_its_own_unit(play: Play) -> None:
    case = play.start("calendar_days")
    by = play.user("admin")
    days = recounting.read_days("2026-03-07 至 2026-03-09 台风停工")
    change = recounting.Proposal(org_code="370001", changes=days, hours=None, source="通告")
    (moved,) = play.run(lambda session: recounting.preview(session, change, by=by))
    assert (moved.before, moved.after) == (date(2026, 3, 9), date(2026, 3, 10))
    play.run(lambda session: recounting.apply(session, change, by=by))
    (task,) = case.tasks
    assert task.due_at is not None
    assert task.due_at.astimezone(SHANGHAI).date() == moved.after
