"""A box of the desk as a file: the lines and columns of the page.

Invariant: the query is that of the page, for the same user, with names masked as there.
"""

from collections.abc import Iterator, Mapping, Sequence

from flask import Response
from sqlalchemy.orm import Session

from processes.desk import columns as fields
from processes.desk import inbox as boxes
from processes.desk.inbox import Box
from processes.desk.lines import Row
from web import exporting
from web.auth import current
from web.clerk import listing
from web.database import read_session
from web.display import day, mask_name, moment, status_view
from web.wording import worded
from web.words import _


def box(
    name: Box, chosen: Mapping[str, str], columns: Mapping[str, str], *, title: str, kind: str
) -> Response:
    """Every line of a box under the present filters, in the present order."""
    by, process = current(), chosen.get("process", "")

    def lines(session: Session, rows: Sequence[Row]) -> Iterator[list[str]]:
        extra = fields.values(session, process, columns, [row.case_id for row in rows], by=by)
        for row in rows:
            more = extra.get(row.case_id, {})
            yield [row.reference, *(more.get(key) or _cell(key, row) for key in columns)]

    headings = [_("工作单号"), *(_(words) for words in columns.values())]
    total, every = boxes.every(read_session, by, lines, box=name, view=listing.view(chosen))
    return exporting.streamed(title, headings, every, total=total, kind=kind)


def _cell(key: str, row: Row) -> str:
    words = {
        "title": worded(row.title),
        "applicant": mask_name(row.applicant),
        "step": worded(row.step),
        "holder": row.holder,
        "at": moment(row.at),
        "due": day(row.due_on),
        "case_due": day(row.case_due_on),
        "status": status_view(row.status).title,
    }
    return words.get(key) or ""
