"""What supervisors are to see (效能监督): second notices, missed limits, benefits taken away.

Invariant: the entries of the cases in the supervisor's own scope, nobody else's; an export has the
same rows as the page, with names masked.
"""

from collections.abc import Sequence
from typing import Final

from flask import Blueprint, Flask, render_template, request, url_for
from flask.typing import ResponseReturnValue

from engine import limits
from processes.casefile import supervision
from processes.casefile.supervision import Reported
from processes.identity.roles import Action
from web import exporting
from web.auth import current, policy
from web.database import read_session
from web.display import mask_name, moment
from web.words import N_, _

blueprint = Blueprint("supervision", __name__, url_prefix="/supervision")

KINDS: Final = {
    "second_notice": N_("再次告知补正"),
    "deemed_accepted": N_("逾期未告知，视为受理"),
    "warning": N_("临近届满"),
    "overdue": N_("办理超期"),
    "step_overdue": N_("环节超期"),
    "limits_over_whole": N_("环节期限之和超过总期限"),
    "benefit_withdrawn": N_("容缺或承诺未兑现"),
    "refused": N_("不予受理"),
    "other": N_("其他"),
}


@blueprint.get("")
@policy("staff", Action.VIEW_STATISTICS)
def index() -> ResponseReturnValue:
    """The list, the latest first; as a file with `format`."""
    kind = request.args.get("kind", "")
    kind = kind if kind in KINDS else ""
    after = request.args.get("after", "")[:19]
    before = int(after) if after.isascii() and after.isdigit() else None
    most = limits.EXPORT_ROWS if exporting.asked() else supervision.PAGE
    with read_session() as session:
        found = supervision.entries(session, by=current(), kind=kind, after=before, limit=most + 1)
        if wanted := exporting.asked():
            return _export(found, wanted)
        rows = found[: supervision.PAGE]
        following = rows[-1].entry.id if len(found) > len(rows) else None
        return render_template(
            "cases/supervision.html",
            rows=rows,
            kinds=KINDS,
            kind=kind,
            exports=exporting.links(),
            next_href=url_for(".index", kind=kind, after=following) if following else "",
        )


def _export(found: Sequence[Reported], wanted: str) -> ResponseReturnValue:
    headings = [_("时间"), _("监督事项"), _("工作单号"), _("事项"), _("申请人"), _("情况说明")]
    rows = [
        (
            moment(one.entry.at),
            _(KINDS.get(one.entry.kind, one.entry.kind)),
            one.case.reference,
            one.case.title,
            mask_name(one.case.applicant_name),
            one.entry.reason,
        )
        for one in found
    ]
    return exporting.respond(_("效能监督"), headings, rows, kind=wanted)


def register(app: Flask) -> None:
    app.register_blueprint(blueprint)
