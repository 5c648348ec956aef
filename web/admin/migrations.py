"""Moving running cases to another version of their process: a dry run first, then case by case.

Invariant: what is ordered is what the page has shown; each case is a command of its own, with its
own result and audit row.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from engine import repository
from engine.errors import BanliError, NotFound
from processes.identity.roles import Action
from processes.movement import migrating
from processes.movement.migrating import Line, Order
from web.auth import current, policy
from web.confirming import sensitive
from web.database import read_session, run
from web.refusals import said
from web.words import _

blueprint = Blueprint("migrations", __name__, url_prefix="/releases")


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one case."""

    reference: str
    done: bool
    words: str


@blueprint.get("/<key>/migration")
@policy("staff", Action.MIGRATE_CASE)
def page(key: str) -> ResponseReturnValue:
    """The dry run: from which version to which, and where every case would stand."""
    return _page(key)


@blueprint.post("/<key>/migration")
@policy("staff", Action.MIGRATE_CASE)
@sensitive
def migrate(key: str) -> ResponseReturnValue:
    """Move the cases that are ticked, each by itself."""
    order = _order(key)
    ids = [int(one) for one in request.form.getlist("case") if one.isascii() and one.isdigit()]
    reason = request.form.get("reason", "").strip()[:500]
    if not ids or not reason:
        return _page(key, problem=_("请勾选要迁移的案件，并填写迁移的理由。")), 422
    with read_session() as session:
        known = {
            one.case_id: one for one in _lines(migrating.preview(session, order, by=current()))
        }
    results = []
    for case_id in ids[: migrating.MOST]:
        words, done = _("已迁移"), True
        try:
            run(migrating.migrate, case_id, order, by=current(), reason=reason)
        except BanliError as refused:
            words, done = said(refused.message), False
        shown = known[case_id].reference if case_id in known else str(case_id)
        results.append(Result(shown, done, words))
    return _page(key, results=results)


def _lines(preview: migrating.Preview) -> Sequence[Line]:
    return preview.lines


def _page(key: str, *, results: Sequence[Result] = (), problem: str = "") -> str:
    with read_session() as session:
        versions = repository.versions(session, key)
        if not versions:
            raise NotFound(_("没有这个流程"), key=key)
        counts = {one.version: migrating.count(session, one.id, by=current()) for one in versions}
        order = _order(key, counts)
        after = request.args.get("after", "")
        begin = int(after) if after.isascii() and after.isdigit() and len(after) < 20 else 0
        preview = None
        if order.source != order.target:
            preview = migrating.preview(session, order, by=current(), after=begin)
        return render_template(
            "admin/migration.html",
            key=key,
            name=versions[0].name or key,
            versions=[(one.version, counts[one.version]) for one in versions],
            order=order,
            preview=preview,
            results=results,
            problem=problem,
            reason=request.form.get("reason", ""),
        )


def _order(key: str, counts: Mapping[int, int] | None = None) -> Order:
    """What is asked for; without a choice from the last version with cases to the latest."""
    held = counts or {}
    latest = max(held, default=0)
    earlier = max(held, key=lambda one: (one != latest, held[one] > 0, one), default=latest)
    mapping = {
        name.removeprefix("map."): to
        for name, to in request.values.items()
        if name.startswith("map.") and to
    }
    return Order(
        key=key,
        source=_number("source", earlier),
        target=_number("target", latest),
        mapping=mapping,
    )


def _number(name: str, default: int) -> int:
    text = request.values.get(name, "")[:9]
    return int(text) if text.isascii() and text.isdigit() else default
