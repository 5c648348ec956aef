"""How the API changes something: once per idempotency key, at the revision the caller has seen.

Invariant: work, record of the key and answer are one transaction.
"""

import hashlib
import re
from collections.abc import Callable, Mapping
from typing import Any, Final

from flask import Response, request
from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.errors import Conflict
from engine.model import ProcessInstance, UserTask
from processes.background import repeats
from processes.background.repeats import Answer
from processes.model.cases import ModelDraft
from web import foretelling
from web.api import access, wire
from web.api.schemas.tasks import Outlook
from web.database import read_session, run

_KEY: Final = re.compile(r"[\x21-\x7e]{1,200}")
_TAG: Final = re.compile(r'(?:W/)?"([0-9]{1,18})"')
_Revised = type[UserTask] | type[ProcessInstance] | type[ModelDraft]
REVISED: Final[Mapping[str, tuple[_Revised, str]]] = {
    "task_id": (UserTask, "任务已有变化，请重新读取后再办"),
    "case_id": (ProcessInstance, "办件已有变化，请重新读取后再办"),
    "draft_id": (ModelDraft, "草稿已有变化，请重新查看"),
}
"""What an address names that has revisions, and what to say when it has another one by now."""


def perform(work: Callable[[Session], Any], *, status: int = 200) -> Response:
    """Do the work of a command in one transaction and answer with what it returns.

    With the header `Dry-Run: true` it is told instead what that would do, and nothing is done.
    """
    if foretelling.asked():
        return _foretold(work)
    key, digest = _key(), _digest()
    actor = str(access.user().id)

    def once(session: Session) -> Answer:
        def answered() -> Answer:
            stale = _stale(session)
            done = Answer(status, wire.dumps(work(session)))
            if stale is not None:  # told after the command, which says first what one may not see
                raise stale
            return done

        return repeats.once(session, key, actor=actor, digest=digest, work=answered)

    answer = run(once)
    return reply(answer.body, answer.status)


def _foretold(work: Callable[[Session], Any]) -> Response:
    address = request.view_args or {}
    if not address.keys() & {"task_id", "case_id"}:
        raise wire.RequestInvalid("这项操作不能试算，请不要带 Dry-Run")
    with read_session() as session:
        stale = _stale(session)
        found = foretelling.foretell(session, address, lambda: work(session), by=access.user())
        if stale is not None:
            raise stale
        return reply(wire.dumps(Outlook().dump(found)))


def reply(body: str, status: int = 200, *, revision: int | None = None) -> Response:
    """An answer of JSON, with the revision as its entity tag."""
    response = Response(body, status, mimetype="application/json")
    if revision is not None:
        response.set_etag(str(revision))
    return response


def expected_revision() -> int | None:
    """The revision the caller has seen, of the header If-Match.

    Raises:
        RequestInvalid: the header is none of our tags.
    """
    header = request.headers.get("If-Match")
    if header is None or header.strip() == "*":
        return None
    tag = _TAG.fullmatch(header.strip())
    if tag is None:
        raise wire.RequestInvalid('If-Match 应为读取时得到的 ETag，如 "12"')
    return int(tag[1])


def _stale(session: Session) -> Conflict | None:
    """If-Match on any write: whether the thing addressed is another one than the caller has seen.

    What is gone by now is left to the command, which knows who ended it and when.
    """
    expected = expected_revision()
    if expected is None:
        return None
    address = request.view_args or {}
    name = next((one for one in REVISED if one in address), None)
    if name is None:
        raise wire.RequestInvalid("这项操作没有可以比对的版本，请不要带 If-Match")
    revised, message = REVISED[name]
    now = session.scalar(select(revised.revision).where(revised.id == address[name]))
    return None if now in (None, expected) else Conflict(message, revision=now)


def _key() -> str:
    key = request.headers.get("Idempotency-Key")
    if key is None:
        return ""
    if not _KEY.fullmatch(key):
        raise wire.RequestInvalid("Idempotency-Key 应为 1 至 200 个可见 ASCII 字符")
    return key


def _digest() -> str:
    parts = (request.method, request.full_path, request.headers.get("If-Match", ""))
    digest = hashlib.sha256("\n".join(parts).encode())
    digest.update(request.get_data(cache=True))
    return digest.hexdigest()
