"""Reads model files as XML: bytes in, a tree out, nothing else fetched, expanded or guessed.

Invariant: no document type, no entity, no network; UTF-8 and the size bounds of `engine.limits`.
"""

import re
from collections.abc import Iterator
from typing import Any, Final

from lxml import etree

from engine import limits
from engine.errors import DeploymentRejected, Finding

Node = etree._Element

_PROLOG: Final = re.compile(
    rb"\A(?:\xef\xbb\xbf)?(?:\s|<\?.*?\?>|<!--.*?-->)*<!DOCTYPE", re.S | re.I
)
_ENCODING: Final = re.compile(
    rb"\A(?:\xef\xbb\xbf)?<\?xml[^>]*?encoding\s*=\s*[\"']([^\"']+)", re.S
)
_MISMATCH: Final = re.compile(r"mismatch: (\S+) line (\d+) and ([^\s,]+)")
_BROKEN: Final = {
    etree.ErrorTypes.ERR_DOCUMENT_EMPTY: "文件应以“<”开头",
    etree.ErrorTypes.ERR_DOCUMENT_END: "根元素之后还有内容",
    etree.ErrorTypes.ERR_INVALID_CHAR: "有不允许的控制字符",
    etree.ErrorTypes.ERR_ENTITYREF_SEMICOL_MISSING: "“&”须写作 &amp;",
    etree.ErrorTypes.ERR_UNDECLARED_ENTITY: "引用了没有定义的实体",
    etree.ErrorTypes.ERR_LT_IN_ATTRIBUTE: "属性值里的“<”须写作 &lt;",
    etree.ErrorTypes.ERR_ATTRIBUTE_NOT_STARTED: "属性值须用引号括起",
    etree.ErrorTypes.ERR_ATTRIBUTE_WITHOUT_VALUE: "属性没有值",
    etree.ErrorTypes.ERR_ATTRIBUTE_REDEFINED: "属性重复",
    etree.ErrorTypes.ERR_SPACE_REQUIRED: "属性之间缺少空格",
    etree.ErrorTypes.ERR_NAME_REQUIRED: "名称不正确",
    etree.ErrorTypes.ERR_GT_REQUIRED: "标签没有以“>”结束",
    etree.ErrorTypes.ERR_TAG_NOT_FINISHED: "元素没有结束标签，文件可能不完整",
    etree.ErrorTypes.ERR_HYPHEN_IN_COMMENT: "注释里不能有“--”",
    etree.ErrorTypes.NS_ERR_UNDEFINED_NAMESPACE: "名称空间前缀没有声明",
}


def read(data: bytes, filename: str) -> Node:
    """The root element of a model file.

    Raises:
        DeploymentRejected: the bytes are no XML that we accept; one finding says why.
    """
    _refuse_early(data, filename)
    parser = etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        huge_tree=False,
        load_dtd=False,
        dtd_validation=False,
        remove_comments=True,
        remove_pis=True,
        encoding="utf-8",
    )
    try:
        root = etree.fromstring(data, parser)
    except etree.XMLSyntaxError as error:
        line, column = error.position if error.position else (None, None)
        raise _rejected("xml_broken", broken(error), filename, line, column) from None
    docinfo: Any = root.getroottree().docinfo
    if docinfo.doctype:
        raise _rejected("xml_doctype", "不允许含有 DOCTYPE 声明", filename)
    if sum(1 for _ in root.iter()) > limits.MODEL_XML_ELEMENTS:
        message = f"XML 元素超过 {limits.MODEL_XML_ELEMENTS} 个"
        raise _rejected("xml_too_many_elements", message, filename)
    return root


def broken(error: etree.XMLSyntaxError) -> str:
    """What is wrong with a text that is no XML, in Chinese: the parser speaks English alone."""
    reason = _BROKEN.get(getattr(error, "code", 0), "写法不符合 XML 的规则")
    tags = _MISMATCH.search(error.msg or "")
    if tags:
        reason = f"第 {tags[2]} 行开始的 {tags[1]} 以 {tags[3]} 结束"
    column = f"第 {error.position[1]} 列，" if error.position else ""
    return f"不是合格的 XML：{column}{reason}"


def _refuse_early(data: bytes, filename: str) -> None:
    if len(data) > limits.MODEL_BYTES:
        size = limits.MODEL_BYTES >> 10
        raise _rejected("xml_too_large", f"文件超过 {size} KiB", filename)
    declared = _ENCODING.match(data)
    if declared and declared[1].lower() not in {b"utf-8", b"utf8"}:
        name = declared[1].decode("ascii", "replace")
        raise _rejected("xml_encoding", f"编码须为 UTF-8，文件声明为 {name}", filename)
    try:
        data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise _rejected("xml_encoding", "文件不是 UTF-8 编码", filename, line) from None
    if _PROLOG.match(data):
        raise _rejected("xml_doctype", "不允许含有 DOCTYPE 声明", filename)


def _rejected(
    code: str, message: str, filename: str, line: int | None = None, column: int | None = None
) -> DeploymentRejected:
    where = f"第 {line} 行：" if line else ""
    finding = Finding("error", code, f"{filename} {where}{message}", filename, "", line, column)
    return DeploymentRejected([finding])


def tag(node: Node) -> tuple[str, str]:
    """Name space and local name of an element."""
    name = etree.QName(node)
    return name.namespace or "", name.localname


def line_of(node: Node) -> int | None:
    """Line of an element in its file."""
    line: Any = node.sourceline
    return int(line) if line else None


def attributes(node: Node) -> dict[str, str]:
    """The attributes, foreign ones as `{name space}name`."""
    return {str(name): str(value) for name, value in node.attrib.items()}


def namespace_of(attribute: str) -> str:
    """The name space of an attribute's name."""
    return attribute[1:].partition("}")[0] if attribute.startswith("{") else ""


def children(node: Node) -> Iterator[Node]:
    """The child elements; comments and processing instructions are gone since reading."""
    return (child for child in node if isinstance(child.tag, str))


def text_of(node: Node) -> str:
    """The text directly in an element, without space around it."""
    return (node.text or "").strip()
