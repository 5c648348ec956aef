"""The trading system of a city's housing office: contract, filing and restrictions of a unit.

Outward: housing_case_submitted, housing_supplement_submitted, housing_case_withdrawn. Inward, as
signed callbacks: contract_verified, housing_supplement_required, housing_refused (P-27).
Settings: `URL`, `KEY` (shared secret, at least 16 bytes), optional `KEY_ID`.
"""

from collections.abc import Mapping
from typing import Final

from adapters._shared import exchange
from adapters._shared.exchange import Contract, Exchange

CONTRACT: Final = Contract(
    channel="housing_local",
    title="住建（房管）交易系统",
    inward={
        "contract_verified": ("contract_no", "filing_no"),
        "housing_supplement_required": ("items",),
        "housing_refused": ("reason",),
    },
    outward=("housing_case_submitted", "housing_supplement_submitted", "housing_case_withdrawn"),
)


def create(settings: Mapping[str, str]) -> Exchange:
    """Make the channel; `URL` and `KEY` are required."""
    return exchange.create(CONTRACT, settings)
