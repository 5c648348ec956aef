"""The blueprint of the public portal, its frame, and what every page of it needs.

Invariant: nothing here is for staff; whoever acts here came by the unified identity.
"""

from dataclasses import dataclass
from typing import Any, Final

from flask import Blueprint, current_app, g, session, url_for
from flask_login import current_user

from adapters.registry import Adapters
from engine.ports import IdentityProvider
from processes.casefile import notices
from processes.domains.domains import Word
from processes.identity.identity import Citizen
from web import realms
from web.auth import current
from web.database import read_session
from web.i18n import language
from web.words import N_, _

blueprint = Blueprint("public", __name__, url_prefix=realms.PREFIX)

CHANNELS: Final = {
    "portal": N_("省政务服务网"),
    "app": N_("秦务员APP"),
    "wechat": N_("微信公众号"),
    "national": N_("全国一窗受理平台"),
}
"""Where somebody of the public comes from; the case keeps it as its `channel` (P-13, P-81)."""
DEFAULT: Final = "portal"


@dataclass(frozen=True, slots=True)
class Tab:
    """An entry of the portal's navigation."""

    href: str
    title: str
    icon: str
    current: bool = False
    count: int = 0


def channel() -> str:
    """The channel by which this browser came."""
    found = str(session.get("channel", DEFAULT))
    return found if found in CHANNELS else DEFAULT


def provider() -> IdentityProvider | None:
    """Who vouches for the public here."""
    adapters: Adapters = current_app.extensions.get("banli_adapters") or Adapters()
    return adapters.identity


def citizen() -> Citizen:
    """Who is meant by this request; only behind the policy `citizen`."""
    found = current().citizen
    if found is None:
        raise AssertionError("the policy lets nobody else in")
    return found


def said(word: Word) -> str:
    """A title of the domains in the language of the request."""
    return word.title_en if language() == "en" else word.title


def tabs(here: str) -> list[Tab]:
    """The navigation: what is open to everybody, then what is one's own."""
    told = (
        ("public.index", _("办事"), "book"),
        ("public.mine", _("办件"), "inbox"),
        ("public.certificates", _("证照"), "card"),
        ("public.messages", _("消息"), "bell"),
        ("public.me", _("我的"), "user"),
    )
    counts = {"public.messages": _unread()}
    return [
        Tab(url_for(name), title, icon, here == name, counts.get(name, 0))
        for name, title, icon in told
    ]


def _unread() -> int:
    if not current_user.is_authenticated:
        return 0
    if "public_unread" not in g:
        with read_session() as opened:
            g.public_unread = notices.unread(opened, current())
    return int(g.public_unread)


def frame() -> dict[str, Any]:
    """What the layout needs on every page of the portal."""
    return {"tabs": tabs, "said": said, "channel_name": lambda: _(CHANNELS[channel()])}


blueprint.context_processor(frame)
