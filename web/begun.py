"""What a list or a ledger lets its reader begin: the links, and what the form begins with.

Invariant: a record fills a form in only where an operation offered to the reader names it, and
only one that is in the reader's list or looked after by him.
"""

from collections.abc import Mapping
from typing import Any

from flask import request
from sqlalchemy.orm import Session

from forms.definition import FormDefinition
from processes.ledgers import maintenance, menus, record_lists
from processes.ledgers.beginnings import Operation
from processes.model.records import RegisterRecord
from web.auth import current
from web.menu import Way, applying, said, todo

Operations = Mapping[str, Operation]


def without_record(operations: Operations) -> list[Way]:
    """What may be done without choosing a record."""
    found = []
    for one in operations.values():
        if one.apply and not one.record:
            found.append(Way(said(one), applying(current(), one.apply, given=one.given)))
        elif one.todo:
            found.append(Way(said(one), todo(one.todo, one.step)))
    return found


def of_record(operations: Operations, code: str, row: RegisterRecord) -> list[Way]:
    """What may be done with a record of a list or ledger of this code."""
    found = []
    for name, one in operations.items():
        if one.fits(row.status):
            more = {"from": code, "record": row.id, "op": name}
            found.append(Way(said(one), applying(current(), one.apply, given={}, **more)))
    return found


def prefilled(session: Session, form: FormDefinition | None) -> dict[str, Any]:
    """What the address of an application fills in: values of the menu, a record of a list.

    A record outside the list, or an operation that is not offered to the reader, fills in nothing.
    """
    if form is None:
        return {}
    names = {spec.name for spec in form.fields()}
    given: dict[str, Any] = {
        name[4:]: value for name, value in request.args.items() if name.startswith("set.")
    }
    found = _chosen(session)
    if found:
        operation, row = found
        taken = row.data if operation.take else {}
        given = {**taken, **given, **operation.filled(row.key)}
    return {name: value for name, value in given.items() if name in names}


def _chosen(session: Session) -> tuple[Operation, RegisterRecord] | None:
    code, number = request.args.get("from", ""), request.args.get("record", "")
    if not (code and number.isascii() and number.isdigit() and len(number) < 20):
        return None
    name = request.args.get("op", "")
    if code in menus.lists():
        told, may = menus.offered(current(), code)
        operation, reading = told.operations.get(name) if name in may else None, record_lists.record
    else:
        operation = maintenance.operations(session, code, by=current()).get(name)
        reading = maintenance.record
    return (operation, reading(session, code, int(number), by=current())) if operation else None
