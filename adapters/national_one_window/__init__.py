"""The national one-window platform for real-estate registration: cases across provinces (P-34).

A case accepted in another province is forwarded to us; receipt, progress and result go back.

Settings: `URL`, `KEY` (shared secret, at least 16 bytes), optional `KEY_ID`.
"""

from collections.abc import Mapping
from typing import Final

from adapters._shared import exchange
from adapters._shared.exchange import Contract, Exchange
from adapters._shared.members import BUSINESS_KIND, PENDING, PERSON, Member, MessageType

_FOREIGN: Final = Member("foreign_no", "转办编号（国家平台）")

_LETTERS: Final = Member(
    "letters",
    "文书",
    "list",
    required=False,
    parts=(
        Member("number", "文号"),
        Member("title", "名称"),
        Member("sha256", "SHA-256", required=False),
    ),
)
CONTRACT: Final = Contract(
    channel="national_one_window",
    title="全国不动产登记网上“一窗受理”平台",
    key=_FOREIGN,
    inward={
        "case_forwarded": MessageType(
            "转来跨省件",
            (
                Member("from_agency", "受理机构名称"),
                Member("to_agency", "办理机构代码"),
                BUSINESS_KIND,
                Member(
                    "mode",
                    "办理模式",
                    values={"fully_online": "全程网办", "accept_elsewhere": "异地代收"},
                ),
                Member("unit_code", "不动产单元代码", required=False),
                Member("location", "坐落", required=False),
                Member("share_consent", "申请人同意调取共享数据", "boolean", required=False),
                Member("applicant", "申请人", "object", parts=PERSON),
                Member("right_holders", "权利人", "list", required=False, parts=PERSON),
                Member("obligors", "义务人", "list", required=False, parts=PERSON),
                Member("details", "其他申请内容", "object", required=False),
                Member(
                    "materials",
                    "材料",
                    "list",
                    required=False,
                    parts=(
                        Member("code", "材料代码"),
                        Member("name", "名称"),
                        Member("sha256", "SHA-256"),
                    ),
                ),
                Member("accepted_at", "受理时间", "instant"),
            ),
        ),
        "case_recalled": MessageType(
            "撤回跨省件",
            (Member("reason", "理由"), Member("from_agency", "受理机构名称", required=False)),
        ),
    },
    outward={
        "forward_receipt": MessageType(
            "接收回执",
            (
                Member("accepted", "是否接收", "boolean"),
                Member("work_order_no", "工作单号", required=False),
                Member("reason", "不接收的理由", required=False),
                _LETTERS,
            ),
        ),
        "case_status": MessageType(
            "办理进度",
            (
                Member("work_order_no", "工作单号"),
                Member("status", "办件状态代码"),
                Member("status_title", "办件状态"),
                Member("at", "时间", "instant"),
                *PENDING,
            ),
        ),
        "case_result": MessageType(
            "办理结果",
            (
                Member("work_order_no", "工作单号"),
                Member(
                    "outcome",
                    "结果",
                    values={
                        "registered": "已登簿",
                        "answered": "已答复查询",
                        "refused": "不予登记",
                        "withdrawn": "已撤回",
                    },
                ),
                Member("reason", "不予登记的理由", required=False),
                Member("certificate_no", "证书（证明）号", required=False),
                _LETTERS,
            ),
        ),
        "recall_receipt": MessageType(
            "撤回回执",
            (
                Member("recalled", "是否已撤回", "boolean"),
                Member("reason", "不能撤回的理由", required=False),
            ),
        ),
    },
)


def create(settings: Mapping[str, str]) -> Exchange:
    """Make the channel; `URL` and `KEY` are required."""
    return exchange.create(CONTRACT, settings)
