"""The online platform of the province: cases filed there come in when its page is told to."""

from adapters._simulators.correspondent import Correspondent, Example
from engine import clock


class OnlinePlatform(Correspondent):
    """Takes the progress of cases; files one when told to."""

    title = "省不动产登记网上办事平台"
    key_member = "online_no"

    def examples(self) -> list[Example]:
        number = f"WS{clock.now():%Y%m%d%H%M%S}"
        told = {
            "to_agency": "PR610100",
            "business_kind": "mortgage",
            "unit_code": "610113001002GB00001F00010002",
            "applicant": {
                "name": "网上申请人",
                "id_type": "resident_id",
                "id_no": "610102199001010016",
            },
            "answers": {"secured_amount": "500000"},
            "submitted_at": clock.now(),
        }
        return [Example("提交一件网上申请", "online_case_submitted", number, told)]
