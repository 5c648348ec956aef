"""The pages of statistics: who reaches them, the chart beside its table, the same numbers by API."""

from collections.abc import Callable, Sequence
from itertools import pairwise

import pytest
import yaml
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st

from engine import clock
from processes import statistics
from processes.statistics import Column, Line, Table
from processes.statistics.definition import _catalogue
from web import charts, timelines
from web.charts import Chart
from web.timelines import Timeline

TOLD = {
    "statistic": "stat_x",
    "title": "办件统计",
    "title_en": "Cases",
    "note": "各业务的件数",
    "roles": ["licence_manager"],
    "cases": ["yacht_"],
    "rows": ["process", "org"],
    "columns": "status",
    "period": "submitted",
}


@pytest.fixture(autouse=True)
def told(monkeypatch: pytest.MonkeyPatch) -> None:
    """A statistic for the manager of the licences."""
    one = statistics.read(yaml.safe_dump(TOLD).encode(), "stat_x.yaml")
    monkeypatch.setitem(_catalogue, one.id, one)


def test_the_page_shows_the_chart_and_the_table_of_its_numbers(
    filed: Callable[[], int], as_: Callable[[str], FlaskClient]
) -> None:
    filed()
    page = as_("manager").get("/statistics/stat_x").text
    for part in ("<svg", 'role="img"', "<tfoot>", "各业务的件数", "已收件"):
        assert part in page
    assert "submitted" not in page


def test_the_choice_of_the_reader_stays_chosen(
    filed: Callable[[], int], as_: Callable[[str], FlaskClient]
) -> None:
    filed()
    page = as_("manager").get("/statistics/stat_x?by=org&since=2026-01-01&until=nonsense").text
    assert '<option value="org" selected>' in page
    assert 'name="since" value="2026-01-01"' in page


