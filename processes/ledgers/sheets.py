"""Tables in and out as xlsx and CSV.

Invariant: what comes in is text, cell by cell, within bounds checked before anything is unpacked;
what goes out is typed as text, so that nothing a citizen wrote becomes a formula.
"""

import codecs
import csv
import io
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import islice
from typing import IO, Any, Final, TypeVar

import python_calamine
import xlsxwriter

from engine import confined, limits
from engine.confined import Exhausted
from engine.errors import BanliError

T = TypeVar("T")
XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
CSV: Final = "text/csv; charset=utf-8"
MOST_ROWS: Final = limits.EXPORT_ROWS
XLSX_ROWS: Final = 1_048_575
"""Below the headings; a sheet has no more (Excel specifications and limits)."""
_AT_ONCE: Final = 500
_MOST_COLUMNS: Final = 200
_UNPACKED: Final = 100 << 20
_EXACT: Final = 10**15
"""Whole numbers beyond this have lost digits when the spreadsheet kept them as a number."""
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")
_WIDEST: Final = 48


class SheetRefused(BanliError):
    """A file is no table that can be read; the message says what to do."""

    code = "sheet_refused"


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a table: its number in the file (the headings are 1) and its cells by heading."""

    number: int
    cells: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Table:
    """What a file holds: its headings and the lines below that are not empty."""

    headings: tuple[str, ...]
    lines: tuple[Line, ...]


def read(content: bytes, *, most: int = MOST_ROWS) -> Table:
    """The first sheet of an xlsx file, or a CSV file in UTF-8 or GB 18030.

    Raises:
        SheetRefused: it is neither, too large, or without headings.
    """
    if not content:
        raise SheetRefused("文件是空的")
    if content.startswith(b"\xd0\xcf\x11\xe0"):
        raise SheetRefused("这是旧式 xls 文件或加密的文件，请另存为 xlsx（不加密）后再选")
    rows = _xlsx(content) if content.startswith(b"PK\x03\x04") else _csv(content)
    filled = [(number, row) for number, row in enumerate(rows, 1) if any(row)]
    if not filled:
        raise SheetRefused("表格里没有内容")
    headings = _headings(filled[0][1])
    if len(filled) - 1 > most:
        raise SheetRefused(f"表格有 {len(filled) - 1} 行，一次最多 {most} 行")
    lines = [
        Line(number, {h: row[at] for at, h in enumerate(headings) if h and at < len(row)})
        for number, row in filled[1:]
    ]
    return Table(tuple(h for h in headings if h), tuple(lines))


def xlsx(title: str, headings: Sequence[str], rows: Iterable[Sequence[object]]) -> bytes:
    """A workbook with one sheet; every cell is text."""
    written = io.BytesIO()
    _write(xlsxwriter.Workbook(written, {"in_memory": True}), title, headings, rows)
    return written.getvalue()


def write_xlsx(
    into: IO[bytes], title: str, headings: Sequence[str], rows: Iterable[Sequence[object]]
) -> None:
    """The same of rows of any number, a row at a time in memory; at most `XLSX_ROWS` of them."""
    _write(xlsxwriter.Workbook(into, {"constant_memory": True}), title, headings, rows)


def _write(
    book: xlsxwriter.Workbook,
    title: str,
    headings: Sequence[str],
    rows: Iterable[Sequence[object]],
) -> None:
    sheet = book.add_worksheet(_sheet_name(title))
    head = book.add_format({"bold": True, "bottom": 1, "num_format": "@"})
    text = book.add_format({"num_format": "@"})
    widths = [_width(heading) for heading in headings]
    for column, heading in enumerate(headings):
        sheet.write_string(0, column, heading, head)
    for number, row in enumerate(rows, 1):
        for column, value in enumerate(row):
            shown = _shown(value)
            sheet.write_string(number, column, shown, text)
            widths[column] = max(widths[column], _width(shown))
    for column, width in enumerate(widths):
        sheet.set_column(column, column, min(width + 2, _WIDEST), text)
    sheet.freeze_panes(1, 0)
    book.close()


def as_csv(headings: Sequence[str], rows: Iterable[Sequence[object]]) -> bytes:
    """CSV with a mark of UTF-8, which spreadsheets want; no field can be taken for a formula."""
    return b"".join(csv_parts(headings, rows))


def csv_parts(headings: Sequence[str], rows: Iterable[Sequence[object]]) -> Iterator[bytes]:
    """The same of rows of any number, some hundred at a time."""
    written = io.StringIO()
    out = csv.writer(written, lineterminator="\r\n")
    out.writerow([_guarded(heading) for heading in headings])
    yield codecs.BOM_UTF8
    for some in batched(rows, _AT_ONCE):
        out.writerows([_guarded(_shown(value)) for value in row] for row in some)
        yield _taken(written)
    yield _taken(written)


def _taken(written: io.StringIO) -> bytes:
    """What was written since the last time."""
    content = written.getvalue().encode()
    written.seek(0)
    written.truncate()
    return content


def batched(rows: Iterable[T], size: int) -> Iterator[list[T]]:
    """Rows in lists of a size, the last one shorter."""
    left = iter(rows)
    while some := list(islice(left, size)):
        yield some


def _xlsx(content: bytes) -> list[list[str]]:
    try:
        told = confined.run("processes.ledgers.sheets:cells", content)
    except Exhausted as error:
        raise SheetRefused(error.message) from error
    if isinstance(told, str):
        raise SheetRefused(told)
    found: list[list[str]] = told
    return found


def cells(content: bytes) -> list[list[str]] | str:
    """The first sheet of a workbook, or why it cannot be read; runs in the child process."""
    try:
        return _cells(content)
    except SheetRefused as error:
        return error.message


def _cells(content: bytes) -> list[list[str]]:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            unpacked = sum(one.file_size for one in archive.infolist())
        if unpacked > _UNPACKED:
            raise SheetRefused("表格太大，请分成几个文件")
        book = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(content))
        found = book.get_sheet_by_index(0).to_python(skip_empty_area=False)
    except (zipfile.BadZipFile, python_calamine.CalamineError, IndexError) as error:
        raise SheetRefused("文件打不开：不是有效的 xlsx 表格") from error
    return [[_text(value) for value in row] for row in found]


def _csv(content: bytes) -> list[list[str]]:
    if b"\0" in content:
        raise SheetRefused("只接受 xlsx 或 CSV 表格")
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = content.decode(encoding)
            break
        except UnicodeDecodeError:
            continue
    else:
        raise SheetRefused("CSV 文件的编码不是 UTF-8 或 GB 18030")
    try:
        return [[_unguarded(cell.strip()) for cell in row] for row in csv.reader(io.StringIO(text))]
    except csv.Error as error:
        raise SheetRefused("CSV 文件的格式有误") from error


def _headings(row: Sequence[str]) -> list[str]:
    if len(row) > _MOST_COLUMNS:
        raise SheetRefused(f"表格超过 {_MOST_COLUMNS} 列")
    headings = [cell.strip().rstrip("*").strip() for cell in row]
    named = [heading for heading in headings if heading]
    twice = sorted({heading for heading in named if named.count(heading) > 1})
    if twice:
        raise SheetRefused(f"列名『{twice[0]}』出现了两次")
    return headings


def _text(value: Any) -> str:
    """A cell as somebody would have typed it; a number that lost digits stays recognisable."""
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, float):
        whole = value.is_integer() and abs(value) < _EXACT
        return str(int(value)) if whole else repr(value)
    if isinstance(value, datetime):
        at_midnight = value.time() == time()
        return value.date().isoformat() if at_midnight else value.isoformat(" ", "minutes")
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, timedelta):
        return str(value)
    return str(value).strip()


def _shown(value: object) -> str:
    return "" if value is None else str(value)


def _guarded(text: str) -> str:
    return f"'{text}" if text.startswith(_FORMULA) else text


def _unguarded(text: str) -> str:
    return text[1:] if text.startswith("'") and text[1:].startswith(_FORMULA) else text


def _width(text: str) -> int:
    """Chinese characters are two columns wide."""
    return sum(2 if ord(character) > 0x2E7F else 1 for character in text)


def _sheet_name(title: str) -> str:
    plain = "".join(" " if one in "[]:*?/\\'" else one for one in title).strip()
    return plain[:31] or "表"
