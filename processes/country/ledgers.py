"""What the ledgers of the country hold before any case, in the order in which it builds up."""

from datetime import date

from processes.country import holders, units
from processes.country.batches import Batch


def planned(part: float, on: date) -> list[Batch]:
    """Every batch of a country of that size, as of a day."""
    return [
        *units.units(part, on),
        *units.schools(on),
        *units.stock(part),
        *holders.yacht(part, on),
        *holders.explosives(part, on),
    ]
