"""What the server and the store of files take, to the byte; answers of the server itself."""

import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy.orm import Session
from waitress import create_server

from engine import clock, ids, limits
from engine.errors import LimitExceeded
from forms import definition
from processes import settings
from processes.documents import files, materials
from processes.documents.files import FileRefused
from processes.model.cases import Material
from processes.model.documents import StoredFile
from web import refused
from web.config import Settings
from web.wiring import wire

PDF = b"%PDF-1.7\n"
FORM = """\
form: form_files
title: 附件
sections:
  - title: 附件
    fields:
      - {name: scans, label: 扫描件, type: files, max: 200}
"""


def test_the_limits_of_the_settings_are_those_of_the_engine(tmp_path: Path) -> None:
    chosen = Settings(home=tmp_path, secret_key="k" * 40)
    assert (chosen.body_limit, chosen.upload_limit) == (limits.BODY_BYTES, limits.UPLOAD_BYTES)
    below = settings.Settings(home=tmp_path, secret_key="k" * 40)
    assert below.upload_bytes == limits.UPLOAD_BYTES


@pytest.mark.parametrize("over", [0, 1])
def test_a_file_may_be_as_large_as_the_limit_and_no_byte_more(app: Flask, over: int) -> None:
    content = PDF + bytes(limits.UPLOAD_BYTES - len(PDF) + over)
    if not over:
        assert files.check(content) == "application/pdf"
        return
    with pytest.raises(FileRefused, match="文件超过 50 MB"):
        files.check(content)


@pytest.mark.parametrize("over", [0, 1])
def test_a_case_may_have_as_many_files_as_the_limit_and_no_more(
    session: Session, app: Flask, over: int
) -> None:
    form = definition.read(FORM.encode(), "form_files.yaml")
    held = limits.FILES_PER_CASE - 1
    digest = "0" * 64
    session.add(StoredFile(sha256=digest, size=1, content_type="image/png"))
    session.flush()
    session.add_all(
        Material(
            id=ids.next_id(), case_id=1, code="scans", title="扫描件", sha256=digest,
            file_name="a.png", size=1, content_type="image/png", uploaded_at=clock.now(),
        )
        for _number in range(held)
    )  # fmt: skip
    session.flush()
    one = {"file": digest, "name": "b.png", "size": 1, "type": "image/png"}
    values = {"scans": [one] * (1 + over)}
    if not over:
        materials.record(session, 1, form=form, values=values, by=None)
        return
    with pytest.raises(LimitExceeded, match="一件业务最多 200 个文件"):
        materials.record(session, 1, form=form, values=values, by=None)


@pytest.fixture
def address(app: Flask) -> Iterator[tuple[str, int]]:
    """The product's own server on a port of its own."""
    refused.install()
    wire(app)
    chosen = app.config["BANLI"]
    server = create_server(
        app, host="127.0.0.1", port=0, threads=2,
        max_request_body_size=chosen.upload_limit + chosen.body_limit,
    )  # fmt: skip
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    yield "127.0.0.1", server.effective_port
    server.close()
    thread.join(10)


@pytest.mark.parametrize(
    ("request_line", "status", "words"),
    [
        (
            b"POST /portal/track HTTP/1.1\r\nContent-Length: 900000000",
            b"413",
            "单个附件不超过 50 MB",
        ),
        (b"POST /portal/track HTTP/1.1\r\nContent-Length: x", b"400", "请求不完整"),
    ],
)
def test_what_the_server_refuses_by_itself_it_refuses_in_chinese(
    address: tuple[str, int], request_line: bytes, status: bytes, words: str
) -> None:
    with socket.create_connection(address, timeout=30) as caller:
        caller.sendall(request_line + b"\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")
        told = b""
        while part := caller.recv(65_536):
            told += part
    assert told.split(b" ")[1] == status
    assert words in told.decode()
    assert b"waitress" not in told.split(b"\r\n\r\n", 1)[1]
