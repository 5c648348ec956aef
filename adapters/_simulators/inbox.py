"""What a channel to the public shows a citizen: messages and certificates, on a page of its own."""

import html
from collections import deque
from typing import Any, Final
from urllib.parse import parse_qsl, urlsplit

from adapters._shared.signing import Keys
from adapters._simulators.correspondent import Body, Refusal
from adapters._simulators.paged import Paged
from engine import clock

_KEPT: Final = 100


class Inbox(Paged):
    """Keeps what was sent for whom; `entry` is the door of the portal for this channel."""

    entry = ""
    refusal = ("not_registered", "没有注册")

    def __init__(self, callback: str, *, keys: Keys, seconds: float = 1.0) -> None:
        super().__init__(callback, keys=keys, seconds=seconds)
        self._letters: deque[dict[str, Any]] = deque(maxlen=_KEPT)

    def serve(self, name: str, body: Body, mode: str) -> dict[str, Any]:
        if mode == "address_refused":
            raise Refusal(*self.refusal)
        if name == "menu":
            return {"published_at": clock.now()}
        with self.lock:
            self._letters.appendleft({"kind": name, **body})
            number = f"{self.keys.id[:2].upper()}{clock.now():%Y%m%d}{len(self._letters):05d}"
        if name == "certificate":
            return {"card_no": number, "receipt_no": number}
        return {"receipt_no": number, "accepted_at": clock.now()}

    def page(self, path: str, form: dict[str, str] | None) -> str | None:
        parts = urlsplit(path)
        if parts.path != "/inbox":
            return None
        number = dict(parse_qsl(parts.query)).get("number", "")
        with self.lock:
            found = [one for one in self._letters if not number or one["receiver_no"] == number]
        rows = "".join(
            f"<li><b>{html.escape(str(one['title']))}</b><br>"
            f"{html.escape(str(one.get('text') or one.get('certificate_no') or ''))}<br>"
            f'<a href="{html.escape(str(one["link"]))}">打开</a></li>'
            for one in found
        )
        way = f'<p><a class="b" href="{self.back}/public/enter/{self.entry}">网上办事</a></p>'
        return self.drawn(self.title, f"{way}<ul>{rows or '<li>还没有消息</li>'}</ul>")
