"""The content hash of an opinion, and the chain in which the opinions of a case are sealed.

Invariant: the hash covers a canonical text (a JSON array in a fixed order): what was said, by whom,
when, on which case, with which files. Each opinion's link covers its hash and the link before it,
so that what is taken out, put in or moved shows to whoever has the opinions; a keyed hash over both
shows even who changed all of it in the database, for the key is not there. Opinions from before
there was a chain keep their own seal and are covered by the first link after them.
Source: case-operations A.4 (content hash); FIPS 180-4, 198-1.
"""

import hashlib
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

import orjson
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.orm import Session

from engine import clock
from processes import keys
from processes.casefile import signatures
from processes.clock import dating
from processes.model.cases import Case, Opinion, OpinionChain

_FORM: Final = "banli.opinion.1"
_CHAIN: Final = "banli.opinions.1"


@dataclass(frozen=True, slots=True)
class Examined:
    """What looking at all opinions of a case found."""

    links: Sequence[str]
    """The link of each, as it should be, in their order."""
    altered: Collection[int]
    """Ids of those that say something else than when they were given."""
    gaps: Collection[int]
    """Ids of those before which something was taken out, put in or moved."""
    short: bool
    """Whether something was taken away at the end."""

    @property
    def whole(self) -> bool:
        """Whether all is as it was given."""
        return not (self.altered or self.gaps or self.short)

    @property
    def faults(self) -> list[str]:
        """What is wrong, in words; nothing if all is whole."""
        told = {
            f"{len(self.altered)} 条意见已被改动": bool(self.altered),
            f"{len(self.gaps)} 处意见被删除、插入或调换": bool(self.gaps),
            "末尾的意见被删除": self.short,
        }
        return [text for text, wrong in told.items() if wrong]


def seal(session: Session, one: Opinion, *, signed: bool = True) -> Opinion:
    """Give a new opinion its instant, its author's signature of now, its hash and its link.

    What is entered later (补录) carries no signature of whoever decided: the evidence does.
    """
    one.at = clock.now()
    if signed and dating.true_at() is None:
        one.signature = signatures.valid(session, one.by)
    case = session.get(Case, one.case_id)
    reference = case.reference if case is not None else ""
    one.digest = digest(one, reference)
    chain = _taken(session, one.case_id, reference)
    one.position = chain.length + 1
    one.link = _link(reference, one.position, chain.head, one.digest)
    one.seal = _sealed(one.digest, one.link)
    chain.length, chain.head = one.position, one.link
    chain.seal = _ended(chain)
    return one


def altered(one: Opinion, reference: str) -> bool:
    """Whether an opinion says something else than when it was given; False where none can tell."""
    if one.digest is None:
        return one.seal is not None
    unsealed = one.seal is not None and one.seal != _sealed(one.digest, one.link)
    return unsealed or one.digest != digest(one, reference)


def examine(session: Session, case: Case, said: Iterable[Opinion]) -> Examined:
    """Look at all opinions of a case: each by itself, and whether all are there in order."""
    listed = in_order(said)
    links, gaps = [], set()
    link, position = "", 0
    for one in listed:
        position += 1
        link = _link(case.reference, position, link, _digest_of(one, case.reference))
        links.append(link)
        if one.link is not None and (one.position, one.link) != (position, link):
            gaps.add(one.id)
            position, link = one.position or position, one.link  # what follows is judged by itself
    chain = session.get(OpinionChain, case.id)
    chained = any(one.link is not None for one in listed)
    return Examined(
        links,
        {one.id for one in listed if altered(one, case.reference)},
        gaps,
        (chained or chain is not None) and _is_short(chain, position, link),
    )


def in_order(said: Iterable[Opinion]) -> list[Opinion]:
    """Opinions in the order in which they were given."""
    return sorted(said, key=lambda one: (one.position or 0, one.id))


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


def _taken(session: Session, case_id: int, reference: str) -> OpinionChain:
    """The end of the chain of a case; whoever takes it holds it until the commit.

    What was said before there were chains begins it.
    """
    query = select(OpinionChain).where(OpinionChain.case_id == case_id).with_for_update()
    query = query.execution_options(populate_existing=True)
    if found := session.scalar(query):
        return found
    position, link = 0, ""
    earlier = select(Opinion).where(Opinion.case_id == case_id).order_by(Opinion.id)
    for position, one in enumerate(session.scalars(earlier), 1):
        link = _link(reference, position, link, _digest_of(one, reference))
    sqlite = session.get_bind().dialect.name == "sqlite"
    row = (sqlite_insert if sqlite else postgresql_insert)(OpinionChain)
    values = {"case_id": case_id, "length": position, "head": link, "seal": ""}
    session.execute(row.values(values).on_conflict_do_nothing())
    return session.scalars(query).one()


def _is_short(chain: OpinionChain | None, length: int, head: str) -> bool:
    if chain is None:
        return True
    return (chain.length, chain.head, chain.seal) != (length, head, _ended(chain))


def _digest_of(one: Opinion, reference: str) -> str:
    return one.digest or digest(one, reference)


def _link(reference: str, position: int, before: str, told: str) -> str:
    content = orjson.dumps([_CHAIN, reference, position, before, told])
    return hashlib.sha256(content).hexdigest()


def _sealed(told: str, link: str | None) -> str:
    return keys.keyed_hash(f"{told}:{link}" if link else told, purpose="opinion")


def _ended(chain: OpinionChain) -> str:
    told = f"{chain.case_id}:{chain.length}:{chain.head}"
    return keys.keyed_hash(told, purpose="opinions")


def _instant(at: datetime | None) -> str | None:
    return at.astimezone(UTC).isoformat(timespec="microseconds") if at is not None else None
