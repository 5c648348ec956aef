"""What a domain reports to departments outside whenever a case changes (`publications`).

Invariant: every expression is FEEL and read at the start; what is wrong with one names its place.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from marshmallow import Schema, ValidationError, fields, validate

from engine import feel
from engine.feel import Expression, FeelSyntaxError

_LONGEST: Final = 2_000


@dataclass(frozen=True, slots=True)
class Publication:
    """A message about the cases of some processes, sent when one of the variables changes.

    `when` (null: always), `key` and the members of `body` see the variables of the case. One that
    is told `inside` goes to another case of ours, whether a department takes it or not.
    """

    message: str
    processes: tuple[str, ...]
    changed: frozenset[str]
    when: Expression | None
    key: Expression
    body: Mapping[str, Expression]
    inside: bool = False

    def concerns(self, process_key: str) -> bool:
        """Whether it tells of the cases of a process; `processes` are beginnings of keys."""
        return process_key.startswith(self.processes)


class FeelField(fields.String):
    """An expression; `=` in front is allowed, as in models."""

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> Any:
        text = str(super()._deserialize(value, *args, **kwargs)).removeprefix("=")
        if len(text) > _LONGEST:
            raise ValidationError(f"表达式超过 {_LONGEST} 个字符")
        try:
            return feel.parse(text)
        except FeelSyntaxError as error:
            raise ValidationError(f"不是有效的 FEEL：{error}") from error


_REQUIRED: Final[dict[str, Any]] = {"required": "缺少这个项目", "null": "不能为空"}


class PublicationSchema(Schema):
    """One entry of `publications`, by the name of the message."""

    error_messages = {"unknown": "没有这个项目", "type": "应为对象"}
    processes = fields.List(
        fields.String(), required=True, validate=validate.Length(1), error_messages=_REQUIRED
    )
    changed = fields.List(
        fields.String(), required=True, validate=validate.Length(1), error_messages=_REQUIRED
    )
    when = FeelField(load_default=None)
    inside = fields.Boolean(load_default=False)
    key = FeelField(required=True, error_messages=_REQUIRED)
    body = fields.Dict(
        keys=fields.String(), values=FeelField(), required=True, error_messages=_REQUIRED
    )


def made_publication(message: str, told: Mapping[str, Any]) -> Publication:
    """A publication from its checked entry."""
    return Publication(
        message,
        tuple(told["processes"]),
        frozenset(told["changed"]),
        told["when"],
        told["key"],
        told["body"],
        inside=told["inside"],
    )
