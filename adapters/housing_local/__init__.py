"""The trading system of a city's housing office: contract, filing and restrictions (P-27).

Settings: `URL`, `KEY` (shared secret, at least 16 bytes), optional `KEY_ID`.
"""

from collections.abc import Mapping
from typing import Final

from adapters._shared import exchange
from adapters._shared.exchange import Contract, Exchange
from adapters._shared.members import BUSINESS_KIND, FILES, PARTIES, SUPPLEMENT, Member, MessageType

CONTRACT: Final = Contract(
    channel="housing_local",
    title="住建（房管）交易系统",
    inward={
        "contract_verified": MessageType(
            "核验通过",
            (
                Member("contract_no", "网签合同编号"),
                Member("filing_no", "备案编号"),
                Member("funds_supervised", "资金已监管", "boolean", required=False),
                Member("restrictions", "房屋限制", "list", required=False),
            ),
        ),
        "housing_supplement_required": MessageType("要求补正", (SUPPLEMENT,)),
        "housing_refused": MessageType("不予办理", (Member("reason", "理由"),)),
    },
    outward={
        "housing_case_submitted": MessageType(
            "核验请求",
            (
                BUSINESS_KIND,
                Member("unit_code", "不动产单元代码"),
                PARTIES,
                Member("contract_no", "网签合同编号", required=False),
            ),
        ),
        "housing_supplement_submitted": MessageType("补正材料", (FILES,)),
        "housing_case_withdrawn": MessageType("撤回", (Member("reason", "理由"),)),
    },
)


def create(settings: Mapping[str, str]) -> Exchange:
    """Make the channel; `URL` and `KEY` are required."""
    return exchange.create(CONTRACT, settings)
