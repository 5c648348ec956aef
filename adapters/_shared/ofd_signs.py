"""The XML of the signatures of an OFD package: which there are, what each covers and shows.

Source: GB/T 33190-2016, 18 (digital signature): 18.1 Signatures.xml, 18.2 Signature.xml.
"""

import base64
import posixpath
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from lxml import etree

from adapters._shared import sm2_cms
from adapters._shared.ofd_xml import NAMES, NAMESPACE, child, element, written
from adapters._shared.seals import Place

ROOT: Final = "OFD.xml"
_MM: Final = 25.4 / 72
_SEAL: Final = "Seal"


class StructureUnreadable(ValueError):
    """The XML is no OFD, or made to break whoever reads it."""


@dataclass(frozen=True, slots=True)
class Named:
    """A signature that is listed: its number, its kind and the file that describes it."""

    id: str
    kind: str
    file: str


@dataclass(frozen=True, slots=True)
class Described:
    """What a Signature.xml says: digests (SM3, base64) by file, the seal's file, the value's."""

    digests: Mapping[str, str]
    seal: str
    value: str


def parsed(content: bytes) -> etree._Element:
    """An XML file without entities, DTD or network.

    Raises:
        StructureUnreadable: it is none.
    """
    parser = etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
        remove_comments=True,
    )
    try:
        root = etree.fromstring(content, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise StructureUnreadable(f"no XML: {error}") from error
    if root.getroottree().docinfo.internalDTD is not None:
        raise StructureUnreadable("a document type is not allowed")
    return root


def listed(files: Mapping[str, bytes]) -> tuple[str, list[Named]]:
    """The file that lists the signatures, and those in it; nothing where there are none.

    Raises:
        StructureUnreadable: the package is no OFD, or has more than one document.
    """
    root = parsed(_file(files, ROOT))
    bodies = root.findall("ofd:DocBody", NAMES)
    if root.tag != f"{{{NAMESPACE}}}OFD" or len(bodies) != 1:
        raise StructureUnreadable("no OFD of one document")
    place = resolved(ROOT, bodies[0].findtext("ofd:Signatures", "", NAMES))
    if not place:
        return "", []
    found = parsed(_file(files, place)).iterfind("ofd:Signature", NAMES)
    return place, [
        Named(one.get("ID", ""), one.get("Type", _SEAL), resolved(place, one.get("BaseLoc", "")))
        for one in found
    ]


def described(files: Mapping[str, bytes], file: str) -> Described:
    """What the file of a signature says.

    Raises:
        StructureUnreadable: it is none, or of algorithms that are not the national ones.
    """
    root = parsed(_file(files, file))
    info = root.find("ofd:SignedInfo", NAMES)
    references = info.find("ofd:References", NAMES) if info is not None else None
    if info is None or references is None:
        raise StructureUnreadable("no signature")
    if references.get("CheckMethod") not in (sm2_cms.SM3, "SM3"):
        raise StructureUnreadable("digests that are not SM3")
    digests: dict[str, str] = {}
    for one in references.iterfind("ofd:Reference", NAMES):
        name = resolved(file, one.get("FileRef", ""))
        if name in digests:
            raise StructureUnreadable("a file named twice")
        digests[name] = one.findtext("ofd:CheckValue", "", NAMES).strip()
    seal = info.findtext("ofd:Seal/ofd:BaseLoc", "", NAMES)
    value = root.findtext("ofd:SignedValue", "", NAMES)
    return Described(digests, resolved(file, seal), resolved(file, value))


def describe(
    digests: Mapping[str, str], *, folder: str, stamp: tuple[str, str] | None, at: datetime
) -> bytes:
    """The file of a signature; `stamp`: the page's number and the box where its seal is seen."""
    root = element("Signature")
    info = child(root, "SignedInfo")
    child(info, "Provider", ProviderName="Banli", Version="1.0", Company="Banli")
    child(info, "SignatureMethod", sm2_cms.SM2_WITH_SM3)
    child(info, "SignatureDateTime", f"{at:%Y%m%d%H%M%SZ}")
    references = child(info, "References", CheckMethod=sm2_cms.SM3)
    for name, digest in digests.items():
        child(child(references, "Reference", FileRef=f"/{name}"), "CheckValue", digest)
    if stamp is not None:
        child(info, "StampAnnot", ID="1", PageRef=stamp[0], Boundary=stamp[1])
    child(child(info, "Seal"), "BaseLoc", f"/{folder}/Seal.esl")
    child(root, "SignedValue", f"/{folder}/SignedValue.dat")
    return written(root)


def listing(file: str) -> bytes:
    """The file that lists one signature."""
    root = element("Signatures")
    child(root, "MaxSignId", "1")
    child(root, "Signature", ID="1", Type=_SEAL, BaseLoc=f"/{file}")
    return written(root)


def with_signatures(root: bytes, place: str) -> bytes:
    """OFD.xml that names the file of its signatures.

    Raises:
        StructureUnreadable: it is none, or names one already.
    """
    tree = parsed(root)
    body = tree.find("ofd:DocBody", NAMES)
    if body is None or body.find("ofd:Signatures", NAMES) is not None:
        raise StructureUnreadable("no OFD, or signed already")
    child(body, "Signatures", f"/{place}")
    return written(tree)


def without_signatures(root: bytes) -> bytes:
    """OFD.xml in canonical form as if nobody had signed."""
    tree = parsed(root)
    for body in tree.findall("ofd:DocBody", NAMES):
        for one in body.findall("ofd:Signatures", NAMES):
            body.remove(one)
    return etree.tostring(tree, method="c14n")


def document_folder(files: Mapping[str, bytes]) -> str:
    """Where the document lies."""
    return posixpath.dirname(_document(files))


def stamp_of(files: Mapping[str, bytes], place: Place) -> tuple[str, str]:
    """The page's number and the box of a place, in millimetres from the upper left.

    Raises:
        StructureUnreadable: there is no such page.
    """
    file = _document(files)
    root = parsed(_file(files, file))
    pages = root.findall("ofd:Pages/ofd:Page", NAMES)
    if not 1 <= place.page <= len(pages):
        raise StructureUnreadable(f"no page {place.page}")
    page = pages[place.page - 1]
    content = parsed(_file(files, resolved(file, page.get("BaseLoc", ""))))
    usual = root.findtext("ofd:CommonData/ofd:PageArea/ofd:PhysicalBox", "", NAMES)
    box = content.findtext("ofd:Area/ofd:PhysicalBox", usual, NAMES)
    height = float(box.split()[3])
    top = height - (place.y + place.height) * _MM
    told = (place.x * _MM, top, place.width * _MM, place.height * _MM)
    return page.get("ID", ""), " ".join(f"{one:.3f}" for one in told)


def resolved(base: str, told: str) -> str:
    """The file that a location names, seen from another file; nothing where it leads outside."""
    if not told:
        return ""
    path = told if told.startswith("/") else posixpath.join("/", posixpath.dirname(base), told)
    return posixpath.normpath(path).lstrip("/")


def digest(content: bytes) -> str:
    """SM3 of a file as the format writes it."""
    return base64.b64encode(sm2_cms.digest(content)).decode()


def _document(files: Mapping[str, bytes]) -> str:
    told = parsed(_file(files, ROOT)).findtext("ofd:DocBody/ofd:DocRoot", "", NAMES)
    return resolved(ROOT, told)


def _file(files: Mapping[str, bytes], name: str) -> bytes:
    if name not in files:
        raise StructureUnreadable(f"{name or ROOT} is missing")
    return files[name]
