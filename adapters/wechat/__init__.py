"""The WeChat account of the province: template messages to followers, menu of the account (P-81).

The menu leads to `/public/enter/wechat`; whoever follows the account is known there by the unified
identity, so a message names the citizen, never an id of WeChat.

Settings: `URL`, `KEY` (shared secret, at least 16 bytes), optional `KEY_ID`.
"""

from collections.abc import Mapping
from typing import Final

from adapters._shared import exchange
from adapters._shared.citizens import MESSAGE
from adapters._shared.exchange import Contract, Exchange
from adapters._shared.members import Member, ServiceType

CONTRACT: Final = Contract(
    channel="wechat",
    title="微信公众号",
    services={
        "wechat.notify": ServiceType(
            "发送模板消息",
            asked=MESSAGE,
            answered=(
                Member("receipt_no", "发送编号"),
                Member("accepted_at", "受理时间", "instant"),
            ),
            refusals={"not_followed": "没有关注公众号，或已经取消关注"},
        ),
        "wechat.menu": ServiceType(
            "发布菜单",
            asked=(Member("buttons", "菜单项：名称、网址", "list"),),
            answered=(Member("published_at", "发布时间", "instant"),),
        ),
    },
)


def create(settings: Mapping[str, str]) -> Exchange:
    """Make the channel; `URL` and `KEY` are required."""
    return exchange.create(CONTRACT, settings)
