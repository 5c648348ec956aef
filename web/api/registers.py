"""Ledgers: browsed by who works with them, kept by the roles that their domain names.

Invariant: as on the pages: what is outside the caller's organisations does not exist, sensitive
values are masked, and a record is added or changed by the rules of its ledger's form.
"""

from typing import Any

from flask import Response
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from engine.errors import NotFound
from processes import registers
from processes.identity.roles import Action
from processes.ledgers import maintenance
from processes.model.records import RegisterRecord
from processes.registers import Record
from web.admin.registers import masked, wanted
from web.admin.scope import record_of, visible
from web.api import access, blueprints, commands
from web.api.access import access as allow
from web.api.schemas.base import Reason
from web.api.schemas.registers import (
    LedgerRecord,
    LedgerRecords,
    Ledgers,
    RecordAnswers,
    RecordQuery,
)
from web.database import read_session

blueprint = blueprints.make("registers", "/registers", "登记簿与字典")

_READERS = (Action.SEARCH_CASES, Action.MANAGE_DICTIONARIES)
_KEEPERS = (Action.MANAGE_DICTIONARIES, Action.COMPLETE_TASK)
_NAME = "<string(minlength=1, maxlength=64):register>"


@blueprint.get("")
@allow(*_READERS, staff=True)
@blueprint.response(200, Ledgers)
def ledgers() -> Any:
    """看得到记录的、以及由您维护的登记簿."""
    by = access.user()
    with read_session() as session:
        query = select(RegisterRecord.register, func.count()).where(visible(by))
        counted = session.execute(query.group_by(RegisterRecord.register)).tuples().all()
    counts, kept = dict(counted), set(maintenance.looked_after(by))
    return {
        "items": [
            {
                "register": name,
                "title": ledger.title,
                "count": counts.get(name, 0),
                "keeps": maintenance.may_keep(name, by),
            }
            for name, ledger in registers.definitions().items()
            if name in counts or name in kept
        ]
    }


@blueprint.get(f"/{_NAME}")
@allow(*_READERS, staff=True)
@blueprint.arguments(RecordQuery, location="query")
@blueprint.response(200, LedgerRecords)
def page(arguments: dict[str, Any], register: str) -> Any:
    """一个登记簿的记录，按编号."""
    ledger, limit = registers.definition(register), arguments["limit"]
    told = {"q": arguments["text"], "status": arguments["status"], "by": access.user()}
    with read_session() as session:
        where = wanted(session, ledger, **told)
        query = select(RegisterRecord).where(*where, RegisterRecord.key > arguments["after"])
        rows = session.scalars(query.order_by(RegisterRecord.key).limit(limit)).all()
        items = [_told(row) for row in rows]
    return {"items": items, "next": rows[-1].key if len(rows) == limit else None}


@blueprint.get(f"/{_NAME}/<id:record_id>")
@allow(*_READERS, staff=True)
@blueprint.response(200, LedgerRecord)
def one(register: str, record_id: int) -> Any:
    """一条记录."""
    with read_session() as session:
        return _told(record_of(session, register, record_id, by=access.user()))


@blueprint.post(f"/{_NAME}")
@allow(*_KEEPERS, staff=True)
@blueprint.arguments(RecordAnswers)
@blueprint.response(201, LedgerRecord)
def add(arguments: dict[str, Any], register: str) -> Response:
    """登记一条记录."""
    _require(register)

    def work(session: Session) -> Any:
        made = maintenance.add(session, register, by=access.user(), answers=arguments["answers"])
        return _answer(session, made)

    return commands.perform(work, status=201)


@blueprint.post(f"/{_NAME}/<id:record_id>")
@allow(*_KEEPERS, staff=True)
@blueprint.arguments(RecordAnswers)
@blueprint.response(200, LedgerRecord)
def change(arguments: dict[str, Any], register: str, record_id: int) -> Response:
    """修改一条记录."""
    _require(register)

    def work(session: Session) -> Any:
        row = record_of(session, register, record_id, by=access.user())
        made = maintenance.change(
            session, register, row.key, by=access.user(), answers=arguments["answers"]
        )
        return _answer(session, made)

    return commands.perform(work)


@blueprint.post(f"/{_NAME}/<id:record_id>/switch")
@allow(*_KEEPERS, staff=True)
@blueprint.arguments(Reason)
@blueprint.response(200, LedgerRecord)
def switch(arguments: dict[str, Any], register: str, record_id: int) -> Response:
    """停用一条记录，或恢复使用."""
    _require(register)

    def work(session: Session) -> Any:
        row = record_of(session, register, record_id, by=access.user())
        made = maintenance.switch(
            session, register, row.key, by=access.user(), reason=arguments["reason"]
        )
        return _answer(session, made)

    return commands.perform(work)


def _require(register: str) -> None:
    if not maintenance.may_keep(register, access.user()):
        raise NotFound("没有这个登记簿", register=register)


def _answer(session: Session, made: Record) -> Any:
    session.flush()
    return LedgerRecord().dump(_told(session.get_one(RegisterRecord, made.id)))


def _told(row: RegisterRecord) -> dict[str, Any]:
    ledger = registers.definition(row.register)
    values = {name: masked(spec, row.data.get(name)) for name, spec in ledger.fields.items()}
    return {
        "id": str(row.id),
        "key": row.key,
        "status": row.status,
        "org_code": row.org_code,
        "values": values,
    }
