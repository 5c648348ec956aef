"""案件查询: the cases that some words find, in pages and as a file.

Invariant: cases in the reader's scope; a file has the columns, the order and the masks of the page.
"""

from collections.abc import Iterator, Sequence
from typing import Final

from flask import Response, render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from processes import keyset
from processes.casework import case_lists, cases
from processes.casework.case_lists import CaseList
from processes.clock import calendars
from web import exporting, sorting
from web.auth import current
from web.clerk import listing
from web.database import read_session
from web.display import mask_name, moment, status_view
from web.wording import worded
from web.words import _

_PAGE: Final = 50
_WAYS: Final = {name: listing.WAYS[name] for name in ("number", "at", "due")}


def page() -> ResponseReturnValue:
    """The page, which asks for words first; with a format asked for, all that they find."""
    q = request.args.get("q", "").strip()[:60]
    ways = sorting.of(_WAYS, listing.CASE_SORTS, request.args.get("sort", ""))
    view = {"q": q, "sorting": ways}
    listed = cases.found(current(), q)
    if listed is None:
        return render_template("cases/search.html", rows=(), exports=(), **view)
    with read_session() as session:
        if kind := exporting.asked():
            return _export(session, listed, ways.now, kind)
        after = request.args.get("after", "")[:200]
        found = listed.page(session, sort=ways.now, after=after, limit=_PAGE)
        rows = case_lists.cases(session, found.ids)
        return render_template(
            "cases/search.html",
            rows=rows,
            total=found.total,
            calendars=calendars.of_all(session, {case.org_code for case in rows}),
            exports=exporting.links() if rows else (),
            **sorting.pages(found, after),
            **view,
        )


def _export(session: Session, listed: CaseList, sort: str, kind: str) -> Response:
    headings = [_("工作单号"), _("事项"), _("申请人"), _("当前环节"), _("提交时间"), _("状态")]

    def lines(session: Session, part: Sequence[int]) -> Iterator[list[str]]:
        for row in case_lists.cases(session, part):
            yield [
                row.reference,
                worded(row.title),
                mask_name(row.applicant_name),
                worded(row.step),
                moment(row.submitted_at),
                status_view(row.status, row.outcome).title,
            ]

    ids = listed.every(session, sort=sort)
    every = keyset.parts(read_session, ids, lines)
    return exporting.streamed(_("案件查询"), headings, every, total=len(ids), kind=kind)
