"""The audit trail for those who read it: rows by who, what, about what and when, and the chains.

Invariant: nothing here changes a row; that a list was taken away or a chain verified is a row of
its own. Contents of cases are not shown, long numbers in a row's words are masked.
"""

from collections.abc import Mapping
from datetime import date
from typing import Any, Final

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from processes import registers
from processes.identity import audit
from processes.identity.audit import SYSTEM
from processes.identity.roles import Action
from processes.people import trail
from processes.people.trail import Asked, Chain
from web import exporting
from web.admin.audited import ACTIONS, ACTORS, RESULTS, SUBJECTS
from web.auth import current, policy
from web.database import read_session, transaction
from web.words import _

blueprint = Blueprint("audits", __name__, url_prefix="/audit")

_PAGE: Final = 50


@blueprint.get("")
@policy("staff", Action.READ_AUDIT)
def index() -> ResponseReturnValue:
    with read_session() as session:
        chains = trail.chains(session, current())
        asked = _asked(chains)
        size = exporting.most(_PAGE)
        found = trail.rows(session, asked, by=current(), limit=size + 1)
        shown = found[:size]
        more = len(found) > size
        total = trail.count(session, asked, by=current())
        return exporting.page(
            "admin/audits.html",
            lines=shown,
            chains=chains,
            asked=asked,
            query=_query(asked),
            total=total,
            countless=total > trail.MOST_COUNTED,
            most=trail.MOST_COUNTED,
            next=getattr(shown[-1].row, trail.place(asked).key) if more else None,
            broken=audit.verify_heads(session, asked.agency) if asked.agency else None,
            last=trail.last_verification(session, asked.agency) if asked.agency else None,
            chain_name=_chain_name,
            **_words(),
        )


@blueprint.get("/<int:event_id>")
@policy("staff", Action.READ_AUDIT)
def entry(event_id: int) -> ResponseReturnValue:
    with read_session() as session:
        line = trail.row(session, event_id, by=current())
        return render_template(
            "admin/audit_entry.html",
            line=line,
            row=line.row,
            whole=audit.follows(session, line.row.agency, line.row.sequence),
            detail=trail.masked(line.row.detail),
            **_words(),
        )


@blueprint.post("/verify")
@policy("staff", Action.READ_AUDIT)
def verify() -> ResponseReturnValue:
    """Read the chain of one organisation from its first row to its last."""
    agency = request.form.get("agency", "")[:64]
    with transaction() as session:
        broken = trail.verified(session, agency, by=current())
    if broken is None:
        flash(_("核验完毕，记录全部相符"))
    else:
        flash(_("核验发现第 %(n)s 条不相符，请立即报告", n=broken.sequence))
    return redirect(url_for("audits.index", agency=agency), code=303)


def _asked(chains: list[Chain]) -> Asked:
    """What the address asks for; the auditor's own organisation where it says nothing."""
    given = request.args
    known = {one.agency for one in chains}
    agency = given.get("agency", current().org_code if current().org_code in known else "")
    after = given.get("after", "")
    return Asked(
        agency=agency if agency in known else "",
        who=given.get("who", "").strip()[:60],
        what=given.get("what", "") if given.get("what") in ACTIONS else "",
        of=given.get("of", "").strip()[:200],
        since=_day("since"),
        until=_day("until"),
        after=int(after) if after.isascii() and after.isdigit() and len(after) < 20 else None,
    )


def _day(name: str) -> date | None:
    try:
        return date.fromisoformat(request.args.get(name, ""))
    except ValueError:
        return None


def _query(asked: Asked) -> dict[str, Any]:
    """The filters as parameters; the empty agency too, or it would mean one's own."""
    told = {name: getattr(asked, name) or None for name in ("who", "what", "of", "since", "until")}
    return {"agency": asked.agency, **told}


def _chain_name(chain: Chain) -> str:
    return chain.name or (_("不属于任何机构") if chain.agency == SYSTEM else chain.agency)


def _words() -> Mapping[str, Any]:
    ledgers = {name: one.title for name, one in registers.definitions().items()}
    return {
        "actions": {code: _(word) for code, word in ACTIONS.items()},
        "subjects": ledgers | {code: _(word) for code, word in SUBJECTS.items()},
        "results": {code: _(word) for code, word in RESULTS.items()},
        "said": _said,
    }


def _said(actor: str) -> str:
    """Who acted, where that is no person's name."""
    if actor.startswith("process:"):
        return _("系统")
    return _(ACTORS[actor]) if actor in ACTORS else actor
