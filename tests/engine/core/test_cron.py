"""Timer cycles written as cron, as Camunda 8 takes them: fields, macros, days counted from the end."""

from datetime import UTC, datetime, timedelta

import pytest

from engine import clock, compiler, cron
from engine.timers import schedule
from tests.engine.core.scenario import Case, boundary, event, timer, xml

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=clock.SHANGHAI)  # a Monday


@pytest.mark.parametrize(
    ("text", "due"),
    [
        ("0 0 9 * * *", "2026-03-03 09:00"),
        ("0 30 17 * * MON-FRI", "2026-03-02 17:30"),
        ("0 0 9-17/4 * * ?", "2026-03-02 13:00"),
        ("0 */15 * * * *", "2026-03-02 12:15"),
        ("0 5/20 12 * * *", "2026-03-02 12:05"),
        ("0 0 0 1 * *", "2026-04-01 00:00"),
        ("0 0 0 1 JAN *", "2027-01-01 00:00"),
        ("0 0 8 L * *", "2026-03-31 08:00"),
        ("0 0 8 L-1 * *", "2026-03-30 08:00"),
        ("0 0 8 LW 5 *", "2026-05-29 08:00"),
        ("0 0 8 15W 8 *", "2026-08-14 08:00"),
        ("0 0 8 1W 8 *", "2026-08-03 08:00"),
        ("0 0 8 31W * *", "2026-03-31 08:00"),
        ("0 0 8 * * 5L", "2026-03-27 08:00"),
        ("0 0 8 * * MON#2", "2026-03-09 08:00"),
        ("0 0 8 * * 0", "2026-03-08 08:00"),
        ("0 0 8 * * 7", "2026-03-08 08:00"),
        ("0 0 8 * * SAT-MON", "2026-03-07 08:00"),
        ("0 0 8 13 * FRI", "2026-03-13 08:00"),
        ("0 0 8 29 2 MON", "2044-02-29 08:00"),
        ("0 0 8,20 2,5 * *", "2026-03-02 20:00"),
        ("@daily", "2026-03-03 00:00"),
        ("@hourly", "2026-03-02 13:00"),
        ("@weekly", "2026-03-08 00:00"),
        ("@monthly", "2026-04-01 00:00"),
        ("@yearly", "2027-01-01 00:00"),
    ],
)
def test_the_next_time_of_a_cron_cycle(text, due):
    found = schedule("cycle", text, NOW).due_at
    assert f"{found.astimezone(clock.SHANGHAI):%Y-%m-%d %H:%M}" == due


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("0 60 * * * *", "分"),
        ("0 0 24 * * *", "时"),
        ("0 0 0 0 * *", "日"),
        ("0 0 0 * 13 *", "月"),
        ("0 0 0 * * FRX", "星期"),
        ("0 0 0 32W * *", "日"),
        ("* * * * * *", "60 秒"),
        ("0/30 * * * * *", "60 秒"),
        ("0 0 0 30 2 *", "永远不会"),
        ("0 0 17-9 * * *", "时"),
        ("0 0/0 * * * *", "分"),
        ("@never", "六项"),
        ("0 0 9 * *", "周期"),
        (f"0 {'1,' * 60}2 * * * *", "100 字"),
    ],
)
def test_what_is_no_cron_cycle_is_refused_by_its_field(text, reason):
    with pytest.raises(ValueError, match=reason):
        schedule("cycle", text, NOW)


def test_a_cron_cycle_leaves_out_what_it_missed():
    first = schedule("cycle", "0 0 9 * * *", NOW)
    assert first.left == -1
    later = first.next(NOW + timedelta(days=10))
    assert later is not None
    assert later.due_at == datetime(2026, 3, 13, 1, 0, tzinfo=UTC)
    assert cron.is_cron("0 0 9 * * *")
    assert not cron.is_cron("R/PT1H")


def test_a_reminder_may_come_every_working_day():
    model = xml(
        "start -> a -> end; r -> b -> end",
        r=boundary("a", timer("cycle", "0 0 9 * * MON-FRI"), interrupting=False),
    )
    with clock.travel(NOW.replace(day=6)):
        case = Case(model)
        assert case.wait("r").due_at == datetime(2026, 3, 9, 1, 0, tzinfo=UTC)
        assert case.wait("r").repeat == "0 0 9 * * MON-FRI"
    with clock.travel(datetime(2026, 3, 9, 1, 0, tzinfo=UTC)):
        case.fire("r")
        assert case.wait("r").due_at == datetime(2026, 3, 10, 1, 0, tzinfo=UTC)


def test_a_wrong_cron_cycle_is_found_at_deployment():
    data = xml("x -> a -> end", x=event("start", timer("cycle", "0 0 25 * * *")))
    found = compiler.check({"m.bpmn": data})
    assert [one.element for one in found if one.code == "timer_text"] == ["x"]
