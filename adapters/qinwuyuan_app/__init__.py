"""The Qinwuyuan app 秦务员APP: notices on the phone, certificates in its wallet (P-13).

The app opens `/public/enter/app`; its own log-in is the unified identity, so nobody logs in twice.

Settings: `URL`, `KEY` (shared secret, at least 16 bytes), optional `KEY_ID`.
"""

from collections.abc import Mapping
from typing import Final

from adapters._shared import exchange
from adapters._shared.citizens import CERTIFICATE, MESSAGE
from adapters._shared.exchange import Contract, Exchange
from adapters._shared.members import Member, ServiceType

_NO: Final = {"not_registered": "没有注册秦务员APP"}

CONTRACT: Final = Contract(
    channel="qinwuyuan_app",
    title="秦务员APP",
    services={
        "qinwuyuan_app.notify": ServiceType(
            "推送消息",
            asked=MESSAGE,
            answered=(
                Member("receipt_no", "推送编号"),
                Member("accepted_at", "受理时间", "instant"),
            ),
            refusals=_NO,
        ),
        "qinwuyuan_app.certificate": ServiceType(
            "放入证照卡包",
            asked=CERTIFICATE,
            answered=(Member("card_no", "卡包编号"),),
            refusals=_NO,
        ),
    },
)


def create(settings: Mapping[str, str]) -> Exchange:
    """Make the channel; `URL` and `KEY` are required."""
    return exchange.create(CONTRACT, settings)
