"""Electronic mail: the port's contract over real SMTP, with TLS, log-in, attachments, every no.

The mail server of the tests is the one of the demo, a program's worth of SMTP on a socket (P-71,
P-72; RFC 5321, 5322, 3834; rules 15, 16, 44).
"""

import io
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from adapters import mail, registry
from adapters._shared.breaker import FAILURES, PAUSE
from adapters._shared.reach import Reachable
from adapters._simulators.mail_server import Delivered, MailBoxes, listen
from engine import clock, limits
from engine.errors import BpmnError, Paused, Retry, WorkRefused
from engine.ports import HandedFile, Work, Worker

TO = "zhang.san@example.com"
LETTER = {"to": TO, "subject": "登记已办结", "text": "您好：\n\n工作单 P1 已办结。"}


class Post:
    """A mail server that runs, and the adapter that reaches it."""

    def __init__(self, boxes: MailBoxes, port: int) -> None:
        self.boxes = boxes
        self.settings = {
            "URL": f"smtp://localhost:{port}",
            "FROM": "noreply@banli.example",
            "FROM_NAME": "省不动产登记中心",
            "TLS": "none",
        }

    def adapter(self, **changes: str) -> mail.Mail:
        return mail.create({**self.settings, **changes})

    def show(self, mode: str) -> None:
        self.boxes.faults.switch({"mode": mode, "latency": 0})

    def only(self) -> Delivered:
        (found,) = self.boxes.delivered()
        return found


@contextmanager
def served(boxes: MailBoxes) -> Iterator[Post]:
    boxes.faults.latency = 0
    listener = listen(boxes)
    threading.Thread(target=listener.serve_forever, args=(0.01,), daemon=True).start()
    yield Post(boxes, listener.server_address[1])
    listener.shutdown()
    listener.server_close()


@pytest.fixture
def post() -> Iterator[Post]:
    with served(MailBoxes()) as made:
        yield made


def work(*, key: str = "dispatch-1", **changes: Any) -> Work:
    told = {name: value for name, value in {**LETTER, **changes}.items() if value is not None}
    return Work(key, mail.TOPIC, "P1", told)


def test_it_is_a_worker_that_an_operator_sees(post: Post) -> None:
    made = registry.create(
        ["mail"], {f"MAIL_{name}": value for name, value in post.settings.items()}
    )
    assert isinstance(made.workers[mail.TOPIC], Worker)
    assert isinstance(made.departments["mail"], Reachable)
    assert made.services[mail.TOPIC].title == "发送邮件"
    assert made.departments["mail"].probe() < 5


def test_a_message_arrives_with_chinese_headers_and_text(post: Post) -> None:
    told = post.adapter().execute(work())
    got = post.only()
    assert (got.to, got.text.replace("\r", "").strip()) == (TO, LETTER["text"])
    assert str(got.message["Subject"]) == "登记已办结"
    assert str(got.message["From"]) == "省不动产登记中心 <noreply@banli.example>"
    assert got.message["Auto-Submitted"] == "auto-generated"
    assert told["receipt_no"] == got.message["Message-ID"]


def test_files_of_the_task_travel_as_attachments(post: Post) -> None:
    content = b"%PDF-1.7 " + bytes(range(256)) * 40
    handed = HandedFile(
        "受理凭证.pdf", "application/pdf", len(content), "ab", lambda: io.BytesIO(content)
    )
    named = {"file": "ab", "name": "受理凭证.pdf", "size": len(content), "type": "application/pdf"}
    asked = Work("k", mail.TOPIC, "P1", {**LETTER, "attachments": [named]}, files={"ab": handed})
    post.adapter().execute(asked)
    (part,) = post.only().message.iter_attachments()
    assert (part.get_filename(), part.get_content_type()) == ("受理凭证.pdf", "application/pdf")
    assert part.get_content() == content


def test_what_is_no_file_or_too_much_is_not_sent(post: Post) -> None:
    with pytest.raises(WorkRefused, match="不是文件"):
        post.adapter().execute(work(attachments=[{"file": "none"}]))
    large = HandedFile("a.pdf", "application/pdf", 30 << 20, "ab", io.BytesIO)
    asked = Work(
        "k", mail.TOPIC, "", {**LETTER, "attachments": [{"file": "ab"}]}, files={"ab": large}
    )
    with pytest.raises(WorkRefused, match="超过 20 MiB"):
        post.adapter().execute(asked)
    assert post.boxes.delivered() == []


@pytest.mark.parametrize("lacking", ["subject", "text"])
def test_a_message_that_lacks_a_member_is_not_sent(post: Post, lacking: str) -> None:
    with pytest.raises(WorkRefused, match=lacking):
        post.adapter().execute(Work("k", mail.TOPIC, "", {**LETTER, lacking: None}))


def test_a_title_cannot_smuggle_in_a_header(post: Post) -> None:
    post.adapter().execute(work(subject="办结\r\nBcc: other@example.com"))
    assert post.only().message["Bcc"] is None
    assert "办结 Bcc" in str(post.only().message["Subject"])


def test_a_line_that_is_one_dot_does_not_end_the_message(post: Post) -> None:
    post.adapter().execute(work(text="一\n.\n二"))
    assert post.only().text.split() == ["一", ".", "二"]


