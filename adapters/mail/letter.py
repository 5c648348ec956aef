"""A message as it goes over the wire: headers, text, attachments (RFC 5322, RFC 2045 to 2047).

Invariant: a header is one line, whatever a title holds; nothing goes out that the task does not
name.
"""

import hashlib
import mimetypes
import re
from collections.abc import Mapping
from dataclasses import dataclass
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from typing import Final

from engine import clock
from engine.clock import SHANGHAI
from engine.errors import WorkRefused
from engine.ports import HandedFile, Work

MOST_BYTES: Final = 20 << 20
"""Attachments of one message; most servers take no more."""
_ADDRESS: Final = re.compile(
    r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@"
    r"(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z0-9-]{2,63}"
)
_SUBJECT: Final = 200


@dataclass(frozen=True, slots=True)
class Sender:
    """Who the mail is from."""

    address: str
    name: str = ""


def is_address(said: str) -> bool:
    """Whether a text is one mail address (in ASCII, without a name); RFC 5321 4.1.2, dotted."""
    return len(said) <= 254 and _ADDRESS.fullmatch(said) is not None and ".." not in said


def made(work: Work, *, sender: Sender, to: str) -> EmailMessage:
    """The message that a task asks for.

    Raises:
        WorkRefused: subject or text is missing, an attachment is no file, or all are too large.
    """
    message = EmailMessage(policy=SMTP)
    local, _, domain = sender.address.rpartition("@")
    message["From"] = Address(display_name=sender.name, username=local, domain=domain)
    message["To"] = to
    message["Subject"] = _line(work, "subject")
    message["Date"] = format_datetime(clock.now().astimezone(SHANGHAI))
    message["Message-ID"] = f"<{hashlib.sha256(work.key.encode()).hexdigest()[:32]}@{domain}>"
    message["Auto-Submitted"] = "auto-generated"  # no out-of-office answers (RFC 3834, 5)
    message.set_content(_text(work, "text"), cte="base64")
    for one in _attached(work):
        with one.open() as content:
            main, _, sub = _type(one).partition("/")
            message.add_attachment(content.read(), maintype=main, subtype=sub, filename=one.name)
    return message


def _text(work: Work, name: str) -> str:
    value = work.variables.get(name)
    if not isinstance(value, str) or not value.strip():
        raise WorkRefused(f"邮件缺少『{name}』", name=name)
    return value


def _line(work: Work, name: str) -> str:
    return " ".join(_text(work, name).split())[:_SUBJECT]


def _attached(work: Work) -> list[HandedFile]:
    named = work.variables.get("attachments") or []
    if not isinstance(named, list):
        raise WorkRefused("邮件的『attachments』应为文件的列表", name="attachments")
    found = [
        work.files.get(str(one.get("file"))) if isinstance(one, Mapping) else None for one in named
    ]
    files = [one for one in found if one is not None]
    if len(files) < len(found):
        raise WorkRefused("邮件的『attachments』里有一项不是文件", name="attachments")
    if sum(one.size for one in files) > MOST_BYTES:
        raise WorkRefused(f"邮件的附件合计超过 {MOST_BYTES >> 20} MiB")
    return files


def _type(one: HandedFile) -> str:
    guessed = one.content_type or mimetypes.guess_type(one.name)[0] or ""
    return guessed if re.fullmatch(r"[\w.+-]+/[\w.+-]+", guessed) else "application/octet-stream"
