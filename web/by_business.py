"""Processes by the business they are of, which the beginning of their keys tells."""

from collections.abc import Iterable

from processes.deployed import offers
from processes.domains import domains
from web.i18n import titles
from web.words import _

Named = tuple[str, str]
"""The key of a process and its name."""


def businesses(more: Iterable[str] = ()) -> dict[str, str]:
    """Code → title of each business, in the order of menus; those of `more` without a title last.

    What serves every business stands behind the businesses themselves.
    """
    told = titles(domains.current().titles)
    own = {code: title for code, title in told.items() if code != offers.COMMON}
    others = {code: _("其他业务（%(code)s）", code=code) for code in sorted({*more} - {*told})}
    return {**own, **{code: told[code] for code in told if code not in own}, **others}


def grouped(processes: Iterable[Named]) -> list[tuple[str, list[Named]]]:
    """Title of the business → its processes, each kept in its order; no business stands empty."""
    found: dict[str, list[Named]] = {}
    for key, name in processes:
        found.setdefault(offers.domain_of(key), []).append((key, name))
    return [(title, found[code]) for code, title in businesses(found).items() if code in found]
