"""XML in the namespace of OFD (GB/T 33190-2016, 6)."""

from typing import Final

from lxml import etree

NAMESPACE: Final = "http://www.ofdspec.org/2016"
NAMES: Final = {"ofd": NAMESPACE}


def element(name: str, text: str = "", **attributes: str) -> etree._Element:
    """An element of the format's namespace."""
    made = etree.Element(f"{{{NAMESPACE}}}{name}", attributes, nsmap=NAMES)
    made.text = text or None
    return made


def child(parent: etree._Element, name: str, text: str = "", **attributes: str) -> etree._Element:
    """An element below another one."""
    made = etree.SubElement(parent, f"{{{NAMESPACE}}}{name}", attributes)
    made.text = text or None
    return made


def written(root: etree._Element) -> bytes:
    """An XML file."""
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8")
