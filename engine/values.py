"""The one FEEL value that Python's standard library lacks."""

from dataclasses import dataclass
from functools import total_ordering


@total_ordering
@dataclass(frozen=True, slots=True)
class YearsMonths:
    """A duration of whole months (FEEL: years and months duration); may be negative."""

    months: int

    def __lt__(self, other: object) -> bool:
        if not isinstance(other, YearsMonths):
            return NotImplemented
        return self.months < other.months

    def __str__(self) -> str:
        """ISO 8601, as `P1Y2M`."""
        years, months = divmod(abs(self.months), 12)
        parts = (f"{years}Y" if years else "") + (f"{months}M" if months else "")
        return f"{'-' if self.months < 0 else ''}P{parts or '0M'}"
