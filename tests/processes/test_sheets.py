"""Tables in and out: text stays text, bounds hold, nothing becomes a formula."""

import csv
import io
import zipfile
from datetime import date, datetime

import pytest
import python_calamine
import xlsxwriter
from hypothesis import given
from hypothesis import strategies as st

from processes.ledgers import sheets
from processes.ledgers.sheets import SheetRefused

PRINTED = st.text(st.characters(codec="utf-8", categories=["L", "N", "P", "S", "Zs"]), max_size=20)


def workbook(*rows: list[object]) -> bytes:
    written = io.BytesIO()
    book = xlsxwriter.Workbook(written, {"in_memory": True, "default_date_format": "yyyy-mm-dd"})
    sheet = book.add_worksheet()
    for number, row in enumerate(rows):
        for column, value in enumerate(row):
            sheet.write(number, column, value)
    book.close()
    return written.getvalue()


@given(st.lists(st.lists(PRINTED, min_size=2, max_size=2), max_size=8))
def test_what_is_written_as_xlsx_is_read_back_as_the_same_text(rows: list[list[str]]) -> None:
    table = sheets.read(sheets.xlsx("表", ["甲", "乙"], rows))
    kept = [[cell.strip() for cell in row] for row in rows if any(cell.strip() for cell in row)]
    assert [[line.cells["甲"], line.cells["乙"]] for line in table.lines] == kept


@given(st.lists(st.lists(PRINTED, min_size=2, max_size=2), max_size=8))
def test_no_field_of_a_csv_begins_as_a_formula_does(rows: list[list[str]]) -> None:
    content = sheets.as_csv(["甲", "乙"], rows)
    fields = [cell for row in csv.reader(io.StringIO(content.decode("utf-8-sig"))) for cell in row]
    assert not [cell for cell in fields if cell.startswith(("=", "+", "-", "@", "\t", "\r"))]


@pytest.mark.parametrize("text", ["=1+1", "@SUM(A1)", "http://a.example", "00123", "3.10"])
def test_a_cell_of_a_workbook_is_text_whatever_it_looks_like(text: str) -> None:
    made = sheets.xlsx("表", ["列"], [[text]])
    book = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(made))
    assert book.get_sheet_by_index(0).to_python() == [["列"], [text]]
    with zipfile.ZipFile(io.BytesIO(made)) as archive:
        assert b"<f>" not in archive.read("xl/worksheets/sheet1.xml")


def test_numbers_and_dates_of_a_spreadsheet_are_read_as_people_write_them() -> None:
    table = sheets.read(
        workbook(
            ["整数", "小数", "日期", "时刻"],
            [12, 60.5, date(2026, 3, 1), datetime(2026, 3, 1, 9, 30)],
        )
    )
    cells = table.lines[0].cells
    assert (cells["整数"], cells["小数"], cells["日期"]) == ("12", "60.5", "2026-03-01")


def test_an_identity_number_that_a_spreadsheet_has_rounded_is_not_taken_for_right() -> None:
    cell = sheets.read(workbook(["证件号码"], [370102198001010015])).lines[0].cells["证件号码"]
    assert not cell.isdigit()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_csv_is_read_in_the_encodings_of_our_offices(encoding: str) -> None:
    table = sheets.read("姓名*,电话\r\n受理人,'-1\r\n\r\n".encode(encoding))
    assert (table.headings, dict(table.lines[0].cells)) == (
        ("姓名", "电话"),
        {"姓名": "受理人", "电话": "-1"},
    )


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "空的"),
        (b"\xd0\xcf\x11\xe0old", "xls"),
        (b"PK\x03\x04broken", "打不开"),
        (b"a\0b", "xlsx"),
        (b"\xff\xff\xff", "编码"),
        ("姓名,姓名\n甲,乙".encode(), "两次"),
        (b"\n\n", "没有内容"),
    ],
)
def test_a_file_that_is_no_table_is_refused_in_words(content: bytes, words: str) -> None:
    with pytest.raises(SheetRefused, match=words):
        sheets.read(content)


def test_a_table_that_is_too_long_is_refused() -> None:
    with pytest.raises(SheetRefused, match="一次最多 2 行"):
        sheets.read("列\n1\n2\n3".encode(), most=2)


def test_an_archive_that_unpacks_to_too_much_is_refused_before_it_is_unpacked() -> None:
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", b"0" * (101 << 20))
    with pytest.raises(SheetRefused, match="太大"):
        sheets.read(written.getvalue())
