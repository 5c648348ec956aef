"""The statistics of real-estate business: queries by city and month, cases and their time.

Requirements P-74, P-75, P-76.
"""

from typing import Any

import pytest

from bpmn.property import story
from bpmn.property.prop_info_query.test_prop_info_query import approved, created, replied
from processes import statistics
from processes.play import Play
from processes.statistics import Asked, Table


def table(play: Play, statistic: str, as_: str, **asked: Any) -> Table:
    who = play.user(as_)
    return play.run(
        lambda session: statistics.table(session, statistic, by=who, asked=Asked(**asked))
    )


def cells(found: Table) -> dict[str, tuple[Any, ...]]:
    return {str(line.cells[0]): line.cells[1:] for line in found.lines}


@pytest.fixture
def answered(play: Play) -> Play:
    """A query that one city answered and the other did not."""
    approved(play)
    replied(play, "prop_executor")
    return play


def test_the_creator_sees_which_city_answered(answered: Play) -> None:
    """P-75: 数据统计分析."""
    found = table(answered, "stat_query_tasks", "prop_creator")
    titles = [column.title for column in found.columns][1:]
    by_city = {
        city: dict(zip(titles, counts, strict=True)) for city, counts in cells(found).items()
    }
    assert by_city["西安市不动产登记局"]["已答复"] == 1
    assert by_city["渭南市不动产登记局"]["已分发"] == 1


def test_queries_are_counted_by_the_month_they_ended_in(play: Play) -> None:
    """P-74: 趋势图表展示."""
    case = created(play)
    case.complete("approve", as_="prop_approver", decision="refuse", reason="范围过大")
    found = table(play, "stat_query_trend", "prop_creator", by="month")
    assert found.lines[0].cells[-1] == 1


def test_cases_of_the_window_are_counted_by_kind_and_channel(play: Play) -> None:
    """P-75, P-76: the table is what is exported."""
    story.applied(play)
    for by in ("org", "kind", "channel", "month"):
        assert len(table(play, "stat_one_window", "prop_reviewer", by=by).lines) == 1
