"""Letters as OFD beside the PDF: GB/T 33190-2016, drawn from the same template in one drawing.

P-38, P-49, P-95: the certificate says the same in both formats, at the same places, in fonts that
travel with it.
"""

import io
import re
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from fontTools.ttLib import TTFont
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree
from PIL import Image
from pypdf import PdfReader
from reportlab.lib.utils import ImageReader
from reportlab.pdfbase import pdfmetrics

from adapters._shared import ofd_package
from engine.errors import DeploymentRejected
from processes.casework import functions
from processes.letters import Template, drawing, fonts, read, sample
from processes.letters.canvas import Canvas, Sheet
from processes.letters.ofd import Facts, write
from processes.letters.ofd.graphics import Path as Drawn
from processes.letters.ofd.graphics import Picture, Text, objects
from tests.processes.people.test_documents import CARD, acceptance, licence, photo, template, values

OFD = {"ofd": "http://www.ofdspec.org/2016"}
BPMN = Path(__file__).parents[3] / "bpmn"
MM = 25.4 / 72


def files_of(used: Template, given: dict[str, Any], images: Any = None) -> dict[str, bytes]:
    drawn = drawing.draw(replace(used, formats=("pdf", "ofd")), given, images=images or no_image)
    assert drawn.ofd is not None
    return ofd_package.unpacked(drawn.ofd)


def no_image(_digest: str) -> bytes:
    raise AssertionError("no picture is asked for")


@cache
def notice() -> dict[str, bytes]:
    told = values(number="鲁海事受〔2026〕第00001号", org_name="山东海事局", issued_on=None)
    told |= {"verification_code": "ABCD2345", "verification_url": "https://banli.example/verify/A"}
    told |= {"org_phone": "", "org_address": ""}
    return files_of(acceptance(), {**told, "issued_on": values()["accepted_on"]})


def text_of(files: dict[str, bytes]) -> str:
    pages = sorted(name for name in files if name.endswith("/Content.xml"))
    roots = (etree.fromstring(files[name]) for name in pages)
    return "".join("".join(root.xpath("//ofd:TextCode/text()", namespaces=OFD)) for root in roots)


def same(text: str) -> list[str]:
    return sorted(re.sub(r"\s", "", text))


def test_the_ofd_says_what_the_pdf_says() -> None:
    used = replace(acceptance(), formats=("pdf", "ofd"))
    told = values(number="N", org_name="山东海事局", verification_code="C", org_phone="")
    told |= {"verification_url": "U", "org_address": "", "issued_on": values()["accepted_on"]}
    drawn = drawing.draw(used, told, images=no_image)
    assert drawn.ofd is not None
    pdf = "".join(page.extract_text() for page in PdfReader(io.BytesIO(drawn.content)).pages)
    assert same(text_of(ofd_package.unpacked(drawn.ofd))) == same(pdf)


def test_the_package_has_the_files_of_the_standard_and_says_what_it_is() -> None:
    files = notice()
    assert next(iter(files)) == "OFD.xml"
    assert {"Doc_0/Document.xml", "Doc_0/PublicRes.xml", "Doc_0/Pages/Page_0/Content.xml"} <= {
        *files
    }
    root = etree.fromstring(files["OFD.xml"])
    assert root.get("DocType") == "OFD"
    assert root.findtext(".//ofd:Title", namespaces=OFD) == "受理通知书"
    assert root.findtext(".//ofd:CreationDate", namespaces=OFD) == "2026-11-23"
    custom = {
        one.get("Name"): one.text for one in root.iterfind(".//ofd:CustomData", namespaces=OFD)
    }
    assert custom == {"文号": "鲁海事受〔2026〕第00001号", "核验码": "ABCD2345"}


def test_every_identifier_is_there_once_and_none_is_above_the_greatest() -> None:
    files = notice()
    found = [
        int(number)
        for name, content in files.items()
        if name.endswith(".xml")
        for number in etree.fromstring(content).xpath("//@ID")
    ]
    greatest = etree.fromstring(files["Doc_0/Document.xml"]).findtext(
        ".//ofd:MaxUnitID", namespaces=OFD
    )
    assert len(found) == len({*found})
    assert max(found) == int(greatest or 0)


