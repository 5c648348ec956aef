"""What can be had done: the catalogue, the guide to each service, applying for it step by step.

Invariant: anybody may read; to apply one has to come by the unified identity. The form travels in
the page and is kept as a draft at each step, with or without JavaScript.
"""

from collections.abc import Mapping

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from sqlalchemy.orm import Session

from engine.errors import Forbidden
from processes.casefile import drafts
from processes.casework import reachable
from processes.model.cases import Case
from processes.public import consents, guides
from web import applying
from web.auth import current, policy
from web.database import read_session, run
from web.public.pages import blueprint, channel, citizen
from web.words import _

_BASE = "public"
_SHARING = "data_share"
"""The adapter that fetches what is consented to."""


@blueprint.get("")
@policy("public")
def index() -> ResponseReturnValue:
    """The catalogue, by theme; searched by words, for persons or enterprises."""
    text = request.args.get("q", "").strip()[:40]
    party = request.args.get("party", "")
    party = party if party in guides.PARTIES else ""
    with read_session() as session:
        found = guides.offered(session, text=text, party=party)
        return render_template(
            "public/index.html",
            themes=list(guides.themes(found)),
            total=len(found),
            q=text,
            party=party,
        )


@blueprint.get("/services/<key>")
@policy("public")
def guide(key: str) -> ResponseReturnValue:
    with read_session() as session:
        found = guides.find(session, key)
        user = current() if current_user.is_authenticated else None
        draft = drafts.find(session, f"apply:{key}", by=user) if user else None
        return render_template(
            "public/guide.html",
            offered=found,
            guide=found.guide,
            draft=draft,
            shares=_SHARING not in reachable.off(),
        )


@blueprint.get("/services/<key>/begin")
@policy("citizen")
def begin(key: str) -> ResponseReturnValue:
    """What we hold already: to be used instead of being asked for, if the applicant agrees."""
    with read_session() as session:
        found = guides.find(session, key)
        if not found.guide.is_for(citizen()):
            return render_template("public/not_for.html", guide=found.guide), 403
        if not (found.guide.own or found.guide.held):
            return redirect(url_for("public.apply", key=key), code=303)
        offers = [
            (code, held, consents.choices(session, held, by=current()))
            for code, held in found.guide.held.items()
        ]
        return render_template(
            "public/begin.html", guide=found.guide, offers=offers, holder=citizen()
        )


@blueprint.post("/services/<key>/begin", endpoint="agree")
@policy("citizen")
def agree(key: str) -> ResponseReturnValue:
    _require(key)
    if request.form.get("go") == "fetch":
        filled = run(
            _agreed,
            key,
            identity=request.form.get("identity") == "1",
            chosen={
                name[5:]: value[:200]
                for name, value in request.form.items()
                if name.startswith("held.")
            },
        )
        if filled:
            flash(_("已按您的同意填入 %(n)s 项内容，请核对", n=filled))
    return redirect(url_for("public.apply", key=key), code=303)


def _agreed(session: Session, key: str, *, identity: bool, chosen: Mapping[str, str]) -> int:
    found = guides.find(session, key)
    filled = consents.give(
        session, found, by=current(), identity=identity, chosen=chosen, channel=channel()
    )
    return len(filled)


@blueprint.get("/apply/<key>")
@policy("citizen")
def apply(key: str) -> ResponseReturnValue:
    _require(key)
    return applying.first_page(key, base=_BASE)


@blueprint.post("/apply/<key>", endpoint="apply_step")
@policy("citizen")
def apply_step(key: str) -> ResponseReturnValue:
    _require(key)
    done = applying.next_page(key, base=_BASE, channel=channel())
    if isinstance(done, Case):
        return redirect(url_for("public.case", case_id=done.id, submitted=1), code=303)
    return done


@blueprint.post("/apply/<key>/draft")
@policy("citizen")
def draft(key: str) -> ResponseReturnValue:
    _require(key)
    return applying.keep_draft(key)


@blueprint.post("/apply/<key>/refresh")
@policy("citizen")
def refresh(key: str) -> ResponseReturnValue:
    _require(key)
    return applying.refreshed(key)


@blueprint.post("/apply/<key>/discard")
@policy("citizen")
def discard(key: str) -> ResponseReturnValue:
    """Forget the draft."""
    _require(key)
    run(drafts.drop, f"apply:{key}", by=current())
    flash(_("草稿已删除"))
    return redirect(url_for("public.mine"), code=303)


def _require(key: str) -> None:
    """Only what has a guide is applied for here, and only by those whom the guide is for.

    Raises:
        NotFound: it has none. Forbidden: a person asks for what is for enterprises, or vice versa.
    """
    with read_session() as session:
        found = guides.find(session, key)
    if not found.guide.is_for(citizen()):
        raise Forbidden("这项服务不向您现在的身份提供", key=key)
