"""The courier: topic `courier.dispatch` books a parcel and gives its express number.

Settings: `URL`.
"""

from collections.abc import Mapping

from adapters._shared import wire
from adapters._shared.client import Department
from engine.errors import BpmnError, WorkRefused
from engine.ports import Work
from engine.variables import Variables


class Courier:
    """Books one parcel per key."""

    topic = "courier.dispatch"

    def __init__(self, department: Department) -> None:
        self.department = department

    def execute(self, work: Work) -> Variables:
        """Book; returns `express_no`, `express_company`, `booked_at`.

        Raises:
            BpmnError: `address_refused`, the courier cannot deliver to the address.
        """
        parcel = {**work.variables, "key": work.key}
        answer = self.department.post("/parcels", parcel)
        if answer.get("state") == "address_refused":
            raise BpmnError("address_refused", str(answer.get("reason", "")))
        if answer.get("key") != work.key or not isinstance(answer.get("express_no"), str):
            raise WorkRefused("快递公司的答复与寄件单不符")
        return wire.variables(
            {name: answer.get(name) for name in ("express_no", "express_company", "booked_at")}
        )


def create(settings: Mapping[str, str]) -> Courier:
    """Make the adapter; `URL` is required."""
    return Courier(Department("快递公司", settings.get("URL", "")))
