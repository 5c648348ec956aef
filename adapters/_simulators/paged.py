"""A simulated department with pages for citizens: to pay, to have the face compared, to read."""

import html
from typing import Final
from urllib.parse import parse_qsl

from adapters._shared.signing import Keys
from adapters._simulators.correspondent import Correspondent
from adapters._simulators.simulator import Answer, Raw

_STYLE: Final = (
    "*{box-sizing:border-box}body{font:17px/1.6 system-ui,sans-serif;max-width:26em;"
    "margin:0 auto;padding:1.5em;"
    "color:#1c2733}h1{font-size:22px}button,a.b{display:block;width:100%;margin:.7em 0;"
    "padding:.8em 1em;font:inherit;text-align:center;background:#fff;border:1px solid #8a97a6;"
    "border-radius:8px;color:inherit;text-decoration:none}button.p{background:#0b4a8f;"
    "color:#fff}li{margin:.8em 0}small{color:#556070}"
)


class Paged(Correspondent):
    """Shows pages below its name; knows its own address from the requests that come to it."""

    def __init__(self, callback: str, *, keys: Keys, seconds: float = 1.0) -> None:
        super().__init__(callback, keys=keys, seconds=seconds)
        self.address = ""
        self.back = callback.partition("/api/")[0]
        """Where the portal is."""

    def answer(self, method: str, path: str, body: bytes, headers: dict[str, str]) -> Answer:
        host = {name.lower(): value for name, value in headers.items()}.get("host", "")
        self.address = f"http://{host}/{self.keys.id}"
        if path.startswith(("/messages", "/services/", "/package")):
            return super().answer(method, path, body, headers)
        form = dict(parse_qsl(body.decode())) if method == "POST" else None
        shown = self.page(path, form)
        return (404, {"reason": "没有这个页面"}) if shown is None else (200, Raw(shown.encode()))

    def page(self, path: str, form: dict[str, str] | None) -> str | None:
        """The page at a path, after what a form on it said; None where there is none."""
        raise NotImplementedError

    def drawn(self, heading: str, content: str) -> str:
        """A page with the name of the department, marked as simulated."""
        return (
            '<!doctype html><html lang="zh-CN"><meta charset="utf-8">'
            '<meta name="viewport" content="width=device-width,initial-scale=1">'
            f"<title>{heading}（模拟）</title><style>{_STYLE}</style>"
            f"<p><small>{self.title}（模拟）</small></p><h1>{html.escape(heading)}</h1>{content}"
            f'<p><a class="b" href="{self.back}/public/mine">返回政务服务</a></p></html>'
        )