@pytest.mark.parametrize(
    "wrong",
    ["", "张三", "a@b", "a@b@c.cn", "a b@c.cn", "a..b@c.cn", "a@c.cn\nBcc: x@y.cn", "张@例.cn"],
)
def test_what_is_no_address_is_a_business_answer(post: Post, wrong: str) -> None:
    with pytest.raises(BpmnError) as no:
        post.adapter().execute(work(to=wrong))
    assert no.value.error_code == "address_refused"
    assert post.boxes.delivered() == []


def test_a_mailbox_that_nobody_has_is_a_business_answer(post: Post) -> None:
    with pytest.raises(BpmnError) as no:
        post.adapter().execute(work(to="nobody@example.com"))
    assert no.value.error_code == "address_refused"


def test_a_repetition_is_known_for_a_copy(post: Post) -> None:
    """The server had it, its answer was lost: the same `Message-ID` comes again (rule 15)."""
    post.show("wrong_answer")
    with pytest.raises(Retry, match="451"):
        post.adapter().execute(work())
    post.show("normal")
    post.adapter().execute(work())
    post.only()
    post.adapter().execute(work(key="dispatch-2"))
    assert len(post.boxes.delivered()) == 2


@pytest.mark.parametrize("mode", ["down", "late", "garbage"])
def test_a_server_that_cannot_take_it_now_is_asked_again(post: Post, mode: str) -> None:
    post.show(mode)
    with pytest.raises(Retry):
        post.adapter().execute(work())


def test_a_server_that_refuses_for_good_is_not_asked_again(post: Post) -> None:
    post.show("refuse")
    with pytest.raises(WorkRefused, match="554"):
        post.adapter().execute(work())


def test_one_that_drips_or_is_silent_is_left_when_its_time_is_up(
    post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "CALL_CONNECT", timedelta(seconds=0.2))
    monkeypatch.setattr(limits, "CALL_TOTAL", timedelta(seconds=0.3))
    monkeypatch.setattr("adapters._simulators.mail_server._SLOW_SECONDS", 0.8)
    post.show("slow")
    with pytest.raises(Retry, match="超时"):
        post.adapter().execute(work())
    with pytest.raises(Retry, match="超时"):
        post.adapter().department.probe()


def test_after_failures_in_a_row_it_is_left_in_peace(post: Post) -> None:
    adapter = post.adapter()
    post.show("down")
    for _ in range(FAILURES):
        with pytest.raises(Retry):
            adapter.execute(work())
    assert adapter.department.breaker.state == "open"
    with pytest.raises(Paused):
        adapter.execute(work())
    post.show("normal")
    with clock.travel(PAUSE * 2):
        adapter.execute(work())
    assert adapter.department.breaker.state == "closed"


def certificate(folder: Path) -> tuple[ssl.SSLContext, Path]:
    """A server certificate for localhost that vouches for itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = clock.now()
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=30))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = folder / "ca.pem"
    pem.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    private = folder / "key.pem"
    private.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem, private)
    return context, pem


def test_it_turns_to_tls_and_logs_in(tmp_path: Path) -> None:
    context, authority = certificate(tmp_path)
    with served(MailBoxes(context=context, login=("banli", "a secret"))) as post:
        told = {"TLS": "starttls", "CA": str(authority), "USER": "banli"}
        post.adapter(**told, PASSWORD="a secret").execute(work())
        assert post.only().secured
        with pytest.raises(WorkRefused, match="登录（535）"):
            post.adapter(**told, PASSWORD="another").execute(work(key="2"))
        with pytest.raises(WorkRefused, match="530"):
            post.adapter(TLS="starttls", CA=str(authority)).execute(work(key="3"))


def test_a_certificate_that_nobody_vouches_for_ends_the_matter(tmp_path: Path) -> None:
    context, _authority = certificate(tmp_path)
    with served(MailBoxes(context=context)) as post:
        with pytest.raises(WorkRefused, match="证书不可信"):
            post.adapter(TLS="starttls").execute(work())
        with pytest.raises(WorkRefused, match="证书不可信"):
            post.adapter(TLS="starttls").department.probe()
        assert post.boxes.delivered() == []


def test_a_server_without_tls_gets_nothing_in_clear_text(post: Post) -> None:
    with pytest.raises(WorkRefused, match="不支持"):
        post.adapter(TLS="starttls").execute(work())
    assert post.boxes.delivered() == []


def test_off_this_machine_clear_text_is_refused(
    post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    away = [(2, 1, 6, "", ("203.0.113.7", 25))]
    monkeypatch.setattr("socket.getaddrinfo", lambda *_a, **_k: away)
    with pytest.raises(WorkRefused, match="必须加密"):
        post.adapter().execute(work())


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"URL": "http://localhost"}, "smtp://"),
        ({"FROM": "noreply"}, "发件地址"),
        ({"TLS": "perhaps"}, "TLS"),
        ({"USER": "banli"}, "PASSWORD"),
    ],
)
def test_settings_that_are_not_in_order_stop_the_start(
    post: Post, changes: dict[str, str], words: str
) -> None:
    with pytest.raises(ValueError, match=words):
        post.adapter(**changes)
