"""Keeping a ledger on its page: add, change, take out of use; by whose role it is.

Invariant: what is not the user's to keep does not exist for him; a refused form shows again what
was typed, its errors at their fields.
"""

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, flash, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from engine import clock
from engine.errors import NotFound
from forms.definition import FormInvalid
from processes import registers
from processes.casework import sources
from processes.identity.identity import User
from processes.identity.roles import Action
from processes.ledgers import maintenance
from processes.registers import Record
from web import filling
from web.admin.scope import record_of
from web.auth import current, policy
from web.database import read_session, run
from web.words import _

blueprint = Blueprint("maintenance", __name__, url_prefix="/registers/<register>")

_KEEPERS = (Action.MANAGE_DICTIONARIES, Action.COMPLETE_TASK)


@blueprint.get("/new")
@policy("staff", *_KEEPERS)
def new(register: str) -> ResponseReturnValue:
    _require(register, current())
    return _page(register, None, {}, {})


@blueprint.post("/new", endpoint="add")
@policy("staff", *_KEEPERS)
def add(register: str) -> ResponseReturnValue:
    _require(register, current())
    if request.args.get("refresh"):
        return _states(register, None)
    given: Mapping[str, Any] = {}
    try:
        given = filling.answers(maintenance.form(register), node="add")
        made = run(maintenance.add, register, by=current(), answers=given)
    except FormInvalid as error:
        return _page(register, None, error.answers or given, error.errors), 422
    flash(_("已登记%(title)s", title=registers.definition(register).title))
    return redirect(_record_url(made), code=303)


@blueprint.get("/<int:record_id>/edit")
@policy("staff", *_KEEPERS)
def edit(register: str, record_id: int) -> ResponseReturnValue:
    held = _held(register, record_id)
    return _page(register, held, {}, {})


@blueprint.post("/<int:record_id>/edit", endpoint="change")
@policy("staff", *_KEEPERS)
def change(register: str, record_id: int) -> ResponseReturnValue:
    held = _held(register, record_id)
    if request.args.get("refresh"):
        return _states(register, held)
    given: Mapping[str, Any] = {}
    try:
        given = filling.answers(maintenance.form(register), node="change")
        made = run(maintenance.change, register, held.key, by=current(), answers=given)
    except FormInvalid as error:
        return _page(register, held, error.answers or given, error.errors), 422
    flash(_("已保存"))
    return redirect(_record_url(made), code=303)


@blueprint.post("/<int:record_id>/switch")
@policy("staff", *_KEEPERS)
def switch(register: str, record_id: int) -> ResponseReturnValue:
    held = _held(register, record_id)
    reason = request.form.get("reason", "").strip()[:200]
    if not reason:
        flash(_("请写明原因"))
        return redirect(_record_url(held), code=303)
    made = run(maintenance.switch, register, held.key, by=current(), reason=reason)
    name = registers.definition(register).status_name(made.status)
    flash(_("已改为“%(status)s”", status=name))
    return redirect(_record_url(made), code=303)


def _require(register: str, by: User) -> None:
    if not maintenance.may_keep(register, by):
        raise NotFound("没有这个登记簿", register=register)


def _held(register: str, record_id: int) -> Record:
    """A record among those the user keeps, by its row."""
    _require(register, current())
    with read_session() as session:
        row = record_of(session, register, record_id, by=current())
        return registers.get(session, register, row.key)


def _record_url(record: Record) -> str:
    return url_for("registers.record", register=record.register, record_id=record.id)


def _states(register: str, held: Record | None) -> ResponseReturnValue:
    """Which fields show and which are required with the answers as they stand."""
    given = filling.answers(maintenance.form(register), node="change" if held else "add")
    with read_session() as session:
        return jsonify(fields=filling.states(_layout(session, register, held, given, {})))


def _page(
    register: str, held: Record | None, given: Mapping[str, Any], errors: Mapping[str, Any]
) -> str:
    form = maintenance.form(register)
    with read_session() as session:
        return render_template(
            "admin/record_form.html",
            ledger=registers.definition(register),
            held=held,
            layout=_layout(session, register, held, given, errors),
            errors=filling.mistakes(form, errors) if errors else [],
        )


def _layout(
    session: Session,
    register: str,
    held: Record | None,
    given: Mapping[str, Any],
    errors: Mapping[str, Any],
) -> filling.Layout:
    known = {"user": current().told, "today": clock.today(), **(held.values if held else {})}
    return filling.layout(
        maintenance.form(register),
        given,
        errors,
        context=known,
        rights=filling.Rights(node="change" if held else "add"),
        lookups=sources.lookups(session, current()),
    )
