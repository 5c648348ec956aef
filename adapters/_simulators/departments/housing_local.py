"""The trading system of a city's housing office (P-27)."""

from collections.abc import Iterator

from adapters._simulators.correspondent import Body, Correspondent, Reply


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
