"""Lists as files: what a page shows, as xlsx or CSV, typed as text.

Invariant: a list is exported by the query and the columns that show it, with the same rights and
masks; who took which list is in the audit trail.
"""

import tempfile
from collections.abc import Iterable, Iterator, Sequence
from typing import IO, Final, cast
from urllib.parse import quote

from flask import Response, render_template, request, stream_with_context
from lxml import html
from lxml.html import HtmlElement

from engine import clock, limits
from engine.errors import BanliError, LimitExceeded
from processes.identity import audit
from processes.identity.roles import Action
from processes.ledgers import sheets
from web.auth import actions_of, current
from web.database import transaction
from web.paths import here
from web.words import _

FORMATS = ("xlsx", "csv")
_BLOCK: Final = 1 << 16
_LIST = "descendant-or-self::table[contains(concat(' ', normalize-space(@class), ' '), ' list ')]"


def asked() -> str:
    """The format this request wants the list in; empty: the page."""
    wanted = request.args.get("format", "")
    return wanted if wanted in FORMATS and allowed() else ""


def allowed() -> bool:
    """Whether the user may take lists away."""
    return Action.EXPORT_LIST in actions_of(current())


def links() -> list[tuple[str, str]]:
    """The list of this page in each format: address and title; none without the right."""
    if not allowed():
        return []
    titles = {"xlsx": "Excel", "csv": "CSV"}
    return [(here(format=one), titles[one]) for one in FORMATS]


def page(template: str, **view: object) -> str | Response:
    """The page of a list; with a format asked for, the table that the page shows, as a file.

    What is taken away is read from the page itself: the same rows, columns, words and masks. A
    column of buttons (a heading with `data-no-export`) stays behind.
    """
    shown = render_template(template, exports=links(), **view)
    kind = asked()
    return _taken(shown, kind) if kind else shown


def most(page_size: int) -> int:
    """How many rows a list reads: those of its page, or all that may be exported at once."""
    return limits.EXPORT_ROWS if asked() else page_size


def _taken(shown: str, kind: str) -> Response:
    """The list of a page that was drawn, as a file under the page's title.

    Raises:
        BanliError: the page shows no list at present.
    """
    drawn = html.document_fromstring(shown)
    tables = _found(drawn, "//table[@data-export]") or _found(drawn, f"//main//{_LIST}")
    if not tables:
        raise BanliError(_("目前没有可以导出的记录。"))
    headings = _found(tables[0], "./thead/tr/th")
    kept = [place for place, one in enumerate(headings) if "data-no-export" not in one.attrib]
    rows = [_found(row, "./td|./th") for row in _found(tables[0], "./tbody/tr")]
    lines = [[_words(row[place]) for place in kept] for row in rows if len(row) == len(headings)]
    title = _words(_found(drawn, "//main//h1")[0])
    return respond(title, [_words(headings[place]) for place in kept], lines, kind=kind)


def _found(drawn: HtmlElement, path: str) -> list[HtmlElement]:
    return cast("list[HtmlElement]", drawn.xpath(path))


def _words(cell: HtmlElement) -> str:
    """What a reader sees in a cell, on one line."""
    return " ".join(" ".join(cell.itertext()).split())


def respond(
    title: str, headings: Sequence[str], rows: Iterable[Sequence[object]], *, kind: str = "xlsx"
) -> Response:
    """The list as a file to save.

    Raises:
        LimitExceeded: more rows than may be exported at once.
    """
    taken = list(rows)
    if len(taken) > sheets.MOST_ROWS:
        raise LimitExceeded(_("一次最多导出 %(n)s 行，请缩小范围后再导出。", n=sheets.MOST_ROWS))
    with transaction() as session:
        audit.record(session, "list.exported", by=current(), detail=f"{title} {len(taken)}")
    if kind == "csv":
        return download(sheets.as_csv(headings, taken), f"{_stamped(title)}.csv", sheets.CSV)
    return download(sheets.xlsx(title, headings, taken), f"{_stamped(title)}.xlsx", sheets.XLSX)


def streamed(
    title: str, headings: Sequence[str], rows: Iterable[Sequence[object]], *, total: int, kind: str
) -> Response:
    """A list of any length as a file; `rows` are read as they are written, never held together.

    CSV goes out as it is read; a workbook is put together in a file on the disk first.

    Raises:
        LimitExceeded: more rows than a sheet of a workbook has.
    """
    if kind != "csv" and total > sheets.XLSX_ROWS:
        raise LimitExceeded(_("一张工作表至多 %(n)s 行，请导出为 CSV。", n=sheets.XLSX_ROWS))
    with transaction() as session:
        audit.record(session, "list.exported", by=current(), detail=f"{title} {total}")
    if kind == "csv":
        parts = stream_with_context(sheets.csv_parts(headings, rows))
        return download(parts, f"{_stamped(title)}.csv", sheets.CSV)
    book = tempfile.TemporaryFile()  # noqa: SIM115 - closed with the response
    sheets.write_xlsx(book, title, headings, rows)
    book.seek(0)
    response = download(_blocks(book), f"{_stamped(title)}.xlsx", sheets.XLSX)
    response.call_on_close(book.close)
    return response


def _blocks(book: IO[bytes]) -> Iterator[bytes]:
    with book:
        while block := book.read(_BLOCK):
            yield block


def download(content: bytes | Iterable[bytes], name: str, content_type: str) -> Response:
    """Bytes to be saved under a name."""
    response = Response(content, content_type=content_type)
    plain = "".join(c if c.isascii() and (c.isalnum() or c in ".-_") else "_" for c in name)
    response.headers["Content-Disposition"] = (
        f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name)}"
    )
    response.headers["Cache-Control"] = "private, no-store"
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response


def _stamped(title: str) -> str:
    return f"{title}_{clock.today():%Y%m%d}"
