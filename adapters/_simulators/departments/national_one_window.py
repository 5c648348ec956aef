"""The national one-window platform: forwards cases of other provinces when told to."""

from typing import Any

from adapters._simulators.correspondent import Correspondent, Example
from engine import clock


class NationalPlatform(Correspondent):
    """Takes receipts, progress and results; sends what its page is told to."""

    title = "全国不动产登记网上“一窗受理”平台"
    key_member = "foreign_no"

    def examples(self) -> list[Example]:
        number = f"KS{clock.now():%Y%m%d%H%M%S}"
        return [
            Example("转来跨省件：抵押登记", "case_forwarded", number, forwarded("mortgage")),
            Example(
                "转来跨省件：机构代码有误",
                "case_forwarded",
                number,
                forwarded("mortgage", to="XX000000"),
            ),
            Example(
                "撤回最近一件",
                "case_recalled",
                self.last or number,
                {"reason": "申请人在受理地撤回"},
            ),
        ]


def forwarded(kind: str, to: str = "PR610100") -> dict[str, Any]:
    """A case of another province."""
    return {
        "from_agency": "成都市不动产登记中心（演示）",
        "to_agency": to,
        "business_kind": kind,
        "mode": "fully_online",
        "unit_code": "610113001002GB00001F00010002",
        "location": "西安市雁塔区演示路 1 号 1 幢 1 单元 10102 室",
        "share_consent": True,
        "applicant": {
            "name": "跨省申请人",
            "id_type": "resident_id",
            "id_no": "510104199001010012",
            "phone": "13900000011",
        },
        "right_holders": [
            {"name": "演示银行成都分行", "id_no": "510104199001010012", "phone": "13900000011"}
        ],
        "obligors": [{"name": "乙某", "id_no": "610102198001010014", "phone": "13900000002"}],
        "details": {"secured_amount": "800000"},
        "accepted_at": clock.now(),
    }
