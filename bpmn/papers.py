"""Papers in the tests of processes: files handed in, and what the letters of a case say."""

import io
from typing import Any

from PIL import Image
from pypdf import PdfReader
from sqlalchemy.orm import Session

from processes.documents import documents, files
from processes.play import Play, PlayedCase


def handed_in(
    play: Play, name: str = "照片.png", *, size: tuple[int, int] = (350, 450)
) -> dict[str, Any]:
    """What a form's file field holds after an upload; `size` in pixels, unless it is a PDF."""
    if name.endswith(".pdf"):
        content = b"%PDF-1.4\n%%EOF\n"
    else:
        written = io.BytesIO()
        Image.new("RGB", size, "white").save(written, "PNG")
        content = written.getvalue()
    stored = play.run(lambda session: files.store(session, content, by=None))
    return {"file": stored.sha256, "name": name, "size": len(content), "type": stored.content_type}


def read(case: PlayedCase, letter: str) -> str:
    """The words of the last letter of a name, without the breaks of lines."""

    def content(session: Session) -> bytes:
        sent = [one for one in documents.issued(session, case.id) if one.template == letter]
        return documents.content(session, sent[-1])

    pages = PdfReader(io.BytesIO(case.play.run(content))).pages
    return "".join("".join(page.extract_text() for page in pages).split())
