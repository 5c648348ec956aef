"""What may be begun from a list of records or from the page of a ledger: `operations` as data.

Invariant: a record is handed to the form of the business by its key and its own fields, nothing
else.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from marshmallow import RAISE, Schema, ValidationError, fields, validate

from processes.domains.domains import DomainRefused, Word


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation(Word):
    """What may be done from a list: begin a business (`apply`), or go to the tasks of one (`todo`).

    `record` names the fields of the form that take the record; `take` fills in those of its fields
    that are called as fields of the record. Without `record` it is not about a record.
    """

    apply: str = ""
    given: Mapping[str, Any] = field(default_factory=dict)
    record: tuple[str, ...] = ()
    take: bool = False
    todo: str = ""
    step: str = ""
    statuses: frozenset[str] = frozenset()

    def fits(self, status: str) -> bool:
        """Whether it is about a record in this status."""
        return bool(self.apply and self.record) and (not self.statuses or status in self.statuses)

    def filled(self, key: str) -> dict[str, Any]:
        """With what the form of the business begins for the record of this key."""
        return dict(self.given) | dict.fromkeys(self.record, key)


class TitledSchema(Schema):
    """Something with a Chinese title and perhaps an English one."""

    title = fields.String(required=True, validate=validate.Length(1, 60))
    title_en = fields.String(load_default="")


class TargetSchema(TitledSchema):
    """Something that leads to a business or to tasks."""

    apply = fields.String(load_default="")
    given = fields.Dict(keys=fields.String(), data_key="set", load_default=dict)
    todo = fields.String(load_default="")
    step = fields.String(load_default="")


class OperationSchema(TargetSchema):
    """One operation, by its code."""

    record = fields.List(fields.String(), load_default=list)
    take = fields.Boolean(load_default=False)
    statuses = fields.List(fields.String(), load_default=list)


def made_operation(raw: Mapping[str, Any]) -> Operation:
    """An operation from its checked entry."""
    lists = {"record": tuple(raw["record"]), "statuses": frozenset(raw["statuses"])}
    return Operation(**{**raw, **lists})


def read(name: str, told: Mapping[str, Mapping[str, Any]]) -> Mapping[str, Operation]:
    """Operations as a domain file tells them; `name` is where, for the message.

    Raises:
        DomainRefused: something in one is wrong.
    """
    return {code: made_operation(loaded(OperationSchema, name, one)) for code, one in told.items()}


def loaded(schema: type[Schema], name: str, told: Mapping[str, Any]) -> dict[str, Any]:
    """What a domain file tells, checked; `name` is where, for the message.

    Raises:
        DomainRefused: something in it is wrong.
    """
    try:
        return dict(schema(unknown=RAISE).load(told))
    except ValidationError as error:
        raise DomainRefused(f"{name}：{error}") from error
