"""The provincial tax system: what it decides depends on the declaration alone (P-26, P-31)."""

import html
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final

from adapters._shared.signing import Keys
from adapters._simulators.correspondent import Body, Reply
from adapters._simulators.paged import Paged
from engine import clock

_DEED: Final = Decimal("0.015")
_VALUE_ADDED: Final = Decimal("0.05")
_WHO_OPENED_PAYS: Final = 3600.0
"""Seconds that whoever opened the page, and closed it again, may take to come back."""


@dataclass(slots=True)
class _Due:
    """What is to be paid, and whether somebody has opened the page or paid."""

    amount: Decimal
    paid: threading.Event = field(default_factory=threading.Event)
    opened: bool = False

    def wait(self, patience: float) -> None:
        """Until it is paid; after `patience` seconds at a bank, unless the page was opened."""
        if not self.paid.wait(patience) and self.opened:
            self.paid.wait(_WHO_OPENED_PAYS)
        self.paid.set()


class TaxBureau(Paged):
    """Assesses, waits for the payment on its page, or a while, and sends the voucher."""

    title = "省税务系统"
    patience: float = 0
    """Seconds that a payment on the page is waited for; then somebody pays at a bank."""

    def __init__(self, callback: str, *, keys: Keys, seconds: float = 1.0) -> None:
        super().__init__(callback, keys=keys, seconds=seconds)
        self._due: dict[str, _Due] = {}
        self._prices: dict[str, Decimal] = {}
        """What was declared, by work order: a supplement does not repeat it."""

    def page(self, path: str, form: dict[str, str] | None) -> str | None:
        number = path.removeprefix("/pay/")
        with self.lock:
            due = self._due.get(number)
        if number == path or due is None:
            return None
        due.opened = True
        refused = form is not None and "refuse" in form
        again = form is not None and due.paid.is_set()
        if form is not None and not refused:
            due.paid.set()
        if due.paid.is_set():
            told = "此前已经缴清，没有重复扣款。" if again else "完税凭证将送回办理系统。"
            return self.drawn("缴款成功", f"<p>{due.amount:,.2f} 元，{told}</p>")
        pay = (
            f"<p>核定编号 {html.escape(number)}，应缴税款 {due.amount:,.2f} 元。</p>"
            '<form method="post"><button class="p">模拟：支付</button>'
            '<button name="refuse" value="1">模拟：银行拒绝付款</button></form>'
        )
        if refused:
            return self.drawn("缴款未成功", f"<p>银行未予扣款，请换一种方式再付。</p>{pay}")
        return self.drawn("电子税务局缴款", pay)

    def replies(self, name: str, number: str, body: Body, mode: str) -> Iterator[Reply]:
        if name == "tax_case_withdrawn":
            outcome = "refund_requested" if self._cancel(number) else "cancelled"
            yield "tax_cancelled", {"outcome": outcome}
            return
        if name == "tax_case_submitted" and mode == "supplement":
            self._declared(number, body)
            yield "tax_supplement_required", {"items": ["婚姻状况证明", "家庭唯一住房承诺书"]}
            return
        if mode == "reject_order":
            yield "tax_rejected", {"reason": "申报价格明显偏低且无正当理由，请核实合同价格"}
            return
        yield from self._assessed(number, self._declared(number, body))

    def _declared(self, number: str, body: Body) -> Decimal:
        with self.lock:
            if body.get("price") is not None:
                self._prices[number] = Decimal(str(body["price"]))
            return self._prices.get(number, Decimal(0))

    def _cancel(self, number: str) -> bool:
        """Forget what is due for a declaration, and say whether tax was paid for it.

        Whoever waits for its payment goes on in vain.
        """
        with self.lock:
            due = self._due.pop(_assessment(number), None)
        if due is None:
            return False
        paid = due.paid.is_set() and due.amount > 0
        due.paid.set()
        return paid

    def _assessed(self, number: str, price: Decimal) -> Iterator[Reply]:
        rates = {"契税": _DEED, "增值税": _VALUE_ADDED}
        items = [
            {"kind": kind, "base": price, "rate": rate, "amount": price * rate}
            for kind, rate in rates.items()
        ]
        total = price * sum(rates.values())
        assessment = _assessment(number)
        told = {"assessment_no": assessment, "items": items, "total": total}
        due = _Due(total)
        with self.lock:
            self._due[assessment] = due
        if total:
            told["pay_url"] = f"{self.address}/pay/{assessment}"
        yield "tax_assessed", told
        if total:
            due.wait(self.patience)
            with self.lock:
                if assessment not in self._due:  # cancelled meanwhile: nobody pays
                    return
            yield "tax_paid", {"assessment_no": assessment, "paid_at": clock.now()}
        yield "tax_voucher", {"voucher_no": f"SPZ{number[-12:]}", "amount": total}


def _assessment(number: str) -> str:
    """The number of the assessment of a declaration."""
    return f"S{number[-10:]}"
