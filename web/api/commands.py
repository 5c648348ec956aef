"""How the API changes something: once per idempotency key, at the revision the caller has seen.

Invariant: work, record of the key and answer are one transaction.
"""

import hashlib
import re
from collections.abc import Callable
from typing import Any, Final

from flask import Response, request
from sqlalchemy.orm import Session

from processes import repeats
from processes.repeats import Answer
from web.api import access, wire
from web.database import run

_KEY: Final = re.compile(r"[\x21-\x7e]{1,200}")
_TAG: Final = re.compile(r'(?:W/)?"([0-9]{1,18})"')


def perform(work: Callable[[Session], Any], *, status: int = 200) -> Response:
    """Do the work of a command in one transaction and answer with what it returns."""
    key, digest = _key(), _digest()
    actor = str(access.user().id)

    def once(session: Session) -> Answer:
        def answered() -> Answer:
            return Answer(status, wire.dumps(work(session)))

        return repeats.once(session, key, actor=actor, digest=digest, work=answered)

    answer = run(once)
    return reply(answer.body, answer.status)


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
