"""The exchange of government data: what the applicant need not hand in (P-25, P-89).

Each question carries the consent of the person asked about; the answer is a person's, not a list.

Settings: `URL`, `KEY` (shared secret, at least 16 bytes), optional `KEY_ID`.
"""

from collections.abc import Mapping
from typing import Final

from adapters._shared import exchange
from adapters._shared.exchange import Contract, Exchange
from adapters._shared.members import MARRIAGE, Member, ServiceType

_CONSENT: Final = (
    Member("name", "姓名或名称", mask="name"),
    Member("id_no", "证件号码", mask="number"),
    Member("consent_no", "本人授权编号"),
    Member("purpose", "用途"),
    Member("work_order_no", "工作单号", required=False),
)
_NO: Final = {
    "not_found": "查无此人或与登记的姓名不符",
    "no_consent": "没有本人的授权，或授权已经撤回",
}

CONTRACT: Final = Contract(
    channel="data_share",
    title="政务数据共享交换平台",
    services={
        "data_share.identity": ServiceType(
            "人口基础信息",
            asked=_CONSENT,
            answered=(
                Member("name", "姓名", mask="name"),
                Member("id_no", "证件号码", mask="number"),
                Member("address", "户籍地址", required=False, mask="text"),
                Member("valid_until", "证件有效期至", "date", required=False),
            ),
            refusals=_NO,
        ),
        "data_share.marriage": ServiceType(
            "婚姻登记信息",
            asked=_CONSENT,
            answered=(
                Member("marital_status", "婚姻状况", values=MARRIAGE),
                Member("spouse_name", "配偶姓名", required=False, mask="name"),
                Member("registered_on", "登记日期", "date", required=False),
            ),
            refusals=_NO,
        ),
        "data_share.licence": ServiceType(
            "营业执照",
            asked=_CONSENT,
            answered=(
                Member("name", "名称"),
                Member("credit_code", "统一社会信用代码"),
                Member("legal_rep", "法定代表人", mask="name"),
                Member("state", "登记状态"),
                Member("established_on", "成立日期", "date", required=False),
            ),
            refusals=_NO,
        ),
    },
)


def create(settings: Mapping[str, str]) -> Exchange:
    """Make the channel; `URL` and `KEY` are required."""
    return exchange.create(CONTRACT, settings)