def test_the_embedded_fonts_know_each_character_that_is_drawn_with_them() -> None:
    files = notice()
    resources = etree.fromstring(files["Doc_0/PublicRes.xml"])
    names = {
        one.get("ID"): one.findtext("ofd:FontFile", namespaces=OFD)
        for one in resources.iterfind(".//ofd:Font", namespaces=OFD)
    }
    page = etree.fromstring(files["Doc_0/Pages/Page_0/Content.xml"])
    for one in page.iterfind(".//ofd:TextObject", namespaces=OFD):
        font = TTFont(io.BytesIO(files[f"Doc_0/Res/{names[one.get('Font')]}"]))
        for table in font["cmap"].tables:
            marks = "".join(one.xpath("ofd:TextCode/text()", namespaces=OFD))
            assert all(table.cmap.get(ord(mark), ".notdef") != ".notdef" for mark in marks)


def test_glyphs_and_widths_are_those_of_the_font_it_is_taken_from() -> None:
    fonts.register()
    text = "不动产权证书2026，（）ABC"
    content = files_of(template(text), values(verification_code="C", org_name="局"))
    made = TTFont(io.BytesIO(content["Doc_0/Res/BanliSans-Regular.ttf"]))
    face = pdfmetrics.getFont(fonts.REGULAR).face
    names = made.getBestCmap()
    for mark in text:
        width = made["hmtx"][names[ord(mark)]][0] * 1000 / made["head"].unitsPerEm
        assert abs(width - face.charWidths[ord(mark)]) <= 1


def test_a_rare_character_stands_alone_in_the_font_that_has_it() -> None:
    """Readers that count in UTF-16 would take its step for two."""
    files = files_of(template("申请人𠮷田䶮"), values(verification_code="C", org_name="局"))
    page = etree.fromstring(files["Doc_0/Pages/Page_0/Content.xml"])
    (code,) = page.xpath("//ofd:TextCode[contains(., '𠮷')]", namespaces=OFD)
    assert (code.text, code.get("DeltaX")) == ("𠮷", None)
    rare = TTFont(io.BytesIO(files["Doc_0/Res/BanliRare-Regular.ttf"]))
    assert ord("𠮷") in rare.getBestCmap()


def test_a_picture_and_the_two_sides_of_a_card_are_in_it() -> None:
    used = read(CARD.read_bytes(), CARD.name)
    files = files_of(used, licence(photo={"file": "f"}), lambda _digest: photo())
    assert {"Doc_0/Pages/Page_0/Content.xml", "Doc_0/Pages/Page_1/Content.xml"} <= {*files}
    (name,) = (name for name in files if name.endswith(".png"))
    assert Image.open(io.BytesIO(files[name])).size == (350, 450)
    assert b"hidden-in-the-picture" not in files[name]
    media = etree.fromstring(files["Doc_0/DocumentRes.xml"])
    (number,) = media.xpath("//ofd:MultiMedia/@ID", namespaces=OFD)
    pages = [etree.fromstring(files[f"Doc_0/Pages/Page_{at}/Content.xml"]) for at in (0, 1)]
    assert number in [one for page in pages for one in page.xpath("//@ResourceID")]
    box = pages[0].findtext(".//ofd:PhysicalBox", namespaces=OFD)
    assert box == "0 0 85.6 54"


def drawn_on(draw: Any) -> Sheet:
    fonts.register()
    canvas = Canvas(io.BytesIO(), pagesize=(200 / MM, 100 / MM), invariant=1)
    draw(canvas)
    canvas.showPage()
    return canvas.sheets[0]


@settings(deadline=None, max_examples=30)
@given(
    x=st.floats(0, 150),
    y=st.floats(0, 90),
    size=st.floats(4, 30),
    text=st.text("办理Ab1，", min_size=1),
)
def test_a_text_lies_where_it_was_drawn(x: float, y: float, size: float, text: str) -> None:
    """Base line and steps in millimetres, from the upper left."""

    def draw(canvas: Canvas) -> None:
        canvas.setFont(fonts.REGULAR, size)
        canvas.drawString(x / MM, y / MM, text)

    (one,) = objects(drawn_on(draw))
    assert isinstance(one, Text)
    assert one.text == text
    assert one.box.x == pytest.approx(x, abs=0.01)
    assert one.box.y + one.base == pytest.approx(100 - y, abs=0.01)
    length = fonts.width(text[:-1], size) * MM
    assert sum(one.advances) == pytest.approx(length, abs=0.02)


