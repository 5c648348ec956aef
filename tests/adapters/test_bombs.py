"""Files made to break whoever reads them: a clear answer, and the program lives (P-67, rule 42)."""

import io
import struct
import zipfile
import zlib
from datetime import timedelta

import pytest
from PIL import Image
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.generic import pdf_name
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter

from adapters._shared import examining, pades
from adapters._simulators.authority import Authority
from engine import confined, limits
from engine.errors import DeploymentRejected
from processes.importing import foreign
from processes.ledgers import sheets
from processes.ledgers.sheets import SheetRefused
from processes.letters import pictures
from processes.letters.errors import LetterInvalid
from processes.modelling import trying
from tests.adapters.test_seals import page


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


def sealed_often(authority: Authority, times: int) -> bytes:
    """A sealed file that shows its seal in so many fields: each is verified for itself."""
    die = authority.die(authority.seal("S", "登记局", "专用章"))
    writer = IncrementalPdfFileWriter(io.BytesIO(pades.seal(page(), die=die)))
    (one,) = writer.root["/AcroForm"]["/Fields"]
    fields = writer.root["/AcroForm"]["/Fields"]
    for at in range(times):
        copied = generic.DictionaryObject(one.get_object())
        copied[pdf_name("/T")] = generic.pdf_string(f"Seal{at}")
        fields.append(writer.add_object(copied))
    writer.update_container(fields)
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def test_a_pdf_that_takes_for_ever_is_refused_by_name(
    authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    trust = pades.roots(authority.trust)
    usual = sealed_often(authority, 1)
    assert len(examining.examine(usual, trust).signatures) == 2
    monkeypatch.setattr(limits, "CHILD_WALL", timedelta(seconds=1))
    found = examining.examine(sealed_often(authority, 3_000), trust)
    assert found.fault == "costly"
    assert not found.genuine


def unpacking(size: int) -> bytes:
    """A PDF whose table of objects is a stream that unpacks to `size` bytes."""
    packer = zlib.compressobj(9)
    begin = packer.compress(bytes(1 << 20)) + packer.flush(zlib.Z_FULL_FLUSH)
    block = packer.compress(bytes(1 << 20)) + packer.flush(zlib.Z_FULL_FLUSH)
    packed = begin + block * (size >> 20)
    head = b"%PDF-1.7\n"
    told = (
        b"1 0 obj\n<</Type/XRef/Size 9/W[1 2 1]/Root 2 0 R/Filter/FlateDecode/Length %d>>stream\n"
    )
    body = told % len(packed) + packed + b"\nendstream\nendobj\n"
    return head + body + b"startxref\n%d\n%%%%EOF" % len(head)


@pytest.mark.parametrize(
    "content",
    [
        b"%PDF-1.7\n" + b"[" * 200_000,
        b"%PDF-1.7\n1 0 obj\n" + b"<</A " * 100_000 + b"\nstartxref\n9\n%%EOF",
        b"%PDF-1.7\nxref\n0 1\n0000000000 65535 f \ntrailer<</Prev 9/Size 1>>\nstartxref\n9\n%%EOF",
        b"%PDF-" + bytes(1 << 20),
        unpacking(3 << 30),
    ],
    ids=["nested", "nested dictionaries", "a circle of tables", "zeros", "gigabytes"],
)
def test_a_pdf_made_to_break_the_parser_is_unreadable(content: bytes) -> None:
    assert examining.examine(content, []).fault in {"unreadable", "costly"}


def workbook(rows: str, *, padding: int = 0) -> bytes:
    """A workbook with this content of its sheet."""
    written = io.BytesIO()
    sheet = "xl/worksheets/sheet1.xml"
    with (
        zipfile.ZipFile(io.BytesIO(sheets.xlsx("a", ["b"], []))) as usual,
        zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as made,
    ):
        for name in usual.namelist():
            if name != sheet:
                made.writestr(name, usual.read(name))
        head, tail = usual.read(sheet).decode().split("<sheetData>")
        tail = tail.partition("</sheetData>")[2]
        head = head.replace('<dimension ref="A1"/>', "")
        made.writestr(sheet, f"{head}<sheetData>{rows}</sheetData>{tail}{' ' * padding}")
    return written.getvalue()


def test_a_workbook_of_this_form_is_read() -> None:
    row = '<row r="1"><c r="A1"><v>1</v></c></row><row r="2"><c r="A2"><v>2</v></c></row>'
    assert sheets.read(workbook(row)).headings == ("1",)


def test_a_workbook_with_two_cells_in_opposite_corners_is_refused() -> None:
    corners = (
        '<row r="1"><c r="A1"><v>1</v></c></row>'
        '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'
    )
    with pytest.raises(SheetRefused, match="超过限度"):
        sheets.read(workbook(corners))


def test_a_workbook_that_unpacks_to_more_than_it_may_is_refused_unread() -> None:
    with pytest.raises(SheetRefused, match="表格太大"):
        sheets.read(workbook("", padding=200 << 20))


def png(width: int, height: int, data: bytes) -> bytes:
    def chunk(kind: bytes, body: bytes) -> bytes:
        return (
            struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        )

    head = struct.pack(">IIBBBBB", width, height, 8, 6, 0, 0, 0)
    parts = chunk(b"IHDR", head) + data + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + parts


def test_a_picture_of_a_million_by_a_million_pixels_is_refused() -> None:
    with pytest.raises(LetterInvalid, match=r"尺寸过大|无法使用"):
        pictures.decoded(png(1_000_000, 1_000_000, b""))


def test_a_picture_with_a_text_that_unpacks_to_megabytes_is_refused() -> None:
    body = b"a\0\0" + zlib.compress(bytes(80 << 20), 9)
    text = (
        struct.pack(">I", len(body))
        + b"zTXt"
        + body
        + struct.pack(">I", zlib.crc32(b"zTXt" + body))
    )
    with pytest.raises(LetterInvalid, match=r"无法使用|超过限度"):
        pictures.decoded(png(2, 2, text))


def test_a_usual_picture_is_made_anew() -> None:
    given = io.BytesIO()
    Image.new("RGBA", (20, 10), (255, 0, 0, 0)).save(given, "PNG")
    made = pictures.decoded(given.getvalue())
    assert (made.width, made.height) == (20, 10)
    assert Image.open(io.BytesIO(made.png)).getpixel((1, 1)) == (255, 255, 255)


def test_a_model_that_breaks_the_bounds_is_a_finding(monkeypatch: pytest.MonkeyPatch) -> None:
    trying.require({"warm.bpmn": b"<x/>"})
    monkeypatch.setattr(confined, "_LOADING", timedelta())
    monkeypatch.setattr(limits, "CHILD_WALL", timedelta(seconds=0))
    with pytest.raises(DeploymentRejected, match="超过限度"):
        trying.require({"a.bpmn": b"<definitions/>"})
    with pytest.raises(DeploymentRejected, match="超过限度"):
        foreign.require(b"<definitions/>", "b.bpmn")
    trying.require({"warm.bpmn": b"<x/>"})


@pytest.mark.parametrize(
    "content",
    [
        b'<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>',
        b'<?xml version="1.0"?><!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>',
        b"<a>" * 100_000,
        b"<a " + b" ".join(b'b%d="1"' % at for at in range(50_000)) + b"/>",
        "<!DOCTYPE a []><a/>".encode("utf-16"),
    ],
    ids=["entity", "foreign document type", "deep", "many attributes", "utf-16"],
)
def test_xml_made_to_break_a_reader_is_refused(content: bytes) -> None:
    foreign.require(content, "a.bpmn")
    with pytest.raises(DeploymentRejected):
        foreign.read(content, "a.bpmn")


def test_a_child_that_was_lost_is_no_loss() -> None:
    confined.close()
    assert examining.examine(b"no pdf", []).fault == "unreadable"
