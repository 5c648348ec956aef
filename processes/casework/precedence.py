"""What somebody does before all else: complete the data of his unit (`first` of a menu, E-29).

Invariant: told by a domain file, decided by the record of the unit, and kept by the command that
files an application; pages only say it earlier.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from marshmallow import Schema, ValidationError, fields, validate
from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from engine.errors import Forbidden
from processes.domains import domains
from processes.domains.domains import DomainRefused, Word
from processes.identity.identity import User
from processes.model.records import RegisterRecord


@dataclass(frozen=True, slots=True, kw_only=True)
class First(Word):
    """What somebody does before all else, with the title that says so.

    While the record of his unit in a ledger, whose key is the code of the unit, is in one of the
    `statuses`, only this and the processes of `free` may be applied for, and only lists of that
    ledger are open.
    """

    register: str
    statuses: frozenset[str]
    apply: str
    given: Mapping[str, Any]
    free: frozenset[str]

    def admits(self, process: str) -> bool:
        """Whether a process may be applied for meanwhile."""
        return process == self.apply or process in self.free


class _First(Schema):
    title = fields.String(required=True, validate=validate.Length(1, 60))
    title_en = fields.String(load_default="")
    register = fields.String(required=True)
    statuses = fields.List(fields.String(), required=True, validate=validate.Length(1))
    apply = fields.String(required=True)
    given = fields.Dict(keys=fields.String(), data_key="set", load_default=dict)
    free = fields.List(fields.String(), load_default=list)


@cache
def of_roles() -> Mapping[str, First]:
    """What comes first, by role; the roles without are not in it.

    Raises:
        DomainRefused: a domain file tells it wrongly.
    """
    told = {role: menu.get("first") for role, menu in domains.current().menus.items()}
    return {role: _read(role, raw) for role, raw in told.items() if raw}


def _read(role: str, told: Mapping[str, Any]) -> First:
    try:
        raw = dict(_First().load(told))
    except ValidationError as error:
        raise DomainRefused(f"菜单『{role}』：{error}") from error
    return First(**{**raw, **{name: frozenset(raw[name]) for name in ("statuses", "free")}})


def first_of_all(session: Session, by: User) -> First | None:
    """What the user has to do before all else; None: everything is open to him."""
    for role, org in by.roles:
        first = of_roles().get(role)
        if first is not None and _waits(session, first, org):
            return first
    return None


def require(session: Session, process: str, *, by: User) -> None:
    """Let a user apply for a process only when nothing else comes first.

    Raises:
        Forbidden: something does; says what.
    """
    first = first_of_all(session, by)
    if first is not None and not first.admits(process):
        raise Forbidden(first.title, process=process, first=first.apply)


def unready(session: Session) -> frozenset[str]:
    """The units whose people have something to do before all else."""
    found: set[str] = set()
    for first in of_roles().values():
        waiting = select(RegisterRecord.key).where(
            RegisterRecord.register == first.register, RegisterRecord.status.in_(first.statuses)
        )
        found.update(session.scalars(waiting))
    return frozenset(found)


def _waits(session: Session, first: First, org: str) -> bool:
    waiting = exists().where(
        RegisterRecord.register == first.register,
        RegisterRecord.key == org,
        RegisterRecord.status.in_(first.statuses),
    )
    return bool(session.scalar(select(waiting)))
