"""By which ways a notice reaches somebody beside the box in this system (`notice_channels`).

Invariant: every expression is FEEL and read at the start; what is wrong with one names its place.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from marshmallow import Schema, fields, validate

from engine.feel import Expression
from processes.domains.publications import FeelField

ADDRESSES: Final = ("phone", "mail", "number")
"""What a channel knows somebody by: telephone, mail address, number of the identity document."""
_REQUIRED: Final[dict[str, Any]] = {"required": "缺少这个项目", "null": "不能为空"}


@dataclass(frozen=True, slots=True)
class NoticeChannel:
    """One way: the service that is asked, by what it knows people, what it is told.

    `text` is the text unless the ledger of templates has another; the members of `body` see
    `address`, `title`, `text`, `number` (of the case) and `link`.
    """

    code: str
    title: str
    title_en: str
    topic: str
    address: str
    text: str
    body: Mapping[str, Expression]


class NoticeChannelSchema(Schema):
    """One entry of `notice_channels`, by the code of the channel."""

    error_messages = {"unknown": "没有这个项目", "type": "应为对象"}
    title = fields.String(required=True, error_messages=_REQUIRED, validate=validate.Length(1, 20))
    title_en = fields.String(
        required=True, error_messages=_REQUIRED, validate=validate.Length(1, 40)
    )
    topic = fields.String(
        required=True, error_messages=_REQUIRED, validate=validate.Regexp(r"[a-z_]+\.[a-z_]+\Z")
    )
    address = fields.String(
        required=True, error_messages=_REQUIRED, validate=validate.OneOf(ADDRESSES)
    )
    text = fields.String(required=True, error_messages=_REQUIRED, validate=validate.Length(1, 500))
    body = fields.Dict(
        keys=fields.String(), values=FeelField(), required=True, error_messages=_REQUIRED
    )


def made_channel(code: str, told: Mapping[str, Any]) -> NoticeChannel:
    """A channel from its checked entry."""
    return NoticeChannel(code, **told)
