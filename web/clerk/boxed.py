"""A box of the desk, and cases that were found, as a file: the lines and columns of the page.

Invariant: the query is that of the page, for the same user, with names masked as there.
"""

from collections.abc import Mapping, Sequence

from flask import Response
from sqlalchemy.orm import Session

from engine import limits
from processes.desk import columns as fields
from processes.desk import inbox as boxes
from processes.desk.inbox import Box
from processes.desk.lines import Row
from processes.model.cases import Case
from web import exporting
from web.auth import current
from web.clerk import listing
from web.display import day, mask_name, moment, status_view
from web.wording import worded
from web.words import _


def box(
    session: Session,
    name: Box,
    chosen: Mapping[str, str],
    columns: Mapping[str, str],
    *,
    title: str,
    kind: str,
) -> Response:
    """Every line of a box under the present filters."""
    rows: list[Row] = []
    after: str | None = None
    while len(rows) <= limits.EXPORT_ROWS:
        view = listing.view(chosen, after, limit=100)
        page = boxes.page(session, current(), box=name, view=view)
        rows += page.rows
        after = page.next
        if after is None:
            break
    cases = [row.case_id for row in rows]
    extra = fields.values(session, chosen.get("process", ""), columns, cases, by=current())
    headings = [_("工作单号"), *(_(words) for words in columns.values())]
    lines = [
        [
            row.reference,
            *(extra.get(row.case_id, {}).get(key) or _cell(key, row) for key in columns),
        ]
        for row in rows
    ]
    return exporting.respond(title, headings, lines, kind=kind)


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


def found(rows: Sequence[Case], *, kind: str) -> Response:
    """The cases that a search found."""
    headings = [_("工作单号"), _("事项"), _("申请人"), _("当前环节"), _("提交时间"), _("状态")]
    lines = [
        [
            row.reference,
            worded(row.title),
            mask_name(row.applicant_name),
            worded(row.step),
            moment(row.submitted_at),
            status_view(row.status, row.outcome).title,
        ]
        for row in rows
    ]
    return exporting.respond(_("案件查询"), headings, lines, kind=kind)
