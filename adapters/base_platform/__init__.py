"""The provincial platform of registration data: what cities hand in, and whether all is there.

Near 10,000 records a day (P-82); completeness compares its counts with the certificates (P-57).

Settings: `URL`, `KEY` (shared secret, at least 16 bytes), optional `KEY_ID`.
"""

from collections.abc import Mapping
from typing import Final

from adapters._shared import exchange
from adapters._shared.exchange import Contract, Exchange
from adapters._shared.members import Member, MessageType, ServiceType

CONTRACT: Final = Contract(
    channel="base_platform",
    title="省级不动产登记信息管理基础平台",
    outward={
        "access_data": MessageType(
            "接入数据",
            (
                Member("org", "登记机构代码"),
                Member("unit_code", "不动产单元代码"),
                Member("right_kind", "权利类型"),
                Member("holder_name", "权利人", mask="name"),
                Member("registered_at", "登簿时间", "instant"),
                Member("certificate_no", "证书（证明）号", required=False),
            ),
            key=Member("entry_no", "登簿编号"),
        ),
    },
    services={
        "base_platform.completeness": ServiceType(
            "接入完整性",
            asked=(
                Member("region", "行政区划代码"),
                Member("day", "日期", "date"),
            ),
            answered=(
                Member("source_count", "登记系统登簿数", "number"),
                Member("platform_count", "基础平台接入数", "number"),
                Member("missing", "缺少的登簿编号", "list", required=False),
                Member("incomplete", "缺必填项的记录数", "number", required=False),
                Member("delayed_hours", "最长接入延迟（小时）", "number", required=False),
            ),
            refusals={"unknown_region": "该市县尚未接入"},
        ),
    },
)


def create(settings: Mapping[str, str]) -> Exchange:
    """Make the channel; `URL` and `KEY` are required."""
    return exchange.create(CONTRACT, settings)
