"""The e-filing systems of the direct bureaus (海船船员电子申报系统): what applicants file outside.

An application filed there by a person or a unit comes in as a package, its files are fetched one
by one, and every change of its state goes back out (Y-03 to Y-06, Y-17, Y-18, Y-104, Y-106).
Topic: `efiling_outer.attachment`. Settings: `URL`, `KEY` (shared secret, at least 16 bytes),
optional `KEY_ID`; where several bureaus have a system each, `BUREAUS` names their codes and each
has `<code>_URL` and `<code>_KEY` instead.
"""

from collections.abc import Mapping
from typing import Final

from adapters._shared import exchange
from adapters._shared.exchange import Contract, Exchange
from adapters._shared.members import PERSON, Member, MessageType
from adapters.efiling_outer.attachment import TOPIC, Attachment
from adapters.efiling_outer.bureaus import Bureaus

TOPICS: Final = (TOPIC,)
_FILED: Final = (
    Member(
        "application_kind",
        "申请类别",
        values={
            "first": "初次申领",
            "renew": "换证",
            "replace": "补证",
            "add_class": "增驾",
            "convert": "适任证书持有人申领",
        },
    ),
    Member("licence_class", "类别等级，如 A1E"),
    Member("filed_by", "申报方式", values={"person": "个人", "unit": "单位"}),
    Member("filing_org", "申办单位代码（单位申报）", required=False),
    Member("agent_name", "经办人（单位申报）", required=False, mask="name"),
    Member("agent_id_no", "经办人证件号码（单位申报）", required=False, mask="number"),
    Member("name", "姓名", mask="name"),
    Member("sex", "性别", values={"male": "男", "female": "女"}),
    Member("birth_date", "出生日期", "date"),
    Member("nationality", "国籍"),
    Member("id_type", "证件种类"),
    Member("id_no", "证件号码", mask="number"),
    Member("phone", "电话", mask="phone"),
    Member("address", "住址", mask="text"),
    Member("medical_issued_on", "体检证明签发日期", "date"),
    Member(
        "medical_items",
        "体检项目",
        "list",
        parts=(Member("item", "项目"), Member("result", "结果")),
    ),
    Member("delivery", "领取方式"),
    Member("declaration", "本人声明", "boolean"),
)
_ATTACHED: Final = (
    Member(
        "member",
        "是哪一项材料",
        values={
            "photo": "照片",
            "medical_scan": "体检证明",
            "signature": "签名",
            "proxy_scan": "委托书（单位申报）",
        },
    ),
    Member("attachment_no", "附件编号"),
    Member("name", "文件名"),
    Member("sha256", "SHA-256"),
)

CONTRACT: Final = Contract(
    channel="efiling_outer",
    title="直属局海船船员电子申报系统",
    key=Member("outer_no", "外网申报单号"),
    inward={
        "efiling_received": MessageType(
            "电子申报单",
            (
                Member("org", "受理机构代码", agency=True),
                Member("filing_kind", "申报种类", values={"licence": "游艇驾驶证"}),
                Member("applicant", "申请人", "object", parts=PERSON),
                Member("filing", "申请表的内容", "object", parts=_FILED),
                Member("attachments", "附件", "list", required=False, parts=_ATTACHED),
                Member("bureau", "直属局代码", required=False),
            ),
        ),
        "efiling_withdrawn": MessageType("撤回申报", (Member("reason", "理由", required=False),)),
    },
    outward={
        "status_changed": MessageType(
            "办理状态",
            (
                Member("work_order_no", "工作单号"),
                Member("status", "办件状态代码"),
                Member("text", "办件状态，给申请人看的文字"),
                Member("todo", "是否需要申请人办理", "boolean", required=False),
                Member("bureau", "直属局代码", required=False),
            ),
        ),
    },
)


def create(settings: Mapping[str, str]) -> Exchange:
    """Make the channel and its worker, for one system or for that of each of the `BUREAUS`."""
    if settings.get("BUREAUS", "").strip():
        return Bureaus(CONTRACT, settings)
    made = exchange.create(CONTRACT, settings)
    if made.department is not None:
        made.workers = {**made.workers, TOPIC: Attachment(lambda _work: made)}
    return made
