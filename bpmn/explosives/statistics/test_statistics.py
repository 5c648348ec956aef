"""The seven statistics of explosives training, counted over what really happened in a play."""

from typing import Any

import pytest

from bpmn.explosives import story
from engine.errors import NotFound
from processes import registers, statistics
from processes.play import Play
from processes.statistics import Asked, Table

WHO = {
    "stat_due_training": {"ministry", "association", "province", "group", "enterprise"},
    "stat_warning": {"ministry", "association", "province", "group", "enterprise"},
    "stat_class_year": {"ministry", "association", "province"},
    "stat_renew_scores": {"ministry", "association"},
    "stat_class_trainees": {"ministry", "association", "province"},
    "stat_unit_summary": {"ministry", "association", "province"},
    "stat_todo": {"ministry", "association", "province", "group", "enterprise", "institution"},
}


def table(play: Play, statistic: str, as_: str, **asked: Any) -> Table:
    """A statistic as somebody sees it."""
    who = play.user(as_)
    return play.run(
        lambda session: statistics.table(session, statistic, by=who, asked=Asked(**asked))
    )


def numbers(found: Table) -> dict[str, dict[str, Any]]:
    """The numbers that are not nought, by line and column."""
    return {
        str(line.cells[0]): {
            column.title: cell
            for column, cell in zip(found.columns[1:], line.cells[1:], strict=True)
            if cell
        }
        for line in found.lines
    }


@pytest.mark.parametrize("kind", sorted(set().union(*WHO.values())))
def test_each_user_kind_has_exactly_its_statistics(play: Play, kind: str) -> None:
    """E-81, E-82, E-86, E-88."""
    offered = {one.id for one in statistics.offered(play.user(f"expl_{kind}"))}
    assert offered == {name for name, kinds in WHO.items() if kind in kinds}
    for name in WHO.keys() - offered:
        with pytest.raises(NotFound):
            table(play, name, f"expl_{kind}")


def warned(play: Play, unit: str, province: str, level: str, selection: str) -> None:
    """A line of the ledger of warnings."""
    values = {
        "person_no": f"{unit}-{level}-{selection}",
        "name": "人员",
        "unit": unit,
        "province_org": province,
        "level": level,
        "selection": selection,
        "as_of": "2026-03-02",
    }
    trace = registers.Trace(by="test")
    play.run(lambda session: registers.create(session, "expl_warning", values, trace=trace))


def test_who_needs_which_training_by_province_and_unit(play: Play) -> None:
    """E-05, E-06, E-82: each sees the own part."""
    warned(play, "EN370001", "EP370000", "d90", "renew")
    warned(play, "EG370001", "EP370000", "none", "retrain")
    warned(play, "EN320001", "EP320000", "expired", "annul_first")
    whole = table(play, "stat_due_training", "expl_ministry")
    assert numbers(whole) == {
        "山东省民爆行业主管部门": {"换证": 1, "再培训": 1, "合计": 2},
        "江苏省民爆行业主管部门": {"先注销": 1, "合计": 1},
    }
    assert whole.totals is not None
    assert whole.totals.cells[-1] == 3
    assert numbers(table(play, "stat_due_training", "expl_association")) == numbers(whole)
    assert [*numbers(table(play, "stat_due_training", "expl_province_js"))] == [
        "江苏省民爆行业主管部门"
    ]
    by_unit = numbers(table(play, "stat_due_training", "expl_province", by="unit"))
    assert by_unit == {
        "鲁岳民爆集团": {"再培训": 1, "合计": 1},
        "泰安民爆器材厂": {"换证": 1, "合计": 1},
    }
    assert numbers(table(play, "stat_due_training", "expl_enterprise", by="unit")) == {
        "泰安民爆器材厂": {"换证": 1, "合计": 1}
    }
    assert len(numbers(table(play, "stat_due_training", "expl_group", by="unit"))) == 2


def test_warnings_count_only_those_who_are_warned(play: Play) -> None:
    """E-03."""
    warned(play, "EN370001", "EP370000", "d30", "renew")
    warned(play, "EN370001", "EP370000", "none", "retrain")
    assert numbers(table(play, "stat_warning", "expl_province")) == {
        "山东省民爆行业主管部门": {"30 天内到期": 1, "合计": 1}
    }


def test_the_table_of_the_years_classes_with_its_pass_rate(play: Play) -> None:
    """E-86."""
    one = story.approved(play)
    other = story.approved(play, name="另一人", id_no="370902198001010035")
    case = story.opened(play)
    story.confirmed(story.enrolled(play, case.variables["class_no"], one, other))
    story.checked_in(case)
    story.scored(case, 80, 另一人=40)
    story.confirmed_scores(case)
    found = table(play, "stat_class_year", "expl_ministry", year="2026")
    line = numbers(found)["安全资格培训班"]
    wanted = {
        "报名人数": 2,
        "确认人数": 2,
        "报到人数": 2,
        "合格人数": 1,
        "合格率": 0.5,
        "类型": "取证",
    }
    assert {name: line[name] for name in wanted} == wanted
    assert line["发布单位"] == "民爆行业协会"
    assert table(play, "stat_class_year", "expl_province").lines == []
    trainees = numbers(table(play, "stat_class_trainees", "expl_province"))
    assert trainees == {"安全资格培训班": {"合格": 1, "不合格": 1, "合计": 2}}


def test_renewal_trainees_and_their_scores(play: Play) -> None:
    """E-85."""
    one = story.approved(play)
    story.holding(play, one, expires_on="2026-09-30")
    case = story.opened(play, "renew")
    story.confirmed(story.enrolled(play, case.variables["class_no"], one))
    story.checked_in(case)
    story.scored(case, 91)
    story.confirmed_scores(case)
    (line,) = table(play, "stat_renew_scores", "expl_ministry").lines
    assert line.cells[0] == "安全员"
    assert {91, "合格", "泰安民爆器材厂"} <= set(line.cells)


def test_units_by_province_and_kind(play: Play) -> None:
    """E-82: 单位信息汇总."""
    whole = numbers(table(play, "stat_unit_summary", "expl_ministry"))
    assert whole["山东省民爆行业主管部门"] == {"集团": 1, "企业": 1, "合计": 2}
    assert [*numbers(table(play, "stat_unit_summary", "expl_province"))] == [
        "山东省民爆行业主管部门"
    ]


def test_what_waits_for_the_reader_by_step(play: Play) -> None:
    """E-82: 业务待办情况."""
    story.entered(play)
    assert numbers(table(play, "stat_todo", "expl_province")) == {
        "审批人员信息": {"未超期": 1, "合计": 1}
    }
    play.passes(working_days=6)
    assert numbers(table(play, "stat_todo", "expl_province", by="process")) == {
        "人员录入与审批": {"已超期": 1, "合计": 1}
    }
    assert table(play, "stat_todo", "expl_province_js").lines == []
