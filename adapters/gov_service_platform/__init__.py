"""The service platform of the province: cases, evaluations, catalogue at once (P-35, P-37).

What is reported is said in `domain.yaml` (`publications`).

Settings: `URL`, `KEY` (shared secret, at least 16 bytes), optional `KEY_ID`.
"""

from collections.abc import Mapping
from typing import Final

from adapters._shared import exchange
from adapters._shared.exchange import Contract, Exchange
from adapters._shared.members import Member, MessageType

CONTRACT: Final = Contract(
    channel="gov_service_platform",
    title="省政务一体化平台",
    outward={
        "case_data": MessageType(
            "办件数据",
            (
                Member("item", "事项名称"),
                Member("title", "办件标题"),
                Member("status", "办件状态代码"),
                Member("status_title", "办件状态"),
                Member("at", "状态变更时间", "instant"),
                Member("org", "办理机构代码", required=False),
                Member("channel", "申请渠道", required=False),
                Member("applicant_name", "申请人（已脱敏）", required=False),
                Member("submitted_at", "提交时间", "instant", required=False),
                Member("accepted_on", "受理日期", "date", required=False),
                Member("due_on", "办理期限", "date", required=False),
                Member("outcome", "办理结果代码", required=False),
            ),
        ),
        "evaluation_data": MessageType(
            "评价数据",
            (
                Member("stars", "满意度（1 至 5）", "number"),
                Member("channel", "评价渠道", required=False),
                Member("tags", "评价标签", "list", required=False),
                Member("text", "评价内容", required=False),
                Member("org", "被评机构代码", required=False),
                Member("at", "评价时间", "instant"),
            ),
        ),
        "ecert_catalogue": MessageType(
            "电子证照目录",
            (
                Member("name", "证照名称"),
                Member("issuer", "发证机构"),
                Member("formats", "文件格式：`pdf`、`ofd`", "list", required=False),
                Member("version", "元数据版本"),
                Member("valid_from", "启用日期", "date"),
                Member("state", "状态", values={"published": "已发布", "retired": "已停用"}),
            ),
            key=Member("type_code", "证照类型代码"),
        ),
    },
)


def create(settings: Mapping[str, str]) -> Exchange:
    """Make the channel; `URL` and `KEY` are required."""
    return exchange.create(CONTRACT, settings)
