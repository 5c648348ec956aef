"""What is told to a citizen through a channel of his own: a message, a certificate."""

from typing import Final

from adapters._shared.members import Member

MESSAGE: Final = (
    Member("receiver_no", "接收人证件号码", mask="number"),
    Member("title", "标题"),
    Member("text", "内容"),
    Member("work_order_no", "工作单号"),
    Member("link", "打开的网址"),
)
CERTIFICATE: Final = (
    Member("receiver_no", "持证人证件号码", mask="number"),
    Member("title", "证照名称"),
    Member("certificate_no", "证照号码"),
    Member("state", "valid 有效，annulled 已注销"),
    Member("link", "查看、出示的网址"),
)
