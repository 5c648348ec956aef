"""Electronic mail by SMTP: topic `mail.send` (RFC 5321, RFC 5322, RFC 3834).

A message has the same `Message-ID` at every try, made of the job's key: whoever gets it twice
knows it for a copy. A server that is busy (4yz) is asked again; an address that it refuses for
good (5yz at RCPT) is a business answer, `address_refused`.
Settings: `URL` (`smtp://host:587`; `smtps://host:465` for TLS from the start), `FROM` (address of
the sender), optional `FROM_NAME`, `TLS` (`starttls`, the default; `none` for this machine only),
`USER` and `PASSWORD`, `CA` (certificate authorities beside those of the system).
"""

from collections.abc import Mapping
from typing import Final

from adapters._shared.members import Member, ServiceType
from adapters.mail import letter
from adapters.mail.server import MailServer
from engine import clock
from engine.errors import BpmnError
from engine.ports import Work
from engine.variables import Variables

TOPIC: Final = "mail.send"
SERVICE: Final = ServiceType(
    "发送邮件",
    asked=(
        Member("to", "收件地址", mask="text"),
        Member("subject", "主题"),
        Member("text", "正文"),
        Member("attachments", "附件", "list", required=False),
    ),
    answered=(Member("receipt_no", "邮件编号"), Member("accepted_at", "受理时间", "instant")),
    refusals={"address_refused": "地址有误，或对方服务器没有这个邮箱"},
)


class Mail:
    """Hands one message for one person to the mail server."""

    topic = TOPIC
    services: Mapping[str, ServiceType] = {TOPIC: SERVICE}

    def __init__(self, department: MailServer, sender: letter.Sender) -> None:
        self.department = department
        self._sender = sender

    def execute(self, work: Work) -> Variables:
        """Send; returns `receipt_no` (the `Message-ID`), `accepted_at`.

        Raises:
            BpmnError: `address_refused`. Retry: the server cannot take it now.
            WorkRefused: the message lacks something, or the server will never take it.
        """
        to = str(work.variables.get("to") or "")
        if not letter.is_address(to):
            raise BpmnError("address_refused", "邮件地址有误")
        message = letter.made(work, sender=self._sender, to=to)
        self.department.send(message, sender=self._sender.address, to=to)
        return {"receipt_no": str(message["Message-ID"]), "accepted_at": clock.now()}


def create(settings: Mapping[str, str]) -> Mail:
    """Make the adapter.

    Raises:
        ValueError: a setting is missing or not of its form.
    """
    sender = letter.Sender(settings.get("FROM", ""), settings.get("FROM_NAME", ""))
    if not letter.is_address(sender.address):
        raise ValueError("适配器『mail』的发件地址（FROM）不正确")
    return Mail(MailServer.of(settings), sender)
