"""How a box of the desk is asked for: the parameters of its address, its columns, kept filters.

Invariant: an address alone says what a list shows, so that sending it on shares the filter; each
parameter is one of those named here, whatever else was sent.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any, Final, cast

from flask import Blueprint, Flask, jsonify, redirect, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from forms.fields.base import Field, Scope
from forms.fields.chosen import Choice
from processes.casefile.facets import KINDS, Asked
from processes.casework import sources
from processes.desk import columns as desk_columns
from processes.desk import inbox as boxes
from processes.desk.filters import HOLDS, LIGHTS, Filters
from processes.desk.inbox import Box, View
from processes.identity.roles import Action
from processes.people import preferences, sharing
from web import sorting as sorts
from web.auth import current, policy
from web.database import read_session, run
from web.sorting import Sorting
from web.words import N_

blueprint = Blueprint("listing", __name__, url_prefix="/inbox")

_SHARED: Final[Mapping[str, str]] = {"title": N_("事项"), "applicant": N_("申请人")}
# the columns of each box after the number, which is always there
COLUMNS: Final[Mapping[str, Mapping[str, str]]] = {
    "todo": {
        **_SHARED,
        "step": N_("当前环节"),
        "holder": N_("办理人"),
        "at": N_("到达时间"),
        "due": N_("时限"),
        "case_due": N_("办结期限"),
        "status": N_("状态"),
    },
    "office": {
        **_SHARED,
        "step": N_("当前环节"),
        "holder": N_("办理人"),
        "at": N_("到达时间"),
        "due": N_("时限"),
        "case_due": N_("办结期限"),
        "status": N_("状态"),
    },
    "done": {
        **_SHARED,
        "step": N_("我办的环节"),
        "due": N_("时限"),
        "at": N_("办理时间"),
        "status": N_("状态"),
    },
    "mine": {
        **_SHARED,
        "step": N_("当前环节"),
        "at": N_("提交时间"),
        "due": N_("时限"),
        "status": N_("状态"),
    },
    "followed": {
        **_SHARED,
        "step": N_("当前环节"),
        "due": N_("时限"),
        "status": N_("状态"),
        "at": N_("提交时间"),
    },
}
# left out until a user asks for them
_AT_FIRST_HIDDEN: Final = frozenset({"case_due", "status"})
_BY_NUMBER: Final = {"number": N_("工作单号升序"), "-number": N_("工作单号降序")}
_TASK_SORTS: Final[Mapping[str, str]] = {
    "due": N_("环节时限紧的在前"),
    "risk": N_("法定风险高的在前"),
    "arrived": N_("先到的在前"),
    "latest": N_("新到的在前"),
    "-due": N_("环节时限宽的在前"),
    "case_due": N_("办结期限近的在前"),
    "-case_due": N_("办结期限远的在前"),
    **_BY_NUMBER,
}
CASE_SORTS: Final[Mapping[str, str]] = {
    "latest": N_("最近的在前"),
    "arrived": N_("最早的在前"),
    "due": N_("时限紧的在前"),
    "-due": N_("时限宽的在前"),
    **_BY_NUMBER,
}
WAYS: Final[Mapping[str, tuple[str, str]]] = {
    "number": ("number", "-number"),
    "at": ("arrived", "latest"),
    "due": ("due", "-due"),
    "case_due": ("case_due", "-case_due"),
}
"""By which columns a box is sorted, up and down."""
_WORDS: Final = ("q", "process", "status", "org", "step", "hold", "only", "since", "until", "sort")
_VALUE: Final = re.compile(r"var\.([A-Za-z_]\w{0,98})(?:\.(from|to))?", re.ASCII)
"""A parameter for what cases say of a field: exactly this, or from and to."""
_MOST_VALUES: Final = 12
_TASKS_ONLY: Final = frozenset({"step", "hold", "only", "since", "until"})


def box(name: str | None) -> Box:
    """The box of a parameter; 待办 for anything unknown."""
    return cast(Box, name if name in COLUMNS else "todo")


def chosen(given: Mapping[str, str], named: Box) -> dict[str, str]:
    """What was chosen, by parameter; empty and unknown ones left out."""
    found = {name: given.get(name, "").strip()[:100] for name in _WORDS}
    known = {name: text for name, text in found.items() if text}
    if named not in boxes.TASK_BOXES:
        known = {name: text for name, text in known.items() if name not in _TASKS_ONLY}
    usable = {name: text for name, text in known.items() if _usable(name, text, named)}
    return {**usable, **_values(given)} if "process" in usable else usable


def _values(given: Mapping[str, str]) -> dict[str, str]:
    """What is asked of the fields of the chosen process."""
    found = {}
    for name in given:
        text = given.get(name, "").strip()[:100]
        asked = _VALUE.fullmatch(name)
        if asked and text and (asked[2] is None or _bound(text) is not None):
            found[name] = text
    return dict([*found.items()][:_MOST_VALUES])


def _bound(text: str) -> date | Decimal | None:
    """The end of a range: a day or a number."""
    if (day := _day(text)) is not None:
        return day
    try:
        number = Decimal(text)
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


def only_offered(query: dict[str, str], offered: Mapping[str, Field]) -> dict[str, str]:
    """The parameters without those for fields that the chosen process does not list."""
    asked = {name: _VALUE.fullmatch(name) for name in query}
    return {name: query[name] for name, one in asked.items() if one is None or one[1] in offered}


def _asked(query: Mapping[str, str]) -> tuple[Asked, ...]:
    found: dict[str, Asked] = {}
    for name, text in query.items():
        if one := _VALUE.fullmatch(name):
            before = found.get(one[1], Asked(one[1]))
            part: dict[str, Any] = {"from": {"since": _bound(text)}, "to": {"until": _bound(text)}}
            found[one[1]] = replace(before, **part.get(one[2], {"text": text}))
    return tuple(found.values())


@dataclass(frozen=True, slots=True)
class Facet:
    """A field to filter by, as the page asks for it; `kind` of `facets.KINDS`."""

    name: str
    label: str
    kind: str
    options: Sequence[tuple[str, str]] = ()


def facets(session: Session, offered: Mapping[str, Field]) -> list[Facet]:
    """The fields that the chosen process lists, with what there is to choose from."""
    scope = Scope(lookups=sources.lookups(session, current())) if offered else Scope()
    return [
        Facet(
            f"{desk_columns.PREFIX}{name}",
            field.label,
            KINDS[field.type],
            [(one.value, one.label) for one in field.choices(scope)]
            if isinstance(field, Choice)
            else (),
        )
        for name, field in offered.items()
    ]


def _usable(name: str, text: str, named: Box) -> bool:
    if name == "sort":
        return text in boxes.sorts(named)[1:]  # the first is the usual one
    allowed = {"hold": HOLDS, "only": (*LIGHTS, "urged")}.get(name)
    if allowed is not None:
        return text in allowed
    return name not in {"since", "until"} or _day(text) is not None


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def sorting(named: Box, query: Mapping[str, str]) -> Sorting:
    """How a box is sorted, and can be."""
    titles = _TASK_SORTS if named in boxes.TASK_BOXES else CASE_SORTS
    ways = {name: pair for name, pair in WAYS.items() if {*pair} <= {*titles}}
    return sorts.of(ways, titles, query.get("sort", ""))


def view(query: Mapping[str, str], after: str | None = None, *, limit: int = boxes.PAGE) -> View:
    """What the chosen parameters ask of a box."""
    only = query.get("only", "")
    filters = Filters(
        text=query.get("q", ""),
        process_key=query.get("process", ""),
        status=query.get("status", ""),
        org=query.get("org", ""),
        step=query.get("step", ""),
        hold=query.get("hold", ""),
        light=only if only in LIGHTS else "",
        urged=only == "urged",
        since=_day(query.get("since", "")),
        until=_day(query.get("until", "")),
        values=_asked(query),
    )
    return View(filters=filters, sort=query.get("sort", ""), after=after, limit=limit)


def columns(
    named: Box, liked: preferences.Preferences, offered: Mapping[str, str]
) -> dict[str, str]:
    """The columns that a user sees of a box, with titles; fields of the chosen process too."""
    own = _columns(named, liked)
    return {**own, **{name: offered[name] for name in liked.added if name in offered}}


def _columns(named: Box, liked: preferences.Preferences) -> dict[str, str]:
    hidden = liked.hidden if liked.chosen else liked.hidden | _AT_FIRST_HIDDEN
    if named not in boxes.TASK_BOXES:
        hidden = liked.hidden
    return {name: title for name, title in COLUMNS[named].items() if name not in hidden}


def kept(session: Session, named: Box, query: Mapping[str, str]) -> list[dict[str, Any]]:
    """The filters of a box that a user kept, then those of the organisation."""
    user, listed = current(), f"inbox.{named}"
    own = [
        _chip(named, one.name, one.query, query, drop=one.name)
        for one in preferences.of(session, listed, by=user).saved
    ]
    shared = [
        _chip(
            named, row.name, row.query, query, shared=row.id if sharing.may_remove(row, user) else 0
        )
        for row in sharing.of(session, listed, by=user)
    ]
    return [*own, *shared]


def _chip(
    named: Box, name: str, kept: Mapping[str, str], now: Mapping[str, str], **facts: Any
) -> dict[str, Any]:
    query = chosen(kept, named)
    href = url_for("worklist.inbox", box=named, **query)  # type: ignore[arg-type]
    return {"name": name, "query": query, "href": href, "current": query == now, **facts}


@blueprint.post("/columns")
@policy("staff", Action.CLAIM_TASK)
def choose_columns() -> ResponseReturnValue:
    """Which columns of a box this user wants to see."""
    named = box(request.form.get("box"))
    wanted = set(request.form.getlist("column"))
    hidden = [name for name in COLUMNS[named] if name not in wanted]
    query = chosen(request.form, named)
    with read_session() as session:
        fields = desk_columns.offered(session, query.get("process", ""))
    # without a process no fields were offered, and those chosen before stay
    added = [name for name in fields if name in wanted] if fields else None
    run(preferences.choose, f"inbox.{named}", by=current(), hidden=hidden, added=added)
    return _back(named, query)


@blueprint.post("/filters")
@policy("staff", Action.CLAIM_TASK)
def keep_filter() -> ResponseReturnValue:
    """Keep the present filter under a name, for oneself or for the organisation."""
    named = box(request.form.get("box"))
    query, name = chosen(request.form, named), request.form.get("name", "")
    keep = sharing.share if request.form.get("shared") else preferences.keep_filter
    run(keep, f"inbox.{named}", by=current(), name=name, query=query)
    return _back(named, query)


@blueprint.post("/filters/drop")
@policy("staff", Action.CLAIM_TASK)
def drop_filter() -> ResponseReturnValue:
    """Forget a kept filter, or take back a shared one."""
    named, shared = box(request.form.get("box")), request.form.get("shared", "")
    if shared.isascii() and shared.isdigit():
        run(sharing.remove, int(shared), by=current())
    else:
        name = request.form.get("name", "")
        run(preferences.drop_filter, f"inbox.{named}", by=current(), name=name)
    return _back(named, {})


@blueprint.get("/filters/counts")
@policy("staff", Action.CLAIM_TASK)
def counted() -> ResponseReturnValue:
    """How many lines each kept filter of a box finds; asked by the page once it is there."""
    named = box(request.args.get("box"))
    with read_session() as session:
        found = {
            one["href"]: boxes.page(
                session, current(), box=named, view=view(one["query"], limit=1)
            ).total
            for one in kept(session, named, {})
        }
    return jsonify(counts=found)


def _back(named: Box, query: Mapping[str, str]) -> ResponseReturnValue:
    return redirect(url_for("worklist.inbox", box=named, **query), code=303)  # type: ignore[arg-type]


def register(app: Flask) -> None:
    app.register_blueprint(blueprint)
