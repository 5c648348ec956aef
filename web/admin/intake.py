"""Reading a table in: choose the file, see what becomes of each line, take the accepted ones.

Invariant: the file travels by a signed reference between the pages; what was shown is judged again
when it is taken, and the lines are taken all or none.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, Final

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from engine.errors import BanliError, NotFound
from processes import settings
from processes.documents import files
from processes.identity.roles import Action
from processes.ledgers import intake, sheets
from processes.ledgers.intake import Target, Verdict
from processes.ledgers.sheets import SheetRefused, Table
from web import exporting, references
from web.auth import current, policy
from web.database import read_session, run
from web.files import keep
from web.security import limiter
from web.words import N_, _

blueprint = Blueprint("intake", __name__, url_prefix="/import")

STATES: Final = {
    "accepted": (N_("可以导入"), "green"),
    "warned": (N_("有提示"), "amber"),
    "refused": (N_("不能导入"), "red"),
}
_SHOWN: Final = 200
_FILES: Final = 200
_USERS: Final = (Action.MANAGE_DICTIONARIES, Action.COMPLETE_TASK, Action.APPLY)


@blueprint.get("")
@policy("any", *_USERS)
def index() -> ResponseReturnValue:
    with read_session() as session:
        found = intake.offered(session, current())
    return render_template("admin/intakes.html", offered=found, staff=_staff())


@blueprint.get("/<name>")
@policy("any", *_USERS)
def page(name: str) -> ResponseReturnValue:
    with read_session() as session:
        return _page(intake.target(session, name, current()), name)


@blueprint.get("/<name>/template")
@policy("any", *_USERS)
def template(name: str) -> ResponseReturnValue:
    """An empty table with the headings that are read."""
    with read_session() as session:
        to = intake.target(session, name, current())
    content = sheets.xlsx(to.title, intake.headings(to), [])
    return exporting.download(content, f"{to.title}导入模板.xlsx", sheets.XLSX)


@blueprint.post("/<name>")
@policy("any", *_USERS)
@limiter.limit("30 per minute")
def preview(name: str) -> ResponseReturnValue:
    """What would become of each line; nothing is written but the file itself."""
    with read_session() as session:
        to = intake.target(session, name, current())
        storage = request.files.get("table")
        if storage is None or not storage.filename:
            return _page(to, name, problem=_("请选择文件")), 422
        content = storage.stream.read(settings.current().upload_bytes + 1)
        try:
            table = sheets.read(content, most=to.most)
            attached = _attached() if intake.takes_files(to) else {}
        except BanliError as error:
            return _page(to, name, problem=error.message), 422
    with read_session() as session:  # one that sees the files just kept
        try:
            verdicts = intake.judge(session, to, table, by=current(), files=attached)
        except SheetRefused as error:
            return _page(to, name, problem=error.message), 422
    kept = [_kept(content, files.clean_name(storage.filename)), *_given(attached)]
    return _page(to, name, verdicts=verdicts, kept=kept, table=table)


@blueprint.post("/<name>/refused")
@policy("any", *_USERS)
def refused(name: str) -> ResponseReturnValue:
    """The refused lines with their reasons, to be corrected and sent again."""
    with read_session() as session:
        to, table = intake.target(session, name, current()), _table(session)
        verdicts = intake.judge(session, to, table, by=current(), files=_taken_along())
    headings, rows = intake.refused_rows(table, verdicts)
    content = sheets.xlsx(to.title, headings, rows)
    return exporting.download(content, f"{to.title}未导入的行.xlsx", sheets.XLSX)


@blueprint.post("/<name>/take")
@policy("any", *_USERS)
def take(name: str) -> ResponseReturnValue:
    try:
        count = run(_take, name)
    except BanliError as error:
        with read_session() as session:
            to = intake.target(session, name, current())
            return _page(to, name, problem=error.message), 422
    flash(_("已导入 %(n)s 行", n=count))
    return redirect(_after(name), code=303)


def _take(session: Session, name: str) -> int:
    to = intake.target(session, name, current())
    table, attached = _table(session), _taken_along()
    verdicts = intake.judge(session, to, table, by=current(), files=attached)
    return intake.take(session, to, verdicts, by=current())


def _after(name: str) -> str:
    kind, _dot, code = name.partition(".")
    if kind == "ledger":
        return url_for("registers.browse", register=code)
    return url_for("worklist.inbox", box="mine") if _staff() else url_for("portal.mine")


def _table(session: Session) -> Table:
    value = references.take(request.form.get("file", ""), "form", by=current().id)
    if value is None:
        raise NotFound(_("文件已过期，请重新选择"))
    return sheets.read(files.read(session, str(value["file"])))


def _attached() -> dict[str, Any]:
    """Keep the files that came along with the table; by name, as a form holds them.

    Raises:
        FileRefused: one of them may not come in.
        SheetRefused: too many, or two of one name.
    """
    found: dict[str, Any] = {}
    chosen = [one for one in request.files.getlist("attached") if one.filename]
    if len(chosen) > _FILES:
        raise SheetRefused(_("一次最多选择 %(n)s 个附件", n=_FILES))
    for storage in chosen:
        named = files.clean_name(storage.filename or "")
        if named in found:
            raise SheetRefused(_("有两个附件都叫『%(name)s』", name=named))
        found[named] = keep(storage, by=current().id)
    return found


def _given(attached: Mapping[str, Any]) -> list[str]:
    return [references.give(one, "form", to=current().id) for one in attached.values()]


def _taken_along() -> dict[str, Any]:
    """The files that came along, on the page that follows."""
    values = [
        references.take(one, "form", by=current().id) for one in request.form.getlist("attached")
    ]
    return {str(one["name"]): one for one in values if one is not None}


def _kept(content: bytes, name: str) -> str:
    """Keep the table for the next page; returns its reference."""
    row = run(files.store, content, by=current().id, content_type=sheets.XLSX)
    return references.give(files.reference(row, name=name), "form", to=current().id)


def _page(
    to: Target,
    name: str,
    *,
    problem: str = "",
    verdicts: list[Verdict] | None = None,
    kept: Sequence[str] = (),
    table: Table | None = None,
) -> str:
    counts = Counter(one.state for one in verdicts or ())
    ordered = sorted(verdicts or (), key=lambda one: (one.state != "refused", one.line.number))
    more: dict[str, Any] = {
        "headings": table.headings if table else (),
        "ignored": _ignored(to, table) if table else [],
        "shown": ordered[:_SHOWN],
    }
    return render_template(
        "admin/intake.html",
        to=to,
        name=name,
        columns=intake.columns(to),
        problem=problem,
        verdicts=verdicts,
        counts=counts,
        good=counts["accepted"] + counts["warned"],
        reference=next(iter(kept), ""),
        attached=kept[1:],
        takes_files=intake.takes_files(to),
        states=STATES,
        staff=_staff(),
        **more,
    )


def _ignored(to: Target, table: Table) -> list[str]:
    """Headings that nothing is read from."""
    known = {one.label for one in intake.columns(to)} | {intake.REASON}
    return [heading for heading in table.headings if heading not in known]


def _staff() -> bool:
    return current().kind == "staff"
