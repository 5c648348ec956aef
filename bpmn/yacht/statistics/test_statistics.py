"""The three statistics of yacht business, counted over what really happened in a play.

Requirements Y-98, Y-99, Y-100.
"""

import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from bpmn.yacht import story
from engine import clock
from forms.errors import FormInvalid
from processes import statistics
from processes.casework import cases
from processes.play import Play
from processes.statistics import Asked, Table


def table(play: Play, statistic: str, as_: str = "head", **asked: Any) -> Table:
    who = play.user(as_)
    return play.run(
        lambda session: statistics.table(session, statistic, by=who, asked=Asked(**asked))
    )


def cells(found: Table) -> dict[str, tuple[Any, ...]]:
    return {str(line.cells[0]): line.cells[1:] for line in found.lines}


def test_business_in_progress_is_counted_by_agency_and_step(play: Play) -> None:
    """Y-98: 在办业务数量统计, with training, exams and licences; accepted, where that is a step."""
    licence, plan = story.applied(play), story.filed(play)
    story.enrolled(play)
    assert cells(table(play, "stat_in_progress_count"))["山东海事局"][-1] == 1
    story.accept(licence)
    story.accept_plan(plan)
    by_org = cells(table(play, "stat_in_progress_count"))
    assert by_org["山东海事局"][-1] == 3
    by_process = cells(table(play, "stat_in_progress_count", by="process"))
    assert {"培训计划报备", "培训考试", "游艇驾驶证办理"} <= set(by_process)


def test_handling_time_of_certificates_is_given_in_working_days(play: Play) -> None:
    """Y-99: 船员证书办理时限统计."""
    case = story.posted(play)
    case.passes(working_days=3)
    story.verify(case)
    story.issue(case)
    found = table(play, "stat_certificate_time_limit")
    titles = [column.title for column in found.columns]
    assert any("平均" in title for title in titles)
    assert any("超期" in title for title in titles)
    line = cells(found)["山东海事局"]
    assert line[0] == 1
    assert line[1] is not None
    assert float(line[1]) >= 3


def timed(play: Play, till_checked: int = 3) -> None:
    """A licence: a working day with the centre, some till it is checked, two till issued."""
    case = story.granted(play)
    case.passes(working_days=1)
    story.produce(play)
    case.passes(working_days=till_checked)
    story.verify(case)
    case.passes(working_days=2)
    story.issue(case)


def test_handling_time_is_given_step_by_step_against_the_limit_of_each(play: Play) -> None:
    """Y-99: per step; the centre has five working days, the whole stops at the decision."""
    timed(play)
    found = table(play, "stat_certificate_time_limit", by="step")
    assert [line.cells[0] for line in found.lines] == [
        *("受理", "审核", "审批", "制证", "邮寄", "核对（含邮寄）", "发证"),
    ]
    steps = cells(found)
    assert steps["审核"] == (1, 0.0, 0.0, 0.0, 1, 0)
    assert steps["制证"] == (1, 1.0, 1.0, 1.0, 1, 0)
    assert steps["核对（含邮寄）"][:2] == (1, 3.0)
    assert steps["发证"][:2] == (1, 2.0)
    assert found.totals is not None
    assert found.totals.cells == ("全程", 1, 6.0, 6.0, 6.0, 1, 0)


def test_a_step_beyond_its_own_limit_is_overdue_and_the_whole_is_not(play: Play) -> None:
    """Y-99: the check has four working days, the way included."""
    timed(play, till_checked=6)
    found = table(play, "stat_certificate_time_limit", by="step")
    assert cells(found)["核对（含邮寄）"] == (1, 6.0, 6.0, 6.0, 0, 1)
    assert found.totals is not None
    assert found.totals.cells[-2:] == (1, 0)


def test_the_centre_and_the_post_have_a_column_of_their_own(play: Play) -> None:
    """Y-99: 制证 and 邮寄 beside the whole, over every way of counting but by step."""
    timed(play)
    found = table(play, "stat_certificate_time_limit")
    assert [column.title for column in found.columns[-2:]] == ["制证平均工作日", "邮寄平均工作日"]
    centre, post = found.lines[0].cells[-2:]
    assert centre == 1.0
    assert isinstance(post, float)
    assert found.totals is not None
    assert found.totals.cells[-2:] == (centre, post)


