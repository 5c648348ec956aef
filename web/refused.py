"""What the server itself refuses, before any page sees it: too large, malformed, too slow.

Invariant: these answers are in Chinese like all others and name what was allowed.
"""

from typing import Any, Final

from markupsafe import escape
from waitress.channel import HTTPChannel
from waitress.server import TcpWSGIServer
from waitress.task import ErrorTask
from waitress.utilities import Error

_TEXTS: Final = {
    400: ("请求无效", "浏览器发来的请求不完整或格式不正确，请返回重试。"),
    413: ("内容过大", "一次提交的内容过大：单个附件不超过 50 MB，文字不超过 1 MB。"),
    431: ("请求无效", "请求的头部过大，请清除浏览器中本网站的数据后重试。"),
    500: ("系统出错", "您的操作没有完成，请稍后重试。"),
}
_PAGE: Final = (
    '<!doctype html><html lang="zh-CN"><head><meta charset="utf-8"><title>{title}</title></head>'
    '<body><h1>{title}</h1><p>{text}</p><p><a href="/">返回首页</a></p></body></html>'
)


class _Refusal:
    """One of waitress's errors, in our words."""

    def __init__(self, error: Error) -> None:
        self._error = error

    def to_response(self, _ident: str | None = None) -> tuple[str, list[tuple[str, str]], bytes]:
        """Status line, headers and body."""
        code = int(self._error.code)
        title, text = _TEXTS.get(code, _TEXTS[400])
        page = _PAGE.format(title=escape(title), text=escape(text))
        headers = [
            ("Content-Type", "text/html; charset=utf-8"),
            ("Content-Security-Policy", "default-src 'none'"),
            ("X-Content-Type-Options", "nosniff"),
        ]
        return f"{code} {self._error.reason}", headers, page.encode()


class _RefusalTask(ErrorTask):  # type: ignore[misc]
    def execute(self) -> None:
        self.request.error = _Refusal(self.request.error)
        super().execute()


class _Channel(HTTPChannel):  # type: ignore[misc]
    error_task_class: Any = _RefusalTask


def install() -> None:
    """Let every server of this process answer so; again changes nothing."""
    TcpWSGIServer.channel_class = _Channel
