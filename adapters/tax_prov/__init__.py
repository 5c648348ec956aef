"""The provincial tax system: declaration, assessment, payment and voucher of a property case.

Outward: tax_case_submitted, tax_supplement_submitted, tax_case_withdrawn. Inward, as signed
callbacks: tax_supplement_required, tax_assessed, tax_rejected, tax_paid, tax_voucher,
tax_cancelled (P-26, P-31). The platform never computes tax.
Settings: `URL`, `KEY` (shared secret, at least 16 bytes), optional `KEY_ID`.
"""

from collections.abc import Mapping
from typing import Final

from adapters._shared import exchange
from adapters._shared.exchange import Contract, Exchange

CONTRACT: Final = Contract(
    channel="tax_prov",
    title="省税务系统",
    inward={
        "tax_supplement_required": ("items",),
        "tax_assessed": ("assessment_no", "items", "total"),
        "tax_rejected": ("reason",),
        "tax_paid": ("assessment_no", "paid_at"),
        "tax_voucher": ("voucher_no", "amount"),
        "tax_cancelled": ("outcome",),
    },
    outward=("tax_case_submitted", "tax_supplement_submitted", "tax_case_withdrawn"),
    instants=frozenset({"paid_at"}),
)


def create(settings: Mapping[str, str]) -> Exchange:
    """Make the channel; `URL` and `KEY` are required."""
    return exchange.create(CONTRACT, settings)
