"""The online platform of the province for registration: cases filed there come in (P-33).

Settings: `URL`, `KEY` (shared secret, at least 16 bytes), optional `KEY_ID`.
"""

from collections.abc import Mapping
from typing import Final

from adapters._shared import exchange
from adapters._shared.exchange import Contract, Exchange
from adapters._shared.members import BUSINESS_KIND, FILES, PENDING, PERSON, Member, MessageType

_ONLINE: Final = Member("online_no", "网上业务号")

CONTRACT: Final = Contract(
    channel="online_platform",
    title="省不动产登记网上办事平台",
    key=_ONLINE,
    inward={
        "online_case_submitted": MessageType(
            "网上申请",
            (
                Member("to_agency", "登记机构代码"),
                BUSINESS_KIND,
                Member("unit_code", "不动产单元代码"),
                Member("applicant", "申请人", "object", parts=PERSON),
                Member("answers", "申请表的内容", "object"),
                Member("submitted_at", "提交时间", "instant"),
            ),
        ),
        "online_supplement_submitted": MessageType("补正材料", (FILES,)),
        "online_case_withdrawn": MessageType("撤回申请", (Member("reason", "理由"),)),
    },
    outward={
        "online_case_status": MessageType(
            "办理进度",
            (
                Member("work_order_no", "工作单号"),
                Member("status", "办件状态代码"),
                Member("status_title", "办件状态"),
                Member("at", "时间", "instant"),
                *PENDING,
            ),
        ),
    },
)


def create(settings: Mapping[str, str]) -> Exchange:
    """Make the channel; `URL` and `KEY` are required."""
    return exchange.create(CONTRACT, settings)
