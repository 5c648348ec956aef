"""The departments of a province around real-estate registration, in one program.

They know nothing of our cases but the messages; what they decide depends on the contract alone.
"""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Final

from adapters._simulators.correspondent import Body, Correspondent, Reply
from adapters._simulators.server import Simulator
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


class HousingOffice(Correspondent):
    """Compares the contract with its filing."""

    title = "住建（房管）交易系统"

    def replies(self, name: str, number: str, body: Body, mode: str) -> Iterator[Reply]:
        if name == "housing_case_withdrawn":
            return
        if name == "housing_case_submitted" and mode == "supplement":
            yield "housing_supplement_required", {"items": ["资金监管协议"]}
        elif mode == "reject_order":
            yield "housing_refused", {"reason": "网签合同已注销备案"}
        else:
            contract = str(body.get("contract_no") or f"WQ{number[-8:]}")
            filed = {"contract_no": contract, "filing_no": f"BA{number[-8:]}"}
            yield "contract_verified", {**filed, "funds_supervised": True, "restrictions": []}


DEPARTMENTS: Final[Mapping[str, type[Correspondent]]] = {
    "tax_prov": TaxBureau,
    "housing_local": HousingOffice,
}


class Province(Simulator):
    """All of them behind one address, each below its own name and with its own faults."""

    title = "省级各部门"

    def __init__(self, callback: str, *, keys: Mapping[str, bytes], seconds: float = 1.0) -> None:
        """`callback` is the address of the channels; each department adds its name."""
        super().__init__()
        self.parts = {
            name: kind(f"{callback}/{name}", key=keys[name], key_id=name, seconds=seconds)
            for name, kind in DEPARTMENTS.items()
        }
