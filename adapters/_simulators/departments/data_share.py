"""The exchange of government data: answers about the persons of the demo."""

from typing import Any

from adapters._simulators.correspondent import Body, Correspondent, Refusal


class DataShare(Correspondent):
    """Knows everybody who gives consent; the last digit of the number tells the marriage."""

    title = "政务数据共享交换平台"

    def serve(self, name: str, body: Body, mode: str) -> dict[str, Any]:
        if not body.get("consent_no"):
            raise Refusal("no_consent", "没有本人的授权")
        number = str(body.get("id_no"))
        if mode == "reject_order" or number.startswith("99"):
            raise Refusal("not_found", "查无此人或与登记的姓名不符")
        return {
            "identity": self._identity,
            "marriage": self._marriage,
            "licence": self._licence,
        }[name](str(body.get("name")), number)

    def _identity(self, name: str, number: str) -> dict[str, Any]:
        return {
            "name": name,
            "id_no": number,
            "address": "演示市演示区演示路 1 号",
            "valid_until": "2040-12-31",
        }

    def _marriage(self, name: str, number: str) -> dict[str, Any]:
        del name
        married = number[-1:] in "13579"
        spouse = {"spouse_name": "配偶某", "registered_on": "2015-05-20"} if married else {}
        return {"marital_status": "married" if married else "single", **spouse}

    def _licence(self, name: str, number: str) -> dict[str, Any]:
        return {"name": name, "credit_code": number, "legal_rep": "法定代表人", "state": "存续"}
