"""The menu of people who work with one of their own: its links, and what has to be done first.

Told by the domains (`processes.ledgers.menus`).

Invariant: an entry leads where its words say; while something else comes first it leads nowhere.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from flask import Flask, g, redirect, request, url_for
from flask_login import current_user
from werkzeug.wrappers import Response

from processes.casework import precedence
from processes.casework.precedence import First
from processes.identity.identity import User
from processes.ledgers import menus
from processes.ledgers.menus import Entry
from web.auth import current
from web.database import read_session
from web.i18n import language

_PAGES: Final = {
    "notices": "home.notices",
    "password": "auth.password",
    "users": "people.users",
    "inbox": "worklist.inbox",
    "mine": "portal.mine",
    "import": "intake.index",
    "search": "cases.search",
    "urging": "platform.urging",
    "letters": "platform.letters",
    "supervision": "supervision.index",
}


@dataclass(frozen=True, slots=True)
class Way:
    """A link with its words; one that is locked leads nowhere yet."""

    title: str
    href: str
    current: bool = False
    locked: bool = False
    page: str = ""
    """The page of the product that it leads to, by the name menus have for it."""


@dataclass(frozen=True, slots=True)
class Heading:
    """Links below a heading."""

    title: str
    ways: tuple[Way, ...]


def headings() -> tuple[Heading, ...]:
    """The menu of the reader, once a request; empty for people without one."""
    if "business_menu" not in g:
        signed_in = current_user.is_authenticated
        g.business_menu = _headings(current()) if signed_in else ()
    found: tuple[Heading, ...] = g.business_menu
    return found


def has_first_page() -> bool:
    """Whether the menus of the reader have a first page of their own."""
    return bool(headings()) and menus.has_first_page(current())


def first() -> First | None:
    """What the reader has to do before all else, looked up once a request."""
    if "business_first" not in g:
        with read_session() as session:
            found = precedence.first_of_all(session, current())
        g.business_first = found
    told: First | None = g.business_first
    return told


def first_way() -> Way | None:
    """Where that is done, with the words that say so."""
    told = first()
    return Way(said(told), applying(current(), told.apply, given=told.given)) if told else None


def refused(process: str) -> Response | None:
    """To what comes before all else, for whoever applies for something that comes after it."""
    told, there = first(), first_way()
    if told is None or there is None or told.admits(process):
        return None
    return redirect(there.href, code=303)


def _headings(user: User) -> tuple[Heading, ...]:
    """The groups of all menus of a user; those of one title together, no entry twice."""
    groups: dict[str, dict[Way, None]] = {}
    for menu in menus.of_user(user):
        for group in menu.groups:
            ways = groups.setdefault(said(group), {})
            ways.update(dict.fromkeys(way(one, user) for one in group.items))
    return tuple(Heading(title, tuple(ways)) for title, ways in _marked_once(groups).items())


def _marked_once(groups: Mapping[str, Mapping[Way, None]]) -> Mapping[str, list[Way]]:
    """The entries with the first that is the page of this request marked, and no other."""
    here = next((one for ways in groups.values() for one in ways if one.current), None)
    return {
        title: [replace(one, current=one.current and one is here) for one in ways]
        for title, ways in groups.items()
    }


def way(entry: Entry, user: User) -> Way:
    """Where an entry of a menu leads."""
    href, told = _target(entry, user), first()
    locked = told is not None and not menus.opens(told, entry)
    return Way(said(entry), href, _is_here(href), locked, entry.page)


def _is_here(href: str) -> bool:
    """Whether a link is to the page of this request, or to the list that the page is a part of."""
    here = request.full_path.rstrip("?") if request.query_string else request.path
    return href == here or ("?" not in href and request.path.startswith(f"{href}/"))


def _target(entry: Entry, user: User) -> str:
    if entry.records:
        return url_for("business.records", code=entry.records)
    if entry.apply:
        return applying(user, entry.apply, given=entry.given)
    if entry.todo or entry.step:
        return todo(entry.todo, entry.step)
    if entry.ledger:
        return url_for("registers.browse", register=entry.ledger)
    if entry.statistic:
        return url_for("statistics.page", statistic=entry.statistic)
    return url_for(_PAGES[entry.page])


def applying(user: User, process: str, *, given: Mapping[str, Any], **more: Any) -> str:
    """Where somebody begins a business, and with what its form begins."""
    base = "counter" if user.kind == "staff" else "portal"
    told: dict[str, Any] = {f"set.{name}": str(value) for name, value in given.items()}
    return url_for(f"{base}.apply", key=process, **told, **more)


def todo(process: str, step: str) -> str:
    """Where the tasks of a process, or of a step, are."""
    return url_for("worklist.inbox", box="todo", process=process or None, step=step or None)


def said(word: Any) -> str:
    """A title in the language of the reader."""
    return str(word.title_en if language() == "en" and word.title_en else word.title)


def register(app: Flask) -> None:
    app.jinja_env.globals["business_menu"] = headings
    app.jinja_env.globals["has_first_page"] = has_first_page
    app.jinja_env.globals["first_of_all"] = first_way