def test_the_post_ends_when_the_parcel_came_and_not_when_it_is_checked(play: Play) -> None:
    """Y-99: posted on 3 March it came on the 5th, and lay for three days before somebody looked."""
    case = story.granted(play)
    story.produce(play)
    case.passes(working_days=3)
    came = clock.today()
    case.passes(working_days=3)
    with pytest.raises(FormInvalid):
        story.verify(case, arrived_on=str(clock.today() + timedelta(days=1)))
    story.verify(case, arrived_on=str(came))
    story.issue(case)
    steps = cells(table(play, "stat_certificate_time_limit", by="step"))
    assert steps["邮寄"][:2] == (1, 2.0)
    assert steps["核对（含邮寄）"][:2] == (1, 6.0)


def test_the_time_an_uncollected_card_is_kept_is_nobodys(play: Play) -> None:
    """Y-99: 61 working days till it is put away; what passes then until it is asked for rests."""
    case = story.posted(play)
    story.verify(case)
    case.passes(working_days=61)
    case.complete("store_uncollected", as_="manager", shelf_no="A-01", stored_on="2026-06-05")
    case.passes(days=100)
    case.sends("申请领取证书", delivery="collect")
    case.passes(working_days=2)
    story.issue(case)
    line = cells(table(play, "stat_certificate_time_limit"))["山东海事局"]
    assert line[:5] == (1, 63.0, 63.0, 63.0, 1)


def test_business_handled_is_counted_by_its_end_and_outcome(play: Play) -> None:
    """Y-100: 船员业务办理统计, filings and exams included."""
    case = story.applied(play)
    story.accept(case, "refuse", reason="不属本业务")
    story.examined(play, 90, 90, 90)
    by_process = cells(table(play, "stat_business_handled", by="process"))
    assert by_process["游艇驾驶证办理"][-1] == 1
    assert by_process["培训考试"][-1] == 1


def test_an_administrator_counts_the_cases_he_may_not_open(play: Play) -> None:
    """Y-98: a number shows nobody a case; the roles of the statistic say who counts."""
    story.accept(story.applied(play))
    for who in ("head", "admin", "hq_admin"):
        assert cells(table(play, "stat_in_progress_count", who))["山东海事局"][-1] == 1
    unseen = play.run(lambda s: cases.search(s, by=play.user("admin"), text="游艇驾驶证"))
    assert not unseen


def test_of_many_outcomes_only_those_that_occurred_have_a_column(play: Play) -> None:
    """Y-100: the table stays as wide as a page."""
    story.accept(story.applied(play), "refuse", reason="不属本业务")
    found = table(play, "stat_business_handled")
    assert [column.title for column in found.columns] == ["机构", "不予受理", "合计"]


def test_business_without_a_decision_counts_as_done_and_not_as_something_else(play: Play) -> None:
    """Y-100: an examination ends without an outcome of its own."""
    story.examined(play, 90, 90, 90)
    found = table(play, "stat_business_handled")
    assert [column.title for column in found.columns] == ["机构", "办结", "合计"]


@pytest.mark.parametrize(
    "statistic", ["stat_in_progress_count", "stat_certificate_time_limit", "stat_business_handled"]
)
def test_a_local_bureau_counts_only_its_own(play: Play, statistic: str) -> None:
    """Y-98, Y-99, Y-100: 地方局 own, 直属局 with its branches, 部局 all."""
    story.applied(play)
    assert cells(table(play, statistic, "local_admin")) == {}
    assert statistics.offered(play.user("hq_admin"))


def test_every_outcome_of_the_yacht_processes_has_a_word_in_the_statistic() -> None:
    """Y-100: no code of a model stands over a column."""
    yacht = Path(__file__).parents[1]
    said: set[str] = set()
    for model in yacht.glob("*/*.bpmn"):
        for line in model.read_text("utf-8").splitlines():
            if 'target="case_outcome"' in line or 'resultVariable="case_outcome"' in line:
                said |= set(re.findall(r"='=\"(\w+)\"'", line))
    told = yaml.safe_load((yacht / "statistics/stat_business_handled.yaml").read_text("utf-8"))
    assert {"in_use", "annulled_uncollected"} <= said <= told["labels"]["outcome"].keys()
