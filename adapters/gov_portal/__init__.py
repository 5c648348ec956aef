"""The service portal of the province 省政务服务网: entry, progress and certificates there (P-13).

Its pages lead to `/public/enter/portal`; what a citizen finds in "my space" there is sent here.

Settings: `URL`, `KEY` (shared secret, at least 16 bytes), optional `KEY_ID`.
"""

from collections.abc import Mapping
from typing import Final

from adapters._shared import exchange
from adapters._shared.citizens import CERTIFICATE
from adapters._shared.exchange import Contract, Exchange
from adapters._shared.members import Member, ServiceType

CONTRACT: Final = Contract(
    channel="gov_portal",
    title="省政务服务网",
    services={
        "gov_portal.progress": ServiceType(
            "推送办件进度",
            asked=(
                Member("receiver_no", "申请人证件号码", mask="number"),
                Member("title", "标题"),
                Member("text", "进度说明"),
                Member("work_order_no", "工作单号"),
                Member("link", "查看的网址"),
            ),
            answered=(Member("receipt_no", "接收编号"),),
            refusals={"not_registered": "没有在省政务服务网注册"},
        ),
        "gov_portal.certificate": ServiceType(
            "推送证照",
            asked=CERTIFICATE,
            answered=(Member("receipt_no", "接收编号"),),
            refusals={"not_registered": "没有在省政务服务网注册"},
        ),
    },
)


def create(settings: Mapping[str, str]) -> Exchange:
    """Make the channel; `URL` and `KEY` are required."""
    return exchange.create(CONTRACT, settings)
