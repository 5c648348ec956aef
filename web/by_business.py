"""Processes and roles by the business they are of."""

from collections.abc import Collection, Iterable

from processes.deployed import offers
from processes.domains import belonging, domains
from processes.identity.roles import ROLES
from web.i18n import language, titles
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


def roles(codes: Collection[str], own: str) -> list[tuple[str, list[Named]]]:
    """Title of the business → its roles in words; first the own business, then what serves all."""
    found: dict[str, list[Named]] = {}
    for code, info in ROLES.items():
        if code in codes:
            name = info.name_en if language() == "en" else info.name
            found.setdefault(belonging.of_roles()[code], []).append((code, name))
    order = dict.fromkeys((own, offers.COMMON, *businesses(found)))
    told = titles(domains.current().titles)
    return [(told[one], found[one]) for one in order if one in found]


def grouped(processes: Iterable[Named]) -> list[tuple[str, list[Named]]]:
    """Title of the business → its processes, each kept in its order; no business stands empty."""
    found: dict[str, list[Named]] = {}
    for key, name in processes:
        found.setdefault(offers.domain_of(key), []).append((key, name))
    return [(title, found[code]) for code, title in businesses(found).items() if code in found]
