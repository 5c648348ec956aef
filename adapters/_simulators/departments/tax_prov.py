"""The provincial tax system: what it decides depends on the declaration alone (P-26, P-31)."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Final

from adapters._simulators.correspondent import Body, Correspondent, Reply
from engine import clock

_DEED: Final = Decimal("0.015")
_VALUE_ADDED: Final = Decimal("0.05")


class TaxBureau(Correspondent):
    """Assesses, takes the payment a moment later and sends the voucher."""

    title = "省税务系统"

    def replies(self, name: str, number: str, body: Body, mode: str) -> Iterator[Reply]:
        if name == "tax_case_withdrawn":
            yield "tax_cancelled", {"outcome": "cancelled"}
            return
        if name == "tax_case_submitted" and mode == "supplement":
            yield "tax_supplement_required", {"items": ["婚姻状况证明", "家庭唯一住房承诺书"]}
            return
        if mode == "reject_order":
            yield "tax_rejected", {"reason": "申报价格明显偏低且无正当理由，请核实合同价格"}
            return
        yield from self._assessed(number, Decimal(str(body.get("price") or 0)))

    def _assessed(self, number: str, price: Decimal) -> Iterator[Reply]:
        rates = {"契税": _DEED, "增值税": _VALUE_ADDED}
        items = [
            {"kind": kind, "base": price, "rate": rate, "amount": price * rate}
            for kind, rate in rates.items()
        ]
        total = price * sum(rates.values())
        assessment = f"S{number[-10:]}"
        yield "tax_assessed", {"assessment_no": assessment, "items": items, "total": total}
        if total:
            yield "tax_paid", {"assessment_no": assessment, "paid_at": clock.now()}
        yield "tax_voucher", {"voucher_no": f"SPZ{number[-12:]}", "amount": total}
