"""The ministry's repository of certificates: files one by one, their data in batches (P-40, P-56).

A file is deposited before the batch that names it; the batch is answered with a receipt that says
which records were taken. Topic: `mnr_cert_repo.deposit`.
Settings: `URL`, `KEY` (shared secret, at least 16 bytes), optional `KEY_ID`.
"""

from collections.abc import Mapping
from typing import Final

from adapters._shared import exchange
from adapters._shared.exchange import Contract, Exchange
from adapters._shared.members import Member, MessageType
from adapters.mnr_cert_repo.deposit import TOPIC, Deposit

TOPICS: Final = (TOPIC,)
CONTRACT: Final = Contract(
    channel="mnr_cert_repo",
    title="自然资源部不动产登记电子证照库",
    inward={
        "exchange_receipt": MessageType(
            "批次回执",
            (
                Member("accepted", "接收条数", "number"),
                Member("rejected", "退回的记录：key、reason", "list", required=False),
            ),
        ),
    },
    outward={
        "exchange_package": MessageType(
            "登记信息批次",
            (
                Member("attempt", "第几次发送", "number"),
                Member("package", "内容：kind、count、records", "object"),
            ),
        ),
    },
    key=Member("batch_no", "批次号"),
)


def create(settings: Mapping[str, str]) -> Exchange:
    """Make the channel and its worker; `URL` and `KEY` are required."""
    made = exchange.create(CONTRACT, settings)
    if made.department is not None:
        made.workers = {**made.workers, TOPIC: Deposit(made, made.department)}
    return made
