"""The caller's own handwritten signature."""

from typing import Any

from flask import Response
from sqlalchemy.orm import Session

from processes.casefile import signatures
from web import references
from web.api import access, answers, blueprints, commands
from web.api.access import access as allow
from web.api.schemas.people import NewSignature, Signature
from web.database import read_session

blueprint = blueprints.make("signature", "/signature", "我的签名")


@blueprint.get("")
@allow(staff=True)
@blueprint.response(200, Signature)
def show() -> Any:
    """本人现用的手写签名；没有签名的 sha256 为空."""
    with read_session() as session:
        return _told(session)


@blueprint.put("")
@allow(staff=True)
@blueprint.arguments(NewSignature)
@blueprint.response(200, Signature)
def put(arguments: dict[str, Any]) -> Response:
    """设置或更换本人的手写签名（PNG、JPG，不超过 500 KB）；signature 为空则停用."""

    def work(session: Session) -> Any:
        by = access.user()
        if arguments["signature"] is None:
            signatures.remove(session, by=by)
        else:
            given = answers.with_files(signatures.form(), arguments)
            signatures.keep(session, given, by=by)
        session.flush()
        return Signature().dump(_told(session))

    return commands.perform(work)


def _told(session: Session) -> dict[str, Any]:
    me = access.user()
    kept = next(iter(signatures.history(session, by=me)), None)
    if kept is None or not kept.file:
        return {"sha256": None, "since": None, "reference": None}
    reference = references.give(kept.value, "view", to=me.id)
    return {"sha256": kept.file, "since": kept.since, "reference": reference}
