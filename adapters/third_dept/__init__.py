"""Other departments that use certificates: they ask, what was permitted goes out (P-17, P-59).

Settings: `URL`, `KEY` (shared secret, at least 16 bytes), optional `KEY_ID`.
"""

from collections.abc import Mapping
from typing import Final

from adapters._shared import exchange
from adapters._shared.exchange import Contract, Exchange
from adapters._shared.members import Member, MessageType

CONTRACT: Final = Contract(
    channel="third_dept",
    title="相关部门（电子证照共享）",
    key=Member("request_no", "共享申请编号"),
    inward={
        "sharing_requested": MessageType(
            "申请共享",
            (
                Member("department", "申请部门"),
                Member("certificate_no", "证书（证明）号"),
                Member("holder_name", "权利人", mask="name"),
                Member("purpose", "用途"),
                Member("legal_basis", "依据"),
                Member("contact", "经办人"),
            ),
        ),
        "sharing_received": MessageType("已接收", (Member("received_at", "接收时间", "instant"),)),
    },
    outward={
        "ecert_shared": MessageType(
            "共享电子证照",
            (
                Member("ecert_no", "电子证照标识"),
                Member("certificate_no", "证书（证明）号"),
                Member("scope", "共享范围"),
                Member("valid_until", "使用期限", "date"),
                Member("sha256", "文件的 SHA-256"),
                Member("url", "下载地址"),
            ),
        ),
        "sharing_refused": MessageType("不予共享", (Member("reason", "理由"),)),
        "sharing_revoked": MessageType(
            "收回共享授权",
            (
                Member("ecert_no", "电子证照标识"),
                Member("reason", "理由"),
                Member("revoked_at", "收回时间，此后不得再用", "instant"),
            ),
        ),
    },
)


def create(settings: Mapping[str, str]) -> Exchange:
    """Make the channel; `URL` and `KEY` are required."""
    return exchange.create(CONTRACT, settings)
