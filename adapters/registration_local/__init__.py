"""The registration systems of cities and counties: cases, book entries, certificates, queries.

What was entered in a local book comes in, the sealed certificate goes out to be filed with it
(P-48, P-49); queries of the province go out and the rows come back (P-79), to and
from cities that answer by files in packages (P-77, P-78).

Settings: `URL`, `KEY` (shared secret, at least 16 bytes), optional `KEY_ID`.
"""

from collections.abc import Mapping
from typing import Final

from adapters._shared import exchange
from adapters._shared.exchange import Contract, Exchange
from adapters._shared.members import BUSINESS_KIND, PARTIES, PERSON, Member, MessageType

_TARGET: Final = Member("target_no", "市县查询任务编号")
_ENTRY: Final = Member("entry_no", "登簿编号")
_QUERY: Final = (
    Member("purpose", "查询目的"),
    Member("legal_basis", "法定依据"),
    Member("persons", "权利人", "list", required=False, parts=PERSON),
    Member(
        "units",
        "不动产单元",
        "list",
        required=False,
        parts=(
            Member("unit_code", "不动产单元代码"),
            Member("location", "坐落", required=False),
        ),
    ),
    Member("due_on", "答复期限", "date"),
)
_ROW: Final = (
    Member("holder_name", "权利人", mask="name"),
    Member("unit_code", "不动产单元代码"),
    Member("location", "坐落"),
    Member("right_kind", "权利类型"),
    Member("certificate_no", "证书号", required=False),
    Member("remark", "备注（抵押、查封）", required=False),
)

CONTRACT: Final = Contract(
    channel="registration_local",
    title="市县不动产登记系统",
    inward={
        "registration_case_accepted": MessageType(
            "已收件",
            (
                Member("local_no", "本地业务号"),
                Member("accepted_at", "收件时间", "instant"),
            ),
        ),
        "registration_refused": MessageType("不予登记", (Member("reason", "理由"),)),
        "register_entry_done": MessageType(
            "登簿完成",
            (
                Member("org", "登记机构代码", agency=True),
                Member("unit_code", "不动产单元代码"),
                Member("location", "坐落"),
                Member("right_kind", "权利类型"),
                Member("reg_kind", "登记类型"),
                Member(
                    "holders",
                    "权利人",
                    "list",
                    parts=(*PERSON, Member("share", "共有情况", required=False)),
                ),
                Member("registered_at", "登簿时间", "instant"),
                Member("registrar", "登簿人"),
                Member("book_log_no", "登簿日志号"),
                Member("certificate_no", "证书（证明）号"),
                Member("area", "面积（平方米）", "number", required=False),
                Member("use", "用途", required=False),
                Member("right_nature", "权利性质", required=False),
                Member("work_order_no", "工作单号", required=False),
            ),
            key=_ENTRY,
        ),
        "query_reply": MessageType(
            "查询结果",
            (
                Member("nil_statement", "没有符合条件的登记信息", "boolean"),
                Member("rows", "结果", "list", required=False, parts=_ROW),
                Member("signer", "签发人"),
                Member("replied_at", "答复时间", "instant", required=False),
            ),
            key=_TARGET,
        ),
    },
    outward={
        "registration_case_submitted": MessageType(
            "受理件",
            (
                BUSINESS_KIND,
                Member("unit_code", "不动产单元代码"),
                PARTIES,
                Member("accepted_on", "受理日期", "date", required=False),
            ),
        ),
        "registration_case_withdrawn": MessageType("撤回", (Member("reason", "理由"),)),
        "certificate_attached": MessageType(
            "电子证照归档",
            (
                Member("ecert_no", "电子证照标识"),
                Member("certificate_no", "证书（证明）号"),
                Member("sha256", "文件的 SHA-256"),
                Member("url", "下载地址"),
            ),
            key=_ENTRY,
        ),
        "query_dispatched": MessageType("查询任务", _QUERY, key=_TARGET),
        "query_packed": MessageType(
            "查询任务（以文件）",
            (Member("region", "登记机构代码"), *_QUERY),
            key=_TARGET,
            packed_for="region",
        ),
        "query_reminder": MessageType("催办", (Member("due_on", "答复期限", "date"),), key=_TARGET),
    },
)


def create(settings: Mapping[str, str]) -> Exchange:
    """Make the channel; `URL` and `KEY` are required."""
    return exchange.create(CONTRACT, settings)
