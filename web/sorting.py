"""How the list of a page is sorted: by the heads of its columns, or on a phone by a choice.

Invariant: the address alone says it, so that pages, filters and exports of a list keep it; what
the list cannot be sorted by has no way here.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from processes.keyset import Lines
from processes.registers import ordering
from processes.registers.ordering import Sort
from web.paths import here
from web.wording import worded
from web.words import _


@dataclass(frozen=True, slots=True)
class Sorting:
    """For each column the ways up and down; `titles` are all ways in words, the usual one first."""

    ways: Mapping[str, tuple[str, str]]
    titles: Mapping[str, str]
    now: str

    def state(self, column: str) -> str:
        """As `aria-sort` has it; empty: the list is not sorted by this column."""
        up, down = self.ways[column]
        return {up: "ascending", down: "descending"}.get(self.now, "")

    def href(self, column: str) -> str:
        """The list sorted by a column; the other way round if it is already."""
        up, down = self.ways[column]
        return here(sort=down if self.now == up else up)


def of(ways: Mapping[str, tuple[str, str]], titles: Mapping[str, str], asked: str) -> Sorting:
    """The list sorted as asked, else in the usual way."""
    return Sorting(ways, titles, asked if asked in titles else next(iter(titles)))


def of_records(sort: Sort, columns: Collection[str]) -> Sorting:
    """The records of a ledger, by their key and by those of the columns that they have in order."""
    ledger = sort.ledger
    ways, titles = {}, {}
    for name in (ordering.KEY, *ordering.fields(ledger, columns)):
        told = ledger.fields.get(ledger.key if name == ordering.KEY else name)
        title = worded(told.label) if told else _("编号")
        ways[name] = (name, f"-{name}")
        titles[name] = _("%(column)s 升序", column=title)
        titles[f"-{name}"] = _("%(column)s 降序", column=title)
    return Sorting(ways, titles, f"{'-' if sort.down else ''}{sort.name}")


def pages(found: Lines, after: str) -> dict[str, str]:
    """Where the pages beside a page are, and the first of them unless this is it."""
    return {
        "next_href": here(after=str(found.next)) if found.next else "",
        "previous_href": here(after=str(found.previous)) if found.previous else "",
        "first_href": here() if after else "",
    }
