"""What a form asks the outside for: options of a named source, and facts about stored files.

Invariant: deny by default. A source or file that nobody can vouch for refuses the answer.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol


@dataclass(frozen=True, slots=True)
class Option:
    """One thing to choose: what is stored and what is shown."""

    value: str
    label: str


class Source(Protocol):
    """A named list to choose from: organisations, a register, a dictionary."""

    def find(self, value: str, context: Mapping[str, Any]) -> Option | None:
        """The option with this value, if it may be chosen in this case."""

    def search(self, text: str, context: Mapping[str, Any], *, limit: int = 50) -> Sequence[Option]:
        """Options whose label or value contains the text; all for an empty text."""


@dataclass(frozen=True, slots=True)
class ListSource:
    """A source with its few options in memory."""

    options: Sequence[Option]

    def find(self, value: str, _context: Mapping[str, Any]) -> Option | None:
        return next((option for option in self.options if option.value == value), None)

    def search(
        self, text: str, _context: Mapping[str, Any], *, limit: int = 50
    ) -> Sequence[Option]:
        found = [o for o in self.options if text in o.label or text in o.value]
        return found[:limit]


@dataclass(frozen=True, slots=True)
class Lookups:
    """The sources by name, and a function from a file's digest to its stored facts.

    The function returns `name`, `size`, `type` and, for pictures, `width` and `height`; None if the
    file is not there or not this person's to use. Without the function the answers' own facts are
    believed: only for callers that made them themselves.
    """

    sources: Mapping[str, Source] = field(default_factory=dict)
    file: Callable[[str], Mapping[str, Any] | None] | None = None
