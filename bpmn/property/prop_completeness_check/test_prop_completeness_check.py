"""接入数据完整性比对: compared every day, judged by the rule, corrected where it is red.

Requirements P-57, P-58, P-82.
"""

from datetime import date
from typing import Any

import pytest

from bpmn.property import story
from engine.clock import SHANGHAI
from processes import statistics
from processes.play import Play, PlayedCase
from processes.statistics import Asked
from processes.statistics.checking import COLOURS
from web import charts

CHECK = "prop_completeness_check"
ALL: dict[str, Any] = {"source_count": 400, "platform_count": 400}
OTHERS = ("PR610100", "PR610300", "PR610400")
"""The cities that are asked before the last one, 渭南."""


@pytest.fixture
def play(play: Play) -> Play:
    """With the check awake, which begins every morning and rests elsewhere."""
    play.wake(CHECK)
    return play


def begun(play: Play) -> PlayedCase:
    return play.apply(CHECK, as_="prop_data", day="2026-03-02")


def compared(play: Play, last: dict[str, Any] = ALL) -> PlayedCase:
    """Each of the cities answered, one after the other; only the last one otherwise."""
    case = begun(play)
    for one in (*[ALL] * len(OTHERS), last):
        case.works("base_platform.completeness", **one)
    return case


def colours(play: Play, day: str = "2026-03-02") -> dict[str, str]:
    held = story.records(play, "completeness_snapshot")
    return {one["region"]: one["colour"] for one in held if str(one["day"]) == day}


def test_a_day_on_which_all_arrived_is_green_and_done(play: Play) -> None:
    """P-57: 检查接入数据是否全覆盖."""
    case = compared(play)
    assert (case.ended, case.row.outcome) == ("compared", "complete")
    assert colours(play) == dict.fromkeys((*OTHERS, "PR610500"), "green")
    assert case.letters == ["letter_completeness_report"]
    assert "接入数据完整性报告" in story.notices_of(play, "prop_data")


def test_a_city_in_red_says_why_sends_again_and_is_verified(play: Play) -> None:
    """P-57: red asks the city for a correction, verified by the province."""
    lacking = {**ALL, "platform_count": 390, "missing": ["DB1", "DB2"], "delayed_hours": 30}
    case = compared(play, lacking)
    assert colours(play)["PR610500"] == "red"
    assert case.waits_for == {"correct"}
    said = {"cause": "前置机停机", "measures": "重启并补传", "resent": 10}
    case.complete("correct", as_="prop_access", **said)
    assert [one.name for one in case.tasks] == ["复核整改（渭南市不动产登记局）"]
    case.complete("verify", as_="prop_data", decision="again", note="仍缺 1 条")
    case.complete("correct", as_="prop_access", **said)
    case.complete("verify", as_="prop_data", decision="ok")
    assert (case.ended, case.row.outcome) == ("corrected", "rectified")
    held = story.record(play, "completeness_snapshot", "2026-03-02-PR610500")
    assert (held["status"], held["cause"]) == ("rectified", "前置机停机")


def test_a_city_not_yet_connected_is_named_so(play: Play) -> None:
    """P-85: 渭南市尚未接入."""
    case = begun(play)
    for _city in OTHERS:
        case.works("base_platform.completeness", **ALL)
    case.fails("base_platform.completeness", code="unknown_region")
    assert colours(play)["PR610500"] == "none"
    assert case.ended == "compared"


def test_comparing_a_day_again_adds_nothing(play: Play) -> None:
    compared(play)
    compared(play)
    assert len(story.records(play, "completeness_snapshot")) == 4


def test_it_runs_by_itself_every_morning_for_the_day_before(play: Play) -> None:
    play.passes(days=1)
    case = play.case(CHECK)
    began = play.run(lambda _session: case.row.submitted_at)
    today = began.astimezone(SHANGHAI).date()
    assert case.variables["day"] == date.fromordinal(today.toordinal() - 1)


def test_the_months_and_cities_are_counted_by_colour(play: Play) -> None:
    """P-58: 以图表的形式直观展示各市县."""
    compared(play, {**ALL, "platform_count": 399})
    who = play.user("prop_data")
    for by, expected in (("region", 4), ("month", 1)):
        asked = Asked(by=by)
        found = play.run(
            lambda session, asked=asked: statistics.table(
                session, "stat_completeness", by=who, asked=asked
            )
        )
        assert len(found.lines) == expected
        assert {column.title for column in found.columns} >= {"绿", "黄"}


def test_the_chart_shows_red_in_red(play: Play) -> None:
    """P-58: a reader sees at once where something is missing."""
    compared(play, {**ALL, "delayed_hours": 30})
    who = play.user("prop_data")
    table = play.run(
        lambda session: statistics.table(session, "stat_completeness", by=who, asked=Asked())
    )
    drawn = charts.draw(table)
    assert drawn is not None
    assert {name: COLOURS[colour] for colour, name in drawn.legend} == {
        "绿": "green",
        "黄": "amber",
        "红": "red",
        "未接入": "grey",
    }
