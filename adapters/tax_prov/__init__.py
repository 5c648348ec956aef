"""The provincial tax system: declaration, assessment, payment and voucher of a property case.

The platform never computes tax (P-26, P-31).
Settings: `URL`, `KEY` (shared secret, at least 16 bytes), optional `KEY_ID`.
"""

from collections.abc import Mapping
from typing import Final

from adapters._shared import exchange
from adapters._shared.exchange import Contract, Exchange
from adapters._shared.members import (
    BUSINESS_KIND,
    FILES,
    MARRIAGE,
    PARTIES,
    SUPPLEMENT,
    Member,
    MessageType,
)

CONTRACT: Final = Contract(
    channel="tax_prov",
    title="省税务系统",
    inward={
        "tax_supplement_required": MessageType("要求补正", (SUPPLEMENT,)),
        "tax_assessed": MessageType(
            "核定结果",
            (
                Member("assessment_no", "核定编号"),
                Member(
                    "items",
                    "税费明细",
                    "list",
                    parts=(
                        Member("kind", "税种"),
                        Member("base", "计税依据（元）", "money", required=False),
                        Member("rate", "税率", "number", required=False),
                        Member("amount", "税额（元）", "money"),
                    ),
                ),
                Member("total", "税费合计", "money"),
                Member("exempt_reason", "免征原因", required=False),
                Member("pay_url", "缴款页面的网址", required=False),
            ),
        ),
        "tax_rejected": MessageType("不予受理", (Member("reason", "理由"),)),
        "tax_paid": MessageType(
            "已缴税",
            (Member("assessment_no", "核定编号"), Member("paid_at", "缴款时间", "instant")),
        ),
        "tax_voucher": MessageType(
            "完税（免税）凭证",
            (Member("voucher_no", "凭证号码"), Member("amount", "金额", "money")),
        ),
        "tax_cancelled": MessageType(
            "撤销结果",
            (
                Member(
                    "outcome",
                    "结果",
                    values={"cancelled": "已撤销", "refund_requested": "已申请退税"},
                ),
            ),
        ),
    },
    outward={
        "tax_case_submitted": MessageType(
            "申报",
            (
                BUSINESS_KIND,
                Member("unit_code", "不动产单元代码"),
                PARTIES,
                Member("price", "成交（评估）价格", "money", required=False),
                Member("contract_no", "网签合同编号", required=False),
                Member(
                    "declarations",
                    "声明",
                    "object",
                    parts=(
                        Member("only_home", "家庭唯一住房", "boolean"),
                        Member("marital_status", "婚姻状况", required=False, values=MARRIAGE),
                    ),
                ),
            ),
        ),
        "tax_supplement_submitted": MessageType("补正材料", (FILES,)),
        "tax_case_withdrawn": MessageType("撤销申报", (Member("reason", "理由"),)),
    },
)


def create(settings: Mapping[str, str]) -> Exchange:
    """Make the channel; `URL` and `KEY` are required."""
    return exchange.create(CONTRACT, settings)