def test_lines_areas_and_pictures_lie_where_they_were_drawn() -> None:
    def draw(canvas: Canvas) -> None:
        canvas.translate(10 / MM, 20 / MM)
        canvas.setLineWidth(1 / MM)
        canvas.line(0, 0, 30 / MM, 0)
        canvas.rect(0, 10 / MM, 5 / MM, 6 / MM, stroke=0, fill=1)
        picture = Image.new("RGB", (4, 4), "red")
        out = io.BytesIO()
        picture.save(out, "PNG")
        canvas.drawImage(ImageReader(out), 50 / MM, 5 / MM, 20 / MM, 10 / MM)

    line, area, picture = objects(drawn_on(draw))
    assert isinstance(line, Drawn)
    assert isinstance(area, Drawn)
    assert isinstance(picture, Picture)
    assert line.steps[0][1][0] == pytest.approx((10, 80))
    assert line.steps[1][1][0] == pytest.approx((40, 80))
    assert line.width == pytest.approx(1)
    assert (area.box.x, area.box.y) == pytest.approx((10, 64))
    assert (area.box.width, area.box.height) == pytest.approx((5, 6))
    box = picture.box
    assert (box.x, box.y, box.width, box.height) == pytest.approx((60, 65, 20, 10))


def test_a_turned_text_has_its_matrix_and_how_much_it_covers() -> None:
    def draw(canvas: Canvas) -> None:
        canvas.setFillColorRGB(0, 0, 0, alpha=0.35)
        canvas.rotate(90)
        canvas.setFont(fonts.REGULAR, 10)
        canvas.drawString(0, -20 / MM, "标记")

    (one,) = objects(drawn_on(draw))
    assert isinstance(one, Text)
    assert one.matrix is not None
    assert (one.matrix.a, one.matrix.b) == pytest.approx((0, -1), abs=1e-4)
    assert one.box.x + one.matrix.e == pytest.approx(20, abs=0.01)
    assert one.box.y + one.matrix.f == pytest.approx(100, abs=0.01)
    assert one.alpha == 0.35


def test_what_is_not_known_is_an_error_and_never_left_out() -> None:
    sheet = drawn_on(lambda canvas: canvas.linearGradient(0, 0, 9, 9, ("red", "blue")))
    with pytest.raises(ValueError, match="operator"):
        objects(sheet)


def test_the_same_values_give_the_same_ofd() -> None:
    sheet = drawn_on(lambda canvas: canvas.rect(1, 1, 9, 9))
    assert write([sheet], Facts("证")) == write([sheet], Facts("证"))


@pytest.mark.parametrize("formats", ["[ofd]", "[pdf, odt]", "pdf"])
def test_formats_that_there_are_not_are_refused_in_words(formats: str) -> None:
    with pytest.raises(DeploymentRejected, match="formats"):
        template("正文", formats=formats)


def test_what_names_no_other_format_is_a_pdf_alone() -> None:
    assert drawing.draw(template("正文"), {}, images=no_image).ofd is None


def test_every_template_there_is_can_be_an_ofd(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever a template draws is known to the writer, so that data alone decides the format."""
    functions.register()
    made: list[bytes | None] = []
    real = drawing.draw

    def both(used: Template, *told: Any, **named: Any) -> Any:
        found = real(replace(used, formats=("pdf", "ofd")), *told, **named)
        made.append(found.ofd)
        return found

    monkeypatch.setattr(drawing, "draw", both)
    found = sorted(BPMN.glob("*/*/letters/*.yaml"))
    for file in found:
        sample.draw(read(file.read_bytes(), file.name))
    assert len(made) == len(found)
    assert all(ofd_package.unpacked(one or b"") for one in made)
