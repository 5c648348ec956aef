"""How a letter is set on its paper (GB/T 9704-2012): columns of tables, lines over the page."""

import io
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pypdf import PdfReader

from processes.letters import Template, columns, paper, read
from processes.letters.drawn import Drawing

POINTS = st.lists(
    st.tuples(st.floats(1, 300, width=16), st.floats(0, 120, width=16)), min_size=1, max_size=8
)


@given(given=POINTS)
def test_a_column_gets_what_it_needs_from_those_that_can_give(
    given: list[tuple[float, float]],
) -> None:
    wanted, needed = [want for want, _ in given], [need for _, need in given]
    found = columns.fitted(wanted, needed)
    assert sum(found) == pytest.approx(sum(wanted))
    if sum(needed) <= sum(wanted):
        assert all(width >= need - 1e-6 for width, need in zip(found, needed, strict=True))
    else:
        assert found == wanted


def test_words_and_dates_that_stay_whole() -> None:
    assert [columns.whole(one) for one in ("序号", "2026年12月31日", "江苏地方海事局")] == [
        True,
        True,
        False,
    ]


def table() -> Template:
    return read(
        """letter: t
title: 升级通知
body:
  - table:
      rows: rows
      columns:
        - {title: 序号, width: 4, value: "{{ position }}"}
        - {title: 工作内容, width: 84, value: "{{ row.what }}"}
        - {title: 完成日期, width: 12, value: "{{ row.on }}"}
signature: 局
""".encode(),
        "t.yaml",
    )


def drawn(used: Template, **values: Any) -> Drawing:
    return paper.draw(used, {"issued_on": date(2026, 12, 31), **values}, images=lambda _digest: b"")


def lines_of(made: Drawing) -> list[str]:
    return [
        line.strip()
        for page in PdfReader(io.BytesIO(made.content)).pages
        for line in page.extract_text().splitlines()
    ]


def test_a_heading_and_a_date_of_a_table_stand_on_one_line() -> None:
    row = {"what": "完成开发和内部测试，整理传输需求" * 3, "on": date(2026, 12, 28)}
    lines = lines_of(drawn(table(), rows=[row]))
    assert any("序号" in line for line in lines)
    assert any("2026年12月28日" in line for line in lines)


def letter(lines: int) -> Template:
    body = "".join("  - text: 本机关决定如下。\n" for _ in range(lines))
    return read(f"letter: t\ntitle: 通知\nbody:\n{body}signature: 局\n".encode(), "t.yaml")


def test_a_letter_a_few_lines_too_long_is_set_tighter_on_one_page() -> None:
    pages = [drawn(letter(lines)).pages for lines in range(1, 30)]
    assert pages == sorted(pages)
    assert pages.index(2) == 22  # 17 at the usual distance of lines


def test_a_letter_of_many_pages_keeps_its_lines_apart() -> None:
    assert drawn(letter(110)).pages == 5
