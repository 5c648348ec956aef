"""The picture of a seal as a page of a PDF, read once and not for each file that it is set on."""

import io
import threading
from functools import lru_cache
from pathlib import Path
from uuid import uuid4

from pyhanko.pdf_utils.content import ImportedPdfPage
from pyhanko.pdf_utils.layout import BoxConstraints
from pyhanko.pdf_utils.reader import PdfFileReader

_lock = threading.Lock()
"""A reader has one place in its file, whoever reads."""


class SealPage(ImportedPdfPage):
    """The first page of a file; one that was written since is read anew."""

    def __init__(self, file: Path) -> None:
        super().__init__(file)  # type: ignore[no-untyped-call]

    def render(self) -> bytes:
        """The command that draws the page, which is put into the file that is being sealed."""
        told = self.file_name.stat()
        with _lock:
            reader = _reader(self.file_name, told.st_mtime_ns, told.st_size)
            page = self._ensure_writer.import_page_as_xobject(reader, page_ix=self.page_ix)
        name = f"/Import{uuid4().hex}"
        self.resources.xobject[name] = page
        left, bottom, right, top = page.get_object()["/BBox"]
        self.box = BoxConstraints(width=abs(left - right), height=abs(bottom - top))
        return f"{name} Do".encode("ascii")


@lru_cache(maxsize=64)
def _reader(file: Path, _written_at: int, _size: int) -> PdfFileReader:
    return PdfFileReader(io.BytesIO(file.read_bytes()))
