"""My cases: what is under way, what is asked of me, letters, payments, rating, withdrawal.

Invariant: a case is found here only by who the unified identity says the reader is; a link to
another system is followed only if that system is one of the installation's own departments.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from urllib.parse import urlsplit

from flask import current_app, render_template, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from adapters.registry import Adapters
from processes import registers
from processes.casefile import drafts, notices
from processes.casework import cases as commands
from processes.model.cases import Case
from processes.public import guides
from processes.registers import Record
from web import acting, urging
from web.auth import current, policy
from web.clerk.cases import send_document
from web.database import read_session
from web.public.pages import blueprint

_BASE = "public"
_RATING = "common_evaluation"


@dataclass(frozen=True, slots=True)
class Outer:
    """Something to do on the page of another system: pay, have the face compared."""

    kind: str
    title: str
    amount: str
    href: str
    due_on: str


@blueprint.get("/mine")
@policy("citizen")
def mine() -> ResponseReturnValue:
    with read_session() as session:
        lines = acting.lines(session)
        kept = [
            one for one in drafts.of_user(session, current()) if one.subject.startswith("apply:")
        ]
        outer = outer_of(session, [line.case for line in lines])
        return render_template(
            "public/mine.html",
            lines=[one for one in lines if one.case.process_key != _RATING],
            ratings=[one for one in lines if one.case.process_key == _RATING and one.actions],
            outer=outer,
            drafts=kept,
            guides=guides.guides(),
        )


@blueprint.get("/cases/<int:case_id>")
@policy("citizen")
def case(case_id: int) -> ResponseReturnValue:
    with read_session() as session:
        found = commands.get(session, case_id, by=current())
        return render_template(
            "public/case.html",
            outer=outer_actions(session, found),
            told=notices.of_case(session, current(), found.id),
            **acting.surroundings(session, found),
        )


@blueprint.route("/cases/<int:case_id>/actions/<int:subscription_id>", methods=["GET", "POST"])
@policy("citizen")
def action(case_id: int, subscription_id: int) -> ResponseReturnValue:
    """Something the case waits for from its applicant: a supplement, a rating, a withdrawal."""
    return acting.answered(case_id, subscription_id, base=_BASE)


@blueprint.post("/cases/<int:case_id>/urge")
@policy("citizen")
def urge(case_id: int) -> ResponseReturnValue:
    return urging.urged(case_id, back=url_for("public.case", case_id=case_id))


@blueprint.get("/cases/<int:case_id>/documents/<int:document_id>")
@policy("citizen")
def document(case_id: int, document_id: int) -> ResponseReturnValue:
    with read_session() as session:
        found = commands.get(session, case_id, by=current())
        return send_document(session, found, document_id, public=True)


def outer_actions(session: Session, case: Case) -> Sequence[Outer]:
    """What waits for the applicant on pages of other systems."""
    return outer_of(session, [case])[case.id]


def outer_of(session: Session, cases: Sequence[Case]) -> Mapping[int, list[Outer]]:
    """The same for many cases at once."""
    open_ = {one.reference: one.id for one in cases if one.ended_at is None}
    asked: dict[int, list[Outer]] = {one.id: [] for one in cases}
    if not open_:
        return asked
    known = _known_addresses()
    for one in registers.find(
        session,
        "outer_action",
        where={"work_order_no": [*open_]},
        statuses=("open",),
        limit=registers.MOST,
    ):
        if _address(str(one.values["url"])) in known:
            asked[open_[str(one.values["work_order_no"])]].append(_outer(one))
    return asked


def _outer(one: Record) -> Outer:
    return Outer(
        kind=str(one.values["kind"]),
        title=str(one.values["title"]),
        amount=_yuan(one.values.get("amount")),
        href=str(one.values["url"]),
        due_on=str(one.values.get("due_on") or ""),
    )


def _yuan(amount: object) -> str:
    return f"{Decimal(str(amount)):,.2f}" if amount else ""


def _known_addresses() -> frozenset[str]:
    adapters: Adapters = current_app.extensions.get("banli_adapters") or Adapters()
    return frozenset(_address(one.address) for one in adapters.departments.values())


def _address(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"
