"""人脸核验: the face of the applicant compared with the portrait of the identity card (P-50, P-87).

We never see a picture: the applicant opens the page of the verifying service, which tells us what
came of it.

Settings: `URL`, `KEY` (shared secret, at least 16 bytes), optional `KEY_ID`.
"""

from collections.abc import Mapping
from typing import Final

from adapters._shared import exchange
from adapters._shared.exchange import Contract, Exchange
from adapters._shared.members import Member, MessageType, ServiceType

CONTRACT: Final = Contract(
    channel="face_verify",
    title="人脸核验系统",
    inward={
        "face_checked": MessageType(
            "核验结果",
            (
                Member("result", "passed 通过，failed 未通过"),
                Member("score", "相似度（0 至 1）", "number", required=False),
                Member("reason", "未通过的原因", required=False),
                Member("checked_at", "核验时间", "instant"),
            ),
        ),
    },
    key=Member("check_no", "核验编号"),
    services={
        "face_verify.open": ServiceType(
            "发起核验",
            asked=(
                Member("check_no", "核验编号"),
                Member("name", "姓名", mask="name"),
                Member("id_no", "证件号码", mask="number"),
                Member("purpose", "用途"),
            ),
            answered=(
                Member("check_url", "核验页面的网址"),
                Member("expires_at", "网址有效期至", "instant"),
            ),
            refusals={
                "no_portrait": "人像库中没有此人",
                "name_differs": "姓名与证件号码不一致",
            },
        ),
    },
)


def create(settings: Mapping[str, str]) -> Exchange:
    """Make the channel; `URL` and `KEY` are required."""
    return exchange.create(CONTRACT, settings)
