"""The content hash of an opinion: what was said, by whom, when, on which case, with which files.

Invariant: the hash covers a canonical text (a JSON array in a fixed order), so that whatever is
changed in the row afterwards shows; a keyed hash over it shows even who changed both in the
database, for the key is not there. Source: case-operations A.4 (content hash); FIPS 180-4, 198-1.
"""

import hashlib
from datetime import UTC, datetime

import orjson
from sqlalchemy.orm import Session

from engine import clock
from processes import keys
from processes.casefile import signatures
from processes.clock import dating
from processes.model.cases import Case, Opinion

_FORM = "banli.opinion.1"


def seal(session: Session, one: Opinion, *, signed: bool = True) -> Opinion:
    """Give a new opinion its instant, its author's signature of now and its hash.

    What is entered later (补录) carries no signature of whoever decided: the evidence does.
    """
    one.at = clock.now()
    if signed and dating.true_at() is None:
        one.signature = signatures.valid(session, one.by)
    case = session.get(Case, one.case_id)
    one.digest = digest(one, case.reference if case is not None else "")
    one.seal = _sealed(one.digest)
    return one


def altered(one: Opinion, reference: str) -> bool:
    """Whether an opinion says something else than when it was given; False where none can tell."""
    if one.digest is None:
        return one.seal is not None
    unsealed = one.seal is not None and one.seal != _sealed(one.digest)
    return unsealed or one.digest != digest(one, reference)


def digest(one: Opinion, reference: str) -> str:
    """SHA-256 (hex) of the canonical text of an opinion of the case with this number."""
    told = [
        _FORM,
        reference,
        [one.activity, one.activity_name],
        [one.by, one.by_name, one.by_org or ""],
        [one.acting_for, one.acting_for_name or ""],
        [one.action or "completed", one.decision or "", one.text or ""],
        [_instant(one.at), _instant(one.true_at)],
        (one.attachments or "").split(),
        one.signature,
    ]
    return hashlib.sha256(orjson.dumps(told)).hexdigest()


def _sealed(told: str) -> str:
    return keys.keyed_hash(told, purpose="opinion")


def _instant(at: datetime | None) -> str | None:
    return at.astimezone(UTC).isoformat(timespec="microseconds") if at is not None else None
