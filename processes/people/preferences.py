"""How a user likes his lists: columns left out, filters kept under a name.

Invariant: one row per user and list, beside his drafts under `list:<name>`; what is in it is only
how a list is shown, never what may be seen in it.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from sqlalchemy.orm import Session

from engine.errors import Conflict
from processes.casefile import drafts
from processes.identity.identity import User

MOST: Final = 12
_NAME: Final = 20


@dataclass(frozen=True, slots=True)
class Saved:
    """A filter under a name: the parameters of the list's address."""

    name: str
    query: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Preferences:
    """How one list is shown to one user."""

    hidden: frozenset[str] = frozenset()
    saved: Sequence[Saved] = ()
    chosen: bool = False
    """Whether the user has ever chosen the columns."""
    added: tuple[str, ...] = ()
    """Columns beyond those of the list, in their order."""


def of(session: Session, listed: str, *, by: User) -> Preferences:
    """The preferences of a user for a list; everything shown and nothing kept until he chooses."""
    kept = drafts.find(session, _subject(listed), by=by)
    answers: Mapping[str, Any] = kept.answers if kept else {}
    saved = [Saved(one["name"], one["query"]) for one in answers.get("saved", ())]
    hidden = answers.get("hidden")
    added = tuple(answers.get("added", ()))
    return Preferences(frozenset(hidden or ()), saved, chosen=hidden is not None, added=added)


def choose(
    session: Session,
    listed: str,
    *,
    by: User,
    hidden: Collection[str],
    added: Sequence[str] | None = None,
) -> None:
    """Leave these columns out from now on, and only these; add those, or what was added before."""
    found = of(session, listed, by=by)
    beyond = found.added if added is None else tuple(added)[:MOST]
    made = replace(found, hidden=frozenset(hidden), chosen=True, added=beyond)
    _keep(session, listed, by=by, found=made)


def keep_filter(
    session: Session, listed: str, *, by: User, name: str, query: Mapping[str, str]
) -> None:
    """Keep a filter under a name, instead of one of the same name.

    Raises:
        Conflict: no name, or there are as many as fit on a line already.
    """
    wanted = name.strip()[:_NAME]
    if not wanted:
        raise Conflict("请填写筛选条件的名称")
    found = of(session, listed, by=by)
    others = [one for one in found.saved if one.name != wanted]
    if len(others) >= MOST:
        raise Conflict(f"最多保存 {MOST} 个筛选条件，请先删除不用的")
    made = replace(found, saved=[*others, Saved(wanted, dict(query))])
    _keep(session, listed, by=by, found=made)


def drop_filter(session: Session, listed: str, *, by: User, name: str) -> None:
    """Forget a filter; one that is not kept is forgotten already."""
    found = of(session, listed, by=by)
    left = [one for one in found.saved if one.name != name]
    _keep(session, listed, by=by, found=replace(found, saved=left))


def _keep(session: Session, listed: str, *, by: User, found: Preferences) -> None:
    answers = {
        "hidden": sorted(found.hidden) if found.chosen else None,
        "added": list(found.added),
        "saved": [{"name": one.name, "query": dict(one.query)} for one in found.saved],
    }
    drafts.keep(session, _subject(listed), by=by, answers=answers, title="")


def _subject(listed: str) -> str:
    return f"list:{listed}"
