"""The files of an OFD document and the package they lie in.

Invariant: the same sheets and facts give the same bytes.
Source: GB/T 33190-2016, 7 (package, document, resources).
"""

import hashlib
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Final

from lxml import etree
from PIL import Image

from adapters._shared import ofd_package
from adapters._shared.ofd_xml import child, element, written
from processes.letters.canvas import Sheet
from processes.letters.ofd import glyphs
from processes.letters.ofd.graphics import Object, Picture, Text, objects
from processes.letters.ofd.page import Numbers, area, content

_FOLDER: Final = "Doc_0"


@dataclass(frozen=True, slots=True)
class Facts:
    """What a document says of itself; `custom` are further facts by name."""

    title: str
    author: str = ""
    created: date | None = None
    custom: Mapping[str, str] = field(default_factory=dict)


def write(sheets: Sequence[Sheet], facts: Facts) -> bytes:
    """The document of these sheets.

    Raises:
        ValueError: something was drawn that is not known here.
    """
    ids = Numbers()
    pages = [objects(sheet) for sheet in sheets]
    fonts, pictures = _fonts(pages, ids), _pictures(pages, ids)
    known = {name: number for name, (number, _file) in {**fonts, **pictures}.items()}
    files = {
        f"{_FOLDER}/Res/{file}": glyphs.subset(name, _characters(pages, name))
        for name, (_number, file) in fonts.items()
    }
    for sheet in sheets:
        for name in set(sheet.pictures) & set(pictures):
            files[f"{_FOLDER}/Res/{pictures[name][1]}"] = _png(sheet, name)
    numbers = [ids.next() for _sheet in sheets]
    for at, (sheet, drawn) in enumerate(zip(sheets, pages, strict=True)):
        size = area(sheet.width, sheet.height)
        files[f"{_FOLDER}/Pages/Page_{at}/Content.xml"] = content(size, drawn, known, ids)
    files[f"{_FOLDER}/PublicRes.xml"] = written(_public(fonts))
    if pictures:
        files[f"{_FOLDER}/DocumentRes.xml"] = written(_media(pictures))
    files[f"{_FOLDER}/Document.xml"] = written(
        _document(sheets, numbers, ids, media=bool(pictures))
    )
    return ofd_package.packed({"OFD.xml": written(_root(facts, files)), **files})


def _fonts(pages: Sequence[Sequence[Object]], ids: Numbers) -> dict[str, tuple[str, str]]:
    used = sorted({one.font for page in pages for one in page if isinstance(one, Text)})
    return {name: (ids.next(), f"{name}.ttf") for name in used}


def _characters(pages: Sequence[Sequence[Object]], font: str) -> frozenset[str]:
    texts = (one for page in pages for one in page if isinstance(one, Text))
    return frozenset(mark for one in texts if one.font == font for mark in one.text)


def _pictures(pages: Sequence[Sequence[Object]], ids: Numbers) -> dict[str, tuple[str, str]]:
    used = dict.fromkeys(one.name for page in pages for one in page if isinstance(one, Picture))
    return {name: (ids.next(), f"image_{at}.png") for at, name in enumerate(used)}


def _png(sheet: Sheet, name: str) -> bytes:
    reader, out = sheet.pictures[name], io.BytesIO()
    pixels = reader.getRGBData()
    Image.frombytes(reader.mode, reader.getSize(), pixels).save(out, "PNG")
    return out.getvalue()


def _public(fonts: Mapping[str, tuple[str, str]]) -> etree._Element:
    root = element("Res", BaseLoc="Res")
    listed = child(root, "Fonts")
    for name, (number, file) in fonts.items():
        one = child(listed, "Font", ID=number, FontName=name, FamilyName=name)
        child(one, "FontFile", file)
    return root


def _media(pictures: Mapping[str, tuple[str, str]]) -> etree._Element:
    root = element("Res", BaseLoc="Res")
    listed = child(root, "MultiMedias")
    for number, file in pictures.values():
        one = child(listed, "MultiMedia", ID=number, Type="Image", Format="PNG")
        child(one, "MediaFile", file)
    return root


def _document(
    sheets: Sequence[Sheet], numbers: Sequence[str], ids: Numbers, *, media: bool
) -> etree._Element:
    root = element("Document")
    common = child(root, "CommonData")
    child(common, "MaxUnitID", str(ids.last))
    first = sheets[0]
    child(child(common, "PageArea"), "PhysicalBox", area(first.width, first.height))
    child(common, "PublicRes", "PublicRes.xml")
    if media:
        child(common, "DocumentRes", "DocumentRes.xml")
    pages = child(root, "Pages")
    for at, number in enumerate(numbers):
        child(pages, "Page", ID=number, BaseLoc=f"Pages/Page_{at}/Content.xml")
    return root


def _root(facts: Facts, files: Mapping[str, bytes]) -> etree._Element:
    whole = hashlib.sha256()
    for name, file in sorted(files.items()):
        whole.update(name.encode() + b"\0" + file)
    root = element("OFD", Version="1.0", DocType="OFD")
    body = child(root, "DocBody")
    info = child(body, "DocInfo")
    child(info, "DocID", whole.hexdigest()[:32])
    child(info, "Title", facts.title)
    if facts.author:
        child(info, "Author", facts.author)
    if facts.created:
        child(info, "CreationDate", facts.created.isoformat())
    child(info, "Creator", "Banli")
    custom = child(info, "CustomDatas") if facts.custom else info
    for name, value in facts.custom.items():
        child(custom, "CustomData", value, Name=name)
    child(body, "DocRoot", f"{_FOLDER}/Document.xml")
    return root
