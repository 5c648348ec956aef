"""通知方式: by which ways somebody wants his notices, on the pages of both realms.

Invariant: everybody chooses for himself alone; what was typed stays when it is refused.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from adapters.mail.letter import is_address
from processes.casefile import deliveries
from processes.casefile.deliveries import Choice
from processes.domains.channels import NoticeChannel
from processes.model.cases import NoticeDelivery, Notification
from web.auth import current
from web.database import read_session, run
from web.i18n import titles
from web.words import _

PLACES: Final = 3
"""The first way, and those taken instead of it."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the form says, and what is wrong with it."""

    channels: tuple[str, ...]
    mail: str
    problem: str = ""


def page(template: str, back: str) -> Callable[[], ResponseReturnValue]:
    """The view of a page that shows the choice and keeps a new one; `back` is where it leads."""

    def view() -> ResponseReturnValue:
        if request.method == "GET":
            return _shown(template, back, None)
        wanted = _wanted()
        if wanted.problem:
            return _shown(template, back, wanted), 422
        run(deliveries.choose, current().id, channels=wanted.channels, mail=wanted.mail)
        flash(_("通知方式已保存"))
        return redirect(url_for(back), code=303)

    return view


Went = tuple[str, str, str]
"""Way, how far it came, colour: for the line under a notice."""


def _went() -> Callable[[NoticeDelivery], Went]:
    names = titles(deliveries.known())
    states = {
        "waiting": (_("正在发送"), ""),
        "sent": (_("已送达"), "green"),
        "refused": (_("未送达"), "amber"),
    }
    return lambda one: (names.get(one.channel, one.channel), *states[one.state])


def of_box(rows: Sequence[Notification]) -> Mapping[int, list[Went]]:
    """How far each notice of a box has come."""
    went = _went()
    with read_session() as session:
        sent = deliveries.of_notices(session, rows)
    return {id_: [went(one) for one in found] for id_, found in sent.items()}


def _wanted() -> Wanted:
    mail = request.form.get("mail", "").strip()
    named = [request.form.get(f"way_{n}", "") for n in range(1, PLACES + 1)]
    channels = tuple(dict.fromkeys(one for one in named if one))
    if mail and not is_address(mail):
        return Wanted(channels, mail, _("邮件地址应如 name@example.com"))
    if "mail" in channels and not mail:
        return Wanted(channels, mail, _("选了邮件，请填写邮件地址"))
    return Wanted(channels, mail)


def _shown(template: str, back: str, wanted: Wanted | None) -> str:
    with read_session() as session:
        kept = deliveries.choice(session, current().id)
    chosen = wanted or Wanted(kept.channels, kept.mail)
    return render_template(
        template,
        ways=titles({one.code: one for one in deliveries.offered()}),
        missing=list(titles(_missing(kept)).values()),
        chosen=[*chosen.channels, "", "", ""][:PLACES],
        mail=chosen.mail,
        problem=chosen.problem,
        back=url_for(back),
    )


def _missing(kept: Choice) -> Mapping[str, NoticeChannel]:
    """Ways that do not lead to him; a mail address he types here himself."""
    return {
        one.code: one
        for one in deliveries.offered()
        if one.address != "mail" and one.address not in kept.reachable
    }
