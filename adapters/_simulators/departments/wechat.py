"""The WeChat account: its menu, and the template messages that followers see."""

from adapters._simulators.inbox import Inbox


class WechatAccount(Inbox):
    """Whoever has not followed the account gets nothing."""

    title = "微信公众号"
    entry = "wechat"
    refusal = ("not_followed", "没有关注公众号")
