"""Which ledgers are looked after on their pages, by whom, and how (`maintained` of a domain file).

Invariant: one without a form is seen by those roles and changed by processes alone.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from marshmallow import Schema, fields, validate

_CODE = validate.Regexp(r"[a-z][a-z0-9_]{1,63}\Z", error="代码由小写字母、数字和下划线组成")


@dataclass(frozen=True, slots=True)
class Maintenance:
    """A ledger looked after on its page: with which form, in which roles; `retired` is out of use.

    The form is `<folder>/registers/forms/<form>.yaml`; its fields are fields of the ledger. Without
    one the records come and go by processes; `operations` are those that begin there, in the form
    of the operations of a list (`processes.ledgers.beginnings`).
    """

    form: str
    roles: frozenset[str]
    retired: str
    folder: str
    operations: Mapping[str, Any] = field(default_factory=dict)


class MaintenanceSchema(Schema):
    """One entry of `maintained`, by the name of the ledger."""

    error_messages = {"unknown": "没有这个项目", "type": "应为对象"}
    form = fields.String(load_default="", validate=validate.Regexp(r"[a-z0-9_]*\Z"))
    roles = fields.List(
        fields.String(validate=_CODE),
        required=True,
        error_messages={"required": "缺少这个项目", "null": "不能为空"},
        validate=validate.Length(1),
    )
    retired = fields.String(load_default="")
    operations = fields.Dict(
        keys=fields.String(validate=_CODE), values=fields.Dict(), load_default=dict
    )


def made_maintenance(told: Mapping[str, Any]) -> Maintenance:
    """An entry as it was checked, with the folder of its domain."""
    return Maintenance(
        told["form"],
        frozenset(told["roles"]),
        told["retired"],
        str(told["folder"]),
        told["operations"],
    )