def test_a_statistic_narrowed_on_the_page_is_the_same_in_the_file_and_by_api(
    filed: Callable[[], int], as_: Callable[[str], FlaskClient], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Y-99: the filter stays chosen, is taken along by the export, and is a parameter of the API."""
    filed()
    one = statistics.read(yaml.safe_dump({**TOLD, "filters": ["org"]}).encode(), "stat_x.yaml")
    monkeypatch.setitem(_catalogue, one.id, one)
    client = as_("manager")
    page = client.get("/statistics/stat_x?org=370001").text
    assert "org=370001&amp;format=csv" in page
    assert '<option value="370001" selected>' in page
    numbers = client.get("/api/v1/statistics/stat_x?org=370001").json
    assert numbers["totals"] == client.get("/api/v1/statistics/stat_x").json["totals"]
    assert client.get("/api/v1/statistics/stat_x?weather=fine").status_code == 422


def test_the_statistic_of_others_is_not_there(as_: Callable[[str], FlaskClient]) -> None:
    acceptor = as_("acceptor")
    assert acceptor.get("/statistics/stat_x").status_code in (403, 404)
    assert as_("manager").get("/statistics/nothing").status_code == 404
    assert "办件统计" in as_("manager").get("/statistics").text


def made(chart: str, cells: Sequence[tuple[object, ...]], drawn: list[int]) -> Table:
    """A table of two columns of numbers."""
    one = statistics.read(yaml.safe_dump({**TOLD, "chart": chart}).encode(), "x.yaml")
    columns = [Column("a", "甲", "text"), Column("b", "乙"), Column("c", "丙")]
    lines = [Line(str(at), tuple(row)) for at, row in enumerate(cells)]  # type: ignore[arg-type]
    return Table(
        statistic=one, columns=columns, lines=lines, totals=None, as_of=clock.today(), drawn=drawn
    )


def test_the_file_carries_the_numbers_of_the_page(
    filed: Callable[[], int], as_: Callable[[str], FlaskClient]
) -> None:
    filed()
    client = as_("manager")
    sheet = client.get("/statistics/stat_x?by=process&format=csv").data.decode("utf-8-sig")
    head, line, total = sheet.strip().splitlines()
    assert head.startswith("业务,")
    assert line.split(",")[-1].strip('"=') == total.split(",")[-1].strip('"=') != "0"
    assert client.get("/statistics/stat_x?format=xlsx").data.startswith(b"PK")


def test_bars_are_as_long_as_their_numbers() -> None:
    chart = charts.draw(made("stack", [("甲", 3, 1), ("乙", 2, 0), ("零", 0, 0)], [1, 2]))
    assert isinstance(chart, Chart)
    first, second = chart.rows
    assert [round(bar.width / first.pieces[1].width) for bar in first.pieces] == [3, 1]
    assert (second.total, len(second.pieces)) == ("2", 1)
    assert [name for _colour, name in chart.legend] == ["乙", "丙"]


def test_bars_beside_each_other_share_one_scale() -> None:
    chart = charts.draw(made("bar", [("甲", 10, 5)], [1, 2]))
    assert isinstance(chart, Chart)
    widths = [row.pieces[0].width for row in chart.rows]
    assert widths[0] == 2 * widths[1]
    assert [row.label for row in chart.rows] == ["甲", ""]


def test_what_is_too_much_to_draw_is_told_and_nothing_is_not_drawn() -> None:
    many = charts.draw(made("bar", [(str(at), 1, 0) for at in range(40)], [1]))
    assert isinstance(many, Chart)
    assert (len(many.rows), many.left_out) == (35, 5)
    assert charts.draw(made("bar", [("甲", 0, 0)], [1])) is None
    assert charts.draw(made("none", [("甲", 1, 1)], [1])) is None


def test_months_are_columns_in_their_order_and_empty_ones_keep_their_place() -> None:
    cells = [
        ("2026-03", 300, 100),
        ("2025-12", 100, 0),
        ("2026-01", 0, 0),
    ]
    chart = charts.draw(made("stack", cells, [1, 2]))
    assert isinstance(chart, Timeline)
    assert [one.full for one in chart.months] == ["2025-12", "2026-01", "2026-02", "2026-03"]
    assert [len(one.blocks) for one in chart.months] == [1, 0, 0, 2]
    assert [text for _y, text in chart.ticks] == ["0", "100", "200", "300", "400"]
    last, first = chart.months[3].blocks, chart.months[0].blocks[0]
    assert last[0].height == pytest.approx(3 * first.height, abs=0.2)
    assert last[0].y == pytest.approx(last[1].y + last[1].height, abs=0.2)


@given(st.integers(1, 90), st.booleans(), st.floats(1, 1_000_000))
def test_no_column_leaves_the_drawing(months: int, stacked: bool, most: float) -> None:
    cells = [
        (f"{2019 + at // 12}-{at % 12 + 1:02d}", most / (at + 1), most) for at in range(months)
    ]
    chart = charts.draw(made("stack" if stacked else "bar", cells, [1, 2]))
    if not isinstance(chart, Timeline):
        assert months == 1, "one month alone is a bar"
        return
    assert chart.left_out == max(0, months - 60)
    for block in (block for month in chart.months for block in month.blocks):
        assert block.x >= timelines.LEFT
        assert block.x + block.width <= timelines.WIDTH
        assert 0 < block.y <= block.y + block.height <= timelines.FOOT + 0.2
    assert len(chart.ticks) <= 7
    assert chart.months[-1].label, "the latest month is named"
    named = [month.x for month in chart.months if month.label]
    assert named[-1] + timelines.LABEL / 2 <= timelines.WIDTH, "no name is cut off"
    assert all(there - here >= timelines.LABEL for here, there in pairwise(named))


def test_the_api_gives_the_numbers_of_the_page(
    filed: Callable[[], int], as_: Callable[[str], FlaskClient]
) -> None:
    filed()
    client = as_("manager")
    heads = client.get("/api/v1/statistics").get_json()["items"]
    assert "stat_x" in [one["id"] for one in heads]
    found = client.get("/api/v1/statistics/stat_x?by=org").get_json()
    assert found["columns"][0]["kind"] == "text"
    assert sum(line["cells"][-1] for line in found["lines"]) == found["totals"]["cells"][-1]
    assert client.get("/api/v1/statistics/stat_x?since=never").status_code == 422
    assert client.get("/api/v1/statistics/nothing").status_code == 404
