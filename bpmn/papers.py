"""Files handed in, for the tests of processes: a portrait 35:45, a scan, or a PDF by its name."""

import io
from typing import Any

from PIL import Image

from processes.documents import files
from processes.play import Play


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
